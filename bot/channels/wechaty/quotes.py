"""WeChat's quotes as gateways bring them: inline, as 「名：原文」, a line of dashes, and then what was said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.text import mask_personal

_FORM = re.compile(r"\s*「(?P<quoted>.+?)」\s*?\n[ \t]*(?:[-—][ \t]*){5,}\n?(?P<said>.*)", re.DOTALL)
_CALLED = re.compile(r"@[^\s\u2005]{1,40}[\u2005\s]")
_CUT = re.compile(r"(?:…|\.\.\.)+$")
_SPACE = re.compile(r"\s+")
LEAST_OF_A_CUT = 8
"""Characters of a shortened quote from which on it may be told by its beginning."""


@dataclass(frozen=True, slots=True)
class InlineQuote:
    """What was quoted, as the name and the text run together, and what was said about it."""

    quoted: str
    said: str


@dataclass(frozen=True, slots=True)
class Quotable:
    """A message of the conversation that may be the quoted one: its id, its sender's name (``""``: the bot), its text."""

    message_id: str
    name: str
    text: str


def read_quote(text: str) -> InlineQuote | None:
    """Take a message apart that quotes another; None if it doesn't."""
    found = _FORM.fullmatch(text)
    if found is None or not re.search("[：:]", found["quoted"]):
        return None
    return InlineQuote(found["quoted"].strip(), found["said"].strip())


def find_quoted(quote: InlineQuote, candidates: Iterable[Quotable]) -> str | None:
    """Return the id of the quoted message among candidates, the newest first; None if none fits.

    A name that fits decides between equal texts. A shortened quote fits a text that begins with it.
    """
    whole = _flat(mask_personal(quote.quoted))
    ways = [(whole[: place.start()], whole[place.end() :]) for place in re.finditer("[：:]", whole)]
    first: str | None = None
    for candidate in candidates:
        text = _flat(candidate.text)
        name = next((name for name, words in ways if _same(words, text)), None)
        if name is None:
            continue
        if candidate.name and name.strip() == _flat(candidate.name):
            return candidate.message_id
        first = first or candidate.message_id
    return first


def _same(words: str, text: str) -> bool:
    if not text:
        return False
    forms = (words, _CALLED.sub("", words, count=1)) if words.startswith("@") else (words,)
    for form in forms:
        bare = _flat(form)
        if bare == text:
            return True
        cut = _CUT.sub("", bare)
        if cut != bare and len(cut) >= LEAST_OF_A_CUT and text.startswith(cut):
            return True
    return False


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text.replace("\u2005", " ")).strip()
