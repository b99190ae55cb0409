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

from bot.matching.compiled import compiled
from bot.matching.grams import VIEWS, tokens
from bot.matching.lookup import places_in
from bot.matching.ngrams import HEARD
from bot.matching.postings import Postings
from bot.matching.vocabulary import UNKNOWN, Counted, Flags, Message, Numbers, Places, Vocabulary

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

_VIEWS = len(VIEWS)
_LOST_COUNT = 5
OF_COUNT = 2 * _VIEWS + 2 * _LOST_COUNT + _VIEWS
RIVALS_COUNT = 9
FOREIGN_COUNT = 4
_LOST_CHARACTERS = 2 * _VIEWS
_LOST_PAIRS = _LOST_CHARACTERS + _LOST_COUNT
_AHEAD = _LOST_PAIRS + _LOST_COUNT
"""Places among the features of an entry: behind its shares what it lacks, and how far it is ahead of another."""
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
        return Covered(self, message, without, weights, *self._fits(message, weights, without))

    def held(self, message: Message, entry: int, without: LeftOut | None = None) -> Numbers:
        """Return what an entry has of each gram of a message: ``_ASKED`` for each phrasing, ``_SAID`` for its answer."""
        said = self._held(message, entry)
        if without is not None and without.entry == entry:
            said -= _ASKED * (_own(message, without) & (said >= _ASKED))
        return said

    def _held(self, message: Message, entry: int) -> Numbers:
        begin, end = self._begins[entry], self._begins[entry + 1]
        return _found(self._grams[begin:end], self._said[begin:end], message.places)

    def _fits(self, message: Message, weights: Floats, without: LeftOut | None) -> tuple[Floats, Floats]:
        """Return by entry how much of the message's matter it covers, and what its characters of matter tell for the entry."""
        entry, gains, levels = -1, np.empty(0, dtype=np.float32), np.empty(0)
        if without is not None and without.entry >= 0:
            entry, said = without.entry, self.held(message, without.entry, without)
            gains = _gain(said // _ASKED).astype(np.float32)
            levels = np.where(said >= _ASKED, 1.0, (said > 0) * BODY)
        return _fits(
            *self._postings, message.places, message.weighty, weights, message.characters, self.entries, entry, gains, levels
        )


def _own(message: Message, without: LeftOut) -> NDArray[np.bool_]:
    return np.isin(message.places, without.grams)


def _gain(count: Places | Numbers) -> Floats:
    """Return what a gram tells for an entry, in log-odds, by how many of its phrasings have it."""
    gain: Floats = np.log((count + ABSENT) / ABSENT)
    return gain


class Covered(NamedTuple):
    """A message's grams with their weights, and by entry how much of their matter it ``covers`` and what they ``tell`` for it.

    Only the characters of matter tell anything: in log-odds, by how many of the entry's phrasings have them.
    """

    coverage: Coverage
    message: Message
    without: LeftOut | None
    weights: Floats
    covers: Floats
    tells: Floats

    def of(self, entry: int, other: int | None = None) -> tuple[tuple[float, ...], tuple[str, ...], tuple[str, ...]]:
        """Return the features of one entry, last how far it is ahead of another, the rarest pairs that it lacks, and all grams.

        Those are characters and pairs, marked where it has their sounds (``HEARD``).
        """
        message, weights = self.message, self.weights
        held = self.coverage.held(message, entry, self.without)
        rival = np.zeros_like(held) if other is None else self.coverage.held(message, other, self.without)
        features, lacked, unheard = _covered(message.characters, message.views, message.heard, weights, held, rival)
        rows, names = lacked.tolist(), message.names
        told = weights.tolist()
        rarest = sorted([(-told[row], names[row]) for row in rows if row >= message.characters])[:4]
        marked = [names[row] if new else HEARD + names[row] for row, new in zip(rows, unheard.tolist(), strict=True)]
        return tuple(features.tolist()), tuple([name for _, name in rarest]), tuple(marked)

    def rivals(self, entry: int, meant: float) -> tuple[float, ...]:
        """Return how much matter the message has, how much of it one entry covers, and how many others cover as much.

        ``meant`` is the entry's probability by the characters of matter alone (``meant``).
        """
        total = _summed(self.weights, self.message.weighty)
        size = self.size()
        if total <= 0:
            return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
        own, best, equal = _rivals(self.covers, entry, EQUAL * total)
        return (
            *(math.log1p(total) / 5, math.log1p(size) / 3, own / total, (own - best) / total),
            *(math.log1p(equal) / 3, 1 / (1 + equal), math.log1p(equal) / (1 + size), meant, meant / (1 + size)),
        )

    def size(self) -> int:
        """Return how many characters of matter the message has."""
        return int(np.count_nonzero(self.message.weighty[: self.message.characters]))

    def meant(self, entries: Sequence[int]) -> tuple[float, ...]:
        """Return the entries' probabilities if only the characters of matter counted, by how many phrasings have them."""
        if not entries:
            return ()
        tells: list[float] = self.tells.tolist()
        whole = _log_sum(self.tells)
        return tuple([math.exp(tells[entry] - whole) for entry in entries])


@compiled
def _found(grams: Numbers, values: Numbers, wanted: Places) -> Numbers:
    """Return the values of the wanted grams among some in ascending order, 0 where there is none."""
    found = np.zeros(len(wanted), dtype=np.int32)
    for row, place in enumerate(places_in(grams, wanted)):
        if place >= 0:
            found[row] = values[place]
    return found


@compiled
def _fits(
    starts: Numbers,
    owners: Numbers,
    gains: Gains,
    places: Places,
    weighty: Flags,
    weights: Floats,
    characters: int,
    entries: int,
    left_out: int,
    own_gains: Gains,
    own_levels: Floats,
) -> tuple[Floats, Floats]:
    """Return what ``Covered`` has by entry; of the entry ``left_out`` other gains and levels count, a row for each gram."""
    covers, tells = np.zeros(entries), np.zeros(entries)
    for row in range(len(places)):
        if not weighty[row] or places[row] == UNKNOWN:
            continue
        for at in range(starts[places[row]], starts[places[row] + 1]):
            owner = owners[at]
            gain, level = gains[at], 1.0 if gains[at] > 0 else BODY
            if owner == left_out:
                gain, level = own_gains[row], own_levels[row]
            covers[owner] += weights[row] * level
            if row < characters:
                tells[owner] += gain
    return covers, tells


@compiled
def _summed(weights: Floats, chosen: Flags) -> float:
    return float(weights[chosen].sum())


@compiled
def _log_sum(tells: Floats) -> float:
    """Return the logarithm of the sum of what the log-odds stand for."""
    highest = tells.max()
    return float(highest + math.log(np.exp(tells - highest).sum()))


@compiled
def _rivals(covers: Floats, entry: int, margin: float) -> tuple[float, float, int]:
    """Return what one entry covers, the most that any other does, and how many others cover as much within a margin."""
    own, best, equal = covers[entry], 0.0, 0
    for other in range(len(covers)):
        if other != entry:
            best = max(best, covers[other])
            equal += covers[other] >= own - margin
    return own, best, equal


@compiled
def _covered(
    characters: int, views: Places, heard: Places, weights: Floats, held: Numbers, rival: Numbers
) -> tuple[Floats, Places, Flags]:
    """Return the features of what an entry has of a message's grams, the rows that it lacks, and which it hasn't by sound either.

    ``held`` is what it has, ``rival`` what another one has (``Coverage.held``).
    """
    features = np.zeros(OF_COUNT)
    whole = _by_view(views, weights, held, 0)
    for place, least in enumerate((_ASKED, _SAID)):
        shares = _by_view(views, weights, held, least) / np.maximum(whole, _NOTHING)
        others = _by_view(views, weights, rival, least) / np.maximum(whole, _NOTHING)
        features[place * len(whole) : (place + 1) * len(whole)] = shares
        features[_AHEAD + 2 * place : _AHEAD + 2 * place + 2] = (shares - others)[::2]
    lacked = np.flatnonzero(held[: len(heard)] == 0)
    unheard = held[heard[lacked]] == 0
    split = np.searchsorted(lacked, characters)
    features[_LOST_CHARACTERS:_LOST_PAIRS] = _lost(weights[lacked[:split]], unheard[:split], whole[0])
    features[_LOST_PAIRS:_AHEAD] = _lost(weights[lacked[split:]], unheard[split:], whole[1])
    return features, lacked, unheard


@compiled
def _by_view(views: Places, weights: Floats, held: Numbers, least: int) -> Floats:
    """Return by view the weights of the grams of which at least so much is held."""
    sums = np.zeros(_VIEWS)
    for row in range(len(views)):
        if held[row] >= least:
            sums[views[row]] += weights[row]
    return sums


@compiled
def _lost(weights: Floats, unheard: Flags, whole: float) -> tuple[float, float, float, float, float]:
    """Return of grams that are lacked the heaviest two, the heaviest two not held by sound either, and the share of those."""
    silent = np.where(unheard, weights, 0.0)
    share = silent.sum() / whole if whole > 0 else 0.0
    return (*_heaviest(weights), *_heaviest(silent), share)


@compiled
def _heaviest(weights: Floats) -> tuple[float, float]:
    first = second = 0.0
    for weight in weights:
        if weight > first:
            first, second = weight, first
        elif weight > second:
            second = weight
    return first / 5, second / 5


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

    def foreign(self, text: str, said: Sequence[str], lacking: Collection[str]) -> tuple[tuple[float, ...], str]:
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
