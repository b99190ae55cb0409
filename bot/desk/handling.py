"""What a contact or a worker does to a case, whether said in a chat or clicked in a page: same rules, same effect, same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.desk import contact_phrases, handover, lifecycle, merging, phrases
from bot.desk.forms import number_in
from bot.desk.permissions import PERMISSIONS, Role, decides_freely, has_a_say, roles
from bot.desk.telling import Change, to_askers
from bot.model import Case, Operation, Reason, Reply, Status
from bot.routing.config import Routing

VERBS: Mapping[Operation, str] = {
    Operation.ACKNOWLEDGE: "签收",
    Operation.ANSWER: "答复",
    Operation.ASK_BACK: "反问",
    Operation.TRANSFER: "转办",
    Operation.RETURN: "退回",
    Operation.TAKE_OVER: "接办",
    Operation.REASSIGN: "改派",
    Operation.MERGE: "合并",
    Operation.CLOSE: "办结",
    Operation.ESCALATE: "上报",
    Operation.SUPERVISE: "督办",
    Operation.REOPEN: "重开",
}
"""What people call each operation."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who wants what done to ``case``; ``text``, ``reason`` and ``target`` as in ``Operated``.

    ``other`` is the case that a merge names, if there is one; ``visible_in`` a room in which it was said openly.
    ``insists``: a further answer is to go to the askers although they have one.
    """

    by: str
    operation: Operation
    case: Case
    text: str = ""
    reason: str = ""
    target: str = ""
    other: Case | None = None
    visible_in: str | None = None
    insists: bool = False


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of an act: ``words`` are for whoever acted. Without ``changes`` it was refused, and ``code`` says why."""

    code: str
    words: str
    changes: tuple[Change, ...] = ()
    cancels: tuple[int, ...] = ()


def handle(act: Act, now: datetime, routing: Routing) -> Handled:
    """Do what a contact wants done to a case, or say why not."""
    return _refused(act, routing) or _DONE[act.operation](act, now, routing)


def _refused(act: Act, routing: Routing) -> Handled | None:
    number, verb = act.case.number, VERBS[act.operation]
    if not roles(act.by, act.case, routing):
        return Handled("not_theirs", contact_phrases.not_yours(number))
    if act.case.merged_into is not None:
        return Handled("merged", contact_phrases.is_merged(number, act.case.merged_into))
    if not has_a_say(act.by, act.case, routing, act.operation):
        return Handled("not_allowed", contact_phrases.not_allowed(number, verb))
    permission = PERMISSIONS[act.operation]
    if act.case.status not in permission.becomes:
        return _not_now(act)
    if permission.needs_reason and not act.reason.strip() and act.operation is not Operation.TRANSFER:
        return Handled("no_reason", contact_phrases.needs_reason(number, verb))
    return None


def _not_now(act: Act) -> Handled:
    number, verb = act.case.number, VERBS[act.operation]
    if act.case.status.terminal:
        return Handled("finished", contact_phrases.finished(number, act.case.status.value, verb))
    if act.operation is Operation.ACKNOWLEDGE and act.case.status is Status.ACKNOWLEDGED:
        return Handled("acknowledged_before", contact_phrases.acknowledged_before(number))
    return Handled("not_now", contact_phrases.not_now(number, act.case.status.value, verb))


def _done(change: Change, words: str) -> Handled:
    return Handled("done", words, (change,))


def _acknowledge(act: Act, now: datetime, routing: Routing) -> Handled:
    assert act.case.plan is not None
    words = contact_phrases.acknowledged(act.case.number, act.case.plan.answer_by, now)
    return _done(lifecycle.acknowledge(act.case, now), words)


def _answer(act: Act, now: datetime, routing: Routing) -> Handled:
    number, text = act.case.number, act.text.strip()
    if not text:
        return Handled("no_words", contact_phrases.needs_words(number))
    reply = Reply(act.by, text, now)
    first = lifecycle.answered_by(act.case)
    openly = act.visible_in is not None and any(asker.room == act.visible_in for asker in act.case.askers)
    if act.case.status is Status.ANSWERED and first not in ("", act.by) and not act.insists and not openly:
        change = lifecycle.withhold(act.case, reply, now, routing)
        return _done(change, contact_phrases.answered_before(number, first))
    change = lifecycle.answer(act.case, reply, now, routing, visible_in=act.visible_in)
    return _done(change, contact_phrases.answer_passed_on(number))


def _ask_back(act: Act, now: datetime, routing: Routing) -> Handled:
    number, text = act.case.number, act.text.strip()
    if not text:
        return Handled("no_words", contact_phrases.needs_words(number))
    assert act.case.plan is not None
    theirs = bool(roles(act.by, act.case, routing) & {Role.HANDLER, Role.COLLEAGUE})
    reply = Reply(act.by, text, now, partial=True)
    change = lifecycle.answer_in_part(act.case, reply, now, routing, visible_in=act.visible_in, acknowledges=theirs)
    return _done(change, contact_phrases.partial_passed_on(number, act.case.plan.answer_by, now))


def _transfer(act: Act, now: datetime, routing: Routing) -> Handled:
    number = act.case.number
    key = routing.department_named(act.target) if act.target else None
    if key is None:
        return Handled("unknown_department", contact_phrases.transfer_needs_department(number))
    if not act.reason.strip():
        return Handled("no_reason", contact_phrases.transfer_needs_reason(number))
    name = routing.departments[key].name
    if act.case.transfers >= routing.transfer.max and not decides_freely(act.by, routing):
        reason = f"想转{name}，{act.reason}（已转办 {act.case.transfers} 次，由社区定）"
        change = handover.send_back(act.case, now, routing, by=act.by, reason=reason)
        return _done(change, contact_phrases.transferred_too_often(number, act.case.transfers, change.case.assignee))
    change = handover.transfer(act.case, key, now, routing, by=act.by, reason=act.reason)
    if change.case.assignee == act.case.assignee:
        return Handled("already_there", contact_phrases.already_there(number, name))
    return _done(change, contact_phrases.transferred(number, name))


def _return(act: Act, now: datetime, routing: Routing) -> Handled:
    if handover.is_at_the_top(act.case):
        return Handled("at_the_top", contact_phrases.at_the_top(act.case.number, act.case.assignee))
    change = handover.send_back(act.case, now, routing, by=act.by, reason=act.reason)
    return _done(change, contact_phrases.acted(act.case.number, f"已退回，交{change.case.assignee}"))


def _escalate(act: Act, now: datetime, routing: Routing) -> Handled:
    if handover.is_at_the_top(act.case):
        return Handled("at_the_top", contact_phrases.at_the_top(act.case.number, act.case.assignee))
    change = handover.raise_up(act.case, now, routing, by=act.by, reason=act.reason)
    return _done(change, contact_phrases.acted(act.case.number, f"已上报{change.case.assignee}"))


def _supervise(act: Act, now: datetime, routing: Routing) -> Handled:
    if act.case.supervised and handover.is_at_the_top(act.case):
        return Handled("at_the_top", contact_phrases.at_the_top(act.case.number, act.case.assignee))
    change = handover.supervise(act.case, now, routing, by=act.by, reason=act.reason)
    return _done(change, contact_phrases.acted(act.case.number, f"已交{change.case.assignee}督办"))


def _reassign(act: Act, now: datetime, routing: Routing) -> Handled:
    contact = act.target.strip()
    if contact not in routing.contacts:
        return Handled("unknown_contact", contact_phrases.unknown_contact(act.case.number, contact))
    change = handover.reassign(act.case, contact, now, routing, by=act.by, reason=act.reason)
    if change.case.assignee == act.case.assignee:
        return Handled("already_there", contact_phrases.already_with(act.case.number, change.case.assignee))
    return _done(change, contact_phrases.acted(act.case.number, f"已改派{change.case.assignee}"))


def _take_over(act: Act, now: datetime, routing: Routing) -> Handled:
    if act.case.assignee == act.by and act.case.status is Status.ACKNOWLEDGED:
        return Handled("already_there", contact_phrases.already_with(act.case.number, act.by))
    change = handover.take_over(act.case, act.by, now, routing)
    assert change.case.plan is not None
    return _done(change, contact_phrases.taken_over(act.case.number, act.case.question, change.case.plan.answer_by, now))


def _merge(act: Act, now: datetime, routing: Routing) -> Handled:
    if act.other is None:
        named = number_in(act.target)
        words = contact_phrases.unknown_merge(act.case.number) if named is None else contact_phrases.no_such_case(named)
        return Handled("unknown_merge", words)
    if why := merging.hindrance(act.case, act.other):
        return Handled("cannot_merge", contact_phrases.cannot_merge(act.case.number, act.other.number, why))
    gone, goes_on = merging.merge(act.case, act.other, now, routing, by=act.by)
    words = contact_phrases.acted(act.case.number, f"已合并到 #{act.other.number}")
    return Handled("done", words, (gone, goes_on), cancels=(act.case.number,))


def _close(act: Act, now: datetime, routing: Routing) -> Handled:
    closed = lifecycle.close(act.case, f"{act.by}办结：{act.reason}")
    whose = "社区" if routing.is_worker(act.by) else lifecycle.speaks_for(act.by, act.case, routing)
    text = phrases.closed_with_words(act.case.number, whose, act.reason)
    says = to_askers(closed, f"closed-{act.case.reopened}", text, skip_room=act.visible_in)
    if act.by != act.case.assignee:
        says += lifecycle.not_wanted(act.case, f"{act.by}已办结", now, routing)
    change = Change(closed, says, (Reason("closed", closed.outcome),))
    return Handled("done", phrases.closed(act.case.number), (change,), cancels=(act.case.number,))


def _reopen(act: Act, now: datetime, routing: Routing) -> Handled:
    change = lifecycle.reopen(act.case, act.reason, now, routing, by=act.by)
    return _done(change, contact_phrases.acted(act.case.number, f"已重开，交{change.case.assignee}"))


_DONE: Mapping[Operation, Callable[[Act, datetime, Routing], Handled]] = {
    Operation.ACKNOWLEDGE: _acknowledge,
    Operation.ANSWER: _answer,
    Operation.ASK_BACK: _ask_back,
    Operation.TRANSFER: _transfer,
    Operation.RETURN: _return,
    Operation.TAKE_OVER: _take_over,
    Operation.REASSIGN: _reassign,
    Operation.MERGE: _merge,
    Operation.CLOSE: _close,
    Operation.ESCALATE: _escalate,
    Operation.SUPERVISE: _supervise,
    Operation.REOPEN: _reopen,
}
