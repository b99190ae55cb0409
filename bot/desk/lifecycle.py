"""The life of a case (诉求/工单): each step takes a case and returns the changed case with what is to be said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.desk import phrases
from bot.model import Asker, Case, Person, Reason, Reply, Said, Say, Status, Step, Target, TierPlan
from bot.routing.config import Routing
from bot.routing.ladder import next_repeat, plan_tier
from bot.routing.way import Question, Way, find_way

PEERS_ANSWERED = "同行已答"
"""The outcome of a case that colleagues in the group answered."""

CLEARED_UP = "后半句说清后已直接答复"
"""The outcome of a case whose question the FAQ knew after all, once its asker had finished speaking."""

RECALLED = "（提问人已撤回原话）"
"""Stands in place of a question that was taken back."""


@dataclass(frozen=True, slots=True)
class Change:
    """A case after one step of its life, what is said about it, and why."""

    case: Case
    says: tuple[Say, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new case is about: who asks what, and where the router guesses that it belongs.

    ``matched_as`` and ``theme`` are the id and theme by which routes know ``entry``: those of the district's entry.
    """

    number: int
    community: str
    asker: Asker
    question: str
    room_kind: str = ""
    entry: str | None = None
    matched_as: str | None = None
    theme: str = ""
    department: str | None = None
    department_confidence: float = 0.0
    danger: bool = False
    tried: tuple[str, ...] = ()


def open_case(opening: Opening, now: datetime, routing: Routing) -> Change:
    """Register a question and find its way; nobody is told yet (see ``dispatch`` and ``wait_for_peers``)."""
    way = find_way(
        Question(
            text=opening.question,
            at=now,
            community=opening.community,
            room_kind=opening.room_kind,
            enterprise=opening.asker.enterprise,
            entry_id=opening.matched_as or opening.entry,
            entry_theme=opening.theme,
            department=opening.department,
            department_confidence=opening.department_confidence,
            danger=opening.danger,
        ),
        routing,
    )
    case = Case(
        number=opening.number,
        status=Status.OPEN,
        community=opening.community,
        askers=(opening.asker,),
        question=opening.question,
        department=way.department,
        ladder=way.ladder,
        config=routing.config_hash,
        opened_at=now,
        entry=opening.entry,
        danger=opening.danger,
        tried=opening.tried,
    )
    return Change(case, reasons=_way_reasons(way))


def _way_reasons(way: Way) -> tuple[Reason, ...]:
    return (*way.reasons, Reason("ladder", f"走「{way.ladder.name}」"))


def wait_for_peers(case: Case, until: datetime) -> Case:
    """Leave the question to colleagues in the group until the given time."""
    return replace(case, status=Status.WAITING, due=Step("peers", "peers", until))


def enter_tier(case: Case, tier: int, now: datetime, routing: Routing, *, why: Sequence[str] = ()) -> Change:
    """Hand the case to a tier of its own ladder: who has it, when what is due, and the message to them."""
    plan = plan_tier(
        case.ladder,
        tier,
        community=case.community,
        enterprise=case.asker.enterprise,
        department=case.department,
        at=now,
        routing=routing,
    )
    return with_plan(case, plan, now, why=why)


def with_plan(case: Case, plan: TierPlan, now: datetime, *, why: Sequence[str] = ()) -> Change:
    """Give the case to the plan's assignee and tell them the question with its context."""
    moved = replace(case, status=Status.OPEN, plan=plan, due=plan.steps[0])
    details = [*why, *_context(case)]
    who, room = case.asker.person.name, case.asker.room
    text = phrases.dispatched(case.number, who, room, case.question, details, plan.answer_by, now)
    if case.danger:
        text = phrases.danger_alert(case.number, who, room, case.question)
    says = tuple(
        Say(
            f"case/{case.number}/{_round(case, plan)}/dispatch/{name}",
            Target("contact", name),
            text,
            case=case.number,
            not_before=plan.dispatch_at,
            urgent=case.danger,
        )
        for name in dict.fromkeys((plan.assignee, *plan.alert))
    )
    return Change(moved, says, (Reason("assignee", f"{plan.tier_name}：{plan.assignee}"), *plan.reasons))


def _context(case: Case) -> list[str]:
    lines = [f"已试过：{tried}" for tried in case.tried]
    lines += [f"补充：{note}" for note in case.notes]
    lines += [f"{reply.by}曾回复：{reply.text}" for reply in case.replies]
    if len(case.askers) > 1:
        lines.append(f"另有 {len(case.askers) - 1} 家问了同样的问题")
    return lines


def acknowledge(case: Case, now: datetime) -> Change:
    """Note that the assignee has the case in hand."""
    assert case.plan is not None
    left = [step for step in _steps_after(case, now) if step.kind != "remind_acknowledge"]
    changed = replace(case, status=Status.ACKNOWLEDGED, due=left[0] if left else case.due)
    return Change(changed, reasons=(Reason("acknowledged", f"{case.assignee}签收 #{case.number}"),))


def _steps_after(case: Case, now: datetime) -> list[Step]:
    assert case.plan is not None
    following = [step for step in case.plan.steps if step.at > now]
    return following or [case.plan.steps[-1]]


def answer(case: Case, reply: Reply, now: datetime, routing: Routing, *, visible_in: str | None = None) -> Change:
    """Bring an answer to everybody who asked; a partial one keeps the case with its assignee and its deadline.

    ``visible_in`` is a room in which the answer was given openly, so that it isn't repeated there.
    """
    department = routing.departments[case.department].name if case.department in routing.departments else reply.by
    replied = replace(case, replies=(*case.replies, reply))
    serial = len(replied.replies)
    if reply.partial:
        text = phrases.partly_relayed(case.number, department, reply.text)
        changed = acknowledge(replied, now).case
        return Change(
            changed,
            to_askers(changed, f"partial-{serial}", text, skip_room=visible_in),
            (Reason("partial", "先回了一句，还不算答复"),),
        )
    due = Step(f"rating-{serial}", "rating", now + routing.rating.remind_after)
    text = phrases.relayed(case.number, department, reply.text, rate=True)
    changed = replace(replied, status=Status.ANSWERED, due=due)
    says = to_askers(changed, f"answer-{serial}", text, skip_room=visible_in)
    if case.assignee not in ("", reply.by):
        words = phrases.answered_by_another(case.number, reply.by)
        says += (Say(f"case/{case.number}/answered-{serial}", Target("contact", case.assignee), words, case=case.number),)
    return Change(changed, says, (Reason("answered", f"{reply.by}答复 #{case.number}"),))


def to_askers(
    case: Case, step: str, text: str, *, skip_room: str | None = None, unasked: bool = False, not_before: datetime | None = None
) -> tuple[Say, ...]:
    """Address everybody who asked: one message a room, the first asker of the room @-ed and the others named."""
    places: dict[tuple[str, str, str], list[Person]] = {}
    for asker in case.askers:
        place = (asker.channel, asker.room, "" if asker.room else asker.person.id)
        people = places.setdefault(place, [])
        if asker.person.id not in {person.id for person in people}:
            people.append(asker.person)
    says = []
    for (channel, room, person), people in places.items():
        if room and room == skip_room:
            continue
        target = Target("room", room, channel) if room else Target("person", person, channel)
        others = "".join(f"@{other.name} " for other in people[1:])
        mention = people[0] if room else None
        key = f"case/{case.number}/{step}/{channel}/{room or person}"
        says.append(Say(key, target, others + text, mention, case=case.number, unasked=unasked, not_before=not_before))
    return tuple(says)


def transfer(case: Case, department: str, now: datetime, routing: Routing, *, reason: str) -> Change:
    """Hand the case to another department; the clock keeps running, so the promised time stays."""
    assert case.plan is not None
    moved = replace(case, department=department, transfers=case.transfers + 1)
    tier = next((index for index, rung in enumerate(case.ladder.tiers) if rung.to == "department"), case.plan.tier)
    plan = plan_tier(
        case.ladder,
        tier,
        community=case.community,
        enterprise=case.asker.enterprise,
        department=department,
        at=now,
        routing=routing,
    )
    plan = keep_clock(plan, case.plan.answer_by, now)
    name = routing.departments[department].name
    change = with_plan(moved, plan, now, why=(f"{case.assignee}转来：{reason}",))
    told = to_askers(
        change.case, f"transfer-{moved.transfers}", phrases.moved_over(case.number, name, plan.assignee, plan.answer_by, now)
    )
    return Change(change.case, change.says + told, (Reason("transferred", f"{case.assignee}转{name}：{reason}"), *change.reasons))


def keep_clock(plan: TierPlan, answer_by: datetime, now: datetime) -> TierPlan:
    """Return the plan under the deadline that was promised before, if that is still to come and sooner."""
    if not now < answer_by < plan.answer_by:
        return plan
    steps = tuple(
        replace(step, at=answer_by) if step.kind == "escalate" else step
        for step in plan.steps
        if step.kind == "escalate" or step.at < answer_by
    )
    return replace(plan, steps=steps, answer_by=answer_by)


def escalate(case: Case, now: datetime, routing: Routing) -> Change:
    """Carry the case one tier up because its deadline passed; on the last tier it stays and is repeated."""
    assert case.plan is not None
    if case.plan.tier + 1 >= len(case.ladder.tiers):
        return repeat(case, now, routing)
    raised = replace(case, carried_from=(*case.carried_from, case.assignee))
    change = enter_tier(raised, case.plan.tier + 1, now, routing, why=(phrases.escalated(raised.carried_from),))
    plan = change.case.plan
    assert plan is not None
    words = phrases.moved_up(case.number, plan.assignee, plan.answer_by, now)
    held = now if case.danger else routing.after_quiet(now)
    told = to_askers(change.case, f"up-{_round(change.case, plan)}", words, unasked=True, not_before=held)
    reason = Reason("escalated", f"{case.assignee}未按时答复，上报{plan.assignee}")
    return Change(change.case, change.says + told, (reason, *change.reasons))


def _round(case: Case, plan: TierPlan) -> str:
    """Name one stay of a case on a tier, for keys that are never used twice."""
    return f"{plan.tier}-{case.transfers}-{case.reopened}"


def remind(case: Case, step: Step, now: datetime, routing: Routing) -> Change:
    """Remind the assignee, and move on to the step after."""
    assert case.plan is not None
    following = [later for later in case.plan.steps if (later.at, later.name) > (step.at, step.name)]
    changed = replace(case, due=following[0] if following else replace(step, name=f"{step.name}+", kind="escalate"))
    return Change(changed, (_reminder(case, step, now, routing),), (Reason("reminded", f"催办{case.assignee}"),))


def _reminder(case: Case, step: Step, now: datetime, routing: Routing) -> Say:
    assert case.plan is not None
    text = phrases.remind(case.number, case.question, case.plan.answer_by, now, acknowledged=case.status is Status.ACKNOWLEDGED)
    held = now if case.danger else routing.after_quiet(now)
    key = f"case/{case.number}/{_round(case, case.plan)}/{step.name}"
    return Say(key, Target("contact", case.assignee), text, case=case.number, not_before=held, urgent=case.danger)


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


def rate(case: Case, score: int, comment: str, now: datetime, routing: Routing) -> Change:
    """Take a rating; a poor one reopens the case once, and then puts it under supervision."""
    rated = replace(case, rating=score)
    if score > 2:
        closed = replace(rated, status=Status.CLOSED, due=None, outcome=f"评价 {score} 分")
        return Change(closed, reasons=(Reason("rated", f"#{case.number} 评价 {score} 分"),))
    return reopen(rated, comment, now, routing)


def reopen(case: Case, comment: str, now: datetime, routing: Routing) -> Change:
    """Take the case up again: first with the same assignee, the second time under supervision."""
    notes = (*case.notes, f"不满意的原因：{comment}") if comment else case.notes
    again = replace(case, reopened=case.reopened + 1, notes=notes, status=Status.OPEN)
    supervised = again.reopened > 1
    tier = len(case.ladder.tiers) - 1 if supervised else (case.plan.tier if case.plan else 0)
    again = replace(again, supervised=supervised)
    change = enter_tier(again, tier, now, routing, why=(phrases.rated_low(),))
    assert change.case.plan is not None
    phrase = phrases.supervised if supervised else phrases.reopened
    told = to_askers(
        change.case, f"reopen-{again.reopened}", phrase(case.number, change.case.assignee, change.case.plan.answer_by, now)
    )
    word = "督办" if supervised else "重开"
    return Change(change.case, change.says + told, (Reason("reopened", f"#{case.number} 评价不满意，{word}"), *change.reasons))


def close(case: Case, outcome: str) -> Case:
    """Finish the case."""
    return replace(case, status=Status.CLOSED, due=None, outcome=outcome)


def withdraw(case: Case, outcome: str, now: datetime) -> Change:
    """Finish the case because its asker wants nothing more; whoever was told already is told so."""
    gone = replace(case, status=Status.WITHDRAWN, due=None, outcome=outcome)
    says: tuple[Say, ...] = ()
    if case.plan is not None and case.plan.dispatch_at <= now:
        text = phrases.case_withdrawn(case.number, outcome)
        says = (Say(f"case/{case.number}/withdrawn", Target("contact", case.assignee), text, case=case.number),)
    return Change(gone, says, (Reason("withdrawn", f"#{case.number} {outcome}"),))


def peer_reply(case: Case, said: Said) -> Case:
    """Keep what a colleague said to the question, as a candidate for the FAQ."""
    return replace(case, peers=(*case.peers, Reply(said.sender.name, said.text, said.at)))


def recall(case: Case, now: datetime) -> Change:
    """Erase a question that its asker took back; whoever was told already is told so."""
    return withdraw(replace(case, question=RECALLED, notes=(), tried=()), "提问人已撤回提问", now)


def join(case: Case, asker: Asker) -> Case:
    """Add somebody who asked the same."""
    if any(known.person.id == asker.person.id and known.room == asker.room for known in case.askers):
        return case
    return replace(case, askers=(*case.askers, asker))


def supplement(case: Case, text: str, key: str, now: datetime) -> Change:
    """Add what the asker said afterwards, and pass it on if the assignee has been told already."""
    noted = replace(case, notes=(*case.notes, text))
    says: tuple[Say, ...] = ()
    if case.plan is not None and case.status in (Status.OPEN, Status.ACKNOWLEDGED):
        words = phrases.supplement(case.number, case.asker.person.name, text)
        says = (
            Say(
                key,
                Target("contact", case.assignee),
                words,
                case=case.number,
                not_before=case.plan.dispatch_at,
                urgent=case.danger,
            ),
        )
    return Change(noted, says, (Reason("supplement", f"补充到 #{case.number}"),))
