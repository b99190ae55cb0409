"""Normalising Chinese chat text, and masking personal data in it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import opencc

LIMIT = 2_000
"""Characters that are read of one message; of a longer one the head and the tail."""

BOT_NAMES = ("小哨", "小助手", "机器人")
"""What people call the bot when they type its name instead of picking it."""

_QUOTE = re.compile(r"^\s*「[^「」]{1,40}?[::][^「」]{0,2000}」\s*(?:-\s?){0,20}\s*")
_VOICE = re.compile(r"\[语音[^\[\]]{0,12}\]\s*(?:\(?转文字\)?)?\s*[::]?|\(?语音转文字\)?\s*[::]|^转文字\s*[::]")
_CODE = re.compile(r"\[[A-Za-z\u4e00-\u9fff]{1,10}\]")
_MENTION = re.compile(r"(?<![0-9A-Za-z._%+-])@([^\s@,，。:?!;、]{1,24})(?=[\s,，。:?!;、]|$)[\s:，,]?")
_BARE_MENTION = re.compile(rf"@({'|'.join(BOT_NAMES)})\s*")
_AT = "@\uff20\ufe6b"
"""Characters that are an @ once they are half-width."""
_RUN = re.compile(r"([^\d\s.])\1{2,}")
_PLAIN = re.compile(r"[\u4e00-\u9fff!-\]_a-~、。 ]*")
"""What most messages are made of, and no step of ``_half_width`` changes."""

# Words that carry no matter of their own: openings, hedges of voice transcripts, particles.
_FILLERS = re.compile(
    "请教一下|请教各位|请教大家|请教|请问一下|请问|麻烦问一下|问一下|问下|咨询一下|想咨询|咨询|打听一下|打听下|想了解一下|"
    "有没有人知道|有没有人晓得|有谁知道|有人知道吗|有人知道|有知道的吗|谁知道|谁晓得|谁懂|哪位知道|"
    "各位老板|各位领导|各位老师|各位大佬|各位前辈|各位|大家好|大家|群里|老师们|大佬们|"
    "那个|这个嘛|就是说|就是|然后呢|然后|的话|其实|反正|一下子|一下|现在|目前|到底|究竟|"
    "我司|我单位|本公司|本单位|我们公司|我们厂里|我们厂|我们单位|我们|阿拉|咱们|咱"
)
_PARTICLES = re.compile("[啊呀呢吧嘛哈哦呃嗯欸诶噢啦喽咯哟伐哎唉]")

_HALF_WIDTH = str.maketrans("０１２３４５６７８９Ｘ", "0123456789X")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)([- ]?)\d{4}([- ]?)(\d{4})(?!\d)")
_ID_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2})(\d[0-9Xx])(?![0-9A-Za-z])"
)
_CARD = re.compile(r"(?<![0-9A-Za-z])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?)(?![0-9A-Za-z])")


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def clip(text: str) -> str:
    """Cut a message that is longer than ``LIMIT`` down to its head and its tail."""
    if len(text) <= LIMIT:
        return text
    half = LIMIT // 2
    return f"{text[:half]} {text[-half:]}"


@lru_cache(maxsize=128)
def normalise(text: str) -> str:
    """Return what a person meant to type: half-width, simplified, lower case, without quotes, mentions, emoji, hidden characters.

    Punctuation (as NFKC gives it), particles and numbers stay. Any input gives a string of at most about ``LIMIT`` characters.
    The last results are kept, because a batch of messages is normalised by each of those who read it.
    """
    flat = _simplifier().convert(_half_width(text)).lower()
    if "「" in flat:
        flat = _QUOTE.sub("", flat)
    if "[" in flat or "转文字" in flat:
        flat = _CODE.sub(" ", _VOICE.sub(" ", flat))
    if "@" in flat:
        flat = _MENTION.sub(" ", _BARE_MENTION.sub(" ", flat))
    if len(flat) - len(set(flat)) > 1:
        flat = _RUN.sub(r"\1\1", flat)
    return " ".join(flat.split())[: LIMIT + 2]


def essence(text: str) -> str:
    """Return normalised text without openings, fillers and particles; never empty where the text was not."""
    bare = " ".join(_PARTICLES.sub("", _FILLERS.sub(" ", text)).split())
    return bare or text


def mentioned_names(text: str) -> tuple[str, ...]:
    """Return the names that a message @-s as typed, the bot's own left out."""
    if not any(sign in text for sign in _AT):
        return ()
    return tuple(name for name in _MENTION.findall(_half_width(text)) if not name.startswith(BOT_NAMES))


def mask_personal(text: str) -> str:
    """Mask mobile numbers, ID numbers and bank cards, so that 13800001234 reads 138****1234; anything else stays.

    Landlines stay: they are offices' numbers, which people ask for.
    """
    plain = text.translate(_HALF_WIDTH)
    masked = _ID_NUMBER.sub(lambda found: f"{found.group(1)}****{found.group(3)}", plain)
    masked = _CARD.sub(_mask_card, masked)
    masked = _MOBILE.sub(lambda found: f"{found.group(1)}****{found.group(4)}", masked)
    return text if masked == plain else masked


def shorten(text: str, limit: int = 30) -> str:
    """Cut a text to a number of characters for a one-line mention."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _half_width(text: str) -> str:
    """Return a message cut to length, with half-width letters and punctuation, and without what isn't seen."""
    flat = clip(str(text or ""))
    if _PLAIN.fullmatch(flat):
        return flat
    flat = unicodedata.normalize("NFKC", flat)
    return flat if _PLAIN.fullmatch(flat) else _visible(flat)


def _visible(text: str) -> str:
    """Drop control, zero-width, bidi, private-use and unpaired surrogate characters, and emoji; line breaks become spaces."""
    return text.translate(_SHOWN)


class _Shown(dict[int, str]):
    """What a character is shown as; filled as characters turn up, which are finitely many."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Zs", "Zl", "Zp") or character in "\t\n\r\v\f":
            shown = " "
        elif category[0] == "C" or category in ("So", "Sk", "Mn", "Me"):
            shown = " " if category == "So" else ""
        else:
            shown = character
        self[code] = shown
        return shown


_SHOWN = _Shown()


def _mask_card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    if not (digits.startswith("62") or (digits[0] in "3456" and _passes_luhn(digits))):
        return found.group()
    return f"{digits[:4]}****{digits[-4:]}"


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
