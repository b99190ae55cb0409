"""What reports are made of: a fact for each answer, each case, and each stay of a case with somebody; none names an asker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.cases import Status


class StayEnd(StrEnum):
    """How a case left somebody's hands."""

    ANSWERED = "answered"
    ESCALATED = "escalated"  # the time was over
    TRANSFERRED = "transferred"
    ENDED = "ended"  # closed or withdrawn without an answer of this stay


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a case with one assignee, from the message to them until it left their hands."""

    case: int
    community: str
    department: str
    assignee: str
    dispatched_at: datetime
    acknowledge_by: datetime
    answer_by: datetime
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    end: StayEnd | None = None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One case as reports count it. ``answered_at`` is a contact's first full answer; ``by_peers``: colleagues answered it."""

    number: int
    status: Status
    community: str
    department: str
    entry: str | None
    opened_at: datetime
    answered_at: datetime | None = None
    by_peers: bool = False
    rating: int | None = None
    reopened: int = 0
    transfers: int = 0
    supervised: bool = False


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """One answer from the FAQ, with the rating (1–5) that it got, if any."""

    entry: str
    room: str
    at: datetime
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class EntryUse:
    """How often an entry was sent in a span, and the ratings (1–5) that it got: how many, and their mean."""

    answered: int = 0
    rated: int = 0
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a report about a period counts: what was asked and dispatched within it."""

    answers: tuple[AnswerFact, ...] = ()
    cases: tuple[CaseFact, ...] = ()
    stays: tuple[Stay, ...] = ()
    themes: Mapping[str, str] = field(default_factory=dict)  # entry id → theme
