"""The look ahead over 400 days: when nobody can be reached, and how long a question may wait at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.library.routing_file import load_routing
from bot.library.routing_outlook import look_ahead
from bot.model import Tier
from bot.routing.config import Away, Routing
from bot.routing.foresight import HOUR, find_gaps, find_waits
from bot.routing.ladder import walk
from tests.district import write_district

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rules() -> Routing:
    """Return the routing of the fixtures with nobody on leave."""
    rules = load_routing(Path(__file__).parent.parent / "fixtures" / "routing.yaml")
    return replace(rules, contacts={name: replace(contact, away=()) for name, contact in rules.contacts.items()})


def at(rules: Routing, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=rules.timezone)


def on_leave(rules: Routing, leaves: Mapping[str, tuple[str, str, str]]) -> Routing:
    changed = {
        name: replace(rules.contacts[name], away=(Away(at(rules, first), at(rules, last), cover),))
        for name, (first, last, cover) in leaves.items()
    }
    return replace(rules, contacts={**rules.contacts, **changed})


def gaps(rules: Routing, *, days: int = 400) -> set[tuple[str, str, str]]:
    found = find_gaps(rules, at(rules, "2026-11-21"), days)
    return {(gap.person, f"{gap.start:%m-%d %H:%M}", f"{gap.end:%m-%d %H:%M}") for gap in found}


def test_nobody_on_leave_means_no_gap(rules: Routing) -> None:
    assert gaps(rules) == set()


def test_a_department_whose_contact_and_backup_overlap(rules: Routing) -> None:
    away = on_leave(rules, {"税务联络员": ("2026-12-01", "2026-12-05", ""), "税务备班": ("2026-12-03 12:00", "2026-12-09", "")})
    assert gaps(away) == {("税务联络员", "12-03 12:00", "12-05 00:00")}
    assert gaps(away, days=10) == set()  # that begins later
    assert gaps(on_leave(away, {"税务备班": ("2026-12-05", "2026-12-09", "")})) == set()


def test_a_cover_who_is_away_too(rules: Routing) -> None:
    away = on_leave(rules, {"召集人": ("2027-01-04", "2027-01-08", "队员一"), "队员一": ("2027-01-06", "2027-01-07", "召集人")})
    assert gaps(away) == {("召集人", "01-06 00:00", "01-07 00:00")}


def test_a_rota_reaches_somebody_unless_all_are_away(rules: Routing) -> None:
    one = {"队员一": ("2026-12-01", "2026-12-05", "")}
    assert gaps(on_leave(rules, one)) == set()
    both = on_leave(rules, {**one, "队员二": ("2026-12-03 06:00", "2026-12-09", "")})
    assert [(low, high) for _, low, high in gaps(both)] == [("12-03 06:00", "12-05 00:00")]


def test_a_rota_of_which_all_are_away_reaches_the_cover_of_whoever_has_the_turn(rules: Routing) -> None:
    away = on_leave(rules, {"队员一": ("2026-12-01", "2026-12-05", ""), "队员二": ("2026-12-01", "2026-12-05", "值班")})
    assert rules.duty["值班表"].on_duty(at(rules, "2026-12-01 10:00"))[0] == "队员一"
    assert gaps(away) == {
        ("队员一", "12-01 09:00", "12-02 09:00"),
        ("队员一", "12-03 09:00", "12-04 09:00"),
    }


def test_the_longest_waits_are_those_of_a_walk_hour_by_hour(rules: Routing) -> None:
    start, hours = at(rules, "2026-02-10"), 24 * 20  # over Spring Festival
    for wait in find_waits(rules, start, 20):
        ladder = rules.ladders[wait.ladder]
        asked = [start + number * HOUR for number in range(hours + 1)]
        plans = [walk(ladder, community="灵峰", enterprise="", department="tax", at=hour, routing=rules) for hour in asked]
        told = [plan[0].dispatch_at - hour for plan, hour in zip(plans, asked, strict=True)]
        top = [plan[-1].dispatch_at - hour for plan, hour in zip(plans, asked, strict=True)]
        assert (wait.told, wait.top) == (max(told), max(top))
        assert told[asked.index(wait.told_from)] == wait.told and top[asked.index(wait.top_from)] == wait.top


def test_an_urgent_ladder_that_waits_for_office_hours_is_an_error(rules: Routing) -> None:
    urgent = rules.ladders["紧急"]
    late = replace(urgent, tiers=(replace(urgent.tiers[0], clock="工作时间"), *urgent.tiers[1:]))
    outlook = look_ahead(replace(rules, ladders={**rules.ladders, "紧急": late}), at(rules, "2026-11-21"), 7)
    [problem] = outlook.errors
    assert "不是马上通知：2026-11-27 周五 18:00 的危险要等 2 天 15 小时" in problem.message
    assert problem.line == 37


def test_a_ladder_without_a_longest_wait_is_a_warning(rules: Routing) -> None:
    slow = Tier("慢", "grid", timedelta(hours=8), timedelta(hours=120), "工作时间")
    ladder = replace(rules.ladders["标准"], tiers=(slow, rules.ladders["标准"].tiers[-1]))
    outlook = look_ahead(replace(rules, ladders={"标准": ladder}), at(rules, "2027-01-18"), 30)
    assert outlook.errors == [] and "太慢" in outlook.warnings[0].message and "max_wait" in outlook.warnings[0].mend


def test_what_check_prints_of_the_days_to_come(routing: Routing) -> None:
    lines = look_ahead(routing, at(routing, "2026-01-01"), 364).waits
    assert lines[0] == "  标准：最久要等 8 天 23 小时才有人收到（2026-02-15 周日 10:00 问的）"
    assert lines[-2:] == [
        "  紧急：随时问，随时有人收到",
        "　　    谁都不回时，最久 30 分钟报到最后一级（2026-01-01 周四 00:00 问的）",
    ]
    assert "2027 年的放假和调休还没有装进程序，先按法定节日算" in look_ahead(routing, at(routing, "2026-02-01"), 400).waits[-1]


def test_a_district_of_fifteen_with_leaves_everywhere(tmp_path: Path) -> None:
    rules = load_routing(write_district(tmp_path, enterprises=3))
    leaves = {
        name: (f"2026-12-{1 + number % 20:02}", f"2026-12-{4 + number % 20:02}", "联盟召集人")
        for number, name in enumerate(rules.contacts)
        if name != "联盟召集人"
    }
    assert gaps(on_leave(rules, leaves)) == set()
    alone = on_leave(rules, {**leaves, "社区07值班": ("2027-03-01", "2027-03-02", "")})
    assert gaps(alone) == {("社区07值班", "03-01 00:00", "03-02 00:00")}
