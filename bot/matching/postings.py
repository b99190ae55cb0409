"""Lists of places with values, one list a gram: what is looked up for every gram of a message."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.compiled import compiled
from bot.matching.vocabulary import Numbers, Places

Floats = NDArray[np.float32]


class Postings(NamedTuple):
    """The ``places`` and ``values`` of gram ``g`` stand from ``starts[g]`` to ``starts[g + 1]``."""

    starts: Numbers
    places: Numbers
    values: Floats

    def weighted(self, grams: Places, weights: Floats, size: int) -> Floats:
        """Return for each of ``size`` places the sum of the grams' values there, each times the weight of its gram."""
        return _weighted(self.starts, self.places, self.values, grams, weights, size)


@compiled
def _weighted(starts: Numbers, places: Numbers, values: Floats, grams: Places, weights: Floats, size: int) -> Floats:
    found = np.zeros(size, dtype=np.float32)
    for row in range(len(grams)):
        begin, end = starts[grams[row]], starts[grams[row] + 1]
        weight, here, there = weights[row], values[begin:end], places[begin:end]
        for at in range(len(there)):
            found[np.uint32(there[at])] += weight * here[at]  # of what can't be negative the sign is not looked at
    return found
