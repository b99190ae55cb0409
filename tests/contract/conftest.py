"""A ledger of every engine; a further engine is one more parameter of ``open_ledger``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.ledger.port import Ledger
from bot.ledger.sqlite import SqliteLedger

Open = Callable[[], Ledger]


@pytest.fixture(params=["sqlite"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same ledger again and again, as a restart would."""
    opened_ledgers: list[Ledger] = []

    def open_again() -> Ledger:
        opened_ledgers.append({"sqlite": SqliteLedger}[request.param](tmp_path / "data" / "xiaoshao.db"))
        return opened_ledgers[-1]

    yield open_again
    for opened_ledger in opened_ledgers:
        opened_ledger.close()


@pytest.fixture
def ledger(open_ledger: Open) -> Ledger:
    return open_ledger()
