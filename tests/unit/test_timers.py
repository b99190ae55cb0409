"""From due times to events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import LedgerFull
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Decision, Event, Snapshot, Status, Step, Ticked
from bot.work.intake import Intake
from bot.work.timers import Timers
from tests.samples import NOW, WHY, HandClock, decided, opened, said, silent, take_in

HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    yield ledger
    ledger.close()


class Works:
    """Timers with a clock moved by hand and a core that keeps the ticks it saw."""

    def __init__(self, ledger: SqliteLedger, decide) -> None:
        self.clock = HandClock()
        self.ticks: list[Ticked] = []

        def watched(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
            assert isinstance(event, Ticked)
            self.ticks.append(event)
            return decide(event, snapshot, now)

        self.timers = Timers(ledger, Intake(ledger, watched, self.clock, lambda: None), self.clock)


def register(ledger: SqliteLedger, count: int, due: Step) -> None:
    for number in range(1, count + 1):
        message = said()
        take_in(ledger, message, decided(cases=(opened(number, message, due=due),)))


def climbs(event: Ticked, snapshot: Snapshot, now: datetime) -> Decision:
    """Close at the third step; before it, the next step is due an hour after the last."""
    case = snapshot.case(event.case)
    assert case is not None
    step = int(event.step)
    if step == 3:
        return Decision(Action.CASE, WHY, cases=(replace(case, status=Status.CLOSED, due=None),))
    return Decision(Action.CASE, WHY, cases=(replace(case, due=Step(str(step + 1), "escalate", event.at + HOUR)),))


def test_nothing_fires_before_its_time(ledger: SqliteLedger) -> None:
    register(ledger, 1, Step("1", "escalate", NOW + HOUR))
    works = Works(ledger, climbs)
    assert works.timers.fire_due() == 0
    works.clock.at = NOW + HOUR
    assert works.timers.fire_due() == 1
    assert works.ticks == [Ticked(1, "1", NOW + HOUR)]
    assert works.timers.fire_due() == 0


def test_after_a_long_sleep_every_step_that_is_due_by_then_fires(ledger: SqliteLedger) -> None:
    register(ledger, 2, Step("1", "escalate", NOW + HOUR))
    works = Works(ledger, climbs)
    works.clock.at = NOW + timedelta(days=10)
    assert works.timers.fire_due() == 6
    assert sorted(tick.step for tick in works.ticks) == ["1", "1", "2", "2", "3", "3"]
    with ledger.transaction() as transaction:
        assert transaction.cases() == []


def test_more_cases_than_a_batch_are_all_fired(ledger: SqliteLedger) -> None:
    register(ledger, 230, Step("3", "escalate", NOW))
    assert Works(ledger, climbs).timers.fire_due() == 230


def test_one_case_that_fails_strands_neither_the_others_nor_itself(ledger: SqliteLedger) -> None:
    register(ledger, 120, Step("3", "escalate", NOW))
    broken = {7}

    def breaks(event: Ticked, snapshot: Snapshot, now: datetime) -> Decision:
        if event.case in broken:
            raise KeyError("tax")
        return climbs(event, snapshot, now)

    works = Works(ledger, breaks)
    assert works.timers.fire_due() == 120
    with ledger.transaction() as transaction:
        assert [case.number for case in transaction.cases()] == [7]
    broken.clear()
    assert works.timers.fire_due() == 0
    works.clock.at += timedelta(minutes=5)
    assert works.timers.fire_due() == 1
    with ledger.transaction() as transaction:
        assert transaction.cases() == []


def test_a_core_that_does_nothing_about_a_deadline_is_asked_again_but_not_without_end(ledger: SqliteLedger) -> None:
    register(ledger, 1, Step("1", "escalate", NOW))
    works = Works(ledger, silent)
    assert [works.timers.fire_due(), works.timers.fire_due()] == [1, 0]
    works.clock.at += timedelta(minutes=5)
    assert works.timers.fire_due() == 1


def test_a_full_disk_stops_the_round(ledger: SqliteLedger) -> None:
    register(ledger, 1, Step("1", "escalate", NOW))

    def full(event: Ticked, snapshot: Snapshot, now: datetime) -> Decision:
        raise LedgerFull("磁盘已满")

    with pytest.raises(LedgerFull):
        Works(ledger, full).timers.fire_due()
    assert Works(ledger, climbs).timers.fire_due() == 1
