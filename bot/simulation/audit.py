"""The audit of a simulated ledger: nothing may be overdue at any time, and in the end every question has come to something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from bot.desk.lifecycle import CLEARED_UP
from bot.desk.ticks import ANSWERED_LATER
from bot.ledger.port import Ledger
from bot.model import Case, Status
from bot.simulation.questions import Handling, Question
from bot.simulation.witness import Witness

GRACE = timedelta(minutes=5)


class Fate(StrEnum):
    """What came of a question in the end."""

    FAQ = "faq"
    OFFERED = "offered"  # a choice was put and not taken up
    POINTED = "pointed"
    PEERS = "peers"
    DEPARTMENT = "department"
    SETTLED = "settled"  # withdrawn, recalled, or settled otherwise as its asker says
    OPEN = "open"
    LIMITED = "limited"
    TALK = "talk"


FATE_WORDS: Mapping[Fate, str] = {
    Fate.FAQ: "FAQ 答了",
    Fate.OFFERED: "给了选项，没有挑",
    Fate.POINTED: "指向刚答过的或在办的",
    Fate.PEERS: "同行答了",
    Fate.DEPARTMENT: "部门、社区答了",
    Fate.SETTLED: "提问人撤回或自己解决了",
    Fate.OPEN: "在办，有下一步的时间",
    Fate.LIMITED: "说得太多，这次没出声",
    Fate.TALK: "没认出是提问",
}

_WITHOUT_CASE = {
    Handling.ANSWERED: Fate.FAQ,
    Handling.OFFERED: Fate.OFFERED,
    Handling.POINTED: Fate.POINTED,
    Handling.LIMITED: Fate.LIMITED,
    Handling.TALK: Fate.TALK,
}


def look_over(ledger: Ledger, witness: Witness, now: datetime) -> None:
    """Check what must hold at any moment: nothing overdue, nothing given up, nothing undecided."""
    with ledger.transaction() as transaction:
        overdue = transaction.overdue(now, GRACE)
        undelivered = transaction.undelivered()
        faults = transaction.faults(now - timedelta(hours=2))
    for case in overdue:
        witness.broken("stuck", f"#{case.number} 的下一步（{case.due}）过了五分钟还没做", now)
    for outgoing in undelivered:
        witness.broken("unsent", f"放弃了发给{outgoing.target.name}的：{outgoing.why}", now)
    for judged in faults:
        witness.broken("lost", f"没有处理成：{judged.text}（{judged.decision.reasons}）", now)


def fates(
    ledger: Ledger, questions: Iterable[Question], witness: Witness, now: datetime
) -> list[tuple[Question, Fate, Case | None]]:
    """Return what came of every question, with its case as the ledger has it; whatever is lost is reported to the witness."""
    found: list[tuple[Question, Fate, Case | None]] = []
    for question in questions:
        if question.case is None or question.handling is not Handling.CARRIED:
            found.append((question, _WITHOUT_CASE.get(question.handling, Fate.TALK), None))
            continue
        if (question.case, question.asker.id) in witness.left:
            found.append((question, Fate.SETTLED, witness.cases[question.case]))
            continue
        with ledger.transaction() as transaction:
            case = transaction.case(question.case)
            if case is not None and case.merged_into is not None:
                case = transaction.case(case.merged_into)
        if case is None or not any(asker.person.id == question.asker.id for asker in case.askers):
            witness.broken("lost", f"{question.asker.name}问的“{question.asking.text}”登记成 #{question.case}，账本里没有", now)
            continue
        fate = _fate(case)
        if fate is None or (case.due is not None and case.due.at <= now):
            witness.broken("lost", f"#{case.number} {case.status}（{case.outcome}），没有人答过，下一步是 {case.due}", now)
            continue
        found.append((question, fate, case))
    return found


def _fate(case: Case) -> Fate | None:
    """Return what a case came to; None if nobody answered it and yet nothing more will be done."""
    settled = case.status is Status.WITHDRAWN or "办结" in case.outcome or "提问人" in case.outcome
    if not case.status.terminal and case.status is not Status.ANSWERED:
        return Fate.OPEN if case.due is not None else None
    if case.outcome == CLEARED_UP or case.outcome.startswith(ANSWERED_LATER):
        return Fate.FAQ
    if case.replies:
        return Fate.DEPARTMENT
    if case.peers:
        return Fate.PEERS
    return Fate.SETTLED if settled else None


def kept_messages(ledger: Ledger, witness: Witness, now: datetime) -> None:
    """Check that the ledger has every message that was said in every group, once, and no personal number in it."""
    said: dict[str, list[str]] = {}
    for message in witness.messages.values():
        if message.room:
            said.setdefault(message.room, []).append(message.message_id)
    for room, expected in said.items():
        kept, after = [], 0
        while True:
            with ledger.transaction() as transaction:
                bubbles = transaction.conversation(room=room, after=after, limit=1000)
            if not bubbles:
                break
            after = bubbles[-1].position
            kept += [bubble for bubble in bubbles if bubble.sender is not None]
        ids = [bubble.message_id for bubble in kept]
        if set(ids) != set(expected):
            witness.broken("lost", f"「{room}」说了 {len(expected)} 条，账本里有 {len(set(ids))} 条", now)
        if len(ids) != len(set(ids)):
            witness.broken("twice", f"「{room}」有 {len(ids) - len(set(ids))} 条在账本里有两次", now)
        if any(number in bubble.text for bubble in kept for number in witness.numbers):
            witness.broken("personal", f"「{room}」的记录里有没打码的号码", now)
