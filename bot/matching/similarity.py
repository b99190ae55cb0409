"""How alike two questions are, without a library: to merge the same question asked by another firm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bot.matching.content import is_weighty
from bot.matching.grams import segments, sound
from bot.text import essence, normalise

_SAME = 0.55
"""Raw likeness that reads 0.75: only 6 % of the FAQ's phrasings come that close to any of the other entries' 1,100."""
_ENOUGH = 14
"""Weight of a short question from which being contained in a longer one counts in full."""
_FIGURE = re.compile(r"\d+(?:\.\d+)?")


def content_words(text: str) -> frozenset[str]:
    """Return the pairs of characters, and the words of latin letters, that carry the matter of a message."""
    found: set[str] = set()
    for tokens in segments(essence(normalise(text))):
        found.update(token for token in tokens if len(token) > 1 and not token[0].isdigit())
        pairs = pairwise(tokens)
        found.update(left + right for left, right in pairs if is_weighty(left) and is_weighty(right))
    return frozenset(found)


def similarity(first: str, second: str) -> float:
    """Return how alike two questions are: 0 nothing in common, 1 the same.

    Only characters that carry the matter count, by their sound, and their pairs; a short question inside a long one is nearly
    the same. Different figures (3吨, 5吨) hold two questions apart.
    """
    one, other = _weighed(first), _weighed(second)
    if one.text == other.text:
        return 1.0 if one.text else 0.0
    if one.weights.keys().isdisjoint(other.weights):
        return 0.0
    shared = sum(min(one.weights[sound], other.weights[sound]) for sound in one.weights.keys() & other.weights.keys())
    smaller, larger = sorted((one.whole, other.whole))
    if not smaller:
        return 0.0
    contained = shared / smaller * min(1.0, smaller / _ENOUGH)
    raw = (contained + 2 * shared / (smaller + larger)) / 2
    alike = raw * 0.75 / _SAME if raw < _SAME else 0.75 + (raw - _SAME) * 0.25 / (1 - _SAME)
    apart = bool(one.figures) and bool(other.figures) and one.figures.isdisjoint(other.figures)
    return max(0.0, min(1.0, alike * (0.7 if apart else 1.0)))


class _Weighed(NamedTuple):
    text: str
    weights: Mapping[str, int]
    whole: int
    figures: frozenset[str]


@lru_cache(maxsize=4096)
def _weighed(question: str) -> _Weighed:
    """Weigh a question; a new one is compared with all those that are open."""
    text = essence(normalise(question))
    weights = _weights(text)
    return _Weighed(text, weights, sum(weights.values()), frozenset(_FIGURE.findall(text)))


def _weights(text: str) -> Counter[str]:
    """Count the sounds of the characters that carry the matter, and their pairs, twice each."""
    weights: Counter[str] = Counter()
    for tokens in segments(text):
        weights.update({sound(token): 2 * tokens.count(token) for token in tokens if is_weighty(token)})
        pairs = pairwise(tokens)
        weights.update({left + right: 2 for left, right in pairs if is_weighty(left) and is_weighty(right)})
    return weights
