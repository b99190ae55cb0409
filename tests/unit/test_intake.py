"""One event, one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import LedgerError
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Decision, Event, Person, Said, Snapshot, Ticked
from bot.work.intake import Intake, clean
from tests.samples import NOW, ROOM, SAFETY, HandClock, opened, opens, recalled, said, say, silent


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    yield ledger
    ledger.close()


class Heard:
    """Decides by another function and keeps what it was asked."""

    def __init__(self, decide=silent) -> None:
        self.decide = decide
        self.asked: list[tuple[Event, Snapshot, datetime]] = []

    def __call__(self, event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        self.asked.append((event, snapshot, now))
        return self.decide(event, snapshot, now)


def texts(ledger: SqliteLedger) -> list[str]:
    with ledger.transaction() as transaction:
        return [bubble.text for bubble in transaction.conversation(room=ROOM)]


def test_a_message_is_decided_applied_and_then_the_sender_woken(ledger: SqliteLedger) -> None:
    order: list[str] = []

    def decide(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        order.append("decide")
        return opens(event, snapshot, now)

    def woken() -> None:
        with ledger.transaction() as transaction:
            order.append(f"woken with {len(transaction.cases())} case")

    decision = Intake(ledger, decide, HandClock(), woken).handle(said())
    assert decision is not None and decision.action is Action.OPEN
    assert order == ["decide", "woken with 1 case"]


def test_the_same_message_again_is_neither_decided_nor_wakes_anybody(ledger: SqliteLedger) -> None:
    heard, wakes = Heard(opens), []
    intake = Intake(ledger, heard, HandClock(), lambda: wakes.append(1))
    message = said()
    assert intake.handle(message) is not None
    assert intake.handle(message) is None
    assert intake.handle(replace(message, text="重发时改了字")) is None
    assert (len(heard.asked), len(wakes)) == (1, 1)


def test_the_core_gets_the_clocks_time_and_the_snapshot(ledger: SqliteLedger) -> None:
    heard, clock = Heard(opens), HandClock()
    intake = Intake(ledger, heard, clock, lambda: None)
    intake.handle(said())
    clock.at = clock.at.replace(hour=11)
    intake.handle(said())
    _, snapshot, now = heard.asked[1]
    assert now == NOW.replace(hour=11)
    assert [case.number for case in snapshot.cases] == [1]


def test_a_fault_in_the_core_loses_no_message_and_comes_out(ledger: SqliteLedger) -> None:
    def breaks(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        raise KeyError("tax")

    intake = Intake(ledger, breaks, HandClock(), lambda: None)
    message = said("问题")
    with pytest.raises(KeyError):
        intake.handle(message)
    assert texts(ledger) == ["问题"]
    with ledger.transaction() as transaction:
        [fault] = transaction.faults(NOW)
    assert (fault.text, fault.decision.action) == ("问题", Action.IGNORE)
    assert fault.decision.reasons[0].code == "fault"
    assert "KeyError" in fault.decision.reasons[0].detail
    assert intake.handle(message) is None


def test_a_decision_that_cannot_stand_is_a_fault_and_leaves_nothing_half_done(ledger: SqliteLedger) -> None:
    def breaks(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        fine, broken = opened(1, event), replace(opened(2, event), due=None)
        return Decision(Action.OPEN, (), cases=(fine, broken), says=(say("k", case=1),))

    with pytest.raises(ValueError, match="#2"):
        Intake(ledger, breaks, HandClock(), lambda: None).handle(said("问题"))
    with ledger.transaction() as transaction:
        assert transaction.cases(open_only=False) == []
        assert transaction.next_due() is None
        assert [fault.text for fault in transaction.faults(NOW)] == ["问题"]


def test_a_tick_whose_decision_failed_is_handled_when_it_comes_again(ledger: SqliteLedger) -> None:
    message = said()
    Intake(ledger, opens, HandClock(), lambda: None).handle(message)
    due = opened(1, message).due
    tick = Ticked(1, due.name, due.at)

    def breaks(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        raise KeyError("tax")

    with pytest.raises(KeyError):
        Intake(ledger, breaks, HandClock(due.at), lambda: None).handle(tick)
    with ledger.transaction() as transaction:
        assert len(transaction.faults(NOW)) == 1
    assert Intake(ledger, silent, HandClock(due.at), lambda: None).handle(tick) is not None
    with ledger.transaction() as transaction:
        assert transaction.faults(NOW) == []


def test_a_refusing_ledger_is_no_fault_of_the_message(ledger: SqliteLedger) -> None:
    message = said()
    ledger._db.execute("PRAGMA query_only = ON")
    with pytest.raises(LedgerError, match="只读"):
        Intake(ledger, silent, HandClock(), lambda: None).handle(message)
    ledger._db.execute("PRAGMA query_only = OFF")
    assert Intake(ledger, silent, HandClock(), lambda: None).handle(message) is not None


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (said(message_id=""), "消息没有编号"),
        (said(message_id=" \n"), "消息没有编号"),
        (said(by=Person("", "某人")), "没有发送人编号"),
        (said(at=datetime(2026, 11, 18)), "没有时区"),  # noqa: DTZ001
        (replace(recalled(said()), message_id=""), "消息没有编号"),
    ],
)
def test_a_message_that_cannot_be_told_from_others_is_refused(ledger: SqliteLedger, event: Event, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Intake(ledger, silent, HandClock(), lambda: None).handle(event)
    assert texts(ledger) == []


@pytest.mark.parametrize("name", ["", "  ", "\0"])
def test_a_sender_without_a_name_gets_one(ledger: SqliteLedger, name: str) -> None:
    heard = Heard()
    Intake(ledger, heard, HandClock(), lambda: None).handle(said(by=Person("page:x", name)))
    assert heard.asked[0][0].sender == Person("page:x", "无名成员")


def test_personal_data_is_masked_before_anything_is_kept(ledger: SqliteLedger) -> None:
    heard = Heard()
    Intake(ledger, heard, HandClock(), lambda: None).handle(said("打我电话 13800001234"))
    assert heard.asked[0][0].text == "打我电话 138****1234"
    assert texts(ledger) == ["打我电话 138****1234"]


def test_a_huge_message_is_kept_whole_and_looked_at_in_part(ledger: SqliteLedger) -> None:
    heard = Heard()
    text = "长" * 100_000 + "尾"
    Intake(ledger, heard, HandClock(), lambda: None).handle(said(text))
    assert heard.asked[0][0].text == "长" * 100_000
    assert texts(ledger) == [text]


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b\u200d", "\u202eتجربة", "👍🏽👨‍👩‍👧", "\x01\x02\xff", "<script>alert(1)</script>"]
)
def test_odd_messages_are_kept_as_they_are(ledger: SqliteLedger, text: str) -> None:
    Intake(ledger, silent, HandClock(), lambda: None).handle(said(text))
    assert texts(ledger) == [text]


def test_characters_that_no_file_can_hold_are_replaced(ledger: SqliteLedger) -> None:
    event = said("好\ud83d 的\0\ud83d\ude00", message_id="m\ud800", quoted="q\udfff", by=Person("p\ud800", "名\ud800"))
    Intake(ledger, silent, HandClock(), lambda: None).handle(event)
    assert texts(ledger) == ["好� 的😀"]


def test_cleaning_leaves_a_clean_event_alone() -> None:
    events = [said(quoted="q", mentions=("page:x",), mentions_bot=True), recalled(said()), Ticked(1, "0/remind-1", NOW)]
    assert [clean(event) for event in events] == events
    assert isinstance(clean(said(by=SAFETY)), Said)
