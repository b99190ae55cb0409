"""Blocks of texts, a line of rows each (an entry's phrasings, a kind of chatter): how close a message comes to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.matching.compiled import compiled
from bot.matching.postings import Floats
from bot.matching.vocabulary import Numbers, Places

_NONE = -1
"""The row of a line without texts."""


class Closest(NamedTuple):
    """By line, the row of its closest text, the similarity of that, and the sum of its closest three."""

    rows: Places
    best: Floats
    sums: Floats

    def part(self, begin: int, end: int) -> Closest:
        """Return the lines from one to before another."""
        return Closest(self.rows[begin:end], self.best[begin:end], self.sums[begin:end])

    def highest(self) -> float:
        """Return how similar the closest text of all lines is."""
        return max(self.best.tolist(), default=0.0)


class Blocks:
    """Lines of rows, one after the other."""

    def __init__(self, lines: Sequence[Places]) -> None:
        self._starts = np.cumsum([0, *map(len, lines)])
        self._rows = np.concatenate([np.empty(0, dtype=np.int64), *lines]).astype(np.int32)

    def __getitem__(self, line: int) -> Numbers:
        """Return the rows of a line."""
        return self._rows[self._starts[line] : self._starts[line + 1]]

    def closest(self, similar: Floats) -> Closest:
        """Return how close a message comes to each line, by its similarities (0–1) to all texts; 0 for a line without texts."""
        return Closest(*_closest(similar, self._rows, self._starts))


@compiled
def _closest(similar: Floats, rows: Numbers, starts: Places) -> tuple[Places, Floats, Floats]:
    count = len(starts) - 1
    found = np.full(count, _NONE)
    best, sums = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    for line in range(count):
        first = second = third = np.float32(0)
        for row in rows[starts[line] : starts[line + 1]]:
            # Sorted in without branches, which could not be foreseen here.
            value = similar[np.uint32(row)]
            found[line] = row if value > first or found[line] == _NONE else found[line]
            first, value = max(first, value), min(first, value)
            second, value = max(second, value), min(second, value)
            third = max(third, value)
        best[line], sums[line] = first, third + second + first
    return found, best, sums
