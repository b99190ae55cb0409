"""Stays: who had a case from when to when and whether in time, written beside each change of the case, for reports."""

from __future__ import annotations

from datetime import datetime

from bot.ledger.codec import micros
from bot.ledger.connection import Connection
from bot.model import Case, Status, StayEnd

REACTED = (Status.ACKNOWLEDGED, Status.ANSWERED)


def keep_stays(db: Connection, old: Case | None, new: Case, now: datetime) -> None:
    """Read off a case's old and new version what became of its stay with somebody, and keep that."""
    answered = old is not None and new.status is Status.ANSWERED and old.status is not Status.ANSWERED
    if old is not None and new.status is Status.ACKNOWLEDGED and old.status is not Status.ACKNOWLEDGED:
        _mark(db, new, "acknowledged_at = coalesce(acknowledged_at, ?)", micros(now))
    if answered:
        _mark(db, new, "answered_at = ?", micros(now))
    if answered or new.status.terminal:
        _end(db, new, StayEnd.ANSWERED if answered else StayEnd.ENDED, now)
    elif _moved(old, new):
        _end(db, new, _why_left(old, new), now)
        _begin(db, new)


def _moved(old: Case | None, new: Case) -> bool:
    if new.plan is None or new.status in REACTED:
        return False
    before = (
        None
        if old is None or old.plan is None
        else (old.plan.tier, old.assignee, old.department, old.reopened, old.status in REACTED)
    )
    return before != (new.plan.tier, new.assignee, new.department, new.reopened, False)


def _why_left(old: Case | None, new: Case) -> StayEnd:
    if old is not None and new.transfers > old.transfers:
        return StayEnd.TRANSFERRED
    if old is not None and old.plan is not None and new.plan is not None and new.plan.tier > old.plan.tier:
        return StayEnd.ESCALATED
    return StayEnd.ENDED


def _begin(db: Connection, case: Case) -> None:
    plan = case.plan
    assert plan is not None
    db.execute(
        """
        INSERT INTO stays (case_number, place, community, department, assignee, dispatched_at, acknowledge_by, answer_by)
        SELECT ?, coalesce(max(place), 0) + 1, ?, ?, ?, ?, ?, ? FROM stays WHERE case_number = ?
        """,
        (
            case.number,
            case.community,
            case.department,
            plan.assignee,
            micros(plan.dispatch_at),
            micros(plan.acknowledge_by),
            micros(plan.answer_by),
            case.number,
        ),
    )


def _mark(db: Connection, case: Case, change: str, value: int) -> None:
    db.execute(f"UPDATE stays SET {change} WHERE case_number = ? AND ended_at IS NULL", (value, case.number))


def _end(db: Connection, case: Case, why: StayEnd, now: datetime) -> None:
    db.execute(
        "UPDATE stays SET ended_at = ?, ended = ? WHERE case_number = ? AND ended_at IS NULL",
        (micros(now), why.value, case.number),
    )
