"""The curators' words: colloquial and dialect forms read as the canonical word, typing slips as what was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.text import normalise


class Wording:
    """Rewrites messages by ``knowledge/words.yaml``; longer forms win, and a canonical word is left as it is."""

    def __init__(self, synonyms: Mapping[str, tuple[str, ...]], confusions: Mapping[str, str]) -> None:
        self._slips = _table(confusions)
        forms = {form: word for word, said in synonyms.items() for form in said}
        self._forms = _table({**forms, **{word: word for word in synonyms}})
        self._slip = _pattern(self._slips)
        self._form = _pattern(self._forms)

    def read(self, text: str) -> str:
        """Return the message normalised and in canonical words."""
        flat = normalise(text)
        if self._slip is not None:
            flat = self._slip.sub(lambda found: self._slips[found.group()], flat)
        if self._form is not None:
            flat = self._form.sub(lambda found: self._forms[found.group()], flat)
        return flat


def _table(pairs: Mapping[str, str]) -> dict[str, str]:
    return {normalise(form): normalise(word) for form, word in pairs.items() if normalise(form)}


def _pattern(table: Mapping[str, str]) -> re.Pattern[str] | None:
    if not table:
        return None
    forms = sorted(table, key=lambda form: (-len(form), form))
    return re.compile("|".join(_bounded(form) for form in forms))


def _bounded(form: str) -> str:
    """Let a form of latin letters match whole words only: “ot” is not in “robot”."""
    escaped = re.escape(form)
    before = r"(?<![a-z0-9])" if form[0].isascii() and form[0].isalnum() else ""
    after = r"(?![a-z0-9])" if form[-1].isascii() and form[-1].isalnum() else ""
    return f"{before}{escaped}{after}"
