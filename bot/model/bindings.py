"""Who speaks for which contact: binding codes, the ids bound by them, and the form in which a code is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.events import Said

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and letters that nobody takes for another when reading aloud or copying by hand."""

CODE_LENGTH = 8
CODE_MASK = "〔绑定码〕"
"""What stands in a kept message instead of a code."""

_FEWEST_OF_A_KIND = 2
_LONGEST_AROUND_CODE = 40
_HALF_WIDTH = str.maketrans(
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2014: "-", 0x2013: "-"}
)
_LIKE_A_CODE = re.compile("[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]{4}")
_CODE = re.compile(rf"(?<![0-9A-Z])([{CODE_ALPHABET}]{{4}})[- ]?([{CODE_ALPHABET}]{{4}})(?![0-9A-Z])")


class CodeEnd(StrEnum):
    """Why a code that has not run out is no longer good."""

    USED = "used"
    REPLACED = "replaced"  # a newer code was made for the same contact
    SPOILED = "spoiled"  # it was shown where others could read it
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class BindingCode:
    """A code made for one contact, known by its number; what it reads is kept nowhere."""

    id: int
    contact: str
    expires_at: datetime
    ended: CodeEnd | None = None

    def good(self, at: datetime) -> bool:
        """Tell whether somebody may still bind with it."""
        return self.ended is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Binding:
    """An id on a channel that speaks for a contact; ``name`` is the nickname that it last showed, ``""`` if it has not spoken."""

    channel: str
    person: str
    contact: str
    bound_at: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class CodeTries:
    """Wrong codes that one person sent in a row, when the last one came, and whether the person was told to wait."""

    wrong: int = 0
    last: datetime | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class CodeUse:
    """What becomes of a code that somebody sent.

    With ``contact``: the code ``used`` is used up and its sender bound, instead of any other id of that contact on the channel.
    ``spoiled`` are codes that are void from now on. With ``tries``: it was wrong, and so often has the sender been wrong by now.
    """

    used: int | None = None
    contact: str = ""
    spoiled: tuple[int, ...] = ()
    tries: CodeTries | None = None


def codes_in(text: str) -> tuple[str, ...]:
    """Return what in a text has the form of a code, upper-case without its dash; digits alone or letters alone never have."""
    return tuple(found.group(1) + found.group(2) for found in _found(text))


def mask_codes(text: str, codes: frozenset[str] | None = None) -> str:
    """Mask the given codes in a text, or without ``codes`` whatever has their form; the rest stays as typed."""
    for found in reversed(_found(text)):
        if codes is None or found.group(1) + found.group(2) in codes:
            text = f"{text[: found.start()]}{CODE_MASK}{text[found.end() :]}"
    return text


def meant_as_code(said: Said) -> bool:
    """Tell whether a direct message is nothing but a code, or says that it holds a binding code."""
    if not said.direct or said.quoted or len(said.text) > _LONGEST_AROUND_CODE:
        return False
    found = _found(said.text)
    if len(found) != 1:
        return False
    around = said.text[: found[0].start()] + said.text[found[0].end() :]
    return "绑定码" in around or around.lstrip().startswith("绑定") or not any(char.isalnum() for char in around)


def _found(text: str) -> list[re.Match[str]]:
    if not _LIKE_A_CODE.search(text):
        return []
    # One character for one, so that places in the result are places in the text as typed; upper() would lengthen some.
    plain = re.sub("[a-z]", lambda letter: letter.group().upper(), text.translate(_HALF_WIDTH))
    return [found for found in _CODE.finditer(plain) if _is_mixed(found.group(1) + found.group(2))]


def _is_mixed(code: str) -> bool:
    digits = sum(char.isdigit() for char in code)
    return _FEWEST_OF_A_KIND <= digits <= CODE_LENGTH - _FEWEST_OF_A_KIND


def is_code(text: str) -> bool:
    """Tell whether a text is written as codes are made."""
    return len(text) == CODE_LENGTH and codes_in(text) == (text,)
