"""Which department a question belongs to when no entry answers it: complement naive Bayes over characters and pairs of characters.

Learned at start from what the curators keep (knowledge/departments.yaml, the entries, the names in routing.yaml), without chance.
The confidence is calibrated by leaving each example question out in turn.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.model import Library, Reason
from bot.text import essence, normalise

Floats = NDArray[np.float64]

# Chosen by cross-validation over the example questions of knowledge/departments.yaml: see docs/decisions/department-ranker.md.
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

    def __init__(self, library: Library, routing_words: Mapping[str, Sequence[str]] | None = None) -> None:
        """Learn from a library; ``routing_words`` are further words by department (names and aliases of routing.yaml)."""
        examples = list(_examples(library, routing_words or {}))
        self._departments = tuple(sorted({example.department for example in examples}))
        self._words = _words_by_owner(examples)
        if self._departments:
            self._learn(examples, library.general_questions)

    def rank(self, text: str) -> tuple[DepartmentGuess, ...]:
        """Return the departments that a text may belong to, best first; nothing if no part of it is known."""
        if not self._departments:
            return ()
        columns, values, known = self._vector(_grams(text))
        if not len(columns):
            return ()
        scores = self._weights[:, columns] @ values
        order = np.argsort(-scores, kind="stable")
        standard = _standard(scores)
        first = self._confidence(standard[order], known)
        shares = _shares(standard[order][1:], first)
        guesses = [self._guess(text, int(order[0]), int(order[1]) if len(order) > 1 else None, first, columns, values)]
        guesses += [
            DepartmentGuess(self._departments[index], float(share)) for index, share in zip(order[1:SHOWN], shares, strict=False)
        ]
        return tuple(guesses)

    def _learn(self, examples: Sequence[_Example], general: Sequence[str]) -> None:
        grams = [_grams(example.text) for example in examples]
        spread = Counter(gram for gram_set in grams for gram in gram_set)
        self._columns = {gram: column for column, gram in enumerate(sorted(spread))}
        self._unknown = float(np.log(2 * (len(examples) + 1)))
        self._idf = np.array([np.log((len(examples) + 1) / (spread[gram] + 0.5)) for gram in self._columns])
        vectors = [self._vector(gram_set) for gram_set in grams]
        rows = {department: row for row, department in enumerate(self._departments)}
        counts = np.zeros((len(self._departments), len(self._columns)))
        for example, (columns, values, _) in zip(examples, vectors, strict=True):
            counts[rows[example.department], columns] += example.weight * values
        totals = np.maximum(counts.sum(axis=1), 1e-9)
        scale = totals.mean() / totals
        balanced = counts * scale[:, None]
        everywhere = balanced.sum(axis=0)
        complement = everywhere[None, :] - balanced + SMOOTHING
        complement_total = complement.sum(axis=1)
        raw = -np.log(complement / complement_total[:, None])
        norm = np.abs(raw).mean(axis=1)
        self._weights = raw / norm[:, None]
        held_out: list[tuple[Floats, float, bool]] = []
        for example, (columns, values, known) in zip(examples, vectors, strict=True):
            if example.question and len(columns):
                row = rows[example.department]
                without = example.weight * scale[row] * values
                # Only the complements of the other departments held this example.
                others = np.arange(len(self._departments)) != row
                part = complement[:, columns] - others[:, None] * without[None, :]
                total = complement_total - others * without.sum()
                scores = (-np.log(part / total[:, None]) / norm[:, None]) @ values
                held_out.append((scores, known, int(np.argmax(scores)) == row))
        for text in general:
            columns, values, known = self._vector(_grams(text))
            if len(columns):
                held_out.append((self._weights[:, columns] @ values, known, False))
        self._calibration = _fit(
            [_features(np.sort(_standard(s))[::-1], known) for s, known, _ in held_out], [hit for *_, hit in held_out]
        )

    def _vector(self, grams: set[str]) -> tuple[NDArray[np.int64], Floats, float]:
        """Return the columns and weights of the known parts, and the share of the text that is known."""
        columns = np.array(sorted(self._columns[gram] for gram in grams if gram in self._columns), dtype=np.int64)
        values = self._idf[columns]
        inside = float((values**2).sum())
        whole = inside + (len(grams) - len(columns)) * self._unknown**2
        return columns, values / np.sqrt(inside or 1.0), inside / whole if whole else 0.0

    def _confidence(self, standard: Floats, known: float) -> float:
        return float(1 / (1 + np.exp(-(self._calibration @ _features(standard, known)))))

    def _guess(
        self, text: str, best: int, second: int | None, confidence: float, columns: NDArray[np.int64], values: Floats
    ) -> DepartmentGuess:
        department = self._departments[best]
        named = [word for word in self._words[department] if word in normalise(text)]
        rival = self._weights[second, columns] if second is not None else 0.0
        gains = (self._weights[best, columns] - rival) * values
        names = {column: gram for gram, column in self._columns.items()} if not named else {}
        telling = (
            [names[int(columns[index])] for index in np.argsort(-gains, kind="stable") if gains[index] > 0] if not named else []
        )
        words = sorted(named, key=len, reverse=True)[:4] or [gram for gram in telling if len(gram) > 1][:4] or telling[:4]
        detail = f"提到“{'、'.join(words)}”，像是 {department} 的事" if words else f"像是 {department} 的事"
        return DepartmentGuess(department, confidence, (Reason("department_words", detail),))


def _examples(library: Library, routing_words: Mapping[str, Sequence[str]]) -> Iterator[_Example]:
    for department, words in routing_words.items():
        yield from (_Example(word, department, WORD_WEIGHT) for word in words)
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


def _grams(text: str) -> set[str]:
    bare = re.sub(r"[^\w]+", "", essence(normalise(text)))
    return {*bare, *(bare[start : start + 2] for start in range(len(bare) - 1))}


def _standard(scores: Floats) -> Floats:
    spread: Any = scores.std()
    return np.asarray((scores - scores.mean()) / (spread or 1.0))


def _features(standard: Floats, known: float) -> Floats:
    """Return what the confidence is read from: the lead over the runner-up, the height of the best, how much of the text is known."""
    lead = standard[0] - standard[1] if len(standard) > 1 else 1.0
    return np.array([1.0, lead, standard[0], known])


def _shares(rest: Floats, first: float) -> Floats:
    """Split what the best guess leaves among the others, none above the best."""
    if not len(rest):
        return rest
    weights = np.exp(2 * (rest - rest[0]))
    return np.minimum(weights / weights.sum() * (1 - first), first)


def _fit(features: Sequence[Floats], hits: Sequence[bool]) -> Floats:
    """Return logistic-regression coefficients by Newton's method with a small ridge; a middling constant if there is nothing to fit."""
    if len(set(hits)) < 2:
        return np.array([0.0, 1.0, 0.0, 0.0])
    matrix, target = np.array(features), np.array(hits, dtype=np.float64)
    coefficients = np.zeros(matrix.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-(matrix @ coefficients)))
        gradient = matrix.T @ (target - chance) - 0.1 * coefficients
        curvature = (matrix * (chance * (1 - chance))[:, None]).T @ matrix + 0.1 * np.eye(matrix.shape[1])
        coefficients += np.linalg.solve(curvature, gradient)
    return coefficients
