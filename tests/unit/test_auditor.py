"""What fell through is said in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Reason, Step, Target
from bot.work.auditor import Auditor
from tests.samples import NOW, HandClock, decided, opened, said, say, take_in


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    yield ledger
    ledger.close()


def test_all_is_well_in_an_empty_ledger(ledger: SqliteLedger) -> None:
    assert Auditor(ledger, HandClock()).findings() == []


def test_a_case_is_named_once_it_is_more_than_five_minutes_overdue(ledger: SqliteLedger) -> None:
    message = said()
    take_in(ledger, message, decided(cases=(opened(3, message, due=Step("0/escalate", "escalate", NOW)),)))
    clock = HandClock(NOW + timedelta(minutes=5))
    assert Auditor(ledger, clock).findings() == []
    clock.at += timedelta(seconds=1)
    assert Auditor(ledger, clock).findings() == ["#3 该在 2026-11-18 09:55 做的一步（0/escalate）超过五分钟没有做，税务局联络员"]


def test_lost_messages_and_faults_are_named(ledger: SqliteLedger) -> None:
    message = said()
    lost = say("k", Target("contact", "环保联络员"), "【工单 #1】\n问题", case=1)
    take_in(ledger, message, decided(cases=(opened(1, message),), says=(lost,)))
    with ledger.transaction() as transaction:
        [out] = transaction.claim(NOW, timedelta(minutes=1), 10)
        transaction.give_up(out.token, "没有绑定", NOW)
    take_in(ledger, said("坏" * 50, message_id="m9"), decided(action=Action.IGNORE, reasons=(Reason("fault", "程序出错"),)))
    assert Auditor(ledger, HandClock()).findings() == [
        "#1 发给环保联络员的消息没有送达（试了 1 次，没有绑定）：【工单 #1】 问题",
        f"2026-11-18 09:55 的一条没有处理成（m9，程序出错）：{'坏' * 39}…",
    ]
    assert len(Auditor(ledger, HandClock(NOW + timedelta(hours=1))).findings()) == 2
    assert "m9" not in "".join(Auditor(ledger, HandClock(NOW + timedelta(days=8))).findings())


def test_a_year_without_a_holiday_table_is_announced_a_month_before(ledger: SqliteLedger) -> None:
    clock = HandClock(NOW.replace(year=2031, month=11, day=30))
    assert [finding[:6] for finding in Auditor(ledger, clock).findings()] == ["2031 年"]
    clock.at = NOW.replace(year=2031, month=12, day=5)
    assert [finding[:6] for finding in Auditor(ledger, clock).findings()] == ["2031 年", "2032 年"]


def test_the_same_finding_is_told_once_a_day(ledger: SqliteLedger) -> None:
    clock = HandClock(NOW.replace(year=2031))
    auditor = Auditor(ledger, clock)
    assert len(auditor.news()) == 1
    clock.at += timedelta(hours=1)
    assert auditor.news() == []
    clock.at += timedelta(days=1)
    assert len(auditor.news()) == 1
