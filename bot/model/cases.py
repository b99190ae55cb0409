"""Cases and the ladders they climb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.events import Person


class Status(StrEnum):
    """Where a case stands. CLOSED and WITHDRAWN are terminal; every other status has a next due time."""

    WAITING = "waiting"  # peers may still answer in the group
    OPEN = "open"  # with somebody, not yet acknowledged
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"  # the asker has an answer and has not rated it
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def terminal(self) -> bool:
        """Tell whether nothing more is due."""
        return self in (Status.CLOSED, Status.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Tier:
    """One rung of a ladder. ``to`` is ``grid``, ``community`` (its duty worker), ``team`` (its service team), ``department``,
    ``department:KEY``, ``duty:NAME`` or ``contact:NAME``.

    ``acknowledge``, ``answer`` and ``repeat`` run on the calendar ``clock``; ``max_wait`` in wall time;
    ``remind`` are fractions of the answer time (0–1). ``also`` are further people told at once, in the forms of ``to``.
    """

    name: str
    to: str
    acknowledge: timedelta
    answer: timedelta
    clock: str
    max_wait: timedelta | None = None
    remind: tuple[float, ...] = ()
    repeat: timedelta | None = None
    final: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """Tiers in the order in which a case climbs them."""

    name: str
    tiers: tuple[Tier, ...]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Something that will be done to a case at a time if nothing happens before: remind, escalate, repeat, close …"""

    name: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the way to a decision: a fixed ``code`` for programs and a Chinese ``detail`` for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class TierPlan:
    """Who has the case on one tier and when what is due, computed once on entering the tier.

    ``dispatch_at`` is when the assignee is told (not before the tier's clock runs); ``steps`` are in the order of time.
    ``alert`` are further contacts told at the same time (urgent ladders).
    """

    tier: int
    tier_name: str
    assignee: str
    dispatch_at: datetime
    acknowledge_by: datetime
    answer_by: datetime
    steps: tuple[Step, ...]
    alert: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asked: where the answer must go back to; ``words`` is their own wording where it differs from the case's."""

    person: Person
    channel: str
    room: str
    message_id: str
    enterprise: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a colleague or a contact said to a case's question.

    ``partial``: a first word or a question back. ``withheld``: kept, but not sent to the askers, who had an answer already.
    """

    by: str
    text: str
    at: datetime
    partial: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One question carried until its asker has an answer (诉求/工单).

    ``askers[0]`` opened it, the others joined. ``due`` is the next step, absent exactly when the status is terminal.
    ``ladder`` is the ladder that it was opened under, ``config`` the hash of the routing file of that moment.
    ``carried_from`` are those who did not answer in time, ``handed_on`` everybody who has had the case before; ``moves`` counts
    what was handed on by a worker's hand. ``merged_into`` is the number of the case that goes on in place of this one.
    ``named`` are further departments that the question names.
    """

    number: int
    status: Status
    community: str
    askers: tuple[Asker, ...]
    question: str
    department: str
    ladder: Ladder
    config: str
    opened_at: datetime
    plan: TierPlan | None = None
    due: Step | None = None
    entry: str | None = None
    danger: bool = False
    tried: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    peers: tuple[Reply, ...] = ()
    replies: tuple[Reply, ...] = ()
    transfers: int = 0
    reopened: int = 0
    supervised: bool = False
    rating: int | None = None
    outcome: str = ""
    carried_from: tuple[str, ...] = ()
    handed_on: tuple[str, ...] = ()
    moves: int = 0
    merged_into: int | None = None
    named: tuple[str, ...] = ()

    @property
    def asker(self) -> Asker:
        """Return the one who opened it."""
        return self.askers[0]

    @property
    def assignee(self) -> str:
        """Return the name of the contact who has it, or ``""`` while peers may still answer."""
        return self.plan.assignee if self.plan else ""
