"""An inverted index over grams: cosine similarity of a message to every text in it, in one pass over the postings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.grams import VIEWS
from bot.matching.vocabulary import UNKNOWN, Counted, Message, Places, Vocabulary

Floats = NDArray[np.float32]

_SHARES = np.asarray(list(VIEWS.values()))
_FREQUENT = 24
"""Texts from which a gram counts as frequent when the similarities of all texts to each other are computed."""
_AT_ONCE = 20_000
"""Weighed grams that are multiplied at once when scores of texts are turned into scores of grams; bounds the memory."""


@dataclass(frozen=True, slots=True)
class Weighed:
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
        # Not a product: that one goes to threads, which costs more than it saves at this size.
        found: Floats = np.einsum("i,ij->j", weighed.weights, self.scores[self.lines[weighed.grams]])
        return found


class Index:
    """TF-IDF vectors with a norm per view; a message's norm includes the grams that the index doesn't know.

    Without the unknown grams in the norm, a message of one known and ten unknown words would look like a full match. Texts from
    ``counted`` on stand behind the others without a say in how rare a gram is, and what only they have counts as unknown.
    """

    def __init__(self, vocabulary: Vocabulary, texts: Counted, counted: int | None = None) -> None:
        self.size = texts.size
        self._known = len(vocabulary)
        heard = texts.size if counted is None else counted
        spread = np.bincount(texts.grams[texts.texts < heard], minlength=self._known)
        common = np.log((heard + 1) / (spread + 0.5))
        unknown = np.log(heard + 1.0)
        self._rarity = np.append(np.where(spread > 0, common, unknown), unknown)
        self._fill(texts, vocabulary.views(), spread > 0)

    def weigh(self, message: Message) -> Weighed:
        """Weigh the grams of a message; those that the index doesn't know count in its norm only."""
        weights = self._rarity[message.places]
        if len(message) and message.counts.max() > 1:
            weights = weights * (1 + np.log(message.counts))
        norms = np.bincount(message.views, weights=weights * weights, minlength=len(VIEWS))
        weights = weights * _scales(norms)[message.views]
        known = message.places != UNKNOWN
        return Weighed(message.places[known], weights[known].astype(np.float32))

    def similarities(self, weighed: Weighed) -> Floats:
        """Return the cosine (0–1) of a message to each text of the index, in their order, and a zero behind them."""
        if not len(weighed.grams):
            return np.zeros(self.size + 1, dtype=np.float32)
        starts, ends = self._starts[weighed.grams], self._starts[weighed.grams + 1]
        slices = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        texts = np.concatenate([self._texts[one] for one in slices])
        products = np.concatenate([self._weights[one] for one in slices])
        products *= np.repeat(weighed.weights, ends - starts)
        return np.bincount(texts, weights=products, minlength=self.size + 1).astype(np.float32)

    def by_gram(self, scores: Floats, rows: Places) -> GramScores:
        """Turn scores by text (a line for each of ``rows``, ascending) into scores by gram.

        A message's weights times these are its similarities to the rows times their scores, at a fraction of the work.
        """
        place = np.full(self.size, -1)
        place[rows] = np.arange(len(rows))
        held = np.flatnonzero(place[self._texts] >= 0)
        texts, weights = place[self._texts[held]], self._weights[held]
        grams = np.repeat(np.arange(self._known), np.diff(self._starts))[held]
        lines = np.zeros(self._known, dtype=np.int64)
        lines[np.unique(grams)] = np.arange(1, len(np.unique(grams)) + 1)
        found = np.zeros((int(lines.max(initial=0)) + 1, scores.shape[1]), dtype=np.float32)
        for start in range(0, len(held), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            products = scores[texts[part]] * weights[part, None]
            first = np.flatnonzero(np.diff(grams[part], prepend=-1))
            found[lines[grams[part][first]]] += np.add.reduceat(products, first, axis=0)
        return GramScores(lines, found)

    def kernel(self, rows: Places) -> Floats:
        """Return the similarities of the given texts (ascending places) to each other.

        Frequent grams go through one matrix product, rare ones pair by pair: twenty times faster than asking text by text.
        """
        count = len(rows)
        among = np.isin(self._texts, rows)
        texts = np.searchsorted(rows, self._texts[among])
        grams = np.repeat(np.arange(self._known), np.diff(self._starts))[among]
        weights = self._weights[among]
        spread = np.bincount(grams, minlength=self._known)
        frequent = np.flatnonzero(spread > _FREQUENT)
        column = np.full(self._known, -1)
        column[frequent] = np.arange(len(frequent))
        dense = np.zeros((count, len(frequent)), dtype=np.float32)
        common = column[grams] >= 0
        dense[texts[common], column[grams[common]]] = weights[common]
        cells: list[Places] = [np.empty(0, dtype=np.int64)]
        products: list[Floats] = [np.empty(0, dtype=np.float32)]
        for held in range(2, _FREQUENT + 1):  # a gram of one text only lies on the diagonal
            chosen = spread[grams] == held
            group = texts[chosen].reshape(-1, held)
            value = weights[chosen].reshape(-1, held)
            cells.append((group[:, :, None] * count + group[:, None, :]).ravel())
            products.append((value[:, :, None] * value[:, None, :]).ravel())
        rare = np.bincount(np.concatenate(cells), weights=np.concatenate(products), minlength=count * count)
        similar = dense @ dense.T
        similar += rare.reshape(count, count)
        np.fill_diagonal(similar, np.bincount(texts, weights=weights * weights, minlength=count))
        return similar

    def _fill(self, texts: Counted, views: Places, held: NDArray[np.bool_]) -> None:
        weights = self._rarity[texts.grams] * (1 + np.log(texts.counts))
        cells = texts.texts * len(VIEWS) + views[texts.grams]
        norms = np.bincount(cells, weights=weights * weights, minlength=texts.size * len(VIEWS)).reshape(-1, len(VIEWS))
        weights *= _scales(norms).ravel()[cells]
        kept = np.flatnonzero(held[texts.grams])
        order = kept[np.argsort(texts.grams[kept], kind="stable")]
        self._texts: Places = texts.texts[order]
        self._weights: Floats = weights[order].astype(np.float32)
        self._starts: Places = np.searchsorted(texts.grams[order], np.arange(self._known + 1))


def _scales(norms: NDArray[Any]) -> NDArray[np.float64]:
    """Return what to multiply the weights of each view with, for lines of squared norms by view."""
    present = np.where(norms > 0, _SHARES, 0)
    shares = present / np.maximum(present.sum(-1, keepdims=True), 1e-9)
    scales: NDArray[np.float64] = np.sqrt(shares / np.maximum(norms, 1e-9))
    return scales
