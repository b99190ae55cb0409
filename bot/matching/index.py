"""An inverted index over grams: cosine similarity of a message to every text in it, in one pass over the postings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.matching.grams import VIEWS

Floats = NDArray[np.float32]


class Index:
    """TF-IDF vectors with a norm per view; a message's norm includes the grams that the index doesn't know.

    Without the unknown grams in the norm, a message of one known and ten unknown words would look like a full match.
    """

    def __init__(self, texts: Sequence[Counter[str]]) -> None:
        self.size = len(texts)
        frequency: Counter[str] = Counter()
        for counted in texts:
            frequency.update(counted.keys())
        self._place = {gram: place for place, gram in enumerate(frequency)}
        self._rarity = {gram: math.log((self.size + 1) / (count + 0.5)) for gram, count in frequency.items()}
        self._unknown = math.log(self.size + 1.0)
        self._build(texts)

    def alike(self, texts: Sequence[Counter[str]]) -> Index:
        """Return an index of other texts that weighs grams as this one does."""
        other = Index.__new__(Index)
        other.size, other._place, other._rarity, other._unknown = len(texts), self._place, self._rarity, self._unknown
        other._build(texts)
        return other

    def _build(self, texts: Sequence[Counter[str]]) -> None:
        places: list[int] = []
        weights: list[float] = []
        counts: list[int] = []
        for counted in texts:
            known, weighed = self._weigh(counted)
            places += known
            weights += weighed
            counts.append(len(known))
        place = np.asarray(places, dtype=np.int64)
        text = np.repeat(np.arange(len(texts), dtype=np.int32), counts)
        order = np.argsort(place, kind="stable")
        self._texts = text[order]
        self._weights = np.asarray(weights, dtype=np.float32)[order]
        self._starts = np.searchsorted(place[order], np.arange(len(self._place) + 1))

    def _weigh(self, counted: Counter[str]) -> tuple[list[int], list[float]]:
        norms = dict.fromkeys(VIEWS, 0.0)
        weighed: list[tuple[str, float]] = []
        for gram, count in counted.items():
            weight = self._rarity.get(gram, self._unknown) * (1 + math.log(count) if count > 1 else 1.0)
            norms[gram[0]] += weight * weight
            if gram in self._place:
                weighed.append((gram, weight))
        total = sum(share for view, share in VIEWS.items() if norms[view]) or 1.0
        scale = {view: math.sqrt(share / total / norms[view]) for view, share in VIEWS.items() if norms[view]}
        return [self._place[gram] for gram, _ in weighed], [weight * scale[gram[0]] for gram, weight in weighed]

    def similarities(self, counted: Counter[str]) -> Floats:
        """Return the cosine (0–1) of a message to each text of the index, in their order."""
        known, weights = self._weigh(counted)
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        places = np.asarray(known)
        starts = self._starts[places]
        lengths = self._starts[places + 1] - starts
        ends = np.cumsum(lengths)
        flat = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
        products = self._weights[flat] * np.repeat(np.asarray(weights, dtype=np.float32), lengths)
        return np.bincount(self._texts[flat], weights=products, minlength=self.size).astype(np.float32)
