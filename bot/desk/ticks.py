"""What happens without anybody speaking: deadlines, recalls, messages that could not be delivered, changed files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desk import answers, contact_phrases, handover, lifecycle, phrases, reminders
from bot.desk.scene import Knowledge, supplement_key, words_of
from bot.desk.telling import Change, to_askers
from bot.model import (
    Action,
    Asker,
    Case,
    Decision,
    FilesChanged,
    Noticed,
    Published,
    Reason,
    Recalled,
    Say,
    SendGivenUp,
    Snapshot,
    Status,
    Step,
    Target,
    Ticked,
    Unheard,
)
from bot.routing.config import Routing
from bot.routing.people import find_person

ANSWERED_LATER = "稍后由知识库答复"
"""The outcome of a case whose question the FAQ knew, but whose answer a flood held back."""


def deadline_came(tick: Ticked, snapshot: Snapshot, knowledge: Knowledge, routing: Routing, now: datetime) -> Decision:
    """Do the step that is due, if it is still the case's next one; what its contact is to be reminded of besides comes along."""
    case = snapshot.case(tick.case)
    if case is None or case.due is None or case.due.name != tick.step:
        return Decision(Action.IGNORE, (Reason("stale_tick", "这一步已经过去"),))
    if lifecycle.is_held_back(case):
        return _held_back(case, snapshot, knowledge, routing, now)
    # By number, so that two bots that write the same cases never wait for each other.
    together = [each for each in snapshot.cases if each is case or reminders.go_together(case, each, now)]
    changes = [_done(each, snapshot, routing, now) for each in sorted(together, key=lambda each: each.number)]
    return Decision(
        Action.CASE,
        tuple(reason for change in changes for reason in change.reasons),
        says=reminders.bundled(changes, now),
        cases=tuple(change.case for change in changes),
    )


def _held_back(case: Case, snapshot: Snapshot, knowledge: Knowledge, routing: Routing, now: datetime) -> Decision:
    """Give the FAQ's answer that was held back for a flood, unless colleagues did or the flood goes on."""
    room = routing.room(case.asker.room)
    entry = knowledge.entry_in(case.community, case.entry or "")
    if case.peers or entry is None or not answers.may_answer(entry, now, case.community):
        change = _peer_window_ended(case, now, routing)
    elif room is not None and snapshot.replies_in_room >= room.replies_per_room:
        change = Change(lifecycle.answer_later(case, now), reasons=(Reason("rate_limit", "群里还是太热闹，再等一会儿"),))
    else:
        closed = lifecycle.close(case, f"{ANSWERED_LATER}【{entry.title}】")
        says = to_askers(case, "later", answers.whole(entry, now), not_before=routing.after_quiet(now))
        change = Change(closed, says, (Reason("answered_later", closed.outcome),))
    return Decision(Action.CASE, change.reasons, says=change.says, cases=(change.case,))


def _done(case: Case, snapshot: Snapshot, routing: Routing, now: datetime) -> Change:
    assert case.due is not None
    return _without_noise(_step(case, case.due, now, routing), case, snapshot, routing, now)


def _step(case: Case, step: Step, now: datetime, routing: Routing) -> Change:
    match step.kind:
        case "peers":
            return _peer_window_ended(case, now, routing)
        case "remind" | "remind_acknowledge":
            return handover.cover_absence(case, now, routing) or reminders.remind(case, step, now, routing)
        case "escalate":
            return handover.escalate(case, now, routing)
        case "repeat":
            return handover.cover_absence(case, now, routing) or reminders.repeat(case, now, routing)
        case "rating":
            return _ask_for_rating(case, now, routing)
        case "close":
            closed = lifecycle.close(case, "已答复，未评价")
            return Change(closed, reasons=(Reason("closed", f"#{case.number} {closed.outcome}"),))
        case _:
            raise ValueError(f"unknown step {step.kind!r} of case {case.number}")


def _peer_window_ended(case: Case, now: datetime, routing: Routing) -> Change:
    if case.peers:
        helpers = "、".join(dict.fromkeys(reply.by for reply in case.peers))
        return Change(
            lifecycle.close(case, lifecycle.PEERS_ANSWERED), reasons=(Reason("peers_answered", f"同行已答：{helpers}"),)
        )
    return handover.dispatched_now(case, now, routing, reason=Reason("nobody_answered", "没有同行回答"))


def _ask_for_rating(case: Case, now: datetime, routing: Routing) -> Change:
    due = Step(f"close-{len(case.replies)}", "close", now + routing.rating.close_after)
    says = to_askers(
        case,
        f"rating-{len(case.replies)}",
        phrases.ask_for_rating(case.number),
        unasked=True,
        not_before=routing.after_quiet(now),
    )
    return Change(replace(case, due=due), says, (Reason("rating_asked", "请提问人评价"),))


def _without_noise(change: Change, case: Case, snapshot: Snapshot, routing: Routing, now: datetime) -> Change:
    """Keep to one unasked message per case and group in the room's gap, and to the room's share; danger knows no limit."""
    room = routing.room(case.asker.room)
    last = snapshot.last_unasked.get(case.number)
    if case.danger or room is None:
        return change
    if (last is None or now - last >= room.unasked_gap) and snapshot.replies_in_room < 2 * room.replies_per_room:
        return change
    kept = tuple(say for say in change.says if not say.unasked)
    if len(kept) == len(change.says):
        return change
    return replace(change, says=kept, reasons=(*change.reasons, Reason("too_soon", "刚主动说过，这次不在群里说")))


def recalled(event: Recalled, snapshot: Snapshot, routing: Routing, now: datetime) -> Decision:
    """Drop a question that its asker took back, and forget its words."""
    pieces = tuple(piece for piece in snapshot.thread.pieces if piece.message_id != event.recalled)
    offer = None if len(pieces) != len(snapshot.thread.pieces) else snapshot.thread.offer
    thread = replace(snapshot.thread, pieces=pieces, offer=offer)
    asked = ((case, _asked_in(case, event)) for case in snapshot.cases if not case.status.terminal)
    mine = [(case, asker) for case, asker in asked if asker is not None]
    changes = [lifecycle.recall(case, asker, now, routing) for case, asker in mine]
    said = snapshot.quoted_said
    if said is not None:
        asked_about = {case.number for case, _ in mine}
        noted = [case for case in snapshot.cases if case.number not in asked_about and words_of(said) in case.notes]
        key = f"{event.channel}/{event.message_id}/taken-back"
        changes += [lifecycle.take_back(case, words_of(said), said.at, f"{key}/{case.number}", now, routing) for case in noted]
    reasons = (Reason("recalled", "提问人撤回了消息"), *(reason for change in changes for reason in change.reasons))
    return Decision(
        Action.CASE if changes else Action.IGNORE,
        reasons,
        says=tuple(say for change in changes for say in change.says),
        thread=thread,
        cases=tuple(change.case for change in changes),
        cancel=tuple(change.case.number for change in changes if change.case.status.terminal),
        unsay=(supplement_key(event.channel, event.recalled),),
        forget=event.recalled,
    )


def _asked_in(case: Case, event: Recalled) -> Asker | None:
    return next((each for each in case.askers if (each.message_id, each.person.id) == (event.recalled, event.sender.id)), None)


TOLD_TO_NOBODY_ELSE = ("undelivered/", "pages/code/")
"""What the keys of messages begin with that are not brought to another person: such notices themselves, and login codes."""


def send_given_up(event: SendGivenUp, snapshot: Snapshot, routing: Routing, now: datetime) -> Decision:
    """Bring a message that could not be delivered to a person by another way: the next tier for a case, else the duty worker."""
    reason = Reason("undelivered", f"发给{event.target.name}失败：{event.why}")
    case = snapshot.case(event.case) if event.case is not None else None
    held = [each for each in snapshot.cases if event.case in (None, each.number) and _is_held_by(each, event.target)]
    moved = [change for each in held if (change := handover.unreachable(each, event.why, now, routing)) is not None]
    if moved:
        reasons = (reason for change in moved for reason in change.reasons)
        says = {say.key: say for change in moved for say in change.says}
        return Decision(Action.CASE, (reason, *reasons), says=tuple(says.values()), cases=tuple(c.case for c in moved))
    if event.message_id.startswith(TOLD_TO_NOBODY_ELSE):
        return Decision(Action.IGNORE, (reason,))
    community = case.community if case else next(iter(routing.communities), "")
    worker = routing.grid_worker(community, case.asker.enterprise if case else "")
    if event.target.name == worker:
        return Decision(Action.IGNORE, (reason,))
    words = contact_phrases.undelivered(event.text, event.target.name, event.why)
    say = Say(
        f"undelivered/{event.message_id}",
        Target("contact", worker),
        words,
        case=event.case,
        urgent=case.danger if case else False,
    )
    return Decision(Action.REPLY, (reason,), says=(say,))


def _is_held_by(case: Case, target: Target) -> bool:
    active = case.plan is not None and case.status in (Status.OPEN, Status.ACKNOWLEDGED)
    return active and target.kind == "contact" and target.name == case.assignee


def told_to_workers(event: FilesChanged | Unheard | Noticed | Published, routing: Routing, now: datetime) -> Decision:
    """Tell the duty workers what they should know about the bot itself, and the groups what was published."""
    match event:
        case FilesChanged():
            return files_changed(event, routing, now)
        case Unheard():
            return unheard(event, routing, now)
        case Noticed():
            return noticed(event, routing, now)
        case Published():
            return published(event, routing, now)


def files_changed(event: FilesChanged, routing: Routing, now: datetime) -> Decision:
    """Tell every community's duty worker that an edit was not taken over and where its faults are, or that it is mended."""
    text = phrases.files_refused(event.problems, event.total) if event.problems else phrases.files_mended()
    people = dict.fromkeys(_duty_worker(name, routing, now) for name in routing.communities)
    held = routing.after_quiet(now)
    says = tuple(Say(f"files/{event.message_id}/{name}", Target("contact", name), text, not_before=held) for name in people)
    detail = f"改过的文件有 {event.total} 处问题，没有启用" if event.problems else "改过的文件已经改好，已启用"
    return Decision(Action.REPLY, (Reason("files", detail), *(Reason("problem", line) for line in event.problems)), says=says)


def unheard(event: Unheard, routing: Routing, now: datetime) -> Decision:
    """Tell every community's duty worker from when until when messages may be missing."""
    people = dict.fromkeys(_duty_worker(name, routing, now) for name in routing.communities)
    text, held = phrases.unheard(event.title, event.since, event.until, event.why, now), routing.after_quiet(now)
    says = tuple(Say(f"unheard/{event.message_id}/{name}", Target("contact", name), text, not_before=held) for name in people)
    detail = f"{event.title}从 {event.since:%m-%d %H:%M:%S} 到 {event.until:%m-%d %H:%M:%S} 可能漏了消息：{event.why}"
    return Decision(Action.REPLY, (Reason("unheard", detail),), says=says)


def noticed(event: Noticed, routing: Routing, now: datetime) -> Decision:
    """Tell the duty worker of the community, or of every one, what the auditor found; only what is urgent at night."""
    communities = (event.community,) if event.community in routing.communities else tuple(routing.communities)
    people = dict.fromkeys(_duty_worker(name, routing, now) for name in communities)
    text, held = phrases.noticed(event.findings, event.total), None if event.urgent else routing.after_quiet(now)
    says = tuple(
        Say(f"audit/{event.message_id}/{name}", Target("contact", name), text, not_before=held, urgent=event.urgent)
        for name in people
    )
    reasons = (Reason("noticed", f"巡查发现 {event.total} 件事"), *(Reason("finding", line) for line in event.findings))
    return Decision(Action.REPLY, reasons, says=says)


def published(event: Published, routing: Routing, now: datetime) -> Decision:
    """Say a bulletin in its groups, or show its draft to the community's duty worker; never at night."""
    held = routing.after_quiet(now)
    if event.rooms:
        says = tuple(
            Say(f"bulletin/{event.message_id}/{room.name}", room, event.text, not_before=held, unasked=True)
            for room in event.rooms
        )
        return Decision(Action.REPLY, (Reason("bulletin", f"发到{'、'.join(room.name for room in event.rooms)}"),), says=says)
    communities = (event.community,) if event.community in routing.communities else tuple(routing.communities)
    people = dict.fromkeys(_duty_worker(name, routing, now) for name in communities)
    text = phrases.bulletin_draft(event.text)
    says = tuple(Say(f"bulletin/{event.message_id}/{name}", Target("contact", name), text, not_before=held) for name in people)
    return Decision(Action.REPLY, (Reason("bulletin_draft", f"草稿给{'、'.join(people)}看"),), says=says)


def _duty_worker(community: str, routing: Routing, now: datetime) -> str:
    to, department = f"contact:{routing.communities[community].duty}", routing.default.department
    return find_person(to, community=community, enterprise="", department=department, at=now, routing=routing).name
