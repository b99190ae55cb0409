"""Blocks of texts, a line of rows each (an entry's phrasings, a kind of chatter): how close a message comes to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.matching.compiled import compiled
from bot.matching.postings import Floats
from bot.matching.vocabulary import Places

_NONE = -1
"""What a line is filled up with: as a row it is the zero that stands behind the similarities."""


class Closest(NamedTuple):
    """By line, the row of its closest text, the similarity of that, and the sum of its closest three."""

    rows: Places
    best: Floats
    sums: Floats

    def highest(self) -> float:
        """Return how similar the closest text of all lines is."""
        return max(self.best.tolist(), default=0.0)


def padded(lines: Sequence[Places]) -> Places:
    """Return the rows line by line, filled up with the place of the zero that stands last."""
    block = np.full((len(lines), max([1, *map(len, lines)])), _NONE, dtype=np.int64)
    for line, rows in zip(block, lines, strict=True):
        line[: len(rows)] = rows
    return block


def closest(similar: Floats, block: Places) -> Closest:
    """Return how close a message comes to each line, by its similarities (0–1) to all texts; 0 for a line without texts."""
    return Closest(*_closest(similar, block))


@compiled
def _closest(similar: Floats, block: Places) -> tuple[Places, Floats, Floats]:
    rows = np.full(len(block), _NONE)
    best, sums = np.zeros(len(block), dtype=np.float32), np.zeros(len(block), dtype=np.float32)
    for line in range(len(block)):
        first = second = third = np.float32(0)
        for row in block[line]:
            if row == _NONE:
                break
            # Sorted in without branches, which could not be foreseen here.
            value = similar[np.uint32(row)]
            rows[line] = row if value > first or rows[line] == _NONE else rows[line]
            first, value = max(first, value), min(first, value)
            second, value = max(second, value), min(second, value)
            third = max(third, value)
        best[line], sums[line] = first, third + second + first
    return rows, best, sums
