"""Two cases about the same thing become one: everybody who asked either gets the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desk import contact_phrases, phrases
from bot.desk.handover import keep_clock
from bot.desk.lifecycle import answered_by, close, is_known_to_assignee, join, plan_for, speaks_for, with_plan
from bot.desk.telling import Change, to_askers, to_contact
from bot.model import Asker, Case, Reason, Reply, Say, Status
from bot.routing.config import Routing


def hindrance(case: Case, into: Case) -> str:
    """Say in Chinese why a case cannot be merged into another one, or ``""``."""
    if case.number == into.number:
        return "是同一个编号"
    if into.status.terminal:
        return f"#{into.number} 已经办结"
    if case.danger or into.danger:
        return "紧急的事要单独办"
    return ""


def merge(case: Case, into: Case, now: datetime, routing: Routing, *, by: str) -> tuple[Change, Change]:
    """Merge a case into another; returns both afterwards, the finished one first.

    Raises ``ValueError`` where there is a hindrance.
    """
    if why := hindrance(case, into):
        raise ValueError(why)
    gone = replace(close(case, f"并入 #{into.number}（{by}）"), merged_into=into.number)
    reason = Reason("merged", f"{by}把 #{case.number} 合并到 #{into.number}")
    goes_on = _joined(into, case, now, routing, reason=reason)
    told = _askers_told(case, goes_on.case, now, routing)
    return Change(gone, told + _handler_told(case, goes_on.case, now, routing), (reason,)), goes_on


def _joined(into: Case, case: Case, now: datetime, routing: Routing, *, reason: Reason) -> Change:
    joined = into
    for asker in case.askers:
        joined = join(joined, replace(asker, words=asker.words or case.question))
    other_words = case.question if case.question != into.question else ""
    notes = (f"{case.asker.person.name}也问：{case.question}",) if other_words else ()
    joined = replace(
        joined,
        notes=(*into.notes, *notes, *case.notes),
        peers=(*into.peers, *case.peers),
        handed_on=tuple(dict.fromkeys((*into.handed_on, *case.handed_on, *((case.assignee,) if case.assignee else ())))),
    )
    if into.status is Status.WAITING and case.plan is not None:
        plan = keep_clock(plan_for(joined, 0, now, routing), case.plan, now)
        change = with_plan(joined, plan, now)
        department = routing.department(into.department).name
        text = phrases.opened(into.number, department, plan.assignee, plan.answer_by, plan.dispatch_at, now)
        told = to_askers(into, "opened", text, unasked=True, not_before=routing.after_quiet(now))
        return Change(change.case, change.says + told, (reason, *change.reasons))
    if into.assignee and into.status in (Status.OPEN, Status.ACKNOWLEDGED):
        names = [asker.person.name for asker in case.askers]
        words = contact_phrases.merged(case.number, into.number, names, other_words)
        say = to_contact(
            into,
            into.assignee,
            f"merged-{case.number}",
            words,
            now,
            routing,
            not_before=into.plan.dispatch_at if into.plan else None,
        )
        return Change(joined, (say,), (reason,))
    return Change(joined, (), (reason,))


def _askers_told(case: Case, into: Case, now: datetime, routing: Routing) -> tuple[Say, ...]:
    """Tell the askers of the finished case where it goes on; where the other one has an answer, that is what they get."""
    own = replace(case, askers=tuple(asker for asker in case.askers if _is_new(asker, into)))
    if into.status is Status.ANSWERED and (answer := _answer_of(into)) is not None:
        text = phrases.relayed(into.number, speaks_for(answer.by, into, routing), answer.text, again=False)
        return to_askers(own, f"merged-{into.number}", text)
    if case.status is Status.WAITING:
        return ()
    answer_by = into.plan.answer_by if into.plan else None
    text = phrases.merged(case.number, into.number, into.assignee, answer_by, now)
    return to_askers(case, f"merged-{into.number}", text, not_before=routing.after_quiet(now))


def _is_new(asker: Asker, into: Case) -> bool:
    return not any(known.person.id == asker.person.id and known.message_id != asker.message_id for known in into.askers)


def _answer_of(case: Case) -> Reply | None:
    by = answered_by(case)
    return next((reply for reply in reversed(case.replies) if reply.by == by and not reply.partial and not reply.withheld), None)


def _handler_told(case: Case, into: Case, now: datetime, routing: Routing) -> tuple[Say, ...]:
    if case.assignee == into.assignee or not is_known_to_assignee(case, now):
        return ()
    words = contact_phrases.is_merged(case.number, into.number)
    return (to_contact(case, case.assignee, f"merged-{into.number}", words, now, routing),)
