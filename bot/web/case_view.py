"""A case as pages show it: where it stands, who has it until when, what may be done to it, what the FAQ has nearby."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.desk.permissions import PERMISSIONS, has_a_say
from bot.ledger.port import HistoryLine
from bot.matching.engine import Candidate
from bot.model import Case, Operation, Status
from bot.text import shorten
from bot.web.services import WebServices
from bot.web.view import STEP_WORDS

OWED = (Status.OPEN, Status.ACKNOWLEDGED)
STANDINGS = {
    Status.WAITING: "等同行回答",
    Status.OPEN: "等签收",
    Status.ACKNOWLEDGED: "办理中",
    Status.ANSWERED: "已答复",
    Status.CLOSED: "已办结",
    Status.WITHDRAWN: "已撤回",
}
TONES = {
    Status.WAITING: "calm",
    Status.OPEN: "wait",
    Status.ACKNOWLEDGED: "work",
    Status.ANSWERED: "good",
    Status.CLOSED: "calm",
    Status.WITHDRAWN: "calm",
}
_NEARBY = 3
_FAR = 0.05
"""Confidence (0-1) below which an entry is not near."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as one row of a list."""

    number: int
    question: str
    status: str
    tone: str
    asker: str
    room: str
    department: str
    assignee: str
    opened_at: datetime
    promised: datetime | None
    late: bool
    danger: bool
    askers: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case, with why."""

    at: datetime
    who: str
    what: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nearby:
    """An entry that the FAQ has near a question."""

    id: str
    title: str
    answer: str


def department_name(case: Case, services: WebServices) -> str:
    """Return what the department of a case is called."""
    department = services.routing.departments.get(case.department)
    return department.name if department else case.department


def line(case: Case, services: WebServices, now: datetime) -> CaseLine:
    """Show a case as a row."""
    promised = case.plan.answer_by if case.plan and case.status in OWED else None
    return CaseLine(
        number=case.number,
        question=shorten(case.question, 90),
        status=STANDINGS[case.status],
        tone=TONES[case.status],
        asker=case.asker.person.name,
        room=case.asker.room or "私聊",
        department=department_name(case, services),
        assignee=case.assignee,
        opened_at=case.opened_at,
        promised=promised,
        late=promised is not None and promised < now,
        danger=case.danger,
        askers=len(case.askers),
    )


def next_step(case: Case) -> str:
    """Word what happens to a case by itself, ``""`` for a finished one."""
    return STEP_WORDS.get(case.due.kind, case.due.kind) if case.due else ""


def steps(lines: Iterable[HistoryLine]) -> list[Step]:
    """Show what happened to a case, the newest first; the same reason twice in a row is said once."""
    shown = [Step(it.at, it.who, it.what, tuple(dict.fromkeys(reason.detail for reason in it.reasons))) for it in lines]
    return shown[::-1]


def mark(case: Case) -> str:
    """Return a short name of where a case stands; reminders do not change it, what people do does."""
    facts = (case.status, case.assignee, case.department, len(case.replies), case.supervised, case.merged_into, case.reopened)
    return hashlib.sha256("|".join(map(str, facts)).encode()).hexdigest()[:12]


def allowed(who: str, case: Case, services: WebServices) -> frozenset[Operation]:
    """Return what somebody may do to a case as it stands."""
    return frozenset(
        operation
        for operation, permission in PERMISSIONS.items()
        if case.status in permission.becomes and case.merged_into is None and has_a_say(who, case, services.routing, operation)
    )


def nearby(case: Case, services: WebServices) -> list[Nearby]:
    """Return what the FAQ has nearest to a case's question, the best first."""
    return near(case.question, case.community, services)


def near(question: str, community: str, services: WebServices) -> list[Nearby]:
    """Return what the FAQ has nearest to a question, as a community is sent it, the best first."""
    knowledge = services.knowledge
    if knowledge is None:
        return []
    ranked: tuple[Candidate, ...] = knowledge.matcher.forced(question)
    close = [candidate for candidate in ranked[:_NEARBY] if candidate.confidence >= _FAR]
    entries = [knowledge.entry_in(community, candidate.entry_id) for candidate in close]
    return [Nearby(entry.id, entry.title, entry.answer) for entry in entries if entry is not None]
