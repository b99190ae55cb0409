"""What single characters, pairs and triples of them say by themselves: that somebody asks, that another matter is meant."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add

import numpy as np
from numpy.typing import NDArray

from bot.matching.compiled import compiled
from bot.matching.learned_asking import ASKING_GRAMS
from bot.matching.learned_lacking import LACKING_GRAMS
from bot.matching.lookup import places_in

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

LONGEST = 3
"""Characters of the longest gram of wording."""
HEARD = "~"
"""Mark of a gram that an entry lacks as it is written but has by its sound."""
_BITS = 21
"""Enough for any character; three of them fit into one integer."""

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


class WordingWeights:
    """Learned weights of grams of wording (``wording``), in log-odds; others weigh nothing."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        keys = np.asarray([_key(gram) for gram in weights], dtype=np.int64)
        order = keys.argsort()
        self._keys = keys[order]
        self._weights = np.asarray(list(weights.values()), dtype=np.float64)[order]

    def of(self, text: str) -> float:
        """Return the sum of the weights of a normalised text's grams, over the root of how many different ones it has."""
        characters = np.frombuffer(_marked(text).encode("utf-32-le"), dtype=np.int32)
        return _wording(characters, self._keys, self._weights)


def wording(text: str) -> set[str]:
    """Return the grams of a normalised text with its beginning and end; all numbers are one, and all breaks but “?”."""
    marked = _marked(text)
    grams = set(longer := [*marked])
    for length in range(1, LONGEST):
        grams.update(longer := list(map(add, longer, marked[length:])))
    return grams


def asking(text: str) -> float:
    """Return how much the wording of a normalised text says that somebody asks: log-odds for the root of its size."""
    return ASKING.of(text)


def _marked(text: str) -> str:
    return f"^{_MARKS.sub('_', _DIGITS.sub('0', text))}$"


def _key(gram: str) -> int:
    """Return a gram of at most ``LONGEST`` characters as one number."""
    key = 0
    for character in gram:
        key = key << _BITS | ord(character)
    return key


@compiled
def _wording(characters: NDArray[np.int32], known: Places, weights: Floats) -> float:
    """Return what ``WordingWeights.of`` does, of a text with its ends; ``known`` are the keys with the weights, ascending."""
    keys = np.empty(LONGEST * len(characters), dtype=np.int64)
    end = 0
    for place in range(len(characters)):
        key = 0
        for character in characters[place : place + LONGEST]:
            key = key << _BITS | character
            keys[end] = key
            end += 1
    keys = np.unique(keys[:end])
    total = 0.0
    for place in places_in(known, keys):
        if place >= 0:
            total += weights[place]
    return total / math.sqrt(len(keys))


ASKING = WordingWeights(unpacked(ASKING_GRAMS).weights)
LACKING = unpacked(LACKING_GRAMS)
