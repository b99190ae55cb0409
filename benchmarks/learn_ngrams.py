"""Learns what grams say by themselves: a sparse logistic regression, and scores of each text from weights learned without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]

FOLDS = 5
"""Parts of the texts; each is scored by weights learned from the others, as new texts will be."""
STEPS = 100
"""Steps of the learner; more change no score that matters."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text as grams: ``hit`` is what to learn (None: only to be scored), ``offset`` the log-odds known already.

    Texts made from one another share their ``fold``.
    """

    grams: AbstractSet[str]
    hit: bool | None
    fold: int
    importance: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights are learned: grams of fewer texts than ``rarest`` are left out, weights are rounded to whole ``steps``.

    ``penalty`` is that on the weights' squares; with ``mean`` the score is the sum over the root of the number of grams.
    """

    penalty: float
    rarest: int
    step: float
    mean: bool

    def learn(self, examples: Sequence[Example]) -> dict[str, float]:
        """Return the weights, rounded."""
        told = [one for one in examples if one.hit is not None]
        counted = Counter(gram for one in told for gram in one.grams)
        numbers = {gram: place for place, gram in enumerate(sorted(g for g, count in counted.items() if count >= self.rarest))}
        weights = _fit(self._matrix(told, numbers), told, self.penalty)
        rounded = {gram: round(round(float(weights[place]) / self.step) * self.step, 3) for gram, place in numbers.items()}
        return {gram: weight for gram, weight in rounded.items() if weight}

    def score(self, examples: Sequence[Example], weights: dict[str, float]) -> Floats:
        """Return the score of each text."""
        numbers = {gram: place for place, gram in enumerate(weights)}
        scores: Floats = self._matrix(examples, numbers) @ np.fromiter(weights.values(), dtype=float, count=len(weights))
        return scores

    def held_out(self, examples: Sequence[Example]) -> Floats:
        """Return the score of each text by weights learned without its fold."""
        scores = np.zeros(len(examples))
        for fold in range(FOLDS):
            held = [place for place, one in enumerate(examples) if one.fold % FOLDS == fold]
            weights = self.learn([one for one in examples if one.fold % FOLDS != fold])
            scores[held] = self.score([examples[place] for place in held], weights)
        return scores

    def _matrix(self, examples: Sequence[Example], numbers: dict[str, int]) -> csr_matrix:
        rows = [sorted(numbers[gram] for gram in one.grams if gram in numbers) for one in examples]
        sizes = [len(one.grams) ** -0.5 if self.mean and one.grams else 1.0 for one in examples]
        values = np.repeat(sizes, [len(row) for row in rows])
        starts = np.append(0, np.cumsum([len(row) for row in rows]))
        places = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=starts[-1])
        return csr_matrix((values, places, starts), shape=(len(examples), len(numbers)))


def _fit(texts: csr_matrix, told: Sequence[Example], penalty: float) -> Floats:
    signs = np.asarray([1.0 if one.hit else -1.0 for one in told])
    importance = np.asarray([one.importance for one in told])
    offsets = np.asarray([one.offset for one in told])
    columns = texts.T.tocsr()

    def loss(guess: Floats) -> tuple[float, Floats]:
        odds = signs * (texts @ guess[:-1] + guess[-1] + offsets)
        slope = -importance * signs / (1 + np.exp(np.clip(odds, -30, 30)))
        weights = guess[:-1]
        value = importance @ np.logaddexp(0, -odds) + penalty * (weights @ weights) / 2
        return float(value), np.append(columns @ slope + penalty * weights, slope.sum())

    start = np.zeros(texts.shape[1] + 1)
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return found[:-1]
