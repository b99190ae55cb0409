"""A ledger of every engine; a further engine is one more parameter of ``open_ledger``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.ledger.port import Ledger
from bot.ledger.postgres import PostgresLedger
from bot.ledger.sqlite import SqliteLedger

Open = Callable[[], Ledger]


@pytest.fixture(params=["sqlite", "postgres"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same ledger again and again, as a restart would."""
    opened_ledgers: list[Ledger] = []
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None

    def open_again() -> Ledger:
        opened_ledgers.append(SqliteLedger(tmp_path / "data" / "xiaoshao.db") if url is None else PostgresLedger(url))
        return opened_ledgers[-1]

    yield open_again
    for opened_ledger in opened_ledgers:
        opened_ledger.close()


@pytest.fixture
def ledger(open_ledger: Open) -> Ledger:
    return open_ledger()
