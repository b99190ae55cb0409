"""How the bot is: what the machine shows, the heartbeat, the light, the endpoints, and the figures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request

from bot.app import Bot, Curated, build_bot
from bot.channels.page import PageChannel
from bot.errors import LedgerError
from bot.ledger.codec import ZONE, encode
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Reason, Step
from bot.web.app import create_app
from bot.web.browsers import fingerprint
from bot.web.services import WebServices, personas
from bot.web.sessions import COOKIE, Sessions
from bot.work.audit.auditor import Auditor
from bot.work.audit.finding import Finding
from bot.work.audit.health import KEPT, Health, Light
from bot.work.audit.heartbeat import Heartbeat, Pulse, heartbeats
from bot.work.audit.machine import ALMOST_FULL, FORGOTTEN_AFTER, NEARLY_FULL, ClockWatch, disk_findings
from bot.work.audit.patrol import Patrol
from bot.work.curated import InForce
from tests.samples import NOW, HandClock, decided, opened, said, take_in

MINUTE = timedelta(minutes=1)
SCOPE = {"type": "http", "headers": [(b"user-agent", b"test")]}


class Machine:
    """A wall clock that somebody sets, and a steady one."""

    def __init__(self) -> None:
        self.wall, self.steady = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE).timestamp(), 1000.0
        self.watch = ClockWatch(lambda: self.wall, lambda: self.steady)

    def codes(self, seconds: float, jump: float = 0.0) -> list[str]:
        self.wall += seconds + jump
        self.steady += seconds
        return [finding.text for finding in self.watch.findings()]


def test_a_clock_that_is_adjusted_by_seconds_is_no_finding() -> None:
    machine = Machine()
    assert [machine.codes(3600, jump) for jump in (0.0, 20.0, -20.0)] == [[], [], []]


@pytest.mark.parametrize(
    ("jump", "words"), [(-3600.0, "往回跳了 60 分钟"), (30 * 86400.0, "往前跳了 43200 分钟"), (61.0, "往前跳了 1 分钟")]
)
def test_a_clock_that_jumped_is_named_until_it_is_set_right(jump: float, words: str) -> None:
    machine = Machine()
    assert machine.codes(60) == []
    [text] = machine.codes(60, jump)
    assert words in text
    assert len(machine.codes(60)) == 1
    assert machine.codes(60, -jump) == []


def test_after_a_day_the_new_time_is_believed() -> None:
    machine = Machine()
    assert len(machine.codes(60, 3600.0)) == 1
    assert len(machine.codes(FORGOTTEN_AFTER - 1)) == 1
    assert machine.codes(1) == []
    assert len(machine.codes(60, -3600.0)) == 1


@pytest.mark.parametrize(
    ("free", "grave"), [(NEARLY_FULL, None), (NEARLY_FULL - 1, False), (ALMOST_FULL, False), (ALMOST_FULL - 1, True)]
)
def test_a_disk_that_runs_full_is_named_before_it_is_full(free: int, grave: bool | None, tmp_path: Path) -> None:
    found = list(disk_findings(tmp_path, lambda folder: (10 * NEARLY_FULL, 0, free)))
    assert [finding.grave for finding in found] == ([] if grave is None else [grave])
    assert all(finding.urgent == finding.grave for finding in found)


def test_a_disk_that_is_gone_is_named(tmp_path: Path) -> None:
    assert [finding.code for finding in disk_findings(tmp_path / "gone")] == ["disk_unknown"]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def bot(tmp_path: Path, curated: Curated, clock: HandClock) -> Iterator[Bot]:
    channel = PageChannel(curated.routing.rooms)
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    bot = build_bot(ledger, curated.knowledge, curated.routing, clock, [channel], lambda: None)
    yield bot
    bot.close()


def test_the_heartbeat_tells_since_when_which_files_are_in_force(tmp_path: Path, curated: Curated, clock: HandClock) -> None:
    ledger, in_force = SqliteLedger(tmp_path / "xiaoshao.db"), InForce(curated)
    pulse = Pulse(ledger, clock, in_force, "0.1.0", bot="一号机（进程 1）")
    pulse.beat()
    clock.at += MINUTE * 2
    pulse.beat()
    with ledger.transaction() as transaction:
        [first] = heartbeats(transaction)
    assert (first.bot, first.since, first.at) == ("一号机（进程 1）", NOW, NOW + MINUTE * 2)
    in_force.current = replace(curated, routing=replace(curated.routing, config_hash="new"))
    clock.at += MINUTE
    pulse.beat()
    with ledger.transaction() as transaction:
        [second] = heartbeats(transaction)
    assert second.config != first.config
    assert second.since == NOW + MINUTE * 3
    assert pulse.identity() == ("一号机（进程 1）", "0.1.0", second.config)
    pulse.stop()
    with ledger.transaction() as transaction:
        assert list(heartbeats(transaction)) == []
    ledger.close()


def test_heartbeats_of_bots_long_gone_or_replaced_are_forgotten(tmp_path: Path, curated: Curated, clock: HandClock) -> None:
    ledger, in_force = SqliteLedger(tmp_path / "xiaoshao.db"), InForce(curated)
    elsewhere = Heartbeat("别处的", "别的电脑", "0.1.0", "abc", NOW, NOW, NOW)
    with ledger.transaction() as transaction:
        transaction.set("heartbeat/别处的", encode(elsewhere))
    Pulse(ledger, clock, in_force, "0.1.0", bot="旧的").beat()

    def known_after(wait: timedelta, bot: str) -> list[str]:
        clock.at += wait
        Pulse(ledger, clock, in_force, "0.1.0", bot=bot).beat()
        with ledger.transaction() as transaction:
            return [beat.bot for beat in heartbeats(transaction)]

    assert known_after(MINUTE * 3, "第二个") == ["别处的", "旧的", "第二个"]
    assert known_after(timedelta(seconds=1), "第三个") == ["别处的", "第三个", "第二个"]
    assert known_after(timedelta(days=1), "新的") == ["新的"]
    ledger.close()


def test_the_light_shows_the_worst_and_is_looked_at_every_few_seconds(tmp_path: Path, clock: HandClock) -> None:
    ledger, found, ticks = SqliteLedger(tmp_path / "xiaoshao.db"), [], [0.0]
    auditor = Auditor(ledger, clock, elsewhere=[lambda: found])
    health = Health(auditor, clock, lambda: ("一号机", "0.1.0", "abc"), lambda: ticks[0])
    assert health.report().light is Light.GREEN
    found.append(Finding("holidays_unknown", "2031", "没有放假安排", grave=False))
    assert health.report().light is Light.GREEN
    ticks[0] += KEPT
    assert health.report().light is Light.YELLOW
    found.append(Finding("disk_full", "", "磁盘快满了"))
    ticks[0] += KEPT
    report = health.report()
    assert (report.light, [finding.code for finding in report.findings]) == (Light.RED, ["disk_full", "holidays_unknown"])
    ledger.close()


def test_a_duty_that_fails_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def refused() -> None:
        raise LedgerError("账本被锁住了")

    def broken() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        Patrol([refused, broken, lambda: done.append("last")]).round()
    assert done == ["last"]
    assert "账本被锁住了" in caplog.text and "ZeroDivisionError" in caplog.text


class Cut:
    """A channel whose line is cut."""

    name = "page"
    abilities = PageChannel.abilities

    def __init__(self) -> None:
        self.since: datetime | None = None

    def cut_off_since(self) -> datetime | None:
        return self.since

    def send(self, letter: object) -> str:
        raise NotImplementedError


def test_a_channel_cut_off_for_long_is_a_finding(tmp_path: Path, curated: Curated, clock: HandClock) -> None:
    channel = Cut()
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    bot = build_bot(ledger, curated.knowledge, curated.routing, clock, [channel], lambda: None)
    channel.since = NOW - MINUTE * 5
    assert bot.auditor.findings() == []
    clock.at += timedelta(seconds=1)
    [finding] = bot.auditor.findings()
    assert (finding.code, finding.grave) == ("channel_cut_off", True)
    assert "从 2026-11-18 09:50 起断开" in finding.text
    bot.close()


def test_a_work_loop_that_died_is_urgent(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(bot.loop), "died", property(lambda loop: True))
    [finding] = bot.auditor.findings()
    assert (finding.code, finding.urgent) == ("loop_stopped", True)


def test_a_loop_knows_whether_it_died(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not bot.loop.died
    sending = bot.loop._rounds[1]
    monkeypatch.setattr(sending, "run", lambda: None)
    bot.loop.start()
    sending.join(10)
    assert bot.loop.died
    bot.loop.stop()
    assert not bot.loop.died


def test_nobody_is_told_of_what_a_bot_just_started_is_about_to_do(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    late_case(bot)
    monkeypatch.setattr(type(bot.loop), "catching_up", property(lambda loop: True))
    bot.watch.look()
    assert told(bot) == []
    monkeypatch.setattr("bot.work.audit.watch.CATCHING_UP", 0.0)
    bot.watch.look()
    assert told(bot) == ["社区值班"]


def told(bot: Bot) -> list[str]:
    with bot.ledger.transaction() as transaction:
        waiting = transaction.claim(bot.clock.now(), MINUTE, 10)
    return [out.target.name for out in waiting if out.key.startswith("audit/")]


def test_a_loop_has_caught_up_after_its_first_round_even_if_that_failed(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not bot.loop.catching_up
    firing, sending = bot.loop._rounds
    monkeypatch.setattr(firing, "_work", lambda: 1 / 0)
    held = Event()
    monkeypatch.setattr(sending, "_work", held.wait)
    bot.loop.start()
    assert bot.loop.catching_up
    held.set()
    for _ in range(1000):
        if not bot.loop.catching_up:
            break
        firing._stopping.wait(0.01)
    assert not bot.loop.catching_up


def services(bot: Bot) -> WebServices:
    return WebServices(
        ledger=bot.ledger,
        intake=bot.intake,
        receive=bot.receive,
        channel=PageChannel(bot.routing.rooms),
        clock=bot.clock,
        routing=bot.routing,
        personas=personas(bot.routing),
        watch=bot.watch,
    )


def get(app: Starlette, path: str, accept: str = "*/*", more: Mapping[str, str] | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.get(path, headers={"Accept": accept, **(more or {})})

    return asyncio.run(ask())


@pytest.fixture
def app(bot: Bot) -> Starlette:
    return create_app(services(bot))


def late_case(bot: Bot) -> None:
    message = said()
    step = Step("0/escalate", "escalate", NOW - MINUTE * 6)
    take_in(bot.ledger, message, decided(cases=(opened(1, message, due=step),)))


def test_health_is_green_as_long_as_all_is_well(app: Starlette, bot: Bot) -> None:
    answer = get(app, "/health")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["reasons"], answer.json()["version"]) == ("green", [], "0.1.0")


def test_health_turns_red_with_reasons_for_people_and_programs(app: Starlette, bot: Bot) -> None:
    late_case(bot)
    answer = get(app, "/health")
    assert answer.status_code == 503
    [reason] = answer.json()["reasons"]
    assert (answer.json()["status"], reason["code"], reason["level"]) == ("red", "overdue", "red")
    assert "超过五分钟没有做" in reason["text"]


def test_health_turns_red_when_the_ledger_is_gone(app: Starlette, bot: Bot) -> None:
    bot.ledger.close()
    answer = get(app, "/health")
    assert (answer.status_code, [it["code"] for it in answer.json()["reasons"]]) == (503, ["ledger"])
    assert figures(get(app, "/metrics").text)["xiaoshao_ledger_up", ()] == 0


def figures(page: str) -> dict[Any, float]:
    families = text_string_to_metric_families(page)
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


def test_the_figures_tell_what_came_in_what_was_done_and_what_is_open(
    app: Starlette, bot: Bot, curated: Curated, clock: HandClock
) -> None:
    asked = said("新买的叉车去哪里上牌")
    bot.intake.handle(asked)
    bot.intake.handle(asked)
    bot.intake.handle(said("@小哨 个人股东转让股权的个人所得税怎么申报", mentions_bot=True))
    found = figures(get(app, "/metrics").text)
    assert found["xiaoshao_messages_total", (("action", "answer"), ("channel", "page"))] == 1
    assert found["xiaoshao_messages_total", (("action", "open"), ("channel", "page"))] == 1
    assert found["xiaoshao_decisions_total", (("action", "open"), ("event", "said"))] == 1
    assert found["xiaoshao_open_cases", (("status", "open"),)] == 1
    assert found["xiaoshao_outbox_messages", (("state", "waiting"),)] >= 3
    assert found["xiaoshao_matching_seconds_count", ()] >= 1
    assert found["xiaoshao_decide_seconds_count", ()] == 2
    assert found["xiaoshao_ledger_transaction_seconds_count", (("end", "committed"),)] >= 3
    assert found["xiaoshao_health", (("light", "green"),)] == 1
    assert found["xiaoshao_ledger_up", ()] == 1


def test_the_figures_tell_how_late_steps_were_done_and_what_could_not_be_decided(
    app: Starlette, bot: Bot, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = said()
    take_in(bot.ledger, message, decided(cases=(opened(1, message, due=Step("0/escalate", "escalate", NOW)),)))
    clock.at += timedelta(seconds=3)
    bot.loop.settle()
    monkeypatch.setattr("bot.app.decide", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bot.intake.handle(said())
    found = figures(get(app, "/metrics").text)
    assert found["xiaoshao_timer_lag_seconds_sum", ()] == 3.0
    assert found["xiaoshao_faults_total", (("event", "said"),)] == 1
    assert found["xiaoshao_findings", (("code", "fault"),)] == 1
    assert found["xiaoshao_health", (("light", "yellow"),)] == 1


def test_without_a_watch_there_is_neither(bot: Bot) -> None:
    answer = get(create_app(replace(services(bot), watch=None)), "/metrics")
    assert answer.status_code == 404


def test_the_page_is_for_workers_and_has_the_words_that_nobody_else_may_read(app: Starlette, bot: Bot) -> None:
    late_case(bot)
    fault = decided(action=Action.IGNORE, reasons=(Reason("fault", "程序出错"),))
    take_in(bot.ledger, said("我是张三", message_id="zhang"), fault)
    assert get(app, "/status", "text/html").headers["location"].startswith("/login")
    token = Sessions(bot.ledger).begin("社区值班", "口令", fingerprint(Request(SCOPE)), datetime.now(ZONE))
    page = get(app, "/status", "text/html", {"Cookie": f"{COOKIE}={token}", "User-Agent": "test"})
    assert page.status_code == 200
    assert "没有正常工作" in page.text and "超过五分钟没有做" in page.text and "我是张三" in page.text
