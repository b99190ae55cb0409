"""A case changes hands: transferred, returned, raised a tier, supervised, reassigned, taken over, passed on in an absence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desk import contact_phrases, phrases
from bot.desk.lifecycle import enter_tier, in_hands_of, is_known_to_assignee, plan_for, stay, with_plan
from bot.desk.reminders import repeat
from bot.desk.telling import Change, to_askers, to_contact
from bot.model import Case, Reason, Say, Status, TierPlan
from bot.routing.config import Routing


def transfer(case: Case, department: str, now: datetime, routing: Routing, *, by: str, reason: str) -> Change:
    """Hand the case to another department; the clock keeps running, so the promised time stays."""
    moved = replace(case, department=department, transfers=case.transfers + 1)
    change = _to_department(moved, now, routing, why=contact_phrases.transferred_by(by, reason))
    name = routing.departments[department].name
    return _told(change, case, f"transfer-{moved.transfers}", now, routing, Reason("transferred", f"{by}转{name}：{reason}"))


def send_back(case: Case, now: datetime, routing: Routing, *, by: str, reason: str) -> Change:
    """Return the case to the default department, which decides; from there it goes a tier up (there must be one)."""
    moved = replace(case, department=routing.default.department, moves=case.moves + 1)
    change = _to_department(moved, now, routing, why=contact_phrases.returned_by(by, reason))
    if change.case.assignee == case.assignee:
        return raise_up(case, now, routing, by=by, reason=reason)
    return _told(change, case, f"return-{moved.moves}", now, routing, Reason("returned", f"{by}退回：{reason}"))


def _to_department(case: Case, now: datetime, routing: Routing, *, why: str) -> Change:
    tier = next((index for index, rung in enumerate(case.ladder.tiers) if rung.to == "department"), None)
    at = tier if tier is not None else (case.plan.tier if case.plan else 0)
    plan = plan_for(case, at, now, routing, to="department")
    return with_plan(case, keep_clock(plan, case.plan, now), now, why=(why,))


def _told(change: Change, before: Case, step: str, now: datetime, routing: Routing, reason: Reason) -> Change:
    plan = change.case.plan
    assert plan is not None
    name = routing.department(change.case.department).name
    held = now if before.danger else routing.after_quiet(now)
    text = phrases.moved_over(before.number, name, plan.assignee, plan.answer_by, now)
    told = to_askers(change.case, step, text, not_before=held)
    return Change(change.case, change.says + told, (reason, *change.reasons))


def keep_clock(plan: TierPlan, before: TierPlan | None, now: datetime) -> TierPlan:
    """Return the plan under the deadline that was promised before, if that is still to come and sooner.

    Whoever gets the case has at least the time in which to acknowledge it.
    """
    if before is None or not now < before.answer_by < plan.answer_by:
        return plan
    answer_by = max(before.answer_by, min(plan.acknowledge_by, plan.answer_by))
    steps = tuple(
        replace(step, at=answer_by) if step.kind == "escalate" else step
        for step in plan.steps
        if step.kind == "escalate" or step.at < answer_by
    )
    return replace(plan, steps=steps or plan.steps[-1:], answer_by=answer_by)


def is_at_the_top(case: Case) -> bool:
    """Tell whether the case is on the last tier of its ladder."""
    return case.plan is not None and case.plan.tier + 1 >= len(case.ladder.tiers)


def escalate(case: Case, now: datetime, routing: Routing) -> Change:
    """Carry the case one tier up because its deadline passed; on the last tier it stays and is repeated."""
    assert case.plan is not None
    if is_at_the_top(case):
        return repeat(case, now, routing)
    raised = replace(case, carried_from=(*case.carried_from, case.assignee))
    change = enter_tier(raised, case.plan.tier + 1, now, routing, why=(contact_phrases.escalated(raised.carried_from),))
    plan = change.case.plan
    assert plan is not None
    words = phrases.moved_up(case.number, plan.assignee, plan.answer_by, now)
    reason = Reason("escalated", f"{case.assignee}未按时答复，上报{plan.assignee}")
    return _raised(change, case, words, now, routing, reason)


def raise_up(case: Case, now: datetime, routing: Routing, *, by: str, reason: str) -> Change:
    """Carry the case one tier up because somebody who has it, or a worker, wants it so."""
    raised = replace(case, moves=case.moves + 1)
    tier = case.plan.tier + 1 if case.plan else 0
    change = enter_tier(raised, tier, now, routing, why=(contact_phrases.raised_by(by, reason),))
    plan = change.case.plan
    assert plan is not None
    words = phrases.raised(case.number, plan.assignee, plan.answer_by, now)
    return _raised(change, case, words, now, routing, Reason("raised", f"{by}上报{plan.assignee}：{reason}"))


def _raised(change: Change, before: Case, words: str, now: datetime, routing: Routing, reason: Reason) -> Change:
    assert change.case.plan is not None
    held = now if before.danger else routing.after_quiet(now)
    told = to_askers(change.case, f"up-{stay(change.case, change.case.plan)}", words, unasked=True, not_before=held)
    return Change(change.case, change.says + told, (reason, *change.reasons))


def supervise(case: Case, now: datetime, routing: Routing, *, by: str, reason: str) -> Change:
    """Put the case under supervision (督办): with the last tier, at once."""
    moved = replace(case, moves=case.moves + 1, supervised=True)
    change = enter_tier(moved, len(case.ladder.tiers) - 1, now, routing, why=(contact_phrases.supervised_by(by, reason),))
    plan = change.case.plan
    assert plan is not None
    words = phrases.under_supervision(case.number, plan.assignee, plan.answer_by, now)
    why = Reason("supervised", f"{by}交{plan.assignee}督办{f'：{reason}' if reason else ''}")
    raised = _raised(change, case, words, now, routing, why)
    return Change(raised.case, raised.says + _relieved(case, raised.case, now, routing), raised.reasons)


def reassign(case: Case, contact: str, now: datetime, routing: Routing, *, by: str, reason: str) -> Change:
    """Give the case to a contact by name, on the tier that it is on; a department's contact brings the department along."""
    own = routing.department_of(contact)
    department = own if own in routing.departments and not routing.is_worker(contact) else case.department
    moved = replace(case, department=department or case.department, moves=case.moves + 1)
    plan = plan_for(moved, case.plan.tier if case.plan else 0, now, routing, to=f"contact:{contact}")
    why = contact_phrases.reassigned_by(by, reason)
    change = with_plan(moved, keep_clock(plan, case.plan, now), now, why=(why,))
    detail = f"{by}改派{change.case.assignee}{f'：{reason}' if reason else ''}"
    assert change.case.plan is not None
    words = phrases.reassigned(case.number, change.case.assignee, change.case.plan.answer_by, now)
    held = now if case.danger else routing.after_quiet(now)
    told = to_askers(change.case, f"reassign-{moved.moves}", words, not_before=held)
    says = change.says + told + _relieved(case, change.case, now, routing)
    return Change(change.case, says, (Reason("reassigned", detail), *change.reasons))


def take_over(case: Case, contact: str, now: datetime, routing: Routing) -> Change:
    """Give the case to the worker who takes it: acknowledged with that, under the deadline that was promised."""
    moved = replace(case, moves=case.moves + 1)
    plan = plan_for(moved, case.plan.tier if case.plan else 0, now, routing, to=f"contact:{contact}")
    plan = keep_clock(replace(plan, assignee=contact, dispatch_at=now, alert=()), case.plan, now)
    taken = replace(in_hands_of(moved, plan), status=Status.ACKNOWLEDGED)
    left = [step for step in plan.steps if step.kind != "remind_acknowledge"]
    taken = replace(taken, due=left[0] if left else taken.due)
    says = _relieved(case, taken, now, routing)
    if case.plan is None:
        text = phrases.taken_over(case.number, contact, plan.answer_by, now)
        says += to_askers(taken, "opened", text, unasked=True, not_before=now if case.danger else routing.after_quiet(now))
    return Change(taken, says, (Reason("taken_over", f"{contact}接办 #{case.number}"),))


def _relieved(before: Case, after: Case, now: datetime, routing: Routing) -> tuple[Say, ...]:
    """Tell whoever had the case that somebody else has it now."""
    if before.assignee == after.assignee or not is_known_to_assignee(before, now):
        return ()
    words = contact_phrases.relieved(before.number, after.assignee)
    return (to_contact(before, before.assignee, f"relieved-{after.moves}", words, now, routing),)


def cover_absence(case: Case, now: datetime, routing: Routing) -> Change | None:
    """Hand the case of somebody who has gone on leave, or is no longer in the file, to whoever stands in; None if nobody need."""
    assert case.plan is not None
    known = routing.contacts.get(case.assignee)
    if known is not None and known.absence(now) is None:
        return None
    moved = replace(case, moves=case.moves + 1)
    by_hand = f"contact:{case.assignee}" if case.moves and known is not None else ""
    plan = plan_for(moved, case.plan.tier, now, routing, to=by_hand)
    if plan.assignee == case.assignee:
        return None
    change = with_plan(moved, keep_clock(plan, case.plan, now), now, why=(contact_phrases.stands_in(case.assignee),))
    reason = Reason("absent", f"{case.assignee}{'请假' if known else '已不在路由文件里'}，交{change.case.assignee}")
    return Change(change.case, change.says, (reason, *change.reasons))


def unreachable(case: Case, why: str, now: datetime, routing: Routing) -> Change | None:
    """Hand the case of somebody whom no message reaches to the department's backup, else a tier up, at last to the grid's worker.

    The worker is told, once a day, who cannot be reached. None if it is the worker who has it on the last tier.
    """
    assert case.plan is not None
    worker = routing.grid_worker(case.community, case.asker.enterprise)
    department = routing.department(case.department)
    moved = replace(case, moves=case.moves + 1)
    if case.assignee == department.contact and department.backup not in ("", case.assignee):
        plan = plan_for(moved, case.plan.tier, now, routing, to=f"contact:{department.backup}")
    elif not is_at_the_top(case):
        plan = plan_for(moved, case.plan.tier + 1, now, routing)
    elif case.assignee != worker:
        plan = plan_for(moved, case.plan.tier, now, routing, to=f"contact:{worker}")
    else:
        return None
    raised = plan.tier > case.plan.tier
    plan = plan if raised else keep_clock(plan, case.plan, now)
    change = with_plan(moved, plan, now, why=(contact_phrases.not_reached(case.assignee, why),))
    reason = Reason("unreachable", f"{case.assignee}联系不上：{why}")
    if raised:
        words = phrases.raised(case.number, plan.assignee, plan.answer_by, now)
        change = _raised(change, case, words, now, routing, reason)
    words = contact_phrases.check_binding(case.assignee, why, case.number, plan.assignee)
    notice = to_contact(case, worker, "unreachable", words, now, routing)
    notice = replace(notice, key=f"unreachable/{case.assignee}/{now:%Y-%m-%d}", case=None)
    return Change(change.case, (*change.says, notice), (reason, *change.reasons))


def dispatched_now(case: Case, now: datetime, routing: Routing, *, reason: Reason) -> Change:
    """Hand a question that waited for colleagues to the first tier, and tell its askers so."""
    change = enter_tier(case, 0, now, routing)
    plan = change.case.plan
    assert plan is not None
    department = routing.department(case.department).name
    text = phrases.opened(case.number, department, plan.assignee, plan.answer_by, plan.dispatch_at, now)
    told: tuple[Say, ...] = to_askers(change.case, "opened", text, unasked=True, not_before=routing.after_quiet(now))
    return Change(change.case, change.says + told, (reason, *change.reasons))
