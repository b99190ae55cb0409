"""How much of a message the entries' own words cover, how many entries fit it equally, and which departments' words it has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.matching.content import is_weighty
from bot.matching.grams import VIEWS, heard

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

RARITY_CAP = 4.6
"""Rarity counted at most for a gram that no phrasing has; without it one slip of the pen would outweigh a sentence."""
BODY = 0.5
"""How far a gram counts as covered that stands in the answer only, when entries are compared."""
EQUAL = 0.1
"""Share of the message's matter within which another entry fits as well as the best."""
ABSENT = 0.5
"""Phrasings that a character counts for in an entry that hasn't got it."""
PRESENT = 0.65
"""Share of a department word's pairs that must stand in a message for the word to count as said."""

_VIEW_PLACE = {view: place for place, view in enumerate(VIEWS)}
_CHARACTERS, _PAIRS = _VIEW_PLACE["c"], _VIEW_PLACE["d"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The text that a message was made from, in leave-one-out learning: its entry must not profit from it."""

    entry: int
    grams: Set[str]


class Coverage:
    """Which grams each entry's phrasings and answer have."""

    def __init__(self, pools: Sequence[Mapping[str, int]], bodies: Sequence[Set[str]]) -> None:
        self._pools, self._bodies = pools, bodies
        self._entries = len(pools)
        spread: Counter[str] = Counter()
        for pool in pools:
            spread.update(pool.keys())
        names = {gram: None for one in (*pools, *bodies) for gram in one}
        self._place = {gram: place for place, gram in enumerate(names)}
        self._rarity = np.asarray([_rarity(self._entries, spread[gram]) for gram in names])
        self._sole = np.asarray([_rarity(self._entries, spread[gram] - 1) for gram in names])
        place = self._place
        cells = [(place[gram], entry, float(count)) for entry, pool in enumerate(pools) for gram, count in pool.items()]
        cells += [(place[gram], entry, 0.0) for entry, body in enumerate(bodies) for gram in body if gram not in pools[entry]]
        grams = np.asarray([cell[0] for cell in cells], dtype=np.int64)
        order = np.argsort(grams, kind="stable")
        self._starts = np.searchsorted(grams[order], np.arange(len(place) + 1))
        self._owner = np.asarray([cell[1] for cell in cells], dtype=np.int64)[order]
        self._asked = np.asarray([cell[2] for cell in cells])[order]

    def measure(self, counted: Mapping[str, int], without: LeftOut | None = None) -> Covered:
        """Measure a message's grams against all entries."""
        grams = list(counted)
        known = np.asarray([self._place.get(gram, -1) for gram in grams], dtype=np.int64)
        here = np.flatnonzero(known >= 0)
        lengths = np.zeros(len(grams), dtype=np.int64)
        weights = np.full(len(grams), RARITY_CAP)
        if len(here):
            lengths[here] = self._starts[known[here] + 1] - self._starts[known[here]]
            weights[here] = self._rarity[known[here]]
        ends = np.cumsum(lengths)
        size = int(ends[-1]) if len(ends) else 0
        gram = np.repeat(np.arange(len(grams)), lengths)
        begins = self._starts[known] if len(grams) else ends
        flat = np.arange(size) + np.repeat(begins - ends + lengths, lengths)
        owner, asked = self._owner[flat], self._asked[flat]
        if without is not None and without.entry >= 0:
            owner, asked, gram = self._leave_out(grams, known, weights, owner, asked, gram, without)
        views = np.asarray([_VIEW_PLACE[one[0]] for one in grams], dtype=np.int64)
        weighty = np.asarray([is_matter(one) for one in grams], dtype=bool)
        return Covered(self._entries, tuple(grams), views, weights, weighty, gram, owner, asked)

    def _leave_out(
        self, grams: list[str], known: Places, weights: Floats, owner: Places, asked: Floats, gram: Places, without: LeftOut
    ) -> tuple[Places, Floats, Places]:
        pool, body = self._pools[without.entry], self._bodies[without.entry]
        own = [place for place, one in enumerate(grams) if one in without.grams and one in pool]
        sole = [place for place in own if pool[grams[place]] == 1]
        weights[sole] = self._sole[known[sole]]
        mine = owner == without.entry
        asked = asked - (mine & np.isin(gram, own))
        in_body = np.asarray([one in body for one in grams], dtype=bool)
        keep = ~(mine & np.isin(gram, sole)) | in_body[gram]
        return owner[keep], asked[keep], gram[keep]

    def has(self, entry: int, gram: str) -> bool:
        """Tell whether an entry's phrasings or its answer have a gram."""
        return gram in self._pools[entry] or gram in self._bodies[entry]


@dataclass(frozen=True, slots=True)
class Covered:
    """A message's grams with their weights, and the pairs (gram, entry that has it); ``asked`` counts its phrasings with it."""

    entries: int
    grams: tuple[str, ...]
    views: Places
    weights: Floats
    weighty: NDArray[np.bool_]
    gram: Places
    owner: Places
    asked: Floats

    def of(self, entry: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
        """Return the features of one entry, and the rarest pairs of characters that it lacks."""
        mine = self.owner == entry
        has = np.zeros(len(self.grams))
        has[self.gram[mine]] = np.where(self.asked[mine] > 0, 2.0, 1.0)
        total = np.bincount(self.views, weights=self.weights, minlength=len(VIEWS))
        whole = np.where(total > 0, total, 1.0)
        asked = np.bincount(self.views, weights=self.weights * (has == 2), minlength=len(VIEWS)) / whole
        said = np.bincount(self.views, weights=self.weights * (has > 0), minlength=len(VIEWS)) / whole
        names = {gram for place, gram in enumerate(self.grams) if has[place]}
        values: list[float] = []
        uncovered: list[tuple[float, str]] = []
        for view in ("c", "d"):
            missing = self._missing(has, view)
            unheard = [weight for weight, gram in missing if heard(gram) not in names]
            values += [
                *_heaviest([weight for weight, _ in missing]),
                *_heaviest(unheard),
                sum(unheard) / whole[_VIEW_PLACE[view]],
            ]
            uncovered = missing
        rarest = sorted(uncovered, key=lambda pair: (-pair[0], pair[1]))[:4]
        return (*asked.tolist(), *said.tolist(), *values), tuple(gram[1:] for _, gram in rarest)

    def rivals(self, entry: int) -> tuple[float, ...]:
        """Return how much matter the message has, how much of it one entry covers, and how many others cover as much."""
        matter = self.weights * self.weighty
        total = float(matter.sum())
        size = self.size()
        if total <= 0:
            return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
        level = matter[self.gram] * np.where(self.asked > 0, 1.0, BODY)
        shares = np.bincount(self.owner, weights=level, minlength=self.entries) / total
        own = float(shares[entry])
        others = np.delete(shares, entry)
        best = float(others.max()) if len(others) else 0.0
        equal = int((others >= own - EQUAL).sum())
        (meant,) = self.meant((entry,))
        return (
            *(math.log1p(total) / 5, math.log1p(size) / 3, own, own - best),
            *(math.log1p(equal) / 3, 1 / (1 + equal), math.log1p(equal) / (1 + size), meant, meant / (1 + size)),
        )

    def size(self) -> int:
        """Return how many characters of matter the message has."""
        return int((self.weighty & (self.views == _CHARACTERS)).sum())

    def meant(self, entries: Sequence[int]) -> tuple[float, ...]:
        """Return the entries' probabilities if only the characters of matter counted, by how many phrasings have them."""
        if not entries:
            return ()
        chosen = (self.weighty & (self.views == _CHARACTERS))[self.gram]
        gains = np.log((self.asked[chosen] + ABSENT) / ABSENT)
        scores = np.bincount(self.owner[chosen], weights=gains, minlength=self.entries)
        chances = np.exp(scores - scores.max())
        shares = chances[list(entries)] / chances.sum()
        return tuple(shares.tolist())

    def _missing(self, has: Floats, view: str) -> list[tuple[float, str]]:
        chosen = np.flatnonzero((self.views == _VIEW_PLACE[view]) & (has == 0))
        return [(float(self.weights[place]), self.grams[place]) for place in chosen]


OF_COUNT = 2 * len(VIEWS) + 10
RIVALS_COUNT = 9
FOREIGN_COUNT = 4


class DepartmentWords:
    """The departments' own words, looked up in messages: what is named there is seldom what an entry is about."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(dict.fromkeys(word for word in words if len(word) > 1))
        self._pairs = [tuple(dict.fromkeys(left + right for left, right in pairwise(word))) for word in self._words]
        self._having: dict[str, list[int]] = {}
        for place, pairs in enumerate(self._pairs):
            for pair in pairs:
                self._having.setdefault(pair, []).append(place)

    def foreign(self, text: str, coverage: Coverage, entry: int) -> tuple[tuple[float, ...], str]:
        """Return how much of a department's word the message says that an entry lacks, and that word."""
        said = {left + right for left, right in pairwise(text)}
        hits = Counter(place for pair in said for place in self._having.get(pair, ()))
        whole, most, lacking, found = 0.0, 0.0, 0.0, ""
        for place, hit in hits.items():
            pairs = self._pairs[place]
            share = hit / len(pairs)
            if share < PRESENT:
                continue
            lacks = sum(pair in said and not coverage.has(entry, "d" + pair) for pair in pairs)
            if lacks and (lacks, share, self._words[place]) > (lacking, most, found):
                most, lacking, found = share, lacks, self._words[place]
            if lacks and self._words[place] in text:
                whole = max(whole, lacks / len(pairs))
        return (whole, most, min(lacking, 4) / 4, float(bool(found))), found


@lru_cache(maxsize=65_536)
def is_matter(gram: str) -> bool:
    """Tell whether a gram of characters or pairs carries matter of its own."""
    return gram[0] in "cd" and all(is_weighty(character) for character in gram[1:])


def _rarity(entries: int, spread: int) -> float:
    return min(math.log((entries + 1) / (max(spread, 0) + 0.5)), RARITY_CAP)


def _heaviest(weights: Sequence[float]) -> tuple[float, float]:
    first, second, *_ = (*sorted(weights, reverse=True)[:2], 0.0, 0.0)
    return first / 5, second / 5
