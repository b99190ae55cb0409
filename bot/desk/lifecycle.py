"""The life of a case (诉求/工单): each step takes a case and returns the changed case with what is to be said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.desk import contact_phrases, phrases
from bot.desk.telling import Change, to_askers, to_contact
from bot.model import Asker, Case, Reason, Reply, Said, Say, Status, Step, Target, TierPlan
from bot.routing.config import Routing
from bot.routing.ladder import plan_tier
from bot.routing.way import Question, Way, find_way

PEERS_ANSWERED = "同行已答"
"""The outcome of a case that colleagues in the group answered."""

CLEARED_UP = "后半句说清后已直接答复"
"""The outcome of a case whose question the FAQ knew after all, once its asker had finished speaking."""

RECALLED = "（提问人已撤回原话）"
"""Stands in place of a question that was taken back."""


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
        named=_also_named(opening.question, way.department, routing),
    )
    return Change(case, reasons=_way_reasons(way))


def _also_named(question: str, department: str, routing: Routing) -> tuple[str, ...]:
    """Return the other departments that a question names beside the one it goes to, by the names that curators gave them."""

    def is_named(key: str) -> bool:
        known = routing.departments[key]
        return any(len(name) > 1 and name in question for name in (known.name, *known.aliases))

    if department not in routing.departments or not is_named(department):
        return ()
    others = (key for key in routing.departments if key not in (department, routing.default.department))
    return tuple(routing.departments[key].name for key in others if is_named(key))


def _way_reasons(way: Way) -> tuple[Reason, ...]:
    return (*way.reasons, Reason("ladder", f"走「{way.ladder.name}」"))


def wait_for_peers(case: Case, until: datetime) -> Case:
    """Leave the question to colleagues in the group until the given time."""
    return replace(case, status=Status.WAITING, due=Step("peers", "peers", until))


LATER = timedelta(minutes=10)
"""After how long an answer that was held back is looked at again."""


def answer_later(case: Case, now: datetime) -> Case:
    """Hold back the FAQ's answer to a question, because enough has been said there for now."""
    turn = int(case.due.name.partition("-")[2]) + 1 if case.due and is_held_back(case) else 1
    return replace(case, status=Status.WAITING, due=Step(f"later-{turn}", "later", now + LATER))


def is_held_back(case: Case) -> bool:
    """Tell whether the FAQ's answer to the case waits until there is less going on."""
    return case.due is not None and case.due.kind == "later"


def enter_tier(case: Case, tier: int, now: datetime, routing: Routing, *, why: Sequence[str] = (), to: str = "") -> Change:
    """Hand the case to a tier of its own ladder: who has it, when what is due, and the message to them (``to``: ``plan_for``)."""
    return with_plan(case, plan_for(case, tier, now, routing, to=to), now, why=why)


def plan_for(case: Case, tier: int, now: datetime, routing: Routing, *, to: str = "") -> TierPlan:
    """Plan a tier of the case's own ladder; ``to``, in the forms of ``Tier.to``, is somebody else than the tier itself names."""
    ladder = case.ladder
    if to:
        rungs = [replace(rung, to=to) if index == tier else rung for index, rung in enumerate(ladder.tiers)]
        ladder = replace(ladder, tiers=tuple(rungs))
    return plan_tier(
        ladder,
        tier,
        community=case.community,
        enterprise=case.asker.enterprise,
        department=case.department,
        at=now,
        routing=routing,
    )


def with_plan(case: Case, plan: TierPlan, now: datetime, *, why: Sequence[str] = ()) -> Change:
    """Give the case to the plan's assignee and tell them the question with its context."""
    moved = replace(in_hands_of(case, plan), status=Status.OPEN)
    details = [*why, *_context(case)]
    who, room = case.asker.person.name, case.asker.room
    text = contact_phrases.dispatched(case.number, who, room, case.question, details, plan.answer_by, now)
    if case.danger:
        text = phrases.danger_alert(case.number, who, room, case.question)
    says = tuple(
        Say(
            f"case/{case.number}/{stay(case, plan)}/dispatch/{name}",
            Target("contact", name),
            text,
            case=case.number,
            not_before=plan.dispatch_at,
            urgent=case.danger,
        )
        for name in dict.fromkeys((plan.assignee, *plan.alert))
    )
    return Change(moved, says, (Reason("assignee", f"{plan.tier_name}：{plan.assignee}"), *plan.reasons))


def in_hands_of(case: Case, plan: TierPlan) -> Case:
    """Return the case under a plan, with whoever has had it until now remembered."""
    before = case.assignee
    had = (*case.handed_on, before) if before not in ("", plan.assignee, *case.handed_on) else case.handed_on
    return replace(case, plan=plan, due=plan.steps[0], handed_on=had)


def stay(case: Case, plan: TierPlan) -> str:
    """Name one stay of a case on a tier, for keys that are never used twice."""
    name = f"{plan.tier}-{case.transfers}-{case.reopened}"
    return f"{name}-{case.moves}" if case.moves else name


def _context(case: Case) -> list[str]:
    lines = [f"已试过：{tried}" for tried in case.tried]
    lines += [f"补充：{note}" for note in case.notes]
    lines += [f"{reply.by}曾回复{'（没有转发）' if reply.withheld else ''}：{reply.text}" for reply in case.replies]
    if case.named and not case.transfers:
        lines.append(contact_phrases.names_others(case.named))
    if len(case.askers) > 1:
        lines.append(f"另有 {len(case.askers) - 1} 家问了同样的问题")
    return lines


def acknowledge(case: Case, now: datetime) -> Change:
    """Note that the assignee has the case in hand."""
    assert case.plan is not None
    left = [step for step in case.plan.steps if step.at > now and step.kind != "remind_acknowledge"]
    changed = replace(case, status=Status.ACKNOWLEDGED, due=left[0] if left else case.due)
    return Change(changed, reasons=(Reason("acknowledged", f"{case.assignee}签收 #{case.number}"),))


def answer(case: Case, reply: Reply, now: datetime, routing: Routing, *, visible_in: str | None = None) -> Change:
    """Bring an answer to everybody who asked, and tell whoever else has the case that it is answered.

    ``visible_in`` is a room in which the answer was given openly, so that it isn't repeated there.
    """
    answered = replace(case, replies=(*case.replies, reply), status=Status.ANSWERED)
    serial = len(answered.replies)
    due = Step(f"rating-{serial}", "rating", now + routing.rating.remind_after)
    text = phrases.relayed(case.number, speaks_for(reply.by, case, routing), reply.text, again=case.status is Status.ANSWERED)
    changed = replace(answered, due=due)
    says = to_askers(changed, f"answer-{serial}", text, skip_room=visible_in)
    if case.status is not Status.ANSWERED and case.assignee != reply.by and is_known_to_assignee(case, now):
        words = contact_phrases.answered_by_another(case.number, reply.by)
        says += (to_contact(case, case.assignee, f"answered-{serial}", words, now, routing),)
    return Change(changed, says, (Reason("answered", f"{reply.by}答复 #{case.number}"),))


def answer_in_part(
    case: Case, reply: Reply, now: datetime, routing: Routing, *, visible_in: str | None = None, acknowledges: bool
) -> Change:
    """Bring a first word or a question back to everybody who asked; the case stays with its assignee, under its deadline."""
    replied = replace(case, replies=(*case.replies, replace(reply, partial=True)))
    changed = acknowledge(replied, now).case if acknowledges else replied
    text = phrases.partly_relayed(case.number, speaks_for(reply.by, case, routing), reply.text)
    says = to_askers(changed, f"partial-{len(changed.replies)}", text, skip_room=visible_in)
    return Change(changed, says, (Reason("partial", "先回了一句，还不算答复"),))


def withhold(case: Case, reply: Reply, now: datetime, routing: Routing) -> Change:
    """Keep a second answer without sending it, and show it to whoever gave the first."""
    kept = replace(case, replies=(*case.replies, replace(reply, withheld=True)))
    first = answered_by(case)
    words = contact_phrases.another_answer(case.number, reply.by, reply.text)
    says = (to_contact(case, first, f"withheld-{len(kept.replies)}", words, now, routing),) if first else ()
    return Change(kept, says, (Reason("withheld", f"{first}已经答复，{reply.by}的话记下、没有转发"),))


def answered_by(case: Case) -> str:
    """Return the contact whose answer the askers have, or ``""``."""
    return next((reply.by for reply in reversed(case.replies) if not reply.partial and not reply.withheld), "")


def speaks_for(contact: str, case: Case, routing: Routing) -> str:
    """Return in whose name an answer is brought: a contact's own department; for a worker, who carries answers, the case's."""
    own = routing.department_of(contact)
    if own is not None and own in routing.departments and not routing.is_worker(contact):
        return routing.departments[own].name
    return routing.department(case.department).name


def is_known_to_assignee(case: Case, now: datetime) -> bool:
    """Tell whether somebody has the case and has been told of it."""
    return case.plan is not None and case.plan.dispatch_at <= now


def rate(case: Case, score: int, comment: str, now: datetime, routing: Routing) -> Change:
    """Take a rating; a poor one reopens the case once, and then puts it under supervision."""
    rated = replace(case, rating=score)
    if score > 2:
        closed = replace(rated, status=Status.CLOSED, due=None, outcome=f"评价 {score} 分")
        return Change(closed, reasons=(Reason("rated", f"#{case.number} 评价 {score} 分"),))
    return reopen(rated, comment, now, routing)


def reopen(case: Case, comment: str, now: datetime, routing: Routing, *, by: str = "") -> Change:
    """Take the case up again: first with the same assignee, then under supervision; ``by`` is a worker who wants it."""
    notes = (*case.notes, f"不满意的原因：{comment}") if comment and not by else case.notes
    supervised = case.reopened > 0 and not by
    again = replace(
        case, reopened=case.reopened + 1, notes=notes, supervised=supervised or case.supervised, outcome="", merged_into=None
    )
    tier = len(case.ladder.tiers) - 1 if supervised else (case.plan.tier if case.plan else 0)
    same = f"contact:{case.assignee}" if case.moves and not supervised else ""
    why = contact_phrases.reopened_by(by, comment) if by else contact_phrases.rated_low()
    change = enter_tier(again, tier, now, routing, why=(why,), to=same)
    assert change.case.plan is not None
    phrase = phrases.supervised if supervised else phrases.reassigned if by else phrases.reopened
    told = to_askers(
        change.case, f"reopen-{again.reopened}", phrase(case.number, change.case.assignee, change.case.plan.answer_by, now)
    )
    word = "督办" if supervised else "重开"
    reason = Reason("reopened", f"#{case.number} {f'由{by}' if by else '评价不满意，'}{word}")
    return Change(change.case, change.says + told, (reason, *change.reasons))


def close(case: Case, outcome: str) -> Case:
    """Finish the case."""
    return replace(case, status=Status.CLOSED, due=None, outcome=outcome)


def withdraw(case: Case, outcome: str, now: datetime, routing: Routing) -> Change:
    """Finish the case because its asker wants nothing more; whoever was told already is told so."""
    gone = replace(case, status=Status.WITHDRAWN, due=None, outcome=outcome)
    return Change(gone, not_wanted(case, outcome, now, routing), (Reason("withdrawn", f"#{case.number} {outcome}"),))


def leave(case: Case, person: str) -> Change | None:
    """Let one of several askers go, the question being everybody's; None if nobody else asked it."""
    others = tuple(asker for asker in case.askers if asker.person.id != person)
    if not others:
        return None
    gone = next(asker.person.name for asker in case.askers if asker.person.id == person)
    return Change(replace(case, askers=others), reasons=(Reason("left", f"{gone}不再等 #{case.number}，还有别人在等"),))


def not_wanted(case: Case, why: str, now: datetime, routing: Routing) -> tuple[Say, ...]:
    """Tell whoever has the case, if they have been told of it, that nobody needs to act any more."""
    if case.plan is None or case.status not in (Status.OPEN, Status.ACKNOWLEDGED) or not is_known_to_assignee(case, now):
        return ()
    words = contact_phrases.not_wanted(case.number, why)
    return (to_contact(case, case.assignee, f"withdrawn-{stay(case, case.plan)}", words, now, routing),)


def peer_reply(case: Case, said: Said) -> Case:
    """Keep what a colleague said to the question, as a candidate for the FAQ."""
    return replace(case, peers=(*case.peers, Reply(said.sender.name, said.text, said.at)))


def recall(case: Case, asker: Asker, now: datetime, routing: Routing) -> Change:
    """Erase a question that its asker took back; whoever was told already is told so.

    Where others asked the same, the case goes on for them, in their own words where those are known.
    """
    left = leave(case, asker.person.id)
    if left is not None:
        return replace(left, case=replace(left.case, question=left.case.asker.words or case.question))
    return withdraw(replace(case, question=RECALLED, notes=(), tried=()), "提问人已撤回提问", now, routing)


def join(case: Case, asker: Asker) -> Case:
    """Add somebody who asked the same."""
    if any(known.person.id == asker.person.id and known.room == asker.room for known in case.askers):
        return case
    return replace(case, askers=(*case.askers, asker))


def supplement(case: Case, text: str, key: str, now: datetime, routing: Routing, *, who: str = "") -> Change:
    """Add what an asker said afterwards, and pass it on if the assignee has been told already; ``key`` is unique for ever."""
    noted = replace(case, notes=(*case.notes, text))
    says: tuple[Say, ...] = ()
    if case.plan is not None and case.status in (Status.OPEN, Status.ACKNOWLEDGED):
        words = contact_phrases.supplement(case.number, who or case.asker.person.name, text)
        say = to_contact(case, case.assignee, "supplement", words, now, routing, not_before=case.plan.dispatch_at)
        says = (replace(say, key=key),)
    return Change(noted, says, (Reason("supplement", f"补充到 #{case.number}"),))


def take_back(case: Case, note: str, said_at: datetime, key: str, now: datetime, routing: Routing) -> Change:
    """Take out a note that its author recalled; whoever may have read it is told so. ``key`` is unique for ever."""
    notes = list(case.notes)
    notes.remove(note)
    says: tuple[Say, ...] = ()
    active = case.status in (Status.OPEN, Status.ACKNOWLEDGED)
    if active and is_known_to_assignee(case, now) and routing.after_quiet(said_at) <= now:
        words = contact_phrases.supplement_taken_back(case.number)
        say = to_contact(case, case.assignee, "taken-back", words, now, routing)
        says = (replace(say, key=key),)
    return Change(replace(case, notes=tuple(notes)), says, (Reason("taken_back", f"撤回了 #{case.number} 的补充"),))
