"""kill -9 while messages stream in: whatever was acknowledged is there, nothing is there by half, nothing is there twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Timer

from bot.ledger.sqlite import SqliteLedger
from bot.work.intake import Intake
from tests.samples import NOW, HandClock, opens, said

ROOT = Path(__file__).parents[2]
KILLS = 8

STREAM = """
import sys
from bot.ledger.sqlite import SqliteLedger
from bot.work.intake import Intake
from bot.work.sender import Sender
from tests.samples import HandClock, ROOM, SAFETY, NOW, opens, said

class Page:
    name = "page"
    def send(self, letter):
        print("sent", letter.key, flush=True)
        return letter.key

ledger = SqliteLedger(sys.argv[1])
with ledger.transaction() as transaction:
    transaction.bind("page", "page:税务局联络员", "税务局联络员", NOW)
intake = Intake(ledger, opens, HandClock(), lambda: None)
sender = Sender(ledger, {"page": Page()}, HandClock(), intake.handle)
print("ready", flush=True)
for index in range(1_000_000):
    if intake.handle(said(message_id=f"{sys.argv[2]}/{index}")) is not None:
        print("kept", f"{sys.argv[2]}/{index}", flush=True)
    sender.send_due()
"""


def stream_until_killed(path: Path, run: int, after: float) -> list[str]:
    writer = subprocess.Popen(
        [sys.executable, "-c", STREAM, str(path), str(run)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stderr is not None
    assert writer.stdout.readline() == "ready\n", writer.stderr.read()
    killer = Timer(after, writer.kill)
    killer.start()
    # A line that was cut off in the middle was never acknowledged.
    lines = [line.strip() for line in writer.stdout if line.endswith("\n")]
    complaint = writer.stderr.read()
    writer.stdout.close()
    writer.stderr.close()
    assert writer.wait() == -signal.SIGKILL, complaint
    killer.join()
    return lines


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path: Path) -> None:
    path = tmp_path / "xiaoshao.db"
    chance = random.Random(20261118)
    lines: list[str] = []
    for run in range(KILLS):
        lines += stream_until_killed(path, run, chance.uniform(0.0, 0.15))
    kept = [line.removeprefix("kept ") for line in lines if line.startswith("kept ")]
    sent = {line.removeprefix("sent ") for line in lines if line.startswith("sent ")}
    assert len(kept) > KILLS

    ledger = SqliteLedger(path)
    database = sqlite3.connect(path)
    events = [row[0] for row in database.execute("SELECT message_id FROM events")]
    assert set(kept) <= set(events)
    assert len(events) - len(kept) <= KILLS
    with ledger.transaction() as transaction:
        cases = transaction.cases(limit=1_000_000)
        assert all(len(transaction.history(case.number)) == 1 for case in cases)
    assert [case.number for case in cases] == list(range(len(events), 0, -1))
    assert sorted(case.asker.message_id for case in cases) == sorted(events)
    keys = [row[0] for row in database.execute("SELECT key FROM outbox")]
    assert sorted(keys) == sorted(
        key for case in cases for key in (f"{case.asker.message_id}/reply", f"case/{case.number}/dispatch")
    )
    unsent = {row[0] for row in database.execute("SELECT key FROM outbox WHERE state <> 'sent'")}
    assert set(keys) - unsent <= sent
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()

    assert Intake(ledger, opens, HandClock(), lambda: None).handle(said(message_id=kept[0])) is None
    with ledger.transaction() as transaction:
        waiting = {out.key for out in transaction.claim(NOW + timedelta(minutes=1), timedelta(minutes=1), 1_000_000)}
    assert waiting == unsent
    ledger.close()
