"""The program runs, a curator mends an answer, breaks a file, mends it: the running process answers with what is good."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.request import Request, urlopen

from bot.ledger.codec import encode
from bot.ledger.sqlite import SqliteLedger

ROOT = Path(__file__).parents[2]
OLD, NEW = "1. 先到特检院做首次检验。", "1. 先到特检院做首次检验，可以网上约。"
PATIENCE = 30.0
"""Seconds after which the test gives up: the machine may be busy."""


def eventually(happened: Callable[[], bool]) -> float:
    """Wait until something has happened and return how many seconds that took."""
    start = monotonic()
    while not happened():
        assert monotonic() - start < PATIENCE
        Event().wait(0.05)
    return monotonic() - start


def test_a_running_process_answers_with_the_mended_text(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", folder)
    data, forklifts = tmp_path / "ledger.db", folder / "叉车.yaml"
    command = [
        sys.executable,
        "-m",
        "bot.cli",
        "run",
        "--no-browser",
        "--port",
        "0",
        "--data",
        str(data),
        "--knowledge",
        str(folder),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    ledger = None
    try:
        found = re.search(r"http://\S+?/", process.stdout.readline())
        assert found is not None
        ledger = SqliteLedger(data, patience=timedelta(seconds=PATIENCE))

        def ask(name: str, number: int) -> str:
            """Ask the bot alone, and return what it answers."""
            body = {"id": f"00000000-0000-4000-8000-{number:012}", "as": name, "room": "", "text": "叉车怎么上牌"}
            request = Request(f"{found[0]}messages", encode(body).encode(), {"Content-Type": "application/json"}, method="POST")
            with urlopen(request, timeout=PATIENCE) as response:
                assert response.status == 204
            eventually(lambda: bool(heard(f"page:{name}")))
            return heard(f"page:{name}")[-1]

        def heard(partner: str) -> list[str]:
            with ledger.transaction() as transaction:
                return [it.text for it in transaction.conversation(partner=partner) if it.sender is None]

        def versions() -> int:
            with ledger.transaction() as transaction:
                return len(transaction.versions("forklift-plate"))

        assert OLD in ask("泰准金属-安全员", 1)
        text = forklifts.read_text(encoding="utf-8")
        forklifts.write_text(text.replace(OLD, NEW), encoding="utf-8")
        eventually(lambda: versions() == 2)
        assert NEW in ask("恒锐模具-人事", 2)
        forklifts.write_text(text.replace("title: ", "title："), encoding="utf-8")
        told = "SELECT count(*) FROM outbox WHERE name = '社区值班' AND text LIKE '%叉车.yaml:2%'"
        eventually(lambda: ledger._db.execute(told).fetchone()[0] == 1)
        assert NEW in ask("海立塑业-财务", 3)
        forklifts.write_text(text, encoding="utf-8")
        eventually(lambda: versions() == 3)
        assert OLD in ask("联昌汽配-老板", 4)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        process.stdout.close()
        if ledger is not None:
            ledger.close()
