"""Reminding whoever has a case, before its deadline and, on the last tier, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.desk import contact_phrases, phrases
from bot.desk.lifecycle import stay
from bot.desk.telling import Change, to_askers, to_contact
from bot.model import Case, Reason, Say, Status, Step
from bot.routing.config import Routing
from bot.routing.ladder import next_repeat


def remind(case: Case, step: Step, now: datetime, routing: Routing) -> Change:
    """Remind the assignee, and move on to the step after; a reminder so late that the next step is due as well is left out."""
    assert case.plan is not None
    following = [later for later in case.plan.steps if (later.at, later.name) > (step.at, step.name)]
    changed = replace(case, due=following[0] if following else replace(step, name=f"{step.name}+", kind="escalate"))
    if following and following[0].at <= now:
        return Change(changed, reasons=(Reason("too_late", f"「{step.name}」过了时候，接着办下一步"),))
    reminder = _reminder(case, step, now, routing)
    return Change(changed, reasons=(Reason("reminded", f"催办{case.assignee}"),), reminder=reminder)


TOGETHER = timedelta(minutes=30)
"""Reminders to one contact that are due within this time go out as one message."""

REMINDING = ("remind", "remind_acknowledge", "repeat")
"""The kinds of steps that remind."""


def go_together(case: Case, other: Case, now: datetime) -> bool:
    """Tell whether another case's reminder goes out with the one that is due; danger is never put into a list."""
    if other.number == case.number or other.assignee != case.assignee or case.danger or other.danger:
        return False
    if case.due is None or other.due is None or not {case.due.kind, other.due.kind} <= set(REMINDING):
        return False
    return other.due.at <= now + TOGETHER


def bundled(changes: Sequence[Change], now: datetime) -> tuple[Say, ...]:
    """Return all that is said, with the reminders to the one contact put into one message."""
    says = tuple(say for change in changes for say in change.says)
    reminding = [change for change in changes if change.reminder is not None]
    if not reminding:
        return says
    first = reminding[0].reminder
    assert first is not None
    if len(reminding) > 1:
        lines = [_line(change.case, now) for change in sorted(reminding, key=lambda change: _answer_by(change.case))]
        first = replace(first, key=f"{first.key}/together", text=contact_phrases.reminders(lines), case=None)
    return (first, *says)


def _line(case: Case, now: datetime) -> str:
    acknowledged = case.status is Status.ACKNOWLEDGED
    return contact_phrases.reminder_line(case.number, case.question, _answer_by(case), now, acknowledged=acknowledged)


def _answer_by(case: Case) -> datetime:
    assert case.plan is not None
    return case.plan.answer_by


def _reminder(case: Case, step: Step, now: datetime, routing: Routing) -> Say:
    assert case.plan is not None
    text = contact_phrases.remind(
        case.number, case.question, case.plan.answer_by, now, acknowledged=case.status is Status.ACKNOWLEDGED
    )
    return to_contact(case, case.assignee, f"{stay(case, case.plan)}/{step.name}", text, now, routing)


def repeat(case: Case, now: datetime, routing: Routing) -> Change:
    """Remind the last tier again and again until somebody answers; tell the askers, once, when even its time is over."""
    assert case.plan is not None and case.due is not None
    following = next_repeat(case.plan, case.ladder, now, routing, after=case.due)
    says: tuple[Say, ...] = ()
    if case.plan.answer_by <= now and not case.danger:
        step = f"overdue-{case.reopened}"
        says = to_askers(
            case, step, phrases.overdue(case.number, case.assignee), unasked=True, not_before=routing.after_quiet(now)
        )
    reminder = _reminder(case, case.due, now, routing)
    return Change(replace(case, due=following), says, (Reason("repeated", f"再次催办{case.assignee}"),), reminder)
