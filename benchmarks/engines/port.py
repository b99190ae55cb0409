"""What every engine of the comparison does, and how a search over texts becomes a ranking of entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.text import normalise

Ranked = tuple[tuple[str, float], ...]
"""Entries with their scores, best first; the first score is the engine's confidence."""
Scores = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Places of texts, and how close each is: the higher, the closer."""

SILENCE = ""
"""The owner of texts that must stay unanswered."""


class Engine(Protocol):
    """Ranks entries for a question."""

    def build(self, texts: Sequence[str], owners: Sequence[str]) -> None:
        """Take in phrasings and the entry of each."""

    def rank(self, question: str) -> Ranked:
        """Return at least three entries where there are so many that have anything in common with the question."""


class Search(Protocol):
    """Says how close each of many texts is to a question; one library each."""

    def build(self, texts: Sequence[str]) -> None:
        """Take in the texts."""

    def scores(self, question: str) -> Scores:
        """Return the texts that have anything in common with the question; those left out count as nothing."""


class ByPhrasing:
    """Ranks entries by their closest phrasings in a search.

    ``together`` is how many phrasings of an entry are summed. Texts of the owner ``SILENCE`` are no entry: the confidence is
    then how far the best entry is ahead of the closest of them.
    """

    def __init__(self, search: Search, normaliser: Callable[[str], str] = normalise, *, together: int = 1) -> None:
        self._search = search
        self._normaliser = normaliser
        self._together = together
        self._entries: list[str] = []
        self._owner = np.empty(0, dtype=np.int64)
        self._silence = -1

    def build(self, texts: Sequence[str], owners: Sequence[str]) -> None:
        """Take in phrasings and the entry of each."""
        place = {entry: number for number, entry in enumerate(dict.fromkeys(owners))}
        self._entries = list(place)
        self._owner = np.asarray([place[owner] for owner in owners], dtype=np.int64)
        self._silence = place.get(SILENCE, -1)
        self._search.build([self._normaliser(text) for text in texts])

    def rank(self, question: str) -> Ranked:
        """Return the best three entries, fewer if fewer have anything in common with the question."""
        places, values = self._search.scores(self._normaliser(question))
        totals = self._totals(self._owner[places], values)
        silent = 0.0
        if self._silence >= 0:
            silent, totals[self._silence] = float(totals[self._silence]), 0.0
        best = np.argpartition(-totals, min(3, len(totals) - 1))[:3]
        best = best[np.argsort(-totals[best], kind="stable")]
        return tuple((self._entries[one], float(totals[one]) - silent) for one in best if totals[one] > 0)

    def _totals(self, owners: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        totals = np.zeros(len(self._entries))
        if self._together == 1:
            np.maximum.at(totals, owners, values)
            return totals
        order = np.lexsort((-values, owners))
        owners, values = owners[order], values[order]
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        rank = np.arange(len(owners)) - np.repeat(starts, np.diff(starts, append=len(owners)))
        np.add.at(totals, owners[rank < self._together], values[rank < self._together])
        return totals
