"""The intake with a second opinion: asked outside every transaction, once, in order, and never at the cost of a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest

from bot.ledger.sqlite import SqliteLedger
from bot.model import Decision, Event, Inquiry, Opinion, Said, Snapshot, Ticked
from bot.work.intake import Consultation, Intake
from bot.work.turns import Turns
from tests.samples import HR, NOW, ROOM, HandClock, opens, recalled, said, silent

INQUIRY = Inquiry("叉车的证", "叉车的证", ())
OPINION = Opinion("叉车的证", "plate", "small")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    yield ledger
    ledger.close()


class Heard:
    """Keeps what it was asked to decide."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.texts: list[str] = []

    def __call__(self, event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        self.snapshots.append(snapshot)
        self.texts.append(event.text if isinstance(event, Said) else type(event).__name__)
        return silent(event, snapshot, now)


def always(event: Said, snapshot: Snapshot, now: datetime) -> Inquiry:
    return INQUIRY


def test_the_opinion_reaches_the_core_in_the_snapshot(ledger: SqliteLedger) -> None:
    heard = Heard()
    Intake(ledger, heard, HandClock(), lambda: None, Consultation(always, lambda inquiry: OPINION)).handle(said())
    assert [snapshot.opinion for snapshot in heard.snapshots] == [OPINION]


def test_it_is_asked_while_the_ledger_is_free_and_nothing_is_kept_yet(ledger: SqliteLedger, tmp_path: Path) -> None:
    seen: list[int] = []
    other = SqliteLedger(tmp_path / "xiaoshao.db")

    def ask(inquiry: Inquiry) -> Opinion:
        with other.transaction() as transaction:  # would wait for a writer, and fail
            seen.append(len(transaction.conversation(room=ROOM)))
        return OPINION

    Intake(ledger, silent, HandClock(), lambda: None, Consultation(always, ask)).handle(said())
    other.close()
    assert seen == [0]
    with ledger.transaction() as transaction:
        assert len(transaction.conversation(room=ROOM)) == 1


def test_the_question_is_judged_by_the_state_at_the_time_and_decided_by_the_state_after(ledger: SqliteLedger) -> None:
    heard, numbers, clock = Heard(), [], HandClock()
    plain = Intake(ledger, opens, clock, lambda: None)

    def wanted(event: Said, snapshot: Snapshot, now: datetime) -> Inquiry:
        numbers.append(snapshot.next_number)
        return INQUIRY

    def ask(inquiry: Inquiry) -> Opinion:
        plain.handle(said(by=HR))
        return OPINION

    Intake(ledger, heard, clock, lambda: None, Consultation(wanted, ask)).handle(said())
    assert (numbers, [snapshot.next_number for snapshot in heard.snapshots]) == ([1], [2])


def test_only_new_messages_are_asked_about(ledger: SqliteLedger) -> None:
    asked: list[Inquiry] = []
    intake = Intake(ledger, silent, HandClock(), lambda: None, Consultation(always, lambda inquiry: asked.append(inquiry)))
    message = said()
    intake.handle(message)
    intake.handle(message)
    intake.handle(recalled(message))
    intake.handle(Ticked(1, "0/remind-1", NOW))
    assert len(asked) == 1


def test_what_is_not_wanted_is_not_asked(ledger: SqliteLedger) -> None:
    def ask(inquiry: Inquiry) -> Opinion:
        raise AssertionError("asked")

    heard = Heard()
    Intake(ledger, heard, HandClock(), lambda: None, Consultation(lambda *_: None, ask)).handle(said())
    assert heard.snapshots[0].opinion is None


@pytest.mark.parametrize("broken", ["wanted", "ask"])
def test_a_fault_on_the_way_costs_the_opinion_only(ledger: SqliteLedger, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(*_: object) -> Opinion:
        raise KeyError("13800001234")

    consultation = replace(Consultation(always, lambda inquiry: OPINION), **{broken: breaks})
    heard = Heard()
    assert Intake(ledger, heard, HandClock(), lambda: None, consultation).handle(said("问题")) is not None
    assert (heard.texts, heard.snapshots[0].opinion) == (["问题"], None)
    assert "KeyError" in caplog.text and "13800001234" not in caplog.text


def test_one_persons_messages_keep_their_order_and_nobody_elses_wait(ledger: SqliteLedger) -> None:
    asking, answered = Signal(), Signal()
    heard = Heard()

    def wanted(event: Said, snapshot: Snapshot, now: datetime) -> Inquiry | None:
        return INQUIRY if event.text == "慢" else None

    def ask(inquiry: Inquiry) -> Opinion:
        asking.set()
        answered.wait(10)
        return OPINION

    intake = Intake(ledger, heard, HandClock(), lambda: None, Consultation(wanted, ask))
    threads = [Thread(target=intake.handle, args=(said("慢"),))]
    threads[0].start()
    assert asking.wait(10)
    threads.append(Thread(target=intake.handle, args=(said("同一个人的下一句"),)))
    threads[1].start()
    intake.handle(said("别人的", by=HR))
    assert heard.texts == ["别人的"]
    answered.set()
    for thread in threads:
        thread.join(10)
    assert heard.texts == ["别人的", "慢", "同一个人的下一句"]


def test_turns_leave_nothing_behind() -> None:
    turns = Turns()
    with turns.turn("a"), turns.turn("b"):
        assert len(turns._locks) == 2
    with pytest.raises(KeyError), turns.turn("a"):
        raise KeyError
    assert turns._locks == {}
