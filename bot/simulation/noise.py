"""How people really type: a character lost, traditional script, the fillers of dictated messages, no punctuation."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

import opencc

from bot.text import normalise

OPENINGS = ("那个就是说", "嗯那个", "呃", "喂，", "哎我想问一下就是", "然后呢就是", "那个啥", "怎么说呢，")
BETWEEN = ("嗯", "就是说", "那个", "呃", "然后", "啊")
ENDINGS = ("啊", "嗯", "然后", "对吧", "是吧", "那个", "就是这样", "")
"""What voice transcripts are full of."""

GREETINGS = ("请问", "大家好，请教一下，", "各位老师，", "麻烦问下，", "@所有人 ", "求助，", "想问问", "弱弱问一句，")
ADDED = ("？", "??", "[抱拳]", "，谢谢", "，急", "，在线等", "😂", "～", "，求指点[握手]")
"""What people put before and after a question in a group."""

_CHARACTER = re.compile(r"[\u4e00-\u9fff]")


def lost(text: str, seed: int) -> str:
    """Return the normalised text without one of its Chinese characters."""
    flat = normalise(text)
    places = [found.start() for found in _CHARACTER.finditer(flat)]
    if len(places) < 2:
        return flat
    place = Random(f"lost {seed} {flat}").choice(places)
    return flat[:place] + flat[place + 1 :]


def traditional(text: str, seed: int = 0) -> str:
    """Return the text in traditional script; ``seed`` changes nothing."""
    return str(_to_traditional().convert(text))


def voiced(text: str, seed: int) -> str:
    """Return the normalised text with a filler before, one after, and one in between at a comma or in the middle."""
    flat = normalise(text).rstrip("?!。;,. ")
    random = Random(f"voiced {seed} {flat}")
    commas = [found.end() for found in re.finditer(r"[,;、 ]", flat)]
    place = random.choice(commas) if commas else len(flat) // 2
    return f"{random.choice(OPENINGS)}{flat[:place]}{random.choice(BETWEEN)}{flat[place:]}{random.choice(ENDINGS)}"


def polite(text: str, seed: int) -> str:
    """Return the text with what people put around a question in a group."""
    random = Random(f"polite {seed} {text}")
    return f"{random.choice(GREETINGS)}{text.rstrip('？?')}{random.choice(ADDED)}"


def bare(text: str, seed: int = 0) -> str:
    """Return the text without punctuation; ``seed`` changes nothing."""
    return re.sub(r"[，。？！,.?!、]", " ", text).strip()


CHANGES: tuple[Callable[[str, int], str], ...] = (lost, traditional, voiced, polite, polite, bare)


def in_haste(text: str, seed: int) -> str:
    """Return the text changed in one of these ways."""
    return Random(f"{seed} {text}").choice(CHANGES)(text, seed)


@lru_cache(maxsize=1)
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")
