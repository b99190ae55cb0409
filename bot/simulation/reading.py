"""How simulated people understand what the bot writes to them: by the words, as people do."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(r"〔模拟答复(\d+)〕")
"""Stands in every simulated contact's answer, so that an answer can be told from all others wherever it turns up."""

_FORWARDED = re.compile(r"【(?P<kind>工单|紧急|催办|督办)\s*#(?P<number>\d+)】")
_DONE_WITH = re.compile(r"#(?P<number>\d+)[^\n]*不用再办了")
_NUMBER = re.compile(r"#(\d+)")
_OFFERED = re.compile(r"^(\d)\. (.+)$", re.M)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A case put before a contact: as new (``工单``, ``紧急``), or once more (``催办``, ``督办``)."""

    kind: str
    number: int

    @property
    def new(self) -> bool:
        """Tell whether the contact gets it for the first time."""
        return self.kind in ("工单", "紧急")


def token(number: int) -> str:
    """Return the mark of the answer with this number."""
    return f"〔模拟答复{number}〕"


def tokens(text: str) -> tuple[int, ...]:
    """Return the marks of the answers that a text carries."""
    return tuple(int(found) for found in TOKEN.findall(text))


def forwarded(text: str) -> Forwarded | None:
    """Read a message about a case to a contact."""
    found = _FORWARDED.search(text)
    return Forwarded(found["kind"], int(found["number"])) if found else None


def done_with(text: str) -> int | None:
    """Return the number of the case that a contact need not answer any more."""
    found = _DONE_WITH.search(text)
    return int(found["number"]) if found else None


def asks_which(text: str) -> bool:
    """Tell whether the bot asks a contact which of several cases was meant."""
    return "您手上有这几件" in text


def case_number(text: str) -> int | None:
    """Return the first case number in a text."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else None


def case_numbers(text: str) -> tuple[int, ...]:
    """Return all case numbers in a text."""
    return tuple(int(found) for found in _NUMBER.findall(text))


def offered(text: str) -> dict[int, str]:
    """Return the numbered titles of an offer; empty if it is none."""
    return {int(number): title for number, title in _OFFERED.findall(text)} if "您问的是哪一个" in text else {}


def brings_answer(text: str) -> bool:
    """Tell whether a text brings an asker a department's answer, to be rated."""
    return "答复（#" in text and "满意" in text


def brings_first_word(text: str) -> bool:
    """Tell whether a text brings an asker a first, incomplete word."""
    return "先回了一句" in text


def is_receipt(text: str) -> bool:
    """Tell whether a text says that a question was registered."""
    return "已登记 #" in text


def asks_for_rating(text: str) -> bool:
    """Tell whether a text reminds an asker to rate."""
    return "的答复解决问题了吗" in text
