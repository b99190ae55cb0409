"""What the curators keep: FAQ entries, words, and examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum


class WhenStale(StrEnum):
    """What happens to an entry past its review date: it is sent with a notice, or the question is routed instead."""

    NOTICE = "notice"
    ROUTE = "route"


@dataclass(frozen=True, slots=True)
class Entry:
    """One curated FAQ entry (``knowledge/*.yaml``); its text is sent verbatim.

    ``communities`` are those in which it may be sent (empty: all); in them it stands in for the district's entry ``replaces``,
    if it names one, and is found by that entry's phrasings as well as its own.
    """

    id: str
    title: str
    department: str
    questions: tuple[str, ...]
    answer: str
    source: str
    verified_on: date
    review_every: timedelta
    theme: str = ""
    not_this: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    communities: tuple[str, ...] = ()
    replaces: str = ""
    todo: tuple[str, ...] = ()
    stale: WhenStale = WhenStale.NOTICE

    def review_due(self) -> date:
        """Return the first day on which the entry counts as stale."""
        return self.verified_on + self.review_every

    @property
    def matched_as(self) -> str:
        """Return the id under which matching knows it: that of the entry it stands in for, else its own."""
        return self.replaces or self.id


@dataclass(frozen=True, slots=True)
class DepartmentExamples:
    """What a department is recognised by when no entry covers the question (``knowledge/departments.yaml``)."""

    words: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """All curated knowledge, validated.

    ``synonyms`` maps a canonical word to the ways people say it (灭火器 → 红罐子); ``dictionary`` maps a domain word to its
    weight for segmentation (0: the segmenter's own default); ``confusions`` maps a wrongly typed form to the right one;
    ``chatter`` maps a kind (greeting, answer, advert …) to example messages that must stay unanswered.
    """

    entries: Mapping[str, Entry]
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dictionary: Mapping[str, int] = field(default_factory=dict)
    confusions: Mapping[str, str] = field(default_factory=dict)
    chatter: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    departments: Mapping[str, DepartmentExamples] = field(default_factory=dict)
    general_questions: tuple[str, ...] = ()

    def stand_ins(self) -> Mapping[tuple[str, str], Entry]:
        """Return (id of a district's entry, community) → the community's own entry that is sent there instead."""
        return {
            (entry.replaces, community): entry
            for entry in self.entries.values()
            if entry.replaces
            for community in entry.communities
        }

    def for_matching(self) -> Library:
        """Return the library without stand-ins, their phrasings and near misses joined to the entries that they replace."""
        joined = {entry.id: entry for entry in self.entries.values() if not entry.replaces}
        for entry in self.entries.values():
            known = joined.get(entry.replaces)
            if known is not None:
                questions = tuple(dict.fromkeys((*known.questions, *entry.questions)))
                not_this = tuple(dict.fromkeys((*known.not_this, *entry.not_this)))
                joined[known.id] = replace(known, questions=questions, not_this=not_this)
        return replace(self, entries=joined)
