"""Which department a question belongs to when no entry answers it, by complement naive Bayes over characters and their pairs.

Learned at start from what the curators keep (knowledge/departments.yaml, the entries, the names in routing.yaml), without chance.
The confidence is calibrated by leaving each example question out in turn.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.model import Library, Reason
from bot.routing.config import Routing
from bot.text import essence, normalise

Floats = NDArray[np.float64]
Vector = tuple[NDArray[np.int64], Floats, float]

# Chosen by cross-validation over the example questions; see docs/decisions/0006-department-ranker.md.
WORD_WEIGHT = 2.0
QUESTION_WEIGHT = 1.0
ENTRY_WEIGHT = 0.2
TITLE_WEIGHT = 0.3
SMOOTHING = 1.0

SHOWN = 6
"""Guesses that are returned at most."""


@dataclass(frozen=True, slots=True)
class DepartmentGuess:
    """A department's key with the probability (0–1) that the question is its own, and the words that decided."""

    department: str
    confidence: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Example:
    text: str
    department: str
    weight: float
    question: bool = False


class DepartmentRanker:
    """Ranks departments for a question; immutable once built."""

    def __init__(self, library: Library, routing: Routing | None = None) -> None:
        """Learn from a library, and from the departments' names and aliases in the routing file if it is given."""
        known = routing.departments if routing else {}
        self._names = {key: department.name for key, department in known.items()}
        examples = [
            *(
                _Example(name, key, WORD_WEIGHT)
                for key, department in known.items()
                for name in (department.name, *department.aliases)
            ),
            *_examples(library),
        ]
        self._departments = tuple(sorted({example.department for example in examples}))
        self._words = _words_by_owner(examples)
        if self._departments:
            self._learn(examples, library.general_questions)

    def rank(self, text: str) -> tuple[DepartmentGuess, ...]:
        """Return the departments that a text may belong to, best first; nothing if no part of it is known."""
        if not self._departments:
            return ()
        plain = normalise(text)
        columns, values, known = self._vector(_grams(plain))
        if not len(columns):
            return ()
        parts = self._weights[:, columns] * values
        scores = parts.sum(axis=1)
        order = np.argsort(-scores, kind="stable")
        standard = _standard(scores)[order]
        first = float(1 / (1 + np.exp(-(self._calibration @ _features(standard, known)))))
        best = self._departments[order[0]]
        why = self._why(best, plain, columns, parts[order[0]] - parts[order[min(1, len(order) - 1)]])
        rest = zip(order[1:SHOWN], _shares(standard[1:], first), strict=False)
        others = (DepartmentGuess(self._departments[index], float(share)) for index, share in rest)
        return (DepartmentGuess(best, first, (why,)), *others)

    def _learn(self, examples: Sequence[_Example], general: Sequence[str]) -> None:
        grams = [_grams(normalise(example.text)) for example in examples]
        spread = Counter(gram for gram_set in grams for gram in gram_set)
        self._columns = {gram: column for column, gram in enumerate(sorted(spread))}
        self._unknown = float(np.log(2 * (len(examples) + 1)))
        self._idf = np.array([np.log((len(examples) + 1) / (spread[gram] + 0.5)) for gram in self._columns])
        self._grams = tuple(self._columns)
        vectors = [self._vector(gram_set) for gram_set in grams]
        rows = {department: row for row, department in enumerate(self._departments)}
        counts = np.zeros((len(self._departments), len(self._columns)))
        for example, (columns, values, _) in zip(examples, vectors, strict=True):
            counts[rows[example.department], columns] += example.weight * values
        totals = np.maximum(counts.sum(axis=1), 1e-9)
        scale = totals.mean() / totals
        balanced = counts * scale[:, None]
        complement = balanced.sum(axis=0)[None, :] - balanced + SMOOTHING
        raw = -np.log(complement / complement.sum(axis=1)[:, None])
        norm = np.abs(raw).mean(axis=1)
        self._weights = raw / norm[:, None]
        held_out = list(self._held_out(examples, vectors, complement, norm, scale))
        for text in general:
            columns, values, known = self._vector(_grams(normalise(text)))
            if len(columns):
                held_out.append((_features(_falling(self._weights[:, columns] @ values), known), False))
        self._calibration = _fit([features for features, _ in held_out], [hit for _, hit in held_out])

    def _held_out(
        self, examples: Sequence[_Example], vectors: Sequence[Vector], complement: Floats, norm: Floats, scale: Floats
    ) -> Iterator[tuple[Floats, bool]]:
        """Yield for each example question what would be read and found if it had not been learned."""
        totals = complement.sum(axis=1)
        for example, (columns, values, known) in zip(examples, vectors, strict=True):
            if not example.question or not len(columns):
                continue
            row = self._departments.index(example.department)
            without = example.weight * scale[row] * values
            others = np.arange(len(self._departments)) != row  # only their complements held the example
            part = complement[:, columns] - others[:, None] * without[None, :]
            total = totals - others * without.sum()
            scores = (-np.log(part / total[:, None]) / norm[:, None]) @ values
            yield _features(_falling(scores), known), int(np.argmax(scores)) == row

    def _vector(self, grams: set[str]) -> Vector:
        """Return the columns and weights of the known parts, and the share of the text that is known."""
        columns = np.array(sorted(self._columns[gram] for gram in grams if gram in self._columns), dtype=np.int64)
        values = self._idf[columns]
        inside = float((values**2).sum())
        whole = inside + (len(grams) - len(columns)) * self._unknown**2
        return columns, values / np.sqrt(inside or 1.0), inside / whole if whole else 0.0

    def _why(self, department: str, plain: str, columns: NDArray[np.int64], gains: Floats) -> Reason:
        """Name the department's own words in the text, else the parts that set it apart from the runner-up."""
        words = sorted((word for word in self._words[department] if word in plain), key=len, reverse=True)
        if not words:
            telling = [self._grams[columns[index]] for index in np.argsort(-gains, kind="stable") if gains[index] > 0]
            words = [gram for gram in telling if len(gram) > 1] or telling
        name = self._names.get(department, "")
        details = [f"提到“{'、'.join(words[:4])}”"] if words else []
        details += [f"像是{name}的事"] if name else []
        return Reason("department_words", "，".join(details) or "没有明显的词")


def _examples(library: Library) -> Iterator[_Example]:
    for department, known in library.departments.items():
        yield from (_Example(word, department, WORD_WEIGHT) for word in known.words)
        yield from (_Example(question, department, QUESTION_WEIGHT, question=True) for question in known.questions)
    for entry in library.entries.values():
        yield _Example(entry.title, entry.department, TITLE_WEIGHT)
        yield from (_Example(question, entry.department, ENTRY_WEIGHT) for question in entry.questions)


def _words_by_owner(examples: Sequence[_Example]) -> dict[str, tuple[str, ...]]:
    words: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        if example.weight == WORD_WEIGHT and len(example.text) > 1:
            words[example.department].append(normalise(example.text))
    return defaultdict(tuple, {department: tuple(dict.fromkeys(known)) for department, known in words.items()})


def _grams(plain: str) -> set[str]:
    bare = re.sub(r"[^\w]+", "", essence(plain))
    return {*bare, *(bare[start : start + 2] for start in range(len(bare) - 1))}


def _standard(scores: Floats) -> Floats:
    standard: Floats = (scores - scores.mean()) / (scores.std() or 1.0)
    return standard


def _falling(scores: Floats) -> Floats:
    return np.sort(_standard(scores))[::-1]


def _features(standard: Floats, known: float) -> Floats:
    """Return what the confidence is read from: lead over the runner-up, height of the best, known share of the text."""
    lead = standard[0] - standard[1] if len(standard) > 1 else 1.0
    return np.array([1.0, lead, standard[0], known])


def _shares(rest: Floats, first: float) -> Floats:
    """Split what the best guess leaves among the others, none above the best."""
    if not len(rest):
        return rest
    weights = np.exp(2 * (rest - rest[0]))
    shares: Floats = np.minimum(weights / weights.sum() * (1 - first), first)
    return shares


def _fit(features: Sequence[Floats], hits: Sequence[bool]) -> Floats:
    """Return logistic-regression coefficients by Newton's method with a small ridge; fixed ones if there is nothing to fit."""
    if len(set(hits)) < 2:
        return np.array([0.0, 1.0, 0.0, 0.0])
    matrix, target = np.array(features), np.array(hits, dtype=np.float64)
    coefficients: Floats = np.zeros(matrix.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-(matrix @ coefficients)))
        gradient = matrix.T @ (target - chance) - 0.1 * coefficients
        curvature = (matrix * (chance * (1 - chance))[:, None]).T @ matrix + 0.1 * np.eye(matrix.shape[1])
        coefficients += np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)
    return coefficients
