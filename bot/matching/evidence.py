"""What speaks for and against each entry: similarities to all curated texts, a learned score, and what stays uncovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching import signs
from bot.matching.content import matter
from bot.matching.coverage import FOREIGN_COUNT, OF_COUNT, RIVALS_COUNT, Coverage, Covered, DepartmentWords, LeftOut
from bot.matching.grams import grams
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
WORDS_A_TEXT = 8
"""Department words that make one text for learning: as many texts as words would cost more than they bring."""


@dataclass(frozen=True, slots=True)
class Known:
    """A text of the index and what it stands for.

    ``entry`` is a place in the library, -1 for none; ``department`` one among the departments, behind them the questions of none.
    """

    text: str
    group: str  # phrasing | not_this | department | department_words | a kind of chatter
    entry: int = -1
    department: int = -1


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found about one message. ``ranked`` are places of entries, best first, with their ``scores``.

    ``size`` counts the characters of matter, ``fits`` is the share of them that the best entry has, ``meant`` is each ranked
    entry's probability if nothing but those were known.
    """

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
    foreign: str
    has_matter: bool
    size: int
    fits: float
    meant: tuple[float, ...]


class Evidences:
    """Everything that the library's texts can say about a message, built once."""

    def __init__(self, library: Library) -> None:
        self.entries = tuple(library.entries)
        self.kinds = tuple(library.chatter)
        self._departments = tuple(library.departments)
        self._owner_of = [
            self._departments.index(e.department) if e.department in library.departments else -1 for e in library.entries.values()
        ]
        self._wording = Wording(library.synonyms, library.confusions)
        self.known = tuple(_known(library))
        self.grams = [grams(self.read(known.text)) for known in self.known]
        texts = [self.read(f"{e.title} {e.answer} {' '.join(e.parts.values())}") for e in library.entries.values()]
        bodies = [dict.fromkeys(grams(text), 1) for text in texts]
        self._index = Index(self.grams, uncounted=bodies)
        self.coverage = Coverage(self._pools(), [frozenset(body) for body in bodies])
        self._words = DepartmentWords([self.read(word) for one in library.departments.values() for word in one.words])
        self._rows = {group: _rows(self.known, group) for group in ("phrasing", "department", *self.kinds)}
        self._chatter_rows = np.concatenate([np.empty(0, dtype=np.int64), *(self._rows[kind] for kind in self.kinds)])
        self._blocks = _blocks(self.known, len(self.entries), len(bodies), "phrasing")
        self._near_misses = _blocks(self.known, len(self.entries), len(bodies), "not_this")
        self.taught = np.asarray([row for row, known in enumerate(self.known) if _is_taught(known)], dtype=np.int64)
        self.targets = self._targets()
        self._dual = self._fit()

    def read(self, text: str) -> str:
        """Return a message normalised and in the curators' words."""
        return self._wording.read(text)

    def similarities(self, counted: Counter[str]) -> Floats:
        """Return the similarity to each known text, then to each answer, then a zero for empty places of blocks."""
        return np.append(self._index.similarities(counted), np.float32(0))

    def kernel(self) -> Floats:
        """Return the similarity to each other of the texts that the ridge is taught with."""
        return self._index.kernel(self.taught)

    def weigh(self, text: str) -> Evidence:
        """Weigh a raw message against the library."""
        flat = self.read(text)
        counted = grams(flat)
        similar = self.similarities(counted)
        # Not a product: that one goes to threads, which costs more than it saves at this size.
        learned = np.einsum("i,ij->j", similar[self.taught], self._dual)
        return self.conclude(flat, counted, similar, learned, calls_other=bool(mentioned_names(text)))

    def conclude(
        self,
        flat: str,
        counted: Counter[str],
        similar: Floats,
        learned: Floats,
        *,
        calls_other: bool,
        without: LeftOut | None = None,
    ) -> Evidence:
        """Put the evidence together; ``without`` is what must not count, in leave-one-out learning."""
        best = -np.partition(-similar[self._blocks], 2, axis=1)[:, :3]
        sums = best.sum(1)
        known, entries = len(self.known), len(self.entries)
        bodies = similar[known : known + entries]
        closest_of = best.max(1) if len(best) else sums
        scores = learned[:entries] + BODY_SHARE * bodies + (closest_of >= SAME)
        order = np.argsort(-scores.round(5), kind="stable")[:SHOWN]
        ranked = tuple(int(place) for place in order)
        chatter = _top(similar[self._chatter_rows])
        department = similar[self._rows["department"]]
        top = _Pair(scores, sums, closest_of, bodies, order)
        near_miss = float(similar[self._near_misses[ranked[0]]].max()) if ranked else 0.0
        covered = self.coverage.measure(counted, without)
        covers, uncovered, foreign = self._cover(flat, covered, ranked)
        closest = top.of(top.closest, 0)
        asked = max(_top(closest_of), _top(department))
        signed = tuple(signs.measure(flat, calls_other=calls_other))
        by_kind = tuple(_top_sum(similar[self._rows[kind]]) for kind in self.kinds)
        entry_features = (
            *top.features(),
            *(near_miss, near_miss - closest, chatter, _top(department), chatter - closest, _top(department) - closest),
            *covers,
            *self._of_departments(learned[entries:], top.of(scores, 0), ranked),
            _top_sum(department),
        )
        return Evidence(
            text=flat,
            ranked=ranked,
            scores=tuple(float(scores[place]) for place in ranked),
            phrasing=self._closest_phrasing(similar, ranked),
            phrasing_similarity=closest,
            near_miss=near_miss,
            chatter=chatter,
            calls_other=calls_other,
            ask_features=(*signed, asked, asked - chatter, *entry_features),
            entry_features=entry_features,
            sign_features=signed,
            like_kinds=by_kind,
            covered=covers[0],
            uncovered=uncovered,
            foreign=foreign,
            has_matter=bool(matter(flat)),
            size=covered.size(),
            fits=covers[OF_COUNT + 4 + 2],
            meant=covered.meant(ranked),
        )

    def _of_departments(self, scores: Floats, first: float, ranked: Sequence[int]) -> tuple[float, ...]:
        """Return the best score of a department's other matters beside the best entry's, and whether it keeps the entry."""
        if not len(scores) or not ranked:
            return (0.0, first, 0.0, 0.0)
        best = int(np.argmax(scores))
        own = self._owner_of[ranked[0]]
        kept = float(scores[own]) if own >= 0 else 0.0
        return (float(scores[best]), first - float(scores[best]), float(own == best), first - kept)

    def _closest_phrasing(self, similar: Floats, ranked: Sequence[int]) -> str:
        if not ranked:
            return ""
        block = self._blocks[ranked[0]]
        place = int(block[int(np.argmax(similar[block]))])
        return self.known[place].text if place < len(self.known) else ""

    def _cover(self, flat: str, covered: Covered, ranked: Sequence[int]) -> tuple[tuple[float, ...], tuple[str, ...], str]:
        """Measure how much of the message the best two entries' own words cover, what rivals them, what is another office's."""
        if not ranked:
            return (0.0,) * COVER_COUNT, (), ""
        first, missing = covered.of(ranked[0])
        second = covered.of(ranked[1])[0] if len(ranked) > 1 else (0.0,) * OF_COUNT
        foreign, word = self._words.foreign(flat, self.coverage, ranked[0])
        ahead = tuple(one - other for one, other in zip(first[:8], second[:8], strict=True))
        return (*first, *ahead[0:8:2], *covered.rivals(ranked[0]), *foreign), missing, word

    def _pools(self) -> list[Counter[str]]:
        pools: list[Counter[str]] = [Counter() for _ in self.entries]
        for known, counted in zip(self.known, self.grams, strict=True):
            if known.group == "phrasing":
                pools[known.entry].update(counted.keys())
        return pools

    def _targets(self) -> Floats:
        """Return for each taught text a 1 at its entry, or behind the entries at its department."""
        targets = np.zeros((len(self.taught), len(self.entries) + len(self._departments) + 1), dtype=np.float32)
        for line, row in zip(targets, self.taught, strict=True):
            known = self.known[row]
            line[known.entry if known.entry >= 0 else len(self.entries) + known.department] = 1
        return targets

    def _fit(self) -> Floats:
        if not 0 < len(self.targets) <= RIDGE_LIMIT:
            return np.zeros(self.targets.shape, dtype=np.float32)
        return solve_ridge(self.kernel(), self.targets, RIDGE_PENALTY)


COVER_COUNT = OF_COUNT + 4 + RIVALS_COUNT + FOREIGN_COUNT


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
    entries, departments = library.entries.values(), library.departments.values()
    known = [Known(text, "phrasing", place) for place, e in enumerate(entries) for text in e.questions]
    known += [Known(text, "not_this", place) for place, e in enumerate(entries) for text in e.not_this]
    known += [Known(text, kind) for kind, texts in library.chatter.items() for text in texts]
    known += [Known(text, "department", -1, place) for place, one in enumerate(departments) for text in one.questions]
    for place, one in enumerate(departments):
        bundles = [one.words[start :: -(-len(one.words) // WORDS_A_TEXT)] for start in range(-(-len(one.words) // WORDS_A_TEXT))]
        known += [Known("，".join(bundle), "department_words", -1, place) for bundle in bundles]
    return known + [Known(text, "department", -1, len(library.departments)) for text in library.general_questions]


def _is_taught(known: Known) -> bool:
    return known.group in ("phrasing", "department", "department_words")


def _rows(known: Sequence[Known], group: str) -> NDArray[np.int64]:
    return np.asarray([row for row, one in enumerate(known) if one.group == group], dtype=np.int64)


def _blocks(known: Sequence[Known], entries: int, answers: int, group: str) -> NDArray[np.int64]:
    """Return a line of rows per entry, filled up with the place of the zero behind all rows and answers, at least three wide."""
    lines: list[list[int]] = [[] for _ in range(entries)]
    for row, one in enumerate(known):
        if one.group == group:
            lines[one.entry].append(row)
    width = max([3, *map(len, lines)])
    blocks = np.full((entries, width), len(known) + answers, dtype=np.int64)
    for line, rows in zip(blocks, lines, strict=True):
        line[: len(rows)] = rows
    return blocks


def _top(values: Floats) -> float:
    return float(values.max()) if len(values) else 0.0


def _top_sum(values: Floats) -> float:
    """Return the sum of the three highest."""
    return float(np.partition(values, -3)[-3:].sum()) if len(values) > 3 else float(values.sum())
