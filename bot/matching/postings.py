"""Lists of places with values, one list a gram: what is looked up for every gram of a message."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Private, and held by the lock file: the public product takes three times as long to check its arguments as to multiply.
from scipy.sparse._sparsetools import csc_matvec, csr_row_index

from bot.matching.vocabulary import Numbers, Places

Floats = NDArray[np.float32]


class Postings(NamedTuple):
    """The ``places`` and ``values`` of gram ``g`` stand from ``starts[g]`` to ``starts[g + 1]``."""

    starts: Numbers
    places: Numbers
    values: Floats

    def of(self, grams: Places) -> Postings:
        """Return the lists of these grams, in their order."""
        rows = grams.astype(np.int32)
        starts = np.zeros(len(rows) + 1, dtype=np.int32)
        np.cumsum(self.starts[rows + 1] - self.starts[rows], out=starts[1:])
        found = Postings(starts, np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1], dtype=np.float32))
        csr_row_index(len(rows), rows, self.starts, self.places, self.values, found.places, found.values)
        return found

    def lengths(self) -> Numbers:
        """Return how long each list is."""
        lengths: Numbers = np.diff(self.starts)
        return lengths

    def weighted(self, weights: Floats, size: int) -> Floats:
        """Return for each of ``size`` places the sum of its values, each times the weight of its list."""
        found = np.zeros(size, dtype=np.float32)
        csc_matvec(size, len(weights), self.starts, self.places, self.values, weights, found)
        return found
