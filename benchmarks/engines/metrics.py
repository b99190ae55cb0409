"""What a ranking with one score as its confidence is worth: to find the entry, and to know when to keep silent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.engines.port import Ranked

SHARES = (0.005, 0.02)
"""Shares of chatter that may be answered at most; the threshold is set by them."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Counts of lines answered above a threshold; ``unknown`` are questions without an entry."""

    right: int
    wrong: int
    chatter: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of lines; ``at`` holds what is answered if at most that share of the chatter may be; ``area`` is the AUROC."""

    asks: int
    chatter: int
    unknown: int
    first: int
    among_three: int
    at: Mapping[float, Answered]
    area: float


def quality(
    asks: Sequence[tuple[str, Ranked]],
    chatter: Sequence[Ranked],
    unknown: Sequence[Ranked],
    shares: Sequence[float] = SHARES,
) -> Quality:
    """Measure rankings; each ask comes with the entry that is right."""
    scores = [score(ranked) for _, ranked in asks]
    hits = [is_first(expected, ranked) for expected, ranked in asks]
    silent, open_ = [score(ranked) for ranked in chatter], [score(ranked) for ranked in unknown]
    at: dict[float, Answered] = {}
    for share in shares:
        least = threshold(silent, share)
        right = sum(hit and one > least for hit, one in zip(hits, scores, strict=True))
        given = [sum(one > least for one in group) for group in (scores, silent, open_)]
        at[share] = Answered(right, given[0] - right, given[1], given[2])
    among = sum(expected in [entry for entry, _ in ranked[:3]] for expected, ranked in asks)
    return Quality(len(asks), len(silent), len(open_), sum(hits), among, at, area(scores, [*silent, *open_]))


def score(ranked: Ranked) -> float:
    """Return the best entry's score, minus infinity without one."""
    return ranked[0][1] if ranked else -math.inf


def is_first(expected: str, ranked: Ranked) -> bool:
    """Say whether the right entry is ranked first."""
    return bool(ranked) and ranked[0][0] == expected


def threshold(scores: Sequence[float], share: float) -> float:
    """Return the lowest of the scores that at most this share of them exceed."""
    if not scores:
        return -math.inf
    return sorted(scores, reverse=True)[min(math.floor(share * len(scores)), len(scores) - 1)]


def area(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the probability that a positive scores higher than a negative, ties counted half; NaN if either are none."""
    if not positive or not negative:
        return math.nan
    below = np.sort(np.asarray(negative, dtype=np.float64))
    ahead = np.searchsorted(below, positive, side="left") + np.searchsorted(below, positive, side="right")
    return float(ahead.sum() / (2 * len(positive) * len(negative)))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values stay within."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
