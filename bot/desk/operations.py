"""Clicks in the pages: the same acts as in a chat, by the same rules."""

from __future__ import annotations

from datetime import datetime

from bot.desk import contact_phrases
from bot.desk.forms import number_in
from bot.desk.handling import Act, Handled, handle
from bot.model import Action, Case, Decision, Operated, Operation, Reason, Snapshot
from bot.routing.config import Routing


def operated(event: Operated, snapshot: Snapshot, routing: Routing, now: datetime) -> Decision:
    """Do what was clicked; the first reason holds the words for whoever clicked, and nothing but a CASE has been done."""
    case = snapshot.case(event.case)
    if case is None:
        return Decision(Action.IGNORE, (Reason("no_such_case", contact_phrases.no_such_case(event.case)),))
    case = following(case, snapshot) if event.operation in _ABOUT_THE_QUESTION else case
    other = number_in(event.target) if event.operation is Operation.MERGE else None
    act = Act(
        event.operator,
        event.operation,
        case,
        event.text,
        event.reason,
        event.target,
        other=snapshot.case(other) if other is not None else None,
    )
    return decision_of(handle(act, now, routing))


_ABOUT_THE_QUESTION = (Operation.ANSWER, Operation.ASK_BACK)


def following(case: Case, snapshot: Snapshot) -> Case:
    """Return the case in which a merged one goes on, as far as the snapshot knows it."""
    seen = {case.number}
    while case.merged_into is not None and case.merged_into not in seen:
        seen.add(case.merged_into)
        case = snapshot.case(case.merged_into) or case
    return case


def decision_of(handled: Handled) -> Decision:
    """Return an act as a decision; the words for whoever acted stand in its first reason."""
    words = Reason(handled.code, handled.words)
    if not handled.changes:
        return Decision(Action.IGNORE, (words,))
    return Decision(
        Action.CASE,
        (words, *(reason for change in handled.changes for reason in change.reasons)),
        says=tuple(say for change in handled.changes for say in change.says),
        cases=tuple(change.case for change in handled.changes),
        cancel=handled.cancels,
    )
