"""The cost of a message does not grow with the cases that are finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.ledger.sqlite import SqliteLedger
from bot.model import Person, Status
from tests.samples import NOW, decided, opened, said, say, snapshot_for, take_in

LONG_AGO = NOW - timedelta(days=30)


def close_cases(ledger: SqliteLedger, numbers: range) -> None:
    for number in numbers:
        message = said(at=LONG_AGO, by=Person(f"page:{number % 10}", "某企业-人事"))
        case = opened(number, message)
        sent = say(f"k{number}", case=number, mention=message.sender)
        take_in(ledger, message, decided(cases=(case,), says=(sent,)))
        take_in(ledger, said(at=LONG_AGO), decided(cases=(replace(case, status=Status.CLOSED, due=None),), cancel=(number,)))


def engine_steps(ledger: SqliteLedger, work: Callable[[], object]) -> int:
    taken = [0]

    def step() -> int:
        taken[0] += 1
        return 0

    ledger._db.set_progress_handler(step, 1)
    work()
    ledger._db.set_progress_handler(None, 1)
    return taken[0]


def test_snapshots_deadlines_and_claims_cost_the_same_among_many_finished_cases(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")

    def work() -> None:
        snapshot_for(ledger, said("#3 怎么样了", by=Person("page:1", "某企业-人事")))
        snapshot_for(ledger, said("#3 怎么样了", room="", by=Person("page:1", "某企业-人事")))
        with ledger.transaction() as transaction:
            transaction.due(NOW, 10)
            transaction.overdue(NOW, timedelta(0))
            transaction.next_due()
            transaction.claim(NOW, timedelta(seconds=60), 10)
            transaction.cases()

    close_cases(ledger, range(1, 21))
    few = engine_steps(ledger, work)
    close_cases(ledger, range(21, 221))
    assert engine_steps(ledger, work) < few * 1.2
    ledger.close()
