"""Plain values for tests of the ledger and the moving parts: people, messages, cases, and a clock that is moved by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from bot.ledger.codec import ZONE
from bot.ledger.port import Ledger, Transaction
from bot.model import (
    Action,
    Asker,
    Case,
    Decision,
    Event,
    Ladder,
    Person,
    Reason,
    Recalled,
    Said,
    Say,
    Snapshot,
    Status,
    Step,
    Target,
    Tier,
    TierPlan,
)

NOW = datetime(2026, 11, 18, 9, 55, tzinfo=ZONE)
ROOM = "安全生产互助协会"
SAFETY = Person("page:泰准金属-安全员", "泰准金属-安全员")
HR = Person("page:恒锐模具-人事", "恒锐模具-人事")
TAXMAN = Person("page:税务局联络员", "税务局联络员")
WHY = (Reason("test", "测试"),)

_LADDER = Ladder("标准", (Tier("部门", "department", timedelta(hours=1), timedelta(hours=8), "工作时间", remind=(0.5, 0.9)),))
_ids = count(1)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def said(
    text: str = "公司车间要做税务注销清算去哪办", *, by: Person = SAFETY, room: str = ROOM, at: datetime = NOW, **more
) -> Said:
    more = {"channel": "page", "message_id": f"said-{next(_ids)}", **more}
    return Said(room=room, sender=by, text=text, at=at, **more)


def recalled(message: Said, *, by: Person | None = None, at: datetime | None = None) -> Recalled:
    return Recalled(
        message.channel,
        f"{message.message_id}/recall",
        message.room,
        by or message.sender,
        message.message_id,
        at or message.at + timedelta(seconds=30),
    )


def plan(assignee: str = "税务局联络员", *, tier: int = 0, at: datetime = NOW, alert: tuple[str, ...] = ()) -> TierPlan:
    steps = (
        Step(f"{tier}/remind-1", "remind", at + timedelta(hours=4)),
        Step(f"{tier}/escalate", "escalate", at + timedelta(hours=8)),
    )
    return TierPlan(tier, "部门", assignee, at, at + timedelta(hours=1), at + timedelta(hours=8), steps, alert, WHY)


def opened(number: int, message: Said, **more) -> Case:
    asker = Asker(message.sender, message.channel, message.room, message.message_id, "泰准金属")
    has = plan(at=message.at)
    given = {"status": Status.OPEN, "plan": has, "due": has.steps[0], "community": "灵峰", **more}
    if given["status"].terminal:
        given["due"] = None
    return Case(
        number=number,
        askers=(asker,),
        question=message.text,
        department="tax",
        ladder=_LADDER,
        config="0123456789ab",
        opened_at=message.at,
        **given,
    )


def say(key: str, target: Target | None = None, text: str = "已登记", **more) -> Say:
    return Say(key, target or Target("room", ROOM, "page"), text, **more)


def decided(*, action: Action = Action.CASE, **more) -> Decision:
    return Decision(action, more.pop("reasons", WHY), **more)


def silent(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
    return Decision(Action.IGNORE, WHY)


def opens(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
    """Open a case for every message, with a receipt in the group and a dispatch to the contact."""
    if not isinstance(event, Said):
        return silent(event, snapshot, now)
    case = opened(snapshot.next_number, event)
    return Decision(
        Action.OPEN,
        WHY,
        says=(
            say(f"{event.message_id}/reply", mention=event.sender, case=case.number),
            say(f"case/{case.number}/dispatch", Target("contact", "税务局联络员"), f"【工单 #{case.number}】", case=case.number),
        ),
        cases=(case,),
    )


def taken_in(transaction: Transaction, event: Event, decision: Decision, now: datetime | None = None) -> None:
    """Record an event with its decision in an open transaction."""
    assert transaction.record(event)
    transaction.apply(event, decision, now or event.at)


def take_in(ledger: Ledger, event: Event, decision: Decision | None = None, now: datetime | None = None) -> None:
    """Record an event with its decision in a transaction of its own."""
    with ledger.transaction() as transaction:
        taken_in(transaction, event, decision or decided(action=Action.IGNORE), now)


def snapshot_for(ledger: Ledger, event: Event, now: datetime | None = None) -> Snapshot:
    """Record an event and return what the core would see of the world; nothing is kept."""
    seen: list[Snapshot] = []
    try:
        with ledger.transaction() as transaction:
            assert transaction.record(event)
            seen.append(transaction.snapshot(event, now or event.at))
            raise _RolledBack
    except _RolledBack:
        return seen[0]


class _RolledBack(Exception):
    pass
