"""The curated texts, in one row each: phrasings, near misses, chatter, the departments' questions and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.vocabulary import Places
from bot.model import Library

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


def known_texts(library: Library) -> list[Known]:
    """Return every curated text, phrasings first, entry by entry."""
    entries, departments = library.entries.values(), library.departments.values()
    # The title is one more phrasing: with four of them an entry it is worth as much as two.
    known = [
        Known(text, "phrasing", place)
        for place, e in enumerate(entries)
        for text in dict.fromkeys((*e.questions, e.title))
        if text
    ]
    known += [Known(text, "not_this", place) for place, e in enumerate(entries) for text in e.not_this]
    known += [Known(text, kind) for kind, texts in library.chatter.items() for text in texts]
    known += [Known(text, "department", -1, place) for place, one in enumerate(departments) for text in one.questions]
    for place, one in enumerate(departments):
        bundles = [one.words[start :: -(-len(one.words) // WORDS_A_TEXT)] for start in range(-(-len(one.words) // WORDS_A_TEXT))]
        known += [Known("，".join(bundle), "department_words", -1, place) for bundle in bundles]
    return known + [Known(text, "department", -1, len(library.departments)) for text in library.general_questions]


def is_taught(known: Known) -> bool:
    """Tell whether the learned score is fitted to a text."""
    return known.group in ("phrasing", "department", "department_words")


def rows_of(known: Sequence[Known], group: str) -> Places:
    """Return the rows of a group."""
    return np.asarray([row for row, one in enumerate(known) if one.group == group], dtype=np.int64)


def rows_by_entry(known: Sequence[Known], entries: int, group: str) -> list[Places]:
    """Return the rows of a group for each entry."""
    lines: list[list[int]] = [[] for _ in range(entries)]
    for row, one in enumerate(known):
        if one.group == group:
            lines[one.entry].append(row)
    return [np.asarray(line, dtype=np.int64) for line in lines]
