"""The ledger is away, locked or read-only for hours, the bot stopped for a week, the clock set: late, but all of it, once."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import psycopg
import pytest

from bot.app import Bot, Curated, build_bot
from bot.channels.page import PageChannel
from bot.channels.port import Letter
from bot.errors import LedgerError
from bot.ledger.postgres import PostgresLedger
from bot.ledger.sqlite import SqliteLedger
from bot.model import Person, Said
from tests.faults.striking import Countdown, failing, struck
from tests.samples import NOW, ROOM, HandClock

MOMENT = timedelta(milliseconds=50)
WEEK = timedelta(days=7)
QUESTIONS = (
    "@小哨 厂房屋顶装光伏要报谁批",
    "@小哨 个人股东转让股权的个人所得税怎么申报",
    "@小哨 车间地磅强检要去哪里申请",
    "@小哨 食堂换了厨师健康证怎么办",
)

Outage = Callable[["World"], Any]


class Counted(PageChannel):
    """The page's channel, which counts what goes out."""

    def __init__(self, rooms: Any) -> None:
        super().__init__(rooms)
        self.sent: list[Letter] = []

    def send(self, letter: Letter) -> str:
        self.sent.append(letter)
        return super().send(letter)


class World:
    """One bot on one ledger, with a clock that is moved by hand; it may be stopped and started again."""

    def __init__(self, open_ledger: Callable[[], Any], curated: Curated) -> None:
        self._open = open_ledger
        self._curated = curated
        self.clock = HandClock()
        self.channel = Counted(curated.routing.rooms)
        self.start()
        with self.ledger.transaction() as work:
            for name in curated.routing.contacts:
                work.bind("page", f"page:{name}", name, NOW)

    def start(self) -> None:
        self.ledger = self._open()
        routing = self._curated.routing
        self.bot: Bot = build_bot(self.ledger, self._curated.knowledge, routing, self.clock, [self.channel], lambda: None)

    def stop(self) -> None:
        self.bot.close()

    def said(self, number: int) -> Said:
        name, text = f"企业{number}-财务", QUESTIONS[number % len(QUESTIONS)]
        return Said("page", f"m{number}", ROOM, Person(f"page:{name}", name), text, self.clock.at, mentions_bot=True)

    def keys(self) -> Counter[str]:
        return Counter(letter.key for letter in self.channel.sent)


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path, curated: Curated) -> Iterator[World]:
    if request.param == "sqlite":
        world = World(lambda: SqliteLedger(tmp_path / "ledger.db", patience=MOMENT), curated)
    else:
        url = request.getfixturevalue("postgres_url")
        world = World(lambda: PostgresLedger(url, patience=MOMENT, lease=MOMENT), curated)
    yield world
    world.stop()


@contextmanager
def away(world: World) -> Generator[None, None, None]:
    """Let every statement fail, as on a disk that is gone or a server that does not answer."""
    ledger, fails = world.ledger, failing(world.ledger)
    if hasattr(ledger._db, "link"):
        ledger._db.link.close()
        ledger._connect = fails  # whoever connects again finds nobody
        yield
        del ledger._connect
        return
    whole = ledger._db
    struck(ledger, Countdown(0, fails, again=True))
    yield
    ledger._db = whole


@contextmanager
def read_only(world: World) -> Generator[None, None, None]:
    on, off = ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
    if hasattr(world.ledger._db, "link"):
        on, off = ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    world.ledger._db.execute(on)
    yield
    world.ledger._db.execute(off)


@contextmanager
def locked(world: World) -> Generator[None, None, None]:
    """Let another program hold the ledger."""
    if hasattr(world.ledger._db, "link"):
        with psycopg.connect(world.ledger._url) as other:
            tables = "settings, events, cases, outbox, bindings"
            other.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
            yield
        return
    other = sqlite3.connect(world.ledger._path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("outage", [away, read_only, locked])
def test_a_ledger_that_cannot_be_used_for_hours_costs_nothing_but_time(outage: Outage, world: World) -> None:
    world.bot.receive(world.said(1))
    with outage(world):
        with pytest.raises(LedgerError):
            world.bot.receive(world.said(2))
        for _ in range(3):
            world.clock.at += timedelta(hours=3)
            with pytest.raises(LedgerError):
                world.bot.loop.settle()
        assert world.channel.sent == []
        world.bot.watch.look()
        report = world.bot.watch.health.report()
        assert ("ledger", True) in {(finding.code, finding.grave) for finding in report.findings}
    assert world.bot.receive(world.said(2)) is not None
    world.bot.loop.settle()
    assert set(world.keys().values()) == {1}
    assert {"page/m1/reply", "page/m2/reply", "case/1/1-0-0/dispatch/联盟召集人"} <= set(world.keys())
    with world.ledger.transaction() as work:
        assert [case.number for case in work.cases()] == [2, 1]
    world.bot.watch.look()
    assert world.bot.auditor.findings() == []


def test_the_running_threads_outlive_an_outage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.work.loop.LONGEST_NAP", 0.05)
    failures = []
    monkeypatch.setattr("bot.work.loop.log.exception", lambda *words: failures.append(words))
    world.bot.receive(world.said(1))
    with away(world):
        world.bot.start()
        eventually(lambda: len(failures) >= 4)
        assert not world.bot.loop.died
    eventually(lambda: world.keys()["page/m1/reply"] == 1)


def eventually(happened: Callable[[], bool]) -> None:
    end = monotonic() + 30.0
    while not happened():
        assert monotonic() < end
        Event().wait(0.02)


def test_after_a_week_every_late_step_happens_once_and_each_case_in_order(world: World) -> None:
    for number in range(1, 13):
        world.bot.receive(world.said(number))
        world.bot.loop.settle()
        world.clock.at += timedelta(minutes=40)
    with world.ledger.transaction() as work:
        before = {case.number: case.due.at for case in work.cases() if case.due is not None}
    world.stop()
    world.clock.at += WEEK
    world.start()
    world.bot.loop.settle()
    assert set(world.keys().values()) == {1}
    ticks = done(world)
    late = {number for number, due in before.items() if due <= world.clock.at}
    assert late and late <= {number for number, _ in ticks}
    assert len(set(ticks)) == len(ticks)
    for number in late:
        dues = [at for case, at in ticks if case == number]
        assert dues == sorted(dues)
    assert world.bot.auditor.findings() == []


def done(world: World) -> list[tuple[int, datetime]]:
    """Return the deadlines that were fired, in the order in which they were taken in."""
    with world.ledger.transaction():
        rows = world.ledger._db.execute("SELECT body FROM events WHERE kind = 'ticked' ORDER BY position").fetchall()
    events = [json.loads(row["body"]) for row in rows]
    return [(event["case"], datetime.fromisoformat(event["at"])) for event in events]


def test_a_clock_set_back_in_the_middle_of_sending_delays_by_no_more_than_that(world: World) -> None:
    world.bot.receive(world.said(1))
    with world.ledger.transaction() as work:
        claimed = {out.key for out in work.claim(world.clock.at, timedelta(minutes=1), 10)}  # and then it was killed
    world.clock.at -= timedelta(hours=1)
    world.bot.receive(world.said(2))
    world.bot.loop.settle()
    assert world.keys()["page/m2/reply"] == 1
    assert not claimed & set(world.keys())
    world.clock.at += timedelta(hours=1, minutes=2)
    world.bot.loop.settle()
    assert claimed <= set(world.keys())
    assert set(world.keys().values()) == {1}


def test_a_clock_set_forward_by_a_month_lets_every_step_happen_once(world: World) -> None:
    world.bot.receive(world.said(1))
    world.bot.loop.settle()
    world.clock.at += timedelta(days=30)
    world.bot.loop.settle()
    world.bot.receive(world.said(2))
    world.bot.loop.settle()
    assert len(set(done(world))) == len(done(world)) >= 1
    assert set(world.keys().values()) == {1}
    assert [finding.code for finding in world.bot.auditor.findings()] == ["holidays_unknown"]
