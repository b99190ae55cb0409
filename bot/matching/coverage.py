"""How much of a message the entries' own words cover, how many entries fit it equally, and which departments' words it has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.matching.grams import VIEWS, heard
from bot.matching.vocabulary import UNKNOWN, VIEW_PLACE, Counted, Message, Places, Vocabulary, is_matter

Floats = NDArray[np.float64]

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

_ASKED, _SAID = 2, 1
"""What a phrasing, and an answer, that has a gram adds to its cell."""
_CHARACTERS, _PAIRS = VIEW_PLACE["c"], VIEW_PLACE["d"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The text that a message was made from, in leave-one-out learning: its entry must not profit from it."""

    entry: int
    grams: Set[str]


class Coverage:
    """Which grams each entry's phrasings (``asked``, of the entries in ``owners``) and its answer (``bodies``) have."""

    def __init__(self, vocabulary: Vocabulary, asked: Counted, owners: Places, bodies: Counted) -> None:
        self._vocabulary = vocabulary
        self.entries = entries = bodies.size
        known = len(vocabulary)
        # Only building needs it, and it takes a tenth of a second to load.
        from scipy.sparse import csr_matrix

        owner = np.concatenate([owners[asked.texts], bodies.texts])
        said = np.repeat(np.asarray([_ASKED, _SAID], dtype=np.int32), [len(asked.grams), len(bodies.grams)])
        cells = csr_matrix((said, (owner, np.concatenate([asked.grams, bodies.grams]))), shape=(entries, known))
        self._grams, self._begins = cells.indices, cells.indptr
        self._count, self._body = cells.data // _ASKED, cells.data % _ASKED == _SAID
        by_gram = csr_matrix((np.arange(len(cells.data), dtype=np.int32), cells.indices, cells.indptr), shape=cells.shape).tocsc()
        self._postings, self._owner, self._starts = by_gram.data, by_gram.indices, by_gram.indptr
        self._asked = self._count[self._postings].astype(np.float32)
        spread = np.bincount(self._grams[self._count > 0], minlength=known)
        here = np.bincount(self._grams, minlength=known) > 0
        self._rarity = np.append(np.where(here, _rarity(entries, spread), RARITY_CAP), RARITY_CAP)
        self._sole = _rarity(entries, spread - 1)
        self._matter = np.append(vocabulary.matter(), False)

    def measure(self, message: Message, without: LeftOut | None = None) -> Covered:
        """Measure a message's grams against all entries."""
        places = message.places
        weights = self._rarity[places]
        weighty = self._matter[places]
        for row in np.flatnonzero(places == UNKNOWN):
            weighty[row] = is_matter(message.names[row])
        if without is not None and without.entry >= 0:
            sole = _own(message, without) & (self._held(message, without.entry)[0] == 1)
            weights[sole] = self._sole[places[sole]]
        return Covered(self, message, without, weights, weighty, *self._having(message, weighty, without))

    def held(self, message: Message, entry: int, without: LeftOut | None = None) -> Held:
        """Return which grams of a message an entry has."""
        count, body = self._held(message, entry)
        if without is not None and without.entry == entry:
            count = count - _own(message, without)
        return Held(count > 0, (count > 0) | body)

    def has(self, entry: int, gram: str) -> bool:
        """Tell whether an entry's phrasings or its answer have a gram."""
        mine = self._grams[self._begins[entry] : self._begins[entry + 1]]
        place = self._vocabulary.place(gram)
        found = int(np.searchsorted(mine, place))
        return found < len(mine) and int(mine[found]) == place

    def _held(self, message: Message, entry: int) -> tuple[Places, NDArray[np.bool_]]:
        """Return for each gram of a message how many of an entry's phrasings have it, and whether its answer has it."""
        begin, end = self._begins[entry], self._begins[entry + 1]
        if begin == end:
            return np.zeros(len(message), dtype=np.int64), np.zeros(len(message), dtype=bool)
        mine = self._grams[begin:end]
        found = np.minimum(np.searchsorted(mine, message.places), len(mine) - 1)
        here = mine[found] == message.places
        return self._count[begin:end][found] * here, self._body[begin:end][found] & here

    def _having(
        self, message: Message, weighty: NDArray[np.bool_], without: LeftOut | None
    ) -> tuple[Places, Places, Floats, Floats]:
        """Return for each gram of matter and entry with it: its row, the entry, the phrasings that have it, how far it counts."""
        rows = np.flatnonzero(weighty & (message.places != UNKNOWN))
        if not len(rows):
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing, np.empty(0), np.empty(0)
        starts, ends = self._starts[message.places[rows]], self._starts[message.places[rows] + 1]
        slices = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        owner, asked = (np.concatenate([column[one] for one in slices]) for column in (self._owner, self._asked))
        gram = np.repeat(rows, ends - starts)
        level = np.where(asked > 0, 1.0, BODY)
        if without is not None and without.entry >= 0:
            body = np.concatenate([self._body[self._postings[one]] for one in slices])
            asked = asked - (_own(message, without)[gram] & (owner == without.entry) & (asked > 0))
            level = np.where(asked > 0, 1.0, body * BODY)
        return gram, owner, asked, level


@dataclass(frozen=True, slots=True)
class Held:
    """By gram of a message: whether a phrasing of an entry has it, and whether its phrasings or its answer have it."""

    asked: NDArray[np.bool_]
    anywhere: NDArray[np.bool_]


def _own(message: Message, without: LeftOut) -> NDArray[np.bool_]:
    return np.asarray([name in without.grams for name in message.names], dtype=bool)


@dataclass(frozen=True, slots=True)
class Covered:
    """A message's grams with their weights, and the pairs (gram of matter, entry that has it).

    ``asked`` counts the entry's phrasings that have it, ``level`` (0–1) is how far it counts as covered.
    """

    coverage: Coverage
    message: Message
    without: LeftOut | None
    weights: Floats
    weighty: NDArray[np.bool_]
    gram: Places
    owner: Places
    asked: Floats
    level: Floats

    def shares(self, entry: int) -> tuple[float, ...]:
        """Return by view the shares of the message that one entry's phrasings have, then those that it has anywhere."""
        return self._shares(self.coverage.held(self.message, entry, self.without))

    def of(self, entry: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
        """Return the features of one entry, and the rarest pairs of characters that it lacks."""
        held = self.coverage.held(self.message, entry, self.without)
        names, weights = self.message.names, self.weights.tolist()
        missing: tuple[list[tuple[float, str]], ...] = ([], [])
        lacked = {names[row]: weights[row] for row in np.flatnonzero(~held.anywhere).tolist()}
        for name, weight in lacked.items():
            if name[0] in "cd":
                missing[name[0] == "d"].append((weight, name))
        values: list[float] = []
        for some, whole in zip(missing, self._by_view(self.weights).tolist(), strict=False):
            unheard = [weight for weight, name in some if heard(name) in lacked or len(heard(name)) == 1]
            values += [*_heaviest([weight for weight, _ in some]), *_heaviest(unheard), sum(unheard) / (whole or 1.0)]
        rarest = sorted(missing[1], key=lambda pair: (-pair[0], pair[1]))[:4]
        return (*self._shares(held), *values), tuple(name[1:] for _, name in rarest)

    def _shares(self, held: Held) -> tuple[float, ...]:
        total = self._by_view(self.weights)
        whole = np.where(total > 0, total, 1.0)
        asked = self._by_view(self.weights * held.asked) / whole
        said = self._by_view(self.weights * held.anywhere) / whole
        return (*asked.tolist(), *said.tolist())

    def _by_view(self, weights: Floats) -> Floats:
        sums: Floats = np.bincount(self.message.views, weights=weights, minlength=len(VIEWS)).astype(float)
        return sums

    def rivals(self, entry: int, meant: float) -> tuple[float, ...]:
        """Return how much matter the message has, how much of it one entry covers, and how many others cover as much.

        ``meant`` is the entry's probability by the characters of matter alone (``meant``).
        """
        matter = self.weights * self.weighty
        total = float(matter.sum())
        size = self.size()
        if total <= 0:
            return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
        shares = np.bincount(self.owner, weights=matter[self.gram] * self.level, minlength=self.coverage.entries) / total
        own = float(shares[entry])
        shares[entry] = -1.0
        best = float(shares.max()) if len(shares) > 1 else 0.0
        equal = int((shares >= own - EQUAL).sum()) - (own - EQUAL <= -1.0)
        return (
            *(math.log1p(total) / 5, math.log1p(size) / 3, own, own - best),
            *(math.log1p(equal) / 3, 1 / (1 + equal), math.log1p(equal) / (1 + size), meant, meant / (1 + size)),
        )

    def size(self) -> int:
        """Return how many characters of matter the message has."""
        return int((self.weighty & (self.message.views == _CHARACTERS)).sum())

    def meant(self, entries: Sequence[int]) -> tuple[float, ...]:
        """Return the entries' probabilities if only the characters of matter counted, by how many phrasings have them."""
        if not entries:
            return ()
        chosen = self.message.views[self.gram] == _CHARACTERS
        gains = np.log((self.asked[chosen] + ABSENT) / ABSENT)
        scores = np.bincount(self.owner[chosen], weights=gains, minlength=self.coverage.entries)
        chances = np.exp(scores - scores.max())
        shares = chances[list(entries)] / chances.sum()
        return tuple(shares.tolist())


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


def _rarity(entries: int, spread: Places) -> Floats:
    rarity: Floats = np.minimum(np.log((entries + 1) / (np.maximum(spread, 0) + 0.5)), RARITY_CAP)
    return rarity


def _heaviest(weights: Sequence[float]) -> tuple[float, float]:
    first, second, *_ = (*sorted(weights, reverse=True)[:2], 0.0, 0.0)
    return first / 5, second / 5
