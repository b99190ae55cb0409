"""Reminding whoever has a case, before its deadline and, on the last tier, again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

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
    return Change(changed, (_reminder(case, step, now, routing),), (Reason("reminded", f"催办{case.assignee}"),))


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
    says: tuple[Say, ...] = (_reminder(case, case.due, now, routing),)
    if case.plan.answer_by <= now and not case.danger:
        step = f"overdue-{case.reopened}"
        says += to_askers(
            case, step, phrases.overdue(case.number, case.assignee), unasked=True, not_before=routing.after_quiet(now)
        )
    return Change(replace(case, due=following), says, (Reason("repeated", f"再次催办{case.assignee}"),))
