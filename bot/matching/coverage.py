"""How much of a message the entries' own words cover, how many entries fit it equally, and which departments' words it has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from bot.matching.grams import VIEWS, tokens
from bot.matching.ngrams import HEARD
from bot.matching.postings import Postings
from bot.matching.vocabulary import UNKNOWN, Counted, Message, Numbers, Places, Vocabulary

Floats = NDArray[np.float64]
Gains = NDArray[np.float32]

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

_ONE_HOT = np.eye(len(VIEWS))
_NOTHING = 1e-9
"""In place of nothing below a fraction."""
_ASKED, _SAID = 2, 1
"""What a phrasing, and an answer, that has a gram adds to its cell."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The text that a message was made from, in leave-one-out learning: its entry must not profit from it or its ``grams``."""

    entry: int
    grams: Places
    text: str = ""


class Coverage:
    """Which grams each entry's phrasings and its answer have.

    ``owners`` are the entries of the counted texts, -1 for texts of none; texts from ``answers`` on are answers.
    """

    def __init__(self, vocabulary: Vocabulary, counted: Counted, owners: Numbers, answers: int) -> None:
        self.entries = entries = int(owners.max(initial=-1)) + 1
        known = len(vocabulary)
        mine = owners[counted.texts] >= 0
        texts, lengths = counted.texts[mine], np.bincount(counted.grams[mine], minlength=known)
        said = np.where(texts < answers, np.uint16(_ASKED), np.uint16(_SAID))
        cells = csc_matrix((said, owners[texts], np.append(0, np.cumsum(lengths))), shape=(entries, known))
        cells.sum_duplicates()
        # Sounds carry no matter, and stand behind what does.
        by_gram = cells[:, : vocabulary.written]
        gain = _gain(np.arange(cells.data.max(initial=0) + 1)).astype(np.float32)
        self._postings = Postings(by_gram.indptr, by_gram.indices, gain[by_gram.data // _ASKED])
        by_entry = cells.tocsr()
        self._grams, self._begins, self._said = by_entry.indices, by_entry.indptr.tolist(), by_entry.data
        spread = np.bincount(self._grams, weights=self._said >= _ASKED, minlength=known).astype(np.int64)
        here = np.bincount(self._grams, minlength=known) > 0
        self._rarity = np.append(np.where(here, _rarity(entries, spread), RARITY_CAP), RARITY_CAP)
        self._sole = _rarity(entries, spread - 1)

    def measure(self, message: Message, without: LeftOut | None = None) -> Covered:
        """Measure a message's grams against all entries."""
        weights = self._rarity[message.places]
        if without is not None and without.entry >= 0:
            sole = _own(message, without) & (self._held(message, without.entry) // _ASKED == 1)
            weights[sole] = self._sole[message.places[sole]]
        by_view = weights[:, None] * _ONE_HOT[message.views]
        return Covered(self, message, without, weights, by_view, weights * message.weighty, *self._having(message, without))

    def held(self, message: Message, entries: Sequence[int], without: LeftOut | None = None) -> NDArray[np.bool_]:
        """Tell by entry and gram of a message whether its phrasings have it; in a second block, whether it has it anywhere."""
        said = np.asarray([self._held(message, entry) for entry in entries])
        if without is not None and without.entry in entries:
            mine = said[entries.index(without.entry)]
            mine -= _ASKED * (_own(message, without) & (mine >= _ASKED))
        return np.asarray((said >= _ASKED, said > 0))

    def _held(self, message: Message, entry: int) -> Numbers:
        """Return what an entry has of each gram of a message: ``_ASKED`` for each phrasing, ``_SAID`` for its answer."""
        begin, end = self._begins[entry], self._begins[entry + 1]
        if begin == end:
            return np.zeros(len(message), dtype=np.int32)
        mine = self._grams[begin:end]
        found = mine[:-1].searchsorted(message.places)
        here: Numbers = np.where(mine[found] == message.places, self._said[begin:end][found], np.int32(0))
        return here

    def _having(self, message: Message, without: LeftOut | None) -> tuple[Places, Numbers, Gains, Floats]:
        """Return for each gram of matter and entry with it: its row, the entry, what it tells for it, how far it counts."""
        rows = np.flatnonzero(message.weighty & (message.places != UNKNOWN))
        if not len(rows):
            return rows, np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32), np.empty(0)
        having = self._postings.of(message.places[rows])
        owner, gain = having.places, having.values
        gram = rows.repeat(having.lengths())
        level = np.where(gain > 0, 1.0, BODY)
        if without is not None and without.entry >= 0:
            mine = owner == without.entry
            ((asked,), (anywhere,)) = self.held(message, (without.entry,), without)
            count = self._held(message, without.entry) // _ASKED - _own(message, without)
            gain[mine] = _gain(np.maximum(count, 0))[gram[mine]]
            level[mine] = np.where(asked, 1.0, anywhere * BODY)[gram[mine]]
        return gram, owner, gain, level


def _own(message: Message, without: LeftOut) -> NDArray[np.bool_]:
    return np.isin(message.places, without.grams)


def _gain(count: Places) -> Floats:
    """Return what a gram tells for an entry, in log-odds, by how many of its phrasings have it."""
    gain: Floats = np.log((count + ABSENT) / ABSENT)
    return gain


class Covered(NamedTuple):
    """A message's grams with their weights, and the pairs (gram of matter, entry that has it).

    ``by_view`` has the weights once more, each in the column of its view, ``matter`` those of matter and zeros beside. By pair,
    ``gain`` is what the gram tells for the entry, ``level`` (0–1) how far it counts as covered.
    """

    coverage: Coverage
    message: Message
    without: LeftOut | None
    weights: Floats
    by_view: Floats
    matter: Floats
    gram: Places
    owner: Numbers
    gain: Gains
    level: Floats

    def of(self, entry: int, other: int | None = None) -> tuple[tuple[float, ...], tuple[str, ...], tuple[str, ...]]:
        """Return the features of one entry, last how far it is ahead of another, the rarest pairs that it lacks, and all grams.

        Those are characters and pairs, marked where it has their sounds (``HEARD``).
        """
        entries = (entry,) if other is None else (entry, other)
        held = self.coverage.held(self.message, entries, self.without)
        whole = self.by_view.sum(0)
        shares = held @ self.by_view / np.maximum(whole, _NOTHING)
        first = shares[:, 0].ravel()
        ahead = first if other is None else first - shares[:, 1].ravel()
        lost, missing, lacking = self._lost(~held[1, 0], whole.tolist())
        return (*first.tolist(), *lost, *ahead[::2].tolist()), missing, lacking

    def _lost(self, lacks: NDArray[np.bool_], whole: Sequence[float]) -> tuple[list[float], tuple[str, ...], tuple[str, ...]]:
        """Return what the grams weigh that an entry lacks, of characters and of pairs, the rarest pairs of them, and all."""
        names, heard, weights = self.message.names, self.message.heard, self.weights.tolist()
        unheard = (lacks[: len(heard)] & lacks[heard]).tolist()
        lacked = np.flatnonzero(lacks[: len(heard)])
        split = int(lacked.searchsorted(self.message.characters))
        rows = lacked.tolist()
        values: list[float] = []
        for some, total in zip((rows[:split], rows[split:]), whole, strict=False):
            silent = [weights[row] for row in some if unheard[row]]
            values += [*_heaviest([weights[row] for row in some]), *_heaviest(silent), sum(silent) / (total or 1.0)]
        rarest = sorted((-weights[row], names[row]) for row in rows[split:])[:4]
        return (
            values,
            tuple(name for _, name in rarest),
            tuple([names[row] if unheard[row] else HEARD + names[row] for row in rows]),
        )

    def rivals(self, entry: int, meant: float) -> tuple[float, ...]:
        """Return how much matter the message has, how much of it one entry covers, and how many others cover as much.

        ``meant`` is the entry's probability by the characters of matter alone (``meant``).
        """
        total = float(self.matter.sum())
        size = self.size()
        if total <= 0:
            return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
        shares = np.bincount(self.owner, weights=self.matter[self.gram] * self.level, minlength=self.coverage.entries) / total
        own = float(shares[entry])
        shares[entry] = -1.0
        best = float(shares.max()) if len(shares) > 1 else 0.0
        equal = int(np.count_nonzero(shares >= own - EQUAL)) - (own - EQUAL <= -1.0)
        return (
            *(math.log1p(total) / 5, math.log1p(size) / 3, own, own - best),
            *(math.log1p(equal) / 3, 1 / (1 + equal), math.log1p(equal) / (1 + size), meant, meant / (1 + size)),
        )

    def size(self) -> int:
        """Return how many characters of matter the message has."""
        return int(np.count_nonzero(self.message.weighty[: self.message.characters]))

    def meant(self, entries: Sequence[int]) -> tuple[float, ...]:
        """Return the entries' probabilities if only the characters of matter counted, by how many phrasings have them."""
        if not entries:
            return ()
        last = int(self.gram.searchsorted(self.message.characters))
        scores = np.bincount(self.owner[:last], weights=self.gain[:last], minlength=self.coverage.entries)
        chances = np.exp(scores - scores.max())
        shares = chances[list(entries)] / chances.sum()
        return tuple(shares.tolist())


OF_COUNT = 2 * len(VIEWS) + 10 + len(VIEWS)
RIVALS_COUNT = 9
FOREIGN_COUNT = 4


class DepartmentWords:
    """The departments' own words, looked up in messages: what is named there is seldom what an entry is about."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(dict.fromkeys(word for word in words if len(word) > 1))
        self._pairs = [tuple(dict.fromkeys(_pairs(word))) for word in self._words]
        self._least = [PRESENT * len(pairs) for pairs in self._pairs]
        self._having: dict[str, list[int]] = {}
        for place, pairs in enumerate(self._pairs):
            for pair in pairs:
                self._having.setdefault(pair, []).append(place)

    def foreign(self, text: str, said: Collection[str], lacking: Collection[str]) -> tuple[tuple[float, ...], str]:
        """Return how much of a department's word a message says that an entry lacks, and that word.

        ``said`` are the names of the message's grams, ``lacking`` those that the entry lacks (as ``Covered.of`` tells them).
        """
        hits = Counter(chain.from_iterable(map(self._having.__getitem__, self._having.keys() & said)))
        whole, most, lost, found = 0.0, 0.0, 0.0, ""
        for place in [place for place, hit in hits.items() if hit >= self._least[place]]:
            pairs = self._pairs[place]
            share = hits[place] / len(pairs)
            lacks = sum(pair in lacking or HEARD + pair in lacking for pair in pairs)
            if lacks and (lacks, share, self._words[place]) > (lost, most, found):
                most, lost, found = share, lacks, self._words[place]
            if lacks and self._words[place] in text:
                whole = max(whole, lacks / len(pairs))
        return (whole, most, min(lost, 4) / 4, float(bool(found))), found


def _pairs(word: str) -> list[str]:
    """Return a word's pairs as a message has them; a word of a single token is one."""
    spoken = tokens(word)
    return [left + right for left, right in pairwise(spoken)] or spoken


def _rarity(entries: int, spread: Places) -> Floats:
    rarity: Floats = np.minimum(np.log((entries + 1) / (np.maximum(spread, 0) + 0.5)), RARITY_CAP)
    return rarity


def _heaviest(weights: Sequence[float]) -> tuple[float, float]:
    first, second, *_ = (*sorted(weights, reverse=True)[:2], 0.0, 0.0)
    return first / 5, second / 5
