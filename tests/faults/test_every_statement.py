"""It strikes at every statement of a transaction, from BEGIN to COMMIT: all or nothing is there, and once more makes it whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Curated
from bot.errors import LedgerError
from bot.ledger.opening import open_ledger
from bot.ledger.port import Ledger
from tests.faults.acts import ACTS, do, left_behind, prepare
from tests.faults.striking import Countdown, failing, struck

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_killed_at_every_statement(engine: str) -> None:
    command = [sys.executable, "-m", "tests.faults.killed_everywhere", engine]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert [fault for _, faults in found.values() for fault in faults] == []
    assert all(statements >= 5 for statements, _ in found.values()), found


Fresh = Callable[[str], Ledger]


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fresh]:
    """Opens a ledger that is prepared for an act, again and again."""
    opened: list[Ledger] = []

    def another(act: str) -> Ledger:
        model = tmp_path / act
        if request.param == "postgres":
            opened.append(open_ledger(request.getfixturevalue("postgres_server").ledger_url()))
            prepare(opened[-1], act)
            return opened[-1]
        if not model.exists():
            made = open_ledger(model)
            prepare(made, act)
            made.close()
        opened.append(open_ledger(Path(shutil.copy(model, tmp_path / f"{len(opened)}.db"))))
        return opened[-1]

    yield another
    for ledger in opened:
        ledger.close()


@pytest.mark.parametrize("act", ACTS)
def test_a_statement_that_fails(act: str, fresh: Fresh, curated: Curated) -> None:
    whole = fresh(act)
    do(whole, act, curated)
    after = left_behind(whole)
    statements = 0
    while True:
        ledger = fresh(act)
        before = left_behind(ledger)
        countdown = Countdown(statements, failing(ledger))
        refused = False
        try:
            do(struck(ledger, countdown), act, curated)
        except LedgerError:
            refused = True
        if not countdown.struck:
            break
        if refused and act != "send":
            assert left_behind(ledger) == before, statements
        do(ledger, act, curated, again=True)
        assert left_behind(ledger) == after, statements
        statements += 1
    assert statements >= 5
