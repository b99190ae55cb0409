"""The whole program is killed with -9 at random moments during the main story: nothing said is lost, no case is stuck."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest

from bot.app import Curated, build_bot
from bot.channels.page import PageChannel
from bot.ledger.sqlite import SqliteLedger
from bot.model import Status
from bot.work.audit.ledger import GRACE
from bot.work.clock import MovableClock, SystemClock

ROOT = Path(__file__).parents[2]
ROOM = "安全生产互助协会"
KILLS = 6
STORY = (
    ("泰准金属-安全员", ROOM, "新买的叉车去哪里上牌？"),
    ("恒锐模具-人事", ROOM, "早上好各位"),
    ("海立塑业-财务", ROOM, "@小哨 个人股东转让股权的个人所得税怎么申报"),
    ("税务局联络员", "", "收到"),
    ("联昌汽配-老板", ROOM, "@小哨 车间地磅多久强检一次"),
    ("税务局联络员", "", "#1 在电子税务局申报"),
    ("市场监管局联络员", "", "一年一次，在强检平台申报"),
    ("海立塑业-财务", ROOM, "满意"),
    ("博远电器-行政", ROOM, "哈哈哈"),
    ("联昌汽配-老板", ROOM, "满意"),
)


class Program:
    """The bot as a process of its own, started again whenever it has been killed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.starts = 0
        self.process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "bot.cli", "run", "--no-browser", "--port", "0", "--data", str(self.data)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert self.process.stdout is not None
        found = re.search(r"http://\S+?/", self.process.stdout.readline())
        self.address = found.group(0) if found else ""
        self.starts += 1

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=20)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def post(self, body: dict[str, str]) -> None:
        """Post until it is acknowledged, as a page does that shows 未发送 with a retry."""
        for _ in range(KILLS + 3):
            if self.process is None:
                self.start()
            try:
                request = urllib.request.Request(
                    f"{self.address}messages", json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
                )
                with urllib.request.urlopen(request, timeout=20) as response:
                    assert response.status == 204
                    return
            except (urllib.error.URLError, ConnectionError, ValueError):
                self.kill()
        raise AssertionError("the bot never took the message")


@pytest.mark.parametrize("seed", [11])
def test_kill_minus_nine_at_any_moment(seed: int, tmp_path: Path, curated: Curated) -> None:
    dice = random.Random(seed)
    program = Program(tmp_path / "ledger.db")
    done = Event()

    def killer() -> None:
        for _ in range(KILLS):
            if done.wait(dice.uniform(0.2, 2.5)):
                return
            process = program.process
            if process is not None and program.address:
                process.send_signal(signal.SIGKILL)

    thread = Thread(target=killer)
    try:
        program.start()
        thread.start()
        for _ in range(2):  # the second time, every message is a duplicate
            for number, (name, room, text) in enumerate(STORY):
                program.post({"id": str(UUID(int=number + 1)), "as": name, "room": room, "text": text})
                done.wait(dice.uniform(0.05, 0.4))
    finally:
        done.set()
        thread.join()
        program.kill()
    assert program.starts > 1
    check(tmp_path / "ledger.db", curated)


def check(path: Path, curated: Curated) -> None:
    """Start once more, two minutes later, let everything settle, and look at what the ledger holds."""
    ledger = SqliteLedger(path)
    clock = MovableClock(SystemClock(), timedelta(minutes=2))
    bot = build_bot(ledger, curated.knowledge, curated.routing, clock, [PageChannel(curated.routing.rooms)], lambda: None)
    try:
        bot.loop.settle()
        with ledger.transaction() as transaction:
            assert transaction.overdue(clock.now(), GRACE) == []
            assert transaction.undelivered() == []
            assert transaction.faults(clock.now() - timedelta(days=1)) == []
            said = transaction.conversation(room=ROOM)
            cases = {case.number: case for case in transaction.cases(open_only=False)}
        heard = [(bubble.sender.name, ROOM, bubble.text) for bubble in said if bubble.sender is not None]
        assert heard == [line for line in STORY if line[1]]
        replies = [bubble for bubble in said if bubble.sender is None]
        assert len({bubble.message_id for bubble in replies}) == len(replies)
        assert sum(bubble.entry == "forklift-plate" for bubble in replies) == 1
        assert len(cases) == 2
        assert {case.status for case in cases.values()} == {Status.CLOSED}
    finally:
        ledger.close()
