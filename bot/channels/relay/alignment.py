"""Which messages of a paste were heard before: the paste is laid along what the ledger has heard, name by name, text by text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.channels.relay.reader import Pasted
from bot.text import mask_personal

RECENT = timedelta(days=3)
"""How far back a message whose copy shows no date can be one heard before."""

_GUESSED = timedelta(days=1)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Heard:
    """A pasted message in the ledger; ``knows`` holds “d” if its day was copied with it, “c” if its time of day was."""

    message_id: str
    name: str
    text: str
    at: datetime
    knows: str


def wording(text: str) -> str:
    """Return a text as it is compared: without invisible marks, spaces evened out, personal data masked as in the ledger."""
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return mask_personal(_SPACE.sub(" ", unicodedata.normalize("NFC", shown)).strip())


def align(heard: Sequence[Heard], pasted: Sequence[Pasted], now: datetime) -> list[Heard | None]:
    """Return for each pasted message the heard one that it is, or None for a new one.

    ``heard`` is in the order of the chat, ``pasted`` too. Of all ways to lay the paste along what was heard without changing the
    order, the one with the most agreement is taken, the latest of equals. A heard message between two recognised ones that the
    paste lacks counts against it, and so does a beginning or an end that fits neither side, so that a single “谢谢” is not taken
    for one of last week.
    """
    keys = [(wording(it.name), wording(it.text)) for it in heard]
    wanted = [(wording(it.name), wording(it.text)) for it in pasted]
    rows = [
        [_agreement(old, new, now) if known == key else 0 for old, known in zip(heard, keys, strict=True)]
        for new, key in zip(pasted, wanted, strict=True)
    ]
    return [None if place is None else heard[place] for place in _best_way(rows, len(heard))]


def _agreement(old: Heard, new: Pasted, now: datetime) -> int:
    """Return how surely two messages of the same words are one (0: they aren't), by what both copies tell of the time."""
    agreed = 1
    if new.clock is not None and "c" in old.knows:
        if (old.at.hour, old.at.minute) != (new.clock.hour, new.clock.minute):
            return 0
        agreed += 1
    if new.day is not None:
        if "d" in old.knows:
            return agreed + 1 if old.at.date() == new.day else 0
        return agreed if new.day <= old.at.date() + _GUESSED else 0  # it can't have been heard before it was said
    return agreed if now - old.at <= RECENT else 0


class _End(NamedTuple):
    """Where a way through the table ends, and how much agreement it has, less what it skipped; ``row`` -1: no way."""

    score: int
    row: int
    column: int


_NOWHERE = _End(0, -1, -1)


def _best_way(rows: Sequence[Sequence[int]], width: int) -> list[int | None]:
    """Return the place in the other sequence for each row, along the best way through the table of agreements."""
    height = len(rows)
    before: dict[tuple[int, int], _End] = {}
    above: list[_End] = [_NOWHERE] * width  # the best way that ends in an earlier row and not beyond this column
    best = _NOWHERE
    for i, row in enumerate(rows):
        if not any(row):
            continue
        reach: list[_End] = []
        for j, agreed in enumerate(row):
            left = reach[j - 1] if j else _NOWHERE
            ends = [above[j], left._replace(score=left.score - 1)]
            if agreed:
                begun = _NOWHERE._replace(score=-1 if i and j else 0)  # it fits neither side of what was heard
                earlier = above[j - 1] if j else _NOWHERE
                before[i, j] = earlier if earlier.row >= 0 and earlier.score >= begun.score else begun
                here = _End(agreed + before[i, j].score, i, j)
                final = here._replace(score=here.score - (1 if i + 1 < height and j + 1 < width else 0))
                if final.score > 0 and (final.score, j) >= (best.score, best.column):
                    best = final
                ends.append(here)
            reach.append(max((end for end in ends if end.row >= 0), default=_NOWHERE))
        above = reach
    places: list[int | None] = [None] * height
    while best.row >= 0:
        places[best.row] = best.column
        best = before[best.row, best.column]
    return places
