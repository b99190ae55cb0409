"""Every gram of the curated texts with its number, and texts as numbers of grams."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.content import is_weighty
from bot.matching.grams import VIEWS, grams

Places = NDArray[np.int64]
Numbers = NDArray[np.int32]
"""Half as wide as ``Places``, for what is kept of every gram of every text."""

VIEW_PLACE = {view: place for place, view in enumerate(VIEWS)}
UNKNOWN = -1
"""Number of a gram that no curated text has; as an index it takes what stands last, where tables keep the unknown one's."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The grams of some texts, text after text: for each its text, its number and how often it occurs there."""

    size: int
    texts: Numbers
    grams: Numbers
    counts: Numbers

    def then(self, others: Counted) -> Counted:
        """Return these texts with others behind them."""
        parts = ((self.texts, others.texts + self.size), (self.grams, others.grams), (self.counts, others.counts))
        return Counted(self.size + others.size, *(np.concatenate(pair, dtype=np.int32) for pair in parts))

    def split(self, size: int) -> tuple[Counted, Counted]:
        """Return the first so many texts, and the rest."""
        cut = int(np.searchsorted(self.texts, size))
        first = Counted(size, self.texts[:cut], self.grams[:cut], self.counts[:cut])
        return first, Counted(self.size - size, self.texts[cut:] - size, self.grams[cut:], self.counts[cut:])

    def picked(self, rows: Places) -> Counted:
        """Return the texts of these rows, in their order."""
        starts, ends = np.searchsorted(self.texts, rows), np.searchsorted(self.texts, rows, side="right")
        lengths = ends - starts
        flat = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        return Counted(len(rows), np.repeat(np.arange(len(rows), dtype=np.int32), lengths), self.grams[flat], self.counts[flat])


@dataclass(frozen=True, slots=True)
class Message:
    """The grams of one message, each once: names, numbers (``UNKNOWN`` for new ones), how often, and views by place."""

    names: tuple[str, ...]
    places: Places
    counts: Places
    views: Places

    def __len__(self) -> int:
        """Return how many different grams the message has."""
        return len(self.names)


class Vocabulary:
    """Numbers grams in the order in which they turn up; ``count`` adds to it, ``read`` only looks up.

    One that is made from another goes on from its numbers, and leaves that one as it is.
    """

    def __init__(self, before: Vocabulary | None = None) -> None:
        self._places: dict[str, int] = dict(before._places) if before else {}

    def __len__(self) -> int:
        """Return how many grams have a number."""
        return len(self._places)

    def place(self, gram: str) -> int:
        """Return a gram's number, or ``UNKNOWN``."""
        return self._places.get(gram, UNKNOWN)

    def count(self, texts: Iterable[str]) -> Counted:
        """Count the grams of normalised texts, numbering those that are new."""
        places = self._places
        found, counts, lengths = array("i"), array("i"), array("i")
        for text in texts:
            counted = grams(text)
            found.extend([places.setdefault(gram, len(places)) for gram in counted])
            counts.extend(counted.values())
            lengths.append(len(counted))
        rows = np.repeat(np.arange(len(lengths), dtype=np.int32), np.asarray(lengths, dtype=np.int32))
        return Counted(len(lengths), rows, np.asarray(found, dtype=np.int32), np.asarray(counts, dtype=np.int32))

    def read(self, counted: Mapping[str, int]) -> Message:
        """Return the grams of a message as they are numbered here."""
        names = tuple(counted)
        places = np.asarray([self._places.get(gram, UNKNOWN) for gram in names], dtype=np.int64)
        counts = np.asarray(list(counted.values()), dtype=np.int64)
        return Message(names, places, counts, np.asarray([VIEW_PLACE[gram[0]] for gram in names], dtype=np.int64))

    def views(self) -> Places:
        """Return the place of each gram's view."""
        return np.asarray([VIEW_PLACE[gram[0]] for gram in self._places], dtype=np.int64)

    def matter(self) -> NDArray[np.bool_]:
        """Tell of each gram whether it carries matter of its own."""
        return np.asarray([is_matter(gram) for gram in self._places], dtype=bool)


def is_matter(gram: str) -> bool:
    """Tell whether a gram of characters or pairs carries matter of its own."""
    return gram[0] in "cd" and all(is_weighty(character) for character in gram[1:])
