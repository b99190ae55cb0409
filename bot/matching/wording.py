"""The curators' words: colloquial and dialect forms read as the canonical word, typing slips as what was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.text import normalise

# What voice transcripts are full of; inside a sentence only what can't be part of it.
_HEDGES = re.compile(
    r"^(?:那个|就是说?|然后呢?|嗯|呃|额|啊|喂|哎|[,、 ])+(?=.{2})|(?<=..)(?:啊|嗯|呃|就是说?|然后|那个|[,、 ])+$|"
    r"嗯+那个|(?:那个){2,}|就是说|[嗯呃]+"
)
_PERSONAL_NUMBER = re.compile(
    r"[,、; ]*(?:(?:我|他|她)?的?(?:手机|电话|联系方式|身份证|微信|座机|卡)号?码?(?:是|:)?)? ?(?:\d{6,}[\d*]*x?|\d{3,}\*{3,}\w*)"
)


class Wording:
    """Rewrites messages by ``knowledge/words.yaml``; longer forms win, and a canonical word is left as it is."""

    def __init__(self, synonyms: Mapping[str, tuple[str, ...]], confusions: Mapping[str, str]) -> None:
        self._slips = _table(confusions)
        forms = {form: word for word, said in synonyms.items() for form in said}
        self._forms = _table({**forms, **{word: word for word in synonyms}})
        self._slip = _patterns(self._slips)
        self._form = _patterns(self._forms)

    def read(self, text: str) -> str:
        """Return the message normalised and in canonical words."""
        flat = normalise(text)
        flat = _HEDGES.sub("", _PERSONAL_NUMBER.sub(" ", flat)) or flat
        for patterns, table in ((self._slip, self._slips), (self._form, self._forms)):
            for pattern in patterns:
                flat = pattern.sub(lambda found: table[found.group()], flat)  # noqa: B023 - called at once
        return flat


def _table(pairs: Mapping[str, str]) -> dict[str, str]:
    return {normalise(form): normalise(word) for form, word in pairs.items() if normalise(form)}


def _patterns(table: Mapping[str, str]) -> list[re.Pattern[str]]:
    """Return one pattern for Chinese forms and one for latin ones: apart, each is found by its first characters."""
    forms = sorted(table, key=lambda form: (-len(form), form))
    chosen = ([form for form in forms if not _is_latin(form)], [form for form in forms if _is_latin(form)])
    return [re.compile("|".join(_bounded(form) for form in some)) for some in chosen if some]


def _is_latin(form: str) -> bool:
    return form[0].isascii() and form[0].isalnum()


def _bounded(form: str) -> str:
    """Let a form of latin letters match whole words only: “ot” is not in “robot”."""
    escaped = re.escape(form)
    before = r"(?<![a-z0-9])" if _is_latin(form) else ""
    after = r"(?![a-z0-9])" if form[-1].isascii() and form[-1].isalnum() else ""
    return f"{before}{escaped}{after}"
