"""What single characters, pairs and triples of them say by themselves: that somebody asks, that another matter is meant."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add

from bot.matching.learned_asking import ASKING_GRAMS
from bot.matching.learned_lacking import LACKING_GRAMS

LONGEST = 3
"""Characters of the longest gram of wording."""
HEARD = "~"
"""Mark of a gram that an entry lacks as it is written but has by its sound."""

_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_MARKS = re.compile(r"[^a-z0\u3400-\u9fff?]+")


@dataclass(frozen=True, slots=True)
class GramWeights:
    """Learned weights of grams, in log-odds; others weigh nothing."""

    weights: Mapping[str, float]

    def of(self, grams: Iterable[str]) -> float:
        """Return the sum of the weights, the same in whatever order they come."""
        return math.fsum(map(self.weights.__getitem__, self.weights.keys() & grams))


def unpacked(packed: Mapping[float, str]) -> GramWeights:
    """Return the weights of grams that stand together by weight, a space between two."""
    return GramWeights({gram: weight for weight, grams in packed.items() for gram in grams.split()})


ASKING = unpacked(ASKING_GRAMS)
LACKING = unpacked(LACKING_GRAMS)


def wording(text: str) -> set[str]:
    """Return the grams of a normalised text with its beginning and end; all numbers are one, and all breaks but “?”."""
    marked = f"^{_MARKS.sub('_', _DIGITS.sub('0', text))}$"
    grams = set(longer := [*marked])
    for length in range(1, LONGEST):
        grams.update(longer := list(map(add, longer, marked[length:])))
    return grams


def asking(text: str) -> float:
    """Return how much the wording of a normalised text says that somebody asks: log-odds for the root of its size."""
    grams = wording(text)
    return ASKING.of(grams) / math.sqrt(len(grams))
