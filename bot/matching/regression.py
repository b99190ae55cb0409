"""The two learners: a ridge classifier over similarities, and a logistic regression over a few dozen features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.matching.compiled import compiled

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]


CLOSE = 1e-2
"""Share of the targets that may be left unexplained when solving stops; less changes no ranking."""


def solve_ridge(texts: csr_matrix, targets: Floats, penalty: float) -> Floats:
    """Return the dual weights of ridge regression: a message's scores are its similarities to the texts times these.

    ``texts`` has a line of weights a text. Conjugate gradients, all columns at once, without the texts' similarities to each
    other: the products with the sparse weights cost less than one with those.
    """
    found = np.zeros_like(targets)
    rest = targets.astype(np.float32)
    direction = rest.copy()
    size = np.square(rest).sum(0)
    enough = np.maximum(size * CLOSE**2, 1e-30)
    for _ in range(max(len(targets), 50)):
        if (size <= enough).all():
            break
        image = texts @ (texts.T @ direction) + penalty * direction
        step = size / np.maximum((direction * image).sum(0), 1e-30)
        found += step * direction
        rest -= step * image
        after = np.square(rest).sum(0)
        direction = rest + after / np.maximum(size, 1e-30) * direction
        size = after
    return found.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted logistic regression: the mean and spread of each feature, its weight, and the constant."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    constant: float
    slopes: tuple[float, ...] = field(init=False, repr=False, compare=False)
    start: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Fold means and spreads into slopes, once."""
        slopes = tuple(weight / spread for weight, spread in zip(self.weights, self.spreads, strict=True))
        object.__setattr__(self, "slopes", slopes)
        object.__setattr__(self, "start", self.constant - sum(map(mul, slopes, self.means)))

    def score(self, features: Sequence[float]) -> float:
        """Return the log-odds."""
        return float(self.start + sum(map(mul, features, self.slopes)))


class Logistics:
    """Several regressions, scored at once; each is given with the place of its first feature among those of the longest."""

    def __init__(self, models: Sequence[tuple[Logistic, int]]) -> None:
        self._slopes = np.zeros((len(models), max(place + len(model.slopes) for model, place in models)))
        for line, (model, place) in zip(self._slopes, models, strict=True):
            line[place : place + len(model.slopes)] = model.slopes
        self._starts = np.asarray([model.start for model, _ in models])

    def of(self, features: Sequence[float]) -> list[float]:
        """Return the log-odds of each."""
        scores: list[float] = _log_odds(self._slopes, self._starts, np.asarray(features)).tolist()
        return scores


@compiled
def _log_odds(slopes: NDArray[np.float64], starts: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
    found = starts.copy()
    for line in range(len(found)):
        for place in range(len(features)):
            found[line] += slopes[line, place] * features[place]
    return found


def constant(score: float, features: int) -> Logistic:
    """Return a regression that gives the same log-odds whatever the features."""
    return Logistic((0.0,) * features, (1.0,) * features, (0.0,) * features, score)


def sigmoid(score: float) -> float:
    """Return the probability that belongs to log-odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def fit_logistic(
    features: NDArray[np.float64], hits: NDArray[np.float64], importance: NDArray[np.float64], penalty: float
) -> Logistic:
    """Fit by Newton's method on standardised features, with an L2 ``penalty`` on the weights; deterministic."""
    means, spreads = features.mean(0), features.std(0) + 1e-6
    design = np.column_stack([(features - means) / spreads, np.ones(len(features))])
    damping = penalty * np.eye(design.shape[1])
    damping[-1, -1] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (importance * (chance - hits)) + damping @ weights
        bend = (design * (importance * chance * (1 - chance) + 1e-9)[:, None]).T @ design + damping
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    rounded = [tuple(float(f"{value:.5g}") for value in column) for column in (means, spreads, weights[:-1])]
    return Logistic(rounded[0], rounded[1], rounded[2], float(f"{weights[-1]:.5g}"))
