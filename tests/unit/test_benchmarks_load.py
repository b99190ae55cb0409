"""What the load benchmarks stand on: traffic by a seed, and a ledger filled by SQL that is a sound ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from benchmarks import parts
from benchmarks.growth import fill, finish_one
from benchmarks.intake import Measured, as_fast_as_possible, at_a_rate, lateness, let_fall_due, opened
from benchmarks.traffic import Traffic, district
from bot.app import Curated
from bot.ledger.sqlite import SqliteLedger
from tests.samples import NOW


def test_traffic_is_the_same_for_the_same_seed(curated: Curated) -> None:
    first, second = (list(Traffic(district(curated), seed=3).messages(50, NOW)) for _ in range(2))
    assert first == second
    assert len({message.message_id for message in first}) == 50


def test_a_ledger_filled_by_copies_is_sound(curated: Curated, tmp_path: Path) -> None:
    many = district(curated)
    with opened(many, tmp_path) as bot:
        finish_one(bot, Traffic(many))
    fill(tmp_path / "ledger.db", 60)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    ledger = SqliteLedger(tmp_path / "ledger.db")
    with ledger.transaction() as transaction:
        cases = transaction.cases(open_only=False)
        assert [case.number for case in cases] == list(range(60, 0, -1))
        assert transaction.cases() == []
        assert transaction.history(60) and transaction.next_due() is None
    ledger.close()


def test_deadlines_that_are_spread_come_and_are_timed(curated: Curated, tmp_path: Path) -> None:
    many = district(curated)
    with opened(many, tmp_path) as bot:
        traffic = Traffic(many)
        bot.intake.handle_all(list(traffic.messages(100, bot.clock.now())))
        since = bot.clock.now()
        let_fall_due(bot, traffic, since - since)
        bot.loop.settle()
    late = lateness(tmp_path / "ledger.db", since.timestamp())
    assert late and all(0 <= seconds < 60 for seconds in late)


def test_what_was_measured_is_told_in_one_line() -> None:
    actions = Counter({"ignore": 90, "answer": 10})
    measured = Measured(took=[0.001] * 99 + [0.5], actions=actions, late=[0.2], seconds=2.0, processor=1.0)
    assert measured.told("每秒 50 条").split("；") == [
        "每秒 50 条：50 条/秒，每条 p50 1.0 毫秒、p99 500.0 毫秒，处理器 10.00 毫秒/条（占 50% 个核）",
        "到期的 1 件晚 p50 200.0 毫秒、p99 200.0 毫秒",
    ]
    untimed = Measured(actions=actions, seconds=2.0, processor=1.0)
    assert untimed.told("全速") == "全速：50 条/秒，处理器 10.00 毫秒/条（占 50% 个核）"


def test_a_load_goes_through_the_inbox_and_is_timed_where_it_comes_at_a_rate(curated: Curated, tmp_path: Path) -> None:
    many = district(curated)
    traffic = Traffic(many)
    with opened(many, tmp_path) as bot:
        at_once = as_fast_as_possible(bot, traffic, 30)
        paced = at_a_rate(bot, traffic, 30, 3_000.0)
    assert at_once.actions.total() == paced.actions.total() == 30
    assert "seen" not in at_once.actions + paced.actions
    assert at_once.took == []
    assert len(paced.took) == 30


def test_the_parts_of_a_message_are_measured_after_those_that_come_before(curated: Curated, tmp_path: Path) -> None:
    spent = parts.measured(district(curated), tmp_path, 64, 64)
    assert 0 < sum(spent[part] for part in parts.PARTS) < spent["whole"]
    assert parts.told({"whole": 0.001, "record": 0.0001, "snapshot": 0.0002, "apply": 0.0003, "sending": 0.00005}) == (
        "每条 1.000 毫秒：登记 0.100、读快照 0.200、写决定 0.300、判断和提交 0.400；另外发送 0.050"
    )
