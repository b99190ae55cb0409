"""An inverted index over grams: cosine similarity of a message to every text in it, in one pass over the postings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from bot.matching.compiled import compiled
from bot.matching.grams import VIEWS
from bot.matching.postings import Floats, Postings
from bot.matching.vocabulary import UNKNOWN, Counted, Message, Places, Vocabulary

LARGE = 20_000
"""Texts from which grams that stand in too many of them are passed over: they tell little, and are most of the work."""
STOPPED = {"c": 0.05, "d": 1.0, "p": 0.003, "q": 0.05}
"""Share of the texts that is too many, by view: of sounds there are few, each in very many texts."""
_STOPPED = np.asarray([STOPPED[view] for view in VIEWS])
_SHARES = np.asarray(tuple(VIEWS.values()))


class Weighed(NamedTuple):
    """The weights of a message's known grams, with their numbers."""

    grams: Places
    weights: Floats


@dataclass(frozen=True, slots=True)
class GramScores:
    """A line of scores for each gram that any scored text has; the first line, of zeros, is that of all others."""

    lines: Places
    scores: Floats

    def of(self, weighed: Weighed) -> Floats:
        """Return the scores of a message."""
        return _scored(self.lines, self.scores, weighed.grams, weighed.weights)


class Index:
    """TF-IDF vectors with a norm per view; a message's norm includes the grams that the index doesn't know.

    Without the unknown grams in the norm, a message of one known and ten unknown words would look like a full match. Texts from
    ``counted`` on stand behind the others without a say in how rare a gram is, and what only they have counts as unknown; each of
    their grams counts once, however often it stands there.
    """

    def __init__(self, vocabulary: Vocabulary, texts: Counted, counted: int | None = None) -> None:
        self.size = texts.size
        self._known = len(vocabulary)
        heard = texts.size if counted is None else counted
        spread = np.bincount(texts.grams[texts.texts < heard], minlength=self._known)
        common = np.log((heard + 1) / (spread + 0.5))
        if heard > LARGE:
            common[spread > _STOPPED[vocabulary.views()] * heard] = 0
        unknown = np.log(heard + 1.0)
        self._rarity = np.append(np.where(spread > 0, common, unknown), unknown)
        self._fill(texts, vocabulary.views(), spread > 0, heard)

    def weigh(self, message: Message) -> Weighed:
        """Weigh the grams of a message; those that the index doesn't know count in its norm only."""
        return Weighed(*_weigh(message.places, message.counts, message.views, self._rarity, _SHARES))

    def similarities(self, weighed: Weighed) -> Floats:
        """Return the cosine (0–1) of a message to each text of the index, in their order."""
        return self._postings.weighted(weighed.grams, weighed.weights, self.size)

    def matrix(self, rows: Places) -> csr_matrix:
        """Return the weights of the given texts, a line each, by gram."""
        kept = self._postings
        return csc_matrix((kept.values, kept.places, kept.starts), shape=(self.size, self._known)).tocsr()[rows]

    def by_gram(self, scores: Floats, rows: Places) -> GramScores:
        """Turn scores by text (a line for each of ``rows``) into scores by gram.

        A message's weights times these are its similarities to the rows times their scores, at a fraction of the work.
        """
        texts = self.matrix(rows)
        used = np.unique(texts.indices)
        lines = np.zeros(self._known, dtype=np.int64)
        lines[used] = np.arange(1, len(used) + 1)
        found = np.zeros((len(used) + 1, scores.shape[1]), dtype=np.float32)
        found[1:] = texts[:, used].T @ scores
        return GramScores(lines, found)

    def kernel(self, rows: Places) -> Floats:
        """Return the similarities of the given texts to each other."""
        texts = self.matrix(rows)
        similar: Floats = (texts @ texts.T).toarray()
        return similar

    def _fill(self, texts: Counted, views: Places, held: NDArray[np.bool_], heard: int) -> None:
        often = 1 + np.log(np.arange(1, texts.counts.max(initial=1) + 1, dtype=np.float32))
        weights = self._rarity.astype(np.float32)[texts.grams]
        weights *= np.where(texts.texts < heard, often[texts.counts - 1], np.float32(1))
        cells = texts.texts * np.int32(len(VIEWS)) + views.astype(np.int32)[texts.grams]
        norms = np.bincount(cells, weights=weights * weights, minlength=texts.size * len(VIEWS)).reshape(-1, len(VIEWS))
        weights *= _scales(norms).astype(np.float32).ravel()[cells]
        kept = held[texts.grams] & (weights > 0)
        starts = np.append(0, np.cumsum(np.bincount(texts.grams[kept], minlength=self._known))).astype(np.int32)
        self._postings = Postings(starts, texts.texts[kept], weights[kept])


@compiled
def _weigh(
    places: Places, counts: Places, views: Places, rarity: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[Places, Floats]:
    """Return the known ones of a message's grams, and their weights under a norm of 1 with all of them."""
    weights = rarity[places]
    norms = np.zeros(len(shares))
    known = 0
    for row in range(len(places)):
        weights[row] *= 1 + math.log(counts[row])
        norms[views[row]] += weights[row] ** 2
        known += places[row] != UNKNOWN
    present = shares[norms > 0].sum()
    grams, told = np.empty(known, dtype=np.int64), np.empty(known, dtype=np.float32)
    found = 0
    for row in range(len(places)):
        if places[row] != UNKNOWN:
            view = views[row]
            grams[found] = places[row]
            told[found] = weights[row] * math.sqrt(shares[view] / present / norms[view]) if norms[view] > 0 else 0.0
            found += 1
    return grams, told


@compiled
def _scored(lines: Places, scores: Floats, grams: Places, weights: Floats) -> Floats:
    found = np.zeros(scores.shape[1], dtype=np.float32)
    for row in range(len(grams)):
        line = lines[grams[row]]
        if line:
            for column in range(len(found)):
                found[column] += weights[row] * scores[line, column]
    return found


def _scales(norms: NDArray[Any]) -> NDArray[np.float64]:
    """Return what to multiply the weights of each view with, for lines of squared norms by view."""
    present = np.where(norms > 0, _SHARES, 0)
    shares = present / np.maximum(present.sum(-1, keepdims=True), 1e-9)
    scales: NDArray[np.float64] = np.sqrt(shares / np.maximum(norms, 1e-9))
    return scales
