"""The curators' words: colloquial and dialect forms read as the canonical word, typing slips as what was meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.text import normalise

# What voice transcripts are full of; inside a sentence only what can't be part of it.
_HEDGES = re.compile(
    r"^(?:那个|就是说?|然后呢?|嗯|呃|额|啊|喂|哎|[,、 ])+(?=.{2})|(?<=..)(?:啊|嗯|呃|就是说?|然后|那个|[,、 ])+$|"
    r"嗯+那个|(?:那个){2,}|就是说|[嗯呃]+"
)
_HEDGES_FIRST, _HEDGES_LAST, _HEDGES_ANYWHERE = "那就然嗯呃额啊喂哎,、 ", "啊嗯呃是说后个,、 ", ("嗯", "呃", "那个那个", "就是说")
"""Without any of these there is no hedge: looking costs a tenth of the pattern."""
_PERSONAL_NUMBER = re.compile(
    r"[,、; ]*(?:(?:我|他|她)?的?(?:手机|电话|联系方式|身份证|微信|座机|卡)号?码?(?:是|:)?)? ?(?:\d{6,}[\d*]*x?|\d{3,}\*{3,}\w*)"
)
_LATIN = re.compile(r"[a-z0-9]")
_DIGITS = re.compile(r"\d{3}")


class Wording:
    """Rewrites messages by ``knowledge/words.yaml``; longer forms win, and a canonical word is left as it is."""

    def __init__(self, synonyms: Mapping[str, tuple[str, ...]], confusions: Mapping[str, str]) -> None:
        forms = {form: word for word, said in synonyms.items() for form in said}
        self._slips = _Rewriter(_table(confusions))
        self._forms = _Rewriter(_table({**forms, **{word: word for word in synonyms}}))

    def read(self, text: str) -> str:
        """Return the message normalised and in canonical words."""
        flat = normalise(text)
        named = _PERSONAL_NUMBER.sub(" ", flat) if _DIGITS.search(flat) else flat
        flat = (_HEDGES.sub("", named) if _may_hedge(named) else named) or flat
        return self._forms.rewrite(self._slips.rewrite(flat))


class _Rewriter:
    """Replaces forms by words, the longest form at each place; forms that begin with a latin letter or digit come last.

    A look-up wherever two characters may begin a form: an alternation of a thousand forms costs several times as much.
    """

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for form in table:
            if not _is_latin(form):
                lengths[form[0]].add(len(form))
        self._lengths = {first: tuple(sorted(known, reverse=True)) for first, known in lengths.items()}
        self._begin = _beginning([form for form in table if not _is_latin(form)])
        latin = sorted(filter(_is_latin, table), key=lambda form: (-len(form), form))
        # The look at the first letter alone spares trying every form at every place.
        firsts = re.escape("".join({form[0] for form in latin}))
        self._latin = re.compile(rf"(?=[{firsts}])(?<![a-z0-9])(?:{'|'.join(map(_bounded, latin))})") if latin else None

    def rewrite(self, text: str) -> str:
        """Return the text with every form replaced by its word."""
        found: list[str] = []
        start = place = 0
        while self._begin and (begin := self._begin.search(text, place)):
            form = self._form_at(text, begin.start())
            if form:
                found += [text[start : begin.start()], self._table[form]]
                start = begin.start() + len(form)
            place = begin.start() + (len(form) or 1)
        flat = "".join([*found, text[start:]]) if found else text
        return self._latin.sub(lambda match: self._table[match.group()], flat) if self._latin and _LATIN.search(flat) else flat

    def _form_at(self, text: str, place: int) -> str:
        for length in self._lengths[text[place]]:
            form = text[place : place + length]
            if form in self._table and not (_ends_latin(form) and _LATIN.match(text, place + length)):
                return form
        return ""


def _may_hedge(text: str) -> bool:
    return text[:1] in _HEDGES_FIRST or text[-1:] in _HEDGES_LAST or any(one in text for one in _HEDGES_ANYWHERE)


def _table(pairs: Mapping[str, str]) -> dict[str, str]:
    return {normalise(form): normalise(word) for form, word in pairs.items() if normalise(form)}


def _is_latin(form: str) -> bool:
    return form[0].isascii() and form[0].isalnum()


def _ends_latin(form: str) -> bool:
    return form[-1].isascii() and form[-1].isalnum()


def _beginning(forms: Sequence[str]) -> re.Pattern[str] | None:
    """Return what finds every place where the first two characters may be those of a form."""
    single, first, second = (
        re.escape("".join(dict.fromkeys(those)))
        for those in (
            (form for form in forms if len(form) == 1),
            (form[0] for form in forms if len(form) > 1),
            (form[1] for form in forms if len(form) > 1),
        )
    )
    ways = [*([f"[{single}]"] if single else []), *([f"[{first}](?=[{second}])"] if first else [])]
    return re.compile("|".join(ways)) if ways else None


def _bounded(form: str) -> str:
    """Let a form of latin letters match whole words only: “ot” is not in “robot”."""
    return re.escape(form) + (r"(?![a-z0-9])" if _ends_latin(form) else "")
