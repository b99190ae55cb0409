"""routing.yaml: the shipped file is sound, and every fault of a file is named with its line and its mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.errors import InvalidFiles, Problem
from bot.library.faq_file import load_library
from bot.library.routing_file import load_routing
from bot.library.routing_tests import run_tests
from bot.library.routing_values import parse_shift, parse_weekdays
from bot.routing.calendar import Shift
from bot.routing.config import Routing, RoutingTest
from bot.routing.departments import DepartmentRanker
from bot.routing.policies import QuietHours

ROOT = Path(__file__).parents[2]
SOUND = (ROOT / "tests" / "fixtures" / "routing.yaml").read_text(encoding="utf-8")


def problems(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "routing.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFiles) as caught:
        load_routing(path)
    return list(caught.value.problems)


def mutated(*changes: tuple[str, str]) -> str:
    text = SOUND
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_the_shipped_file_is_sound_and_its_own_tests_pass(routing: Routing) -> None:
    library = load_library(ROOT / "knowledge", departments=routing.departments)
    assert len(routing.departments) == 26
    assert len(routing.tests) >= 5
    assert run_tests(routing, DepartmentRanker(library, routing)) == []
    assert len(routing.config_hash) == 12


def test_everything_is_read_with_its_type(tmp_path: Path) -> None:
    path = tmp_path / "routing.yaml"
    path.write_text(
        mutated(("holidays: cn}", 'holidays: cn, days: {2026-02-14: ["09:00-12:00"], 2026-05-04: []}}')), encoding="utf-8"
    )
    rules = load_routing(path)
    office = rules.calendars["工作时间"]
    assert office.days == {date(2026, 2, 14): (Shift(540, 720),), date(2026, 5, 4): ()}
    assert office.weekly[0] == (Shift(540, 720), Shift(810, 1050)) and 5 not in office.weekly
    assert rules.calendars["夜班"].weekly[6] == (Shift(1320, 1800),)
    room = rules.rooms["互助群"]
    assert (room.kind, room.community, room.peer_window, room.replies_per_room) == (
        "mutual-aid",
        "灵峰",
        timedelta(minutes=10),
        9,
    )
    away = rules.contacts["网格员一"].away[0]
    assert away.start == datetime(2026, 11, 16, tzinfo=rules.timezone) and away.end == datetime(
        2026, 11, 18, tzinfo=rules.timezone
    )
    assert rules.quiet_hours == QuietHours(time(22), time(7))
    assert rules.ladders["紧急"].urgent and not rules.ladders["标准"].urgent
    assert rules.ladders["直达部门"].tiers[0].remind == (0.5, 0.98)
    assert rules.routes[-1].match.min_confidence == 0.5
    assert rules.rating.close_after == timedelta(days=3)


def test_the_hash_follows_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "routing.yaml"
    path.write_text(SOUND, encoding="utf-8")
    first = load_routing(path).config_hash
    assert load_routing(path).config_hash == first
    path.write_text(SOUND + "# 一句话\n", encoding="utf-8")
    assert load_routing(path).config_hash != first


def test_all_faults_come_at_once_with_their_own_lines(tmp_path: Path) -> None:
    text = mutated(
        ("peer_window: 10m", "peer_window: 十分"), ("to: grid", "to: gird"), ("contact: 税务联络员", "contact: 税务联络人")
    )
    found = problems(tmp_path, text)
    assert [problem.line for problem in found] == [line_with(text, part) for part in ("十分", "税务联络人", "gird")]
    assert all(problem.file.endswith("routing.yaml") for problem in found)


@pytest.mark.parametrize(
    "content", ["", "# 只有一句话\n", "- 一\n- 二\n", "只是一句话", "contacts: 3\n", "ladders: {标准: 3}\nroutes: 5\n"]
)
def test_a_file_of_another_form_is_refused_not_crashed_on(tmp_path: Path, content: str) -> None:
    assert problems(tmp_path, content)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles, match="找不到"):
        load_routing(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("cut", range(40, len(SOUND), 211))
def test_a_file_cut_off_anywhere_is_refused_or_read(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "routing.yaml"
    path.write_text(SOUND[:cut], encoding="utf-8")
    try:
        rules = load_routing(path)
    except InvalidFiles as error:
        assert error.problems
    else:
        assert rules.default.department in rules.departments


def test_leave_without_cover_is_fine_where_somebody_steps_in_by_rule(tmp_path: Path) -> None:
    path = tmp_path / "routing.yaml"
    path.write_text(SOUND, encoding="utf-8")
    rules = load_routing(path)
    assert not rules.contacts["队员二"].away[0].cover  # the next one on the rota
    assert not rules.contacts["税务联络员"].away[0].cover  # the department's backup


def test_a_failing_embedded_test_is_a_problem_with_its_line_and_the_way(tmp_path: Path) -> None:
    path = tmp_path / "routing.yaml"
    text = mutated(("assignee: 税务联络员, due", "assignee: 消防联络员, due"))
    path.write_text(text, encoding="utf-8")
    [problem] = run_tests(load_routing(path), None)
    assert problem.line == line_with(text, "开票额度")
    assert "assignee 应为 消防联络员，实际是 税务联络员" in problem.message and "路由「明确」" in problem.mend


def test_an_embedded_test_that_needs_a_guess_waits_for_a_ranker(routing: Routing) -> None:
    expect = replace(routing.tests[0].expect, department="fire")
    guessed = RoutingTest("发票开错了怎么办", routing.tests[0].at, expect, line=7)
    alone = replace(routing, tests=(guessed,))
    assert run_tests(alone, None) == []
    ranker = DepartmentRanker(load_library(ROOT / "knowledge"), routing)
    assert [problem.line for problem in run_tests(alone, ranker)][:1] == [7]


def test_an_embedded_test_with_an_unknown_name(routing: Routing) -> None:
    odd = replace(routing.tests[1], room="没有的群", department="taxx")
    found = run_tests(replace(routing, tests=(odd,)), None)
    assert [problem.message for problem in found] == [
        "自测的 room 写了“没有的群”，但没有这个群",
        "自测的 department 写了“taxx”，但没有这个部门",
    ]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("周一至周五", (0, 1, 2, 3, 4)),
        ("周一、周三", (0, 2)),
        ("周六", (5,)),
        ("星期天", (6,)),
        ("周五到周一", (4, 5, 6, 0)),
        ("每天", (0, 1, 2, 3, 4, 5, 6)),
        ("周一至周三、周五", (0, 1, 2, 4)),
        ("工作日", None),
        ("", None),
    ],
)
def test_weekdays(text: str, days: tuple[int, ...] | None) -> None:
    assert parse_weekdays(text) == days


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("09:00-12:00", Shift(540, 720)),
        ("9:00 - 12:00", Shift(540, 720)),
        ("22:00-06:00", Shift(1320, 1800)),
        ("00:00-24:00", Shift(0, 1440)),
        ("12:00-12:00", None),
        ("12:60-13:00", None),
        ("24:00-25:00", None),
        ("上午", None),
    ],
)
def test_shifts(text: str, shift: Shift | None) -> None:
    assert parse_shift(text) == shift
