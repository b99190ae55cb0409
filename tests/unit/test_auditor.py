"""What fell through is said in Chinese: once a day, to whom it concerns, and at night only what is urgent."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import LedgerError
from bot.ledger.codec import encode
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Noticed, Reason, Step, Target
from bot.work.audit.auditor import SAID, Auditor
from bot.work.audit.finding import Finding
from bot.work.audit.heartbeat import Heartbeat
from tests.samples import NOW, HandClock, decided, opened, said, say, take_in

ME = "一号机（进程 1）"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    yield ledger
    ledger.close()


def texts(ledger: SqliteLedger, at: datetime = NOW) -> list[str]:
    return [str(finding) for finding in Auditor(ledger, HandClock(at), me=ME).findings()]


def overdue(ledger: SqliteLedger, *numbers: int, **more) -> None:
    step = Step("0/escalate", "escalate", NOW - timedelta(minutes=6))
    message = said()
    take_in(ledger, message, decided(cases=tuple(opened(number, message, due=step, **more) for number in numbers)))


def beats(ledger: SqliteLedger, *all_beats: Heartbeat) -> None:
    with ledger.transaction() as transaction:
        for beat in all_beats:
            transaction.set(f"heartbeat/{beat.bot}", encode(beat))


def beat(bot: str, *, at: datetime = NOW, since: datetime = NOW - MINUTE * 10, **more) -> Heartbeat:
    given = {"host": bot.partition("（")[0], "version": "0.1.0", "config": "abc", "started": NOW - timedelta(hours=1), **more}
    return Heartbeat(bot=bot, at=at, since=since, **given)


def test_all_is_well_in_an_empty_ledger(ledger: SqliteLedger) -> None:
    assert texts(ledger) == []


def test_a_case_is_named_once_it_is_more_than_five_minutes_overdue(ledger: SqliteLedger) -> None:
    message = said()
    take_in(ledger, message, decided(cases=(opened(3, message, due=Step("0/escalate", "escalate", NOW)),)))
    assert texts(ledger, NOW + MINUTE * 5) == []
    late = ["#3 该在 2026-11-18 09:55 做的一步（0/escalate）超过五分钟没有做，税务局联络员"]
    assert texts(ledger, NOW + MINUTE * 5 + SECOND) == late


def test_lost_messages_and_faults_are_named_for_a_week(ledger: SqliteLedger) -> None:
    message = said()
    lost = say("k", Target("contact", "环保联络员"), "【工单 #1】\n问题", case=1)
    take_in(ledger, message, decided(cases=(opened(1, message),), says=(lost,)))
    with ledger.transaction() as transaction:
        [out] = transaction.claim(NOW, MINUTE, 10)
        transaction.give_up(out.token, "没有绑定", NOW)
    take_in(ledger, said("坏" * 50, message_id="m9"), decided(action=Action.IGNORE, reasons=(Reason("fault", "程序出错"),)))
    assert texts(ledger, NOW + timedelta(hours=1)) == [
        "#1 发给环保联络员的消息没有送达（试了 1 次，没有绑定）：【工单 #1】 问题",
        f"2026-11-18 09:55 的一条没有处理成：m9，程序出错，{'坏' * 39}…",
    ]
    assert [finding.code for finding in Auditor(ledger, HandClock(NOW + timedelta(days=8))).findings()] == ["overdue"]


def test_what_everybody_may_read_quotes_nobody(ledger: SqliteLedger) -> None:
    lost = say("k", Target("person", "wechaty:zhang-san"), "张三您好", case=None)
    take_in(ledger, said(), decided(action=Action.REPLY, says=(lost,)))
    with ledger.transaction() as transaction:
        [out] = transaction.claim(NOW, MINUTE, 10)
        transaction.give_up(out.token, "不是好友", NOW)
    take_in(ledger, said("我是张三", message_id="zhang"), decided(action=Action.IGNORE, reasons=(Reason("fault", "张三"),)))
    found = Auditor(ledger, HandClock()).findings()
    assert len(found) == 2
    assert not any(word in finding.text for finding in found for word in ("张三", "zhang"))


def test_messages_that_wait_too_long_and_leases_that_nobody_takes_up_are_named(ledger: SqliteLedger) -> None:
    take_in(ledger, said(), decided(action=Action.REPLY, says=(say("a"), say("b"), say("later", not_before=NOW + MINUTE * 20))))
    with ledger.transaction() as transaction:
        transaction.claim(NOW, MINUTE, 1)
    assert texts(ledger, NOW + MINUTE * 6) == []
    assert texts(ledger, NOW + MINUTE * 16) == [
        "有 1 条消息没发出去，最早的一条等了 16 分钟：看看渠道是不是断了",
        "有 1 条消息发到一半没有结果，也没有人接着发：发送可能停了，重启小哨",
    ]


def test_bots_with_different_files_are_named_once_the_difference_has_lasted(ledger: SqliteLedger) -> None:
    beats(ledger, beat(ME), beat("二号机（进程 2）", config="other", since=NOW - MINUTE * 3))
    assert texts(ledger) == []
    [text] = texts(ledger, NOW + SECOND)
    assert text.startswith("一号机（进程 1） 和 二号机（进程 2） 用的知识文件或 routing.yaml 不一样")


def test_a_bot_of_another_version_is_named(ledger: SqliteLedger) -> None:
    beats(ledger, beat(ME), beat("二号机（进程 2）", version="0.2.0"))
    assert texts(ledger) == ["一号机（进程 1） 是 0.1.0 版，二号机（进程 2） 是 0.2.0 版：升级成一样的"]


def test_a_bot_that_fell_silent_is_named_unless_it_was_started_again(ledger: SqliteLedger) -> None:
    gone = beat("二号机（进程 2）", at=NOW - MINUTE * 4)
    beats(ledger, beat(ME), gone)
    [text] = texts(ledger)
    assert text.startswith("二号机（进程 2） 上的小哨从 2026-11-18 09:51 起没有动静")
    beats(ledger, beat("二号机（进程 3）", started=NOW - MINUTE * 3))
    assert texts(ledger) == []


def test_a_bot_whose_clock_runs_ahead_is_named(ledger: SqliteLedger) -> None:
    beats(ledger, beat(ME), beat("二号机（进程 2）", at=NOW + timedelta(hours=1)))
    assert texts(ledger) == ["二号机（进程 2） 的时钟比这里快 60 分钟：两台电脑都打开自动校时"]


def test_a_year_without_a_holiday_table_is_announced_a_month_before(ledger: SqliteLedger) -> None:
    assert [text[:6] for text in texts(ledger, NOW.replace(year=2031, month=11, day=30))] == ["2031 年"]
    assert [text[:6] for text in texts(ledger, NOW.replace(year=2031, month=12, day=5))] == ["2031 年", "2032 年"]


def test_a_ledger_that_cannot_be_used_is_a_finding(ledger: SqliteLedger) -> None:
    ledger.close()
    [finding] = Auditor(ledger, HandClock()).findings()
    assert (finding.code, finding.grave, finding.urgent) == ("ledger", True, True)


class Told:
    """An auditor with somebody to tell, who sleeps when told so."""

    def __init__(self, ledger: SqliteLedger, clock: HandClock) -> None:
        self.events: list[Noticed] = []
        self.asleep = False
        self.extra: list[Finding] = []
        self.clock = clock
        self.auditor = Auditor(
            ledger, clock, elsewhere=[lambda: self.extra], tell=self.events.append, night=lambda at: self.asleep, me=ME
        )

    def patrol(self, after: timedelta = timedelta(0)) -> list[Noticed]:
        self.clock.at += after
        self.events.clear()
        self.auditor.patrol()
        return list(self.events)


@pytest.fixture
def told(ledger: SqliteLedger) -> Told:
    return Told(ledger, HandClock())


def test_the_same_finding_is_told_once_a_day(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    told.clock.at = NOW.replace(year=2031)
    with caplog.at_level(logging.WARNING):
        [event] = told.patrol()
        assert (event.total, event.findings[0][:6], event.community) == (1, "2031 年", "")
        assert told.patrol(timedelta(hours=1)) == []
        assert len(caplog.records) == 1
        assert len(told.patrol(timedelta(days=1))) == 1
        assert len(caplog.records) == 2


def test_after_a_restart_and_by_another_bot_it_is_not_told_again(ledger: SqliteLedger, told: Told) -> None:
    overdue(ledger, 1)
    assert len(told.patrol()) == 1
    assert Told(ledger, told.clock).patrol(MINUTE) == []


def test_findings_of_one_round_come_in_one_message_and_new_ones_in_another(ledger: SqliteLedger, told: Told) -> None:
    overdue(ledger, *range(1, 8))
    [event] = told.patrol()
    assert (len(event.findings), event.total, event.community, event.urgent) == (SAID, 7, "灵峰", False)
    overdue(ledger, 8)
    [event] = told.patrol(MINUTE)
    assert [finding[:2] for finding in event.findings] == ["#8"]


def test_the_same_event_again_has_the_same_id(ledger: SqliteLedger, told: Told) -> None:
    overdue(ledger, 1)
    [first] = told.patrol()
    with ledger.transaction() as transaction:
        transaction.unset("audit_told")  # as after a crash between telling and noting
    [again] = told.patrol(MINUTE)
    assert again.message_id == first.message_id


def test_at_night_only_what_is_urgent_is_told_and_the_rest_in_the_morning(ledger: SqliteLedger, told: Told) -> None:
    overdue(ledger, 1)
    overdue(ledger, 2, danger=True)
    told.asleep = True
    [event] = told.patrol()
    assert (event.findings[0][:2], event.urgent) == ("#2", True)
    told.asleep = False
    [event] = told.patrol(MINUTE)
    assert (event.findings[0][:2], event.urgent) == ("#1", False)


def test_a_finding_about_its_own_messages_is_not_told_by_message(ledger: SqliteLedger, told: Told) -> None:
    lost = say("audit/2026-11-18/ab/社区值班", Target("contact", "社区值班"), "【巡查】…")
    take_in(ledger, said(), decided(action=Action.REPLY, says=(lost,)))
    with ledger.transaction() as transaction:
        [out] = transaction.claim(NOW, MINUTE, 10)
        transaction.give_up(out.token, "没有绑定", NOW)
    assert [finding.quiet for finding in told.auditor.findings()] == [True]
    assert told.patrol() == []


def test_without_a_ledger_the_log_still_says_what_is_wrong(
    ledger: SqliteLedger, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.extra.append(Finding("disk_full", "", "磁盘快满了"))
    ledger.close()
    with pytest.raises(LedgerError):
        told.patrol()
    assert "磁盘快满了" in caplog.text
