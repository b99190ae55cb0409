"""A clock that is pushed forward stays so over a restart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import LedgerFull
from bot.ledger.sqlite import SqliteLedger
from bot.work.clock import MovableClock, SystemClock
from tests.samples import NOW, HandClock


def test_the_system_clock_is_aware_and_in_shanghai() -> None:
    assert str(SystemClock().now().tzinfo) == "Asia/Shanghai"


def test_a_movable_clock_runs_on_from_where_it_was_pushed() -> None:
    base = HandClock()
    clock = MovableClock(base)
    clock.advance(timedelta(hours=8))
    base.at += timedelta(minutes=1)
    assert clock.now() == NOW + timedelta(hours=8, minutes=1)


def test_the_offset_survives_a_restart(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    clock = MovableClock.resumed(HandClock(), ledger)
    assert clock.now() == NOW
    clock.advance(timedelta(hours=8))
    clock.advance(timedelta(seconds=0.5))
    ledger.close()
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    assert MovableClock.resumed(HandClock(), ledger).now() == NOW + timedelta(hours=8, seconds=0.5)
    ledger.close()


def test_time_never_goes_back() -> None:
    with pytest.raises(ValueError, match="只能往前拨"):
        MovableClock(HandClock()).advance(timedelta(seconds=-1))


def test_an_offset_that_could_not_be_kept_does_not_count() -> None:
    def full(offset: timedelta) -> None:
        raise LedgerFull("磁盘已满")

    clock = MovableClock(HandClock(), keep=full)
    with pytest.raises(LedgerFull):
        clock.advance(timedelta(hours=1))
    assert clock.now() == NOW
