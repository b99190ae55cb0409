"""What speaks for and against each entry: similarities to all curated texts, a learned score, and what stays uncovered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching import ngrams, qualifiers, signs
from bot.matching.blocks import Blocks, Closest
from bot.matching.compiled import compiled
from bot.matching.content import matter
from bot.matching.coverage import FOREIGN_COUNT, OF_COUNT, RIVALS_COUNT, Coverage, Covered, DepartmentWords, LeftOut
from bot.matching.index import Index
from bot.matching.known import is_taught, known_texts, rows_by_entry, rows_of
from bot.matching.postings import Floats
from bot.matching.regression import solve_ridge
from bot.matching.vocabulary import Message, Numbers, Places, count
from bot.matching.wording import Wording
from bot.model import Library
from bot.text import mentioned_names

RIDGE_CELLS = 3_000_000
"""Taught texts times classes (entries and departments) up to which the learned score is fitted: that takes about 2 s."""
RIDGE_PENALTY = 4.0
BODY_SHARE = 0.4
"""How much the overlap with an entry's own answer adds to its learned score."""
SAME = 0.97
"""Similarity from which a message is a phrasing itself; its entry goes before all others."""
SHOWN = 5
BEFORE_ENTRY = len(signs.NAMES) + 2
"""Features of asking that stand before those of the entry."""
SUM_SHARE = 0.21
"""What the closest three similarities count for where no score is learned: about what the ridge would make of them."""


class Evidence(NamedTuple):
    """What was found about one message. ``ranked`` are places of entries, best first, with their ``scores``.

    ``size`` counts the characters of matter, ``fits`` is the share of them that the best entry has, ``meant`` is each ranked
    entry's probability if nothing but those were known. ``lacking`` is what the best entry lacks (``Covered.of``),
    ``qualifier`` the first word that turns the matter into one that it isn't about.
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
    lacking: tuple[str, ...]
    qualifier: str
    foreign: str
    has_matter: bool
    size: int
    fits: float
    meant: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AmongOthers:
    """A curated text beside the others, in similarities (0–1).

    ``dispute`` is that of the closest text that disputes it: for a phrasing other entries' phrasings, its own entry's near misses
    and chatter, for a near miss the phrasings. ``own``, ``other`` and ``chatter`` are means of the closest three: of the entry's
    other phrasings (1 if it has none), of another entry's (``other_entry``, a place), of a kind of chatter (``kind``, a place).
    """

    dispute: float
    own: float
    other: float
    other_entry: int
    chatter: float
    kind: int


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
        self.known = tuple(known_texts(library))
        answers = [f"{e.title} {e.answer} {' '.join(e.parts.values())}" for e in library.entries.values()]
        texts = [self.read(text) for text in (*(known.text for known in self.known), *answers)]
        self.vocabulary, counted = count(texts)
        self._index = Index(self.vocabulary, counted, len(self.known))
        self.coverage = Coverage(self.vocabulary, counted, self._owners(), len(self.known))
        self._words = DepartmentWords([self.read(word) for one in library.departments.values() for word in one.words])
        phrasings, near_misses = (rows_by_entry(self.known, len(self.entries), group) for group in ("phrasing", "not_this"))
        chatter = [rows_of(self.known, kind) for kind in self.kinds]
        self._blocks = Blocks([*phrasings, *chatter, rows_of(self.known, "department")])
        self._near_misses = Blocks(near_misses)
        self._qualified = [
            qualifiers.qualified([texts[row] for row in rows], texts[len(self.known) + place])
            for place, rows in enumerate(phrasings)
        ]
        self.taught = np.asarray([row for row, known in enumerate(self.known) if is_taught(known)], dtype=np.int64)
        self._department_blocks = Blocks([self._of_department(place) for place in range(len(self._departments) + 1)])
        few = len(self.taught) * (len(self.entries) + len(self._departments) + 1) <= RIDGE_CELLS
        self._by_gram = self._index.by_gram(self._fit(), self.taught) if few else None

    def read(self, text: str) -> str:
        """Return a message normalised and in the curators' words."""
        return self._wording.read(text)

    def kernel(self) -> Floats:
        """Return the similarity to each other of the texts that the ridge is taught with."""
        return self._index.kernel(self.taught)

    def weigh(self, text: str) -> Evidence:
        """Weigh a raw message against the library."""
        flat = self.read(text)
        message = self.vocabulary.read(flat)
        weighed = self._index.weigh(message)
        similar = self._index.similarities(weighed)
        learned = self._by_gram.of(weighed) if self._by_gram else None
        return self.conclude(flat, message, similar, learned, calls_other=bool(mentioned_names(text)))

    def similarities(self, message: Message) -> Floats:
        """Return the similarity to each known text, then to each answer."""
        return self._index.similarities(self._index.weigh(message))

    def among_others(self) -> Iterator[tuple[int, AmongOthers]]:
        """Compare each phrasing and near miss with all the other curated texts; yield its row and what was found."""
        whole = self._index.matrix(np.arange(self._index.size))
        columns = whole.T.tocsr()
        for entry in range(len(self.entries)):
            rows = [*self._blocks[entry].tolist(), *self._near_misses[entry].tolist()]
            for row, similar in zip(rows, (whole[rows] @ columns).toarray() if rows else (), strict=True):
                yield row, self._compared(similar, entry, near_miss=self.known[row].group == "not_this")

    def _compared(self, similar: Floats, entry: int, *, near_miss: bool) -> AmongOthers:
        mine = similar[self._blocks[entry]]
        if near_miss:
            return AmongOthers(_top(mine), own=1.0, other=0.0, other_entry=-1, chatter=0.0, kind=-1)
        others, kinds, _ = self._closest(similar)
        others.best[entry] = others.sums[entry] = 0
        fellows = min(len(mine) - 1, 3)
        return AmongOthers(
            dispute=max(others.highest(), _top(similar[self._near_misses[entry]]), kinds.highest()),
            own=float(np.sort(mine)[-4:-1].sum()) / fellows if fellows else 1.0,
            other=_top(others.sums) / 3,
            other_entry=int(np.argmax(others.sums)),
            chatter=_top(kinds.sums) / 3,
            kind=int(np.argmax(kinds.sums)) if len(kinds.sums) else -1,
        )

    def _closest(self, similar: Floats) -> tuple[Closest, Closest, Closest]:
        """Return how close a message comes to each entry's phrasings, each kind of chatter, the departments' questions."""
        near, entries, departments = self._blocks.closest(similar), len(self.entries), len(self.entries) + len(self.kinds)
        return near.part(0, entries), near.part(entries, departments), near.part(departments, departments + 1)

    def conclude(
        self,
        flat: str,
        message: Message,
        similar: Floats,
        learned: Floats | None,
        *,
        calls_other: bool,
        without: LeftOut | None = None,
    ) -> Evidence:
        """Put the evidence together; ``without`` is what must not count, in leave-one-out learning.

        ``learned`` are the scores of the ridge by entry and by department; None stands for similarities in their place.
        """
        phrasings, kinds, department = self._closest(similar)
        by_class = self._summed(phrasings.sums, similar) if learned is None else learned
        known, entries = len(self.known), len(self.entries)
        bodies = similar[known : known + entries]
        scores = by_class[:entries] + BODY_SHARE * bodies + (phrasings.best >= SAME)
        order = _highest(scores, SHOWN)
        ranked = tuple(order.tolist())
        chatter, nearest = kinds.highest(), department.highest()
        top = _Pair(scores, phrasings, bodies, order)
        near_miss = _top(similar[self._near_misses[ranked[0]]]) if ranked else 0.0
        covered = self.coverage.measure(message, without)
        meant = covered.meant(ranked)
        covers, uncovered, lacking, foreign = self._cover(flat, covered, ranked, meant)
        qualifies, qualifier = self._qualify(flat, ranked, without)
        substance = matter(flat)
        own = top.of(phrasings.best)[0]
        asked = max(phrasings.highest(), nearest)
        signed = tuple(signs.measure(flat, calls_other=calls_other))
        entry_features = (
            *top.features(),
            *(near_miss, near_miss - own, chatter, nearest, chatter - own, nearest - own),
            *covers,
            *self._of_departments(by_class[entries:], top.of(scores)[0], ranked),
            float(department.sums[0]),
            *qualifies,
            ngrams.LACKING.of(lacking),
        )
        return Evidence(
            text=flat,
            ranked=ranked,
            scores=tuple(scores[order].tolist()),
            phrasing=self._text_of(phrasings.rows[ranked[0]]) if ranked else "",
            phrasing_similarity=own,
            near_miss=near_miss,
            chatter=chatter,
            calls_other=calls_other,
            ask_features=(*signed, asked, asked - chatter, *entry_features, ngrams.asking(flat)),
            entry_features=entry_features,
            sign_features=signed,
            like_kinds=tuple(kinds.sums.tolist()),
            covered=covers[0],
            uncovered=uncovered,
            lacking=lacking,
            qualifier=qualifier,
            foreign=foreign,
            has_matter=bool(substance),
            size=min(covered.size(), len(substance)),
            fits=covers[OF_COUNT + 2],
            meant=meant,
        )

    def _summed(self, sums: Floats, similar: Floats) -> Floats:
        """Return what stands for the scores of the ridge: the closest three similarities by entry and by department."""
        by_class: Floats = np.append(sums, self._department_blocks.closest(similar).sums) * np.float32(SUM_SHARE)
        return by_class

    def _of_departments(self, scores: Floats, first: float, ranked: Sequence[int]) -> tuple[float, ...]:
        """Return the best score of a department's other matters beside the best entry's, and whether it keeps the entry."""
        if not len(scores) or not ranked:
            return (0.0, first, 0.0, 0.0)
        by_department: list[float] = scores.tolist()
        best, own = max(by_department), self._owner_of[ranked[0]]
        kept = by_department[own] if own >= 0 else 0.0
        return (best, first - best, float(own == by_department.index(best)), first - kept)

    def _text_of(self, row: int) -> str:
        return self.known[row].text if row >= 0 else ""

    def _cover(
        self, flat: str, covered: Covered, ranked: Sequence[int], meant: Sequence[float]
    ) -> tuple[tuple[float, ...], tuple[str, ...], tuple[str, ...], str]:
        """Measure how much of the message the best two entries' own words cover, what rivals them, what is another office's."""
        if not ranked:
            return (0.0,) * COVER_COUNT, (), (), ""
        features, missing, lacking = covered.of(*ranked[:2])
        foreign, word = self._words.foreign(flat, covered.message.names, lacking)
        return (*features, *covered.rivals(ranked[0], meant[0]), *foreign), missing, lacking, word

    def _qualify(self, flat: str, ranked: Sequence[int], without: LeftOut | None) -> tuple[tuple[float, ...], str]:
        """Measure what the message says of its matter that the best entry doesn't."""
        if not ranked:
            return (0.0,) * qualifiers.COUNT, ""
        own = without if without is not None and without.entry == ranked[0] else None
        return qualifiers.measure(flat, self._qualified[ranked[0]], own)

    def _owners(self) -> Numbers:
        """Return the entry of each phrasing and behind the known texts of each answer, -1 for other texts."""
        known = [one.entry if one.group == "phrasing" else -1 for one in self.known]
        return np.asarray([*known, *range(len(self.entries))], dtype=np.int32)

    def targets(self) -> Floats:
        """Return for each taught text a 1 at its entry, or behind the entries at its department."""
        targets = np.zeros((len(self.taught), len(self.entries) + len(self._departments) + 1), dtype=np.float32)
        for line, row in zip(targets, self.taught, strict=True):
            known = self.known[row]
            line[known.entry if known.entry >= 0 else len(self.entries) + known.department] = 1
        return targets

    def _fit(self) -> Floats:
        if not len(self.taught):
            return np.zeros((0, len(self.entries) + len(self._departments) + 1), dtype=np.float32)
        return solve_ridge(self._index.matrix(self.taught), self.targets(), RIDGE_PENALTY)

    def _of_department(self, place: int) -> Places:
        rows = [row for row, known in enumerate(self.known) if known.department == place and is_taught(known)]
        return np.asarray(rows, dtype=np.int64)


COVER_COUNT = OF_COUNT + RIVALS_COUNT + FOREIGN_COUNT


class _Pair(NamedTuple):
    """The best entry beside the runners-up, in each measure."""

    scores: Floats
    phrasings: Closest
    bodies: Floats
    order: NDArray[np.int64]

    def of(self, measure: Floats) -> list[float]:
        """Return a measure of the best three, 0 where there are fewer."""
        found: list[float] = measure[self.order[:3]].tolist()
        return found + [0.0] * (3 - len(found))

    def features(self) -> tuple[float, ...]:
        score, sums, best, bodies = map(self.of, (self.scores, self.phrasings.sums, self.phrasings.best, self.bodies))
        return (
            *(score[0], score[0] - score[1], score[0] - score[2]),
            *(sums[0], sums[0] - sums[1], sums[0] - max(self.phrasings.sums.tolist(), default=0.0)),
            *(best[0], best[0] - best[1]),
            *(bodies[0], bodies[0] - bodies[1]),
        )


def _top(values: Floats) -> float:
    return float(values.max()) if len(values) else 0.0


@compiled
def _highest(scores: Floats, count: int) -> Places:
    """Return the places of the highest scores, the highest first; what differs by less than a hundred-thousandth is equal."""
    rest = np.rint(scores * np.float32(1e5))
    order = np.empty(min(count, len(rest)), dtype=np.int64)
    for place in range(len(order)):
        order[place] = np.argmax(rest)
        rest[order[place]] = -np.inf
    return order
