"""What speaks for and against each entry: similarities to all curated texts, a learned score, and what stays uncovered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching import signs
from bot.matching.grams import VIEWS, grams
from bot.matching.index import Floats, Index
from bot.matching.regression import solve_ridge
from bot.matching.wording import Wording
from bot.model import Library
from bot.text import mentioned_names

RIDGE_LIMIT = 6_000
"""Phrasings up to which the learned score is fitted (its cost grows with their cube); beyond it, similarities decide alone."""
RIDGE_PENALTY = 4.0
BODY_SHARE = 0.4
"""How much the overlap with an entry's own answer adds to its learned score."""
SAME = 0.97
"""Similarity from which a message is a phrasing itself; its entry goes before all others."""
SHOWN = 5
UNCOVERED_CAP = 4.6
"""Rarity counted at most for a gram that no phrasing has; without it one slip of the pen would outweigh a sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """A text of the index and what it stands for; ``entry`` is a place in the library, -1 for none."""

    text: str
    group: str  # phrasing | not_this | department | a kind of chatter
    entry: int = -1


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found about one message. ``ranked`` are places of entries, best first, with their ``scores``."""

    text: str
    ranked: tuple[int, ...]
    scores: tuple[float, ...]
    phrasing: str
    phrasing_similarity: float
    near_miss: float
    chatter: float
    calls_other: bool
    ask_features: tuple[float, ...]
    entry_features: tuple[float, ...]
    sign_features: tuple[float, ...]
    like_kinds: tuple[float, ...]
    covered: float
    uncovered: tuple[str, ...]


class Evidences:
    """Everything that the library's texts can say about a message, built once."""

    def __init__(self, library: Library) -> None:
        self.entries = tuple(library.entries)
        self.kinds = tuple(library.chatter)
        self._wording = Wording(library.synonyms, library.confusions)
        self.known = tuple(_known(library))
        self.grams = [grams(self.read(known.text)) for known in self.known]
        self._index = Index(self.grams)
        bodies = [self.read(f"{e.title} {e.answer} {' '.join(e.parts.values())}") for e in library.entries.values()]
        body_grams = [Counter(set(grams(body))) for body in bodies]
        self._bodies = Index(body_grams, like=self._index)
        self._body_sets = [frozenset(counted) for counted in body_grams]
        self._rows = {group: _rows(self.known, group) for group in ("phrasing", "department", *self.kinds)}
        self._chatter_rows = np.concatenate([np.empty(0, dtype=np.int64), *(self._rows[kind] for kind in self.kinds)])
        self._blocks = _blocks(self.known, len(self.entries), "phrasing")
        self._near_misses = _blocks(self.known, len(self.entries), "not_this")
        self._pools, self._spread = self._count_pools()
        self.targets = self._targets()
        self._dual = self._fit()

    def read(self, text: str) -> str:
        """Return a message normalised and in the curators' words."""
        return self._wording.read(text)

    def similarities(self, counted: Counter[str]) -> Floats:
        """Return the similarity to each known text, with a zero behind them for empty places of blocks."""
        return np.append(self._index.similarities(counted), np.float32(0))

    def phrasing_kernel(self) -> Floats:
        """Return the similarity of each phrasing to each."""
        return self._index.kernel(self._rows["phrasing"])

    def weigh(self, text: str) -> Evidence:
        """Weigh a raw message against the library."""
        flat = self.read(text)
        counted = grams(flat)
        similar = self.similarities(counted)
        learned = similar[self._rows["phrasing"]] @ self._dual
        return self.conclude(flat, counted, similar, learned, calls_other=bool(mentioned_names(text)))

    def conclude(
        self, flat: str, counted: Counter[str], similar: Floats, learned: Floats, *, calls_other: bool, own: int = -1
    ) -> Evidence:
        """Put the evidence together; ``own`` is the entry that the message itself is a phrasing of, in leave-one-out learning."""
        best = -np.sort(-similar[self._blocks], axis=1)[:, :3]
        sums = best.sum(1)
        bodies = self._bodies.similarities(counted)
        closest_of = best[:, 0] if len(best) else sums
        scores = learned + BODY_SHARE * bodies + (closest_of >= SAME)
        order = np.argsort(-scores, kind="stable")[:SHOWN]
        ranked = tuple(int(place) for place in order)
        chatter = _top(similar[self._chatter_rows])
        department = similar[self._rows["department"]]
        top = _Pair(scores, sums, closest_of, bodies, order)
        near_miss = float(similar[self._near_misses[ranked[0]]].max()) if ranked else 0.0
        covers, uncovered = self._cover(counted, ranked, own)
        closest = top.of(top.closest, 0)
        asked = max(_top(similar[self._rows["phrasing"]]), _top(department))
        thirds = float(np.sort(department)[-3:].sum()) if len(department) else 0.0
        signed = tuple(signs.measure(flat, calls_other=calls_other))
        by_kind = tuple(float(np.sort(similar[self._rows[kind]])[-3:].sum()) for kind in self.kinds)
        return Evidence(
            text=flat,
            ranked=ranked,
            scores=tuple(float(scores[place]) for place in ranked),
            phrasing=self._closest_phrasing(similar, ranked),
            phrasing_similarity=closest,
            near_miss=near_miss,
            chatter=chatter,
            calls_other=calls_other,
            ask_features=(
                *signed,
                *(top.of(scores, 0), chatter, _top(department), asked, asked - chatter, near_miss, near_miss - closest),
            ),
            entry_features=(
                *top.features(),
                *(near_miss, near_miss - closest, chatter, _top(department), chatter - closest, _top(department) - closest),
                *covers,
                thirds,
            ),
            sign_features=signed,
            like_kinds=by_kind,
            covered=covers[0],
            uncovered=uncovered,
        )

    def _closest_phrasing(self, similar: Floats, ranked: Sequence[int]) -> str:
        if not ranked:
            return ""
        block = self._blocks[ranked[0]]
        place = int(block[int(np.argmax(similar[block]))])
        return self.known[place].text if place < len(self.known) else ""

    def _cover(self, counted: Counter[str], ranked: Sequence[int], own: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
        """Measure how much of the message the best entries' own words cover, view by view, weighty grams weighing more."""
        if not ranked:
            return (0.0,) * COVER_COUNT, ()
        first, missing = self._cover_one(counted, ranked[0], own)
        second, _ = self._cover_one(counted, ranked[1], own) if len(ranked) > 1 else ((0.0,) * 2, ())
        return (*first, *second[:2]), missing

    def _cover_one(self, counted: Counter[str], entry: int, own: int) -> tuple[tuple[float, ...], tuple[str, ...]]:
        pool, body = self._pools[entry], self._body_sets[entry]
        mine = 1 if entry == own else 0
        total, covered, in_body = dict.fromkeys(VIEWS, 0.0), dict.fromkeys(VIEWS, 0.0), dict.fromkeys(VIEWS, 0.0)
        missing: dict[str, list[tuple[float, str]]] = {"c": [], "d": []}
        for gram in counted:
            view = gram[0]
            weight = self._gram_weight(gram, own)
            total[view] += weight
            if pool.get(gram, 0) > mine:
                covered[view] += weight
            elif gram in body:
                in_body[view] += weight
            elif view in missing:
                missing[view].append((weight, gram[1:]))
        values: list[float] = []
        for view in VIEWS:
            whole = total[view] or 1.0
            values += [covered[view] / whole, (covered[view] + in_body[view]) / whole]
            if view in missing:
                heaviest = sorted((weight for weight, _ in missing[view]), reverse=True)[:2]
                values += [weight / 5 for weight in (*heaviest, 0.0, 0.0)[:2]]
        rarest = sorted(missing["d"], key=lambda pair: (-pair[0], pair[1]))[:4]
        return tuple(values), tuple(gram for _, gram in rarest)

    def _gram_weight(self, gram: str, own: int) -> float:
        spread = self._spread.get(gram, 0)
        if own >= 0 and self._pools[own].get(gram, 0) == 1:
            spread -= 1
        return min(math.log((len(self.entries) + 1) / (spread + 0.5)), UNCOVERED_CAP)

    def _count_pools(self) -> tuple[list[Counter[str]], Counter[str]]:
        pools: list[Counter[str]] = [Counter() for _ in self.entries]
        for known, counted in zip(self.known, self.grams, strict=True):
            if known.group == "phrasing":
                pools[known.entry].update(counted.keys())
        spread: Counter[str] = Counter()
        for pool in pools:
            spread.update(pool.keys())
        return pools, spread

    def _targets(self) -> Floats:
        rows = self._rows["phrasing"]
        targets = np.zeros((len(rows), len(self.entries)), dtype=np.float32)
        targets[np.arange(len(rows)), [self.known[row].entry for row in rows]] = 1
        return targets

    def _fit(self) -> Floats:
        if not 0 < len(self.targets) <= RIDGE_LIMIT:
            return np.zeros(self.targets.shape, dtype=np.float32)
        return solve_ridge(self.phrasing_kernel(), self.targets, RIDGE_PENALTY)


COVER_COUNT = 14


@dataclass(frozen=True, slots=True)
class _Pair:
    """The best entry beside the runners-up, in each measure."""

    scores: Floats
    sums: Floats
    closest: Floats
    bodies: Floats
    order: NDArray[np.int64]

    def of(self, measure: Floats, rank: int) -> float:
        return float(measure[self.order[rank]]) if rank < len(self.order) else 0.0

    def features(self) -> tuple[float, ...]:
        first = [self.of(measure, 0) for measure in (self.scores, self.sums, self.closest, self.bodies)]
        second = [self.of(measure, 1) for measure in (self.scores, self.sums, self.closest, self.bodies)]
        return (
            *(first[0], first[0] - second[0], first[0] - self.of(self.scores, 2)),
            *(first[1], first[1] - second[1], first[1] - _top(self.sums)),
            *(first[2], first[2] - second[2]),
            *(first[3], first[3] - second[3]),
        )


def _known(library: Library) -> list[Known]:
    known = [Known(text, "phrasing", place) for place, e in enumerate(library.entries.values()) for text in e.questions]
    known += [Known(text, "not_this", place) for place, e in enumerate(library.entries.values()) for text in e.not_this]
    known += [Known(text, kind) for kind, texts in library.chatter.items() for text in texts]
    known += [Known(text, "department") for examples in library.departments.values() for text in examples.questions]
    return known + [Known(text, "department") for text in library.general_questions]


def _rows(known: Sequence[Known], group: str) -> NDArray[np.int64]:
    return np.asarray([row for row, one in enumerate(known) if one.group == group], dtype=np.int64)


def _blocks(known: Sequence[Known], entries: int, group: str) -> NDArray[np.int64]:
    """Return a line of rows per entry, filled up with the place of the zero behind all rows, at least three wide."""
    lines: list[list[int]] = [[] for _ in range(entries)]
    for row, one in enumerate(known):
        if one.group == group:
            lines[one.entry].append(row)
    width = max([3, *map(len, lines)])
    blocks = np.full((entries, width), len(known), dtype=np.int64)
    for line, rows in zip(blocks, lines, strict=True):
        line[: len(rows)] = rows
    return blocks


def _top(values: Floats) -> float:
    return float(values.max()) if len(values) else 0.0
