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


FAULTS = {
    "unknown section": (("transfer: {max: 2}", "tranfser: {max: 2}"), "不认得“tranfser”", "transfer"),
    "unknown key": (("peer_window: 10m", "peer_windows: 10m"), "不认得“peer_windows”", "peer_window"),
    "no default": (("default: {department: community, ladder: 标准}", "# 没有默认"), "没有写 default", "补上"),
    "default without ladder": (("community, ladder: 标准}\ntransfer", "community}\ntransfer"), "没有写 ladder", "补上"),
    "unknown default department": (
        ("default: {department: community", "default: {department: comunity"),
        "comunity",
        "community",
    ),
    "unknown default ladder": (("ladder: 标准}\ntransfer", "ladder: 标谁}\ntransfer"), "标谁", "标准"),
    "unknown contact": (("contact: 税务联络员", "contact: 税务联络人"), "税务联络人", "税务联络员"),
    "unknown backup": (("backup: 税务备班", "backup: 税务后备"), "税务后备", "税务备班"),
    "unknown worker": (("worker: 网格员一", "worker: 网格员二"), "网格员二", "网格员一"),
    "unknown duty worker": (("duty: 值班,", "duty: 值夜,"), "值夜", "值班"),
    "unknown room": (("rooms: [互助群, 联盟群]", "rooms: [互助群, 联盟郡]"), "联盟郡", "联盟群"),
    "room of no community": (("rooms: [互助群, 联盟群]", "rooms: [互助群]"), "“联盟群”不属于任何社区", "rooms"),
    "unknown contact department": (("contact: 消防联络员, aliases", "contact: 消防联络员, alias"), "不认得“alias”", "aliases"),
    "unknown person on the rota": (("order: [队员一, 队员二]", "order: [队员一, 队员三]"), "队员三", "队员"),
    "unknown clock": (("answer: 2h, clock: 工作时间", "answer: 2h, clock: 上班时间"), "上班时间", "工作时间"),
    "unknown rota": (("to: duty:值班表", "to: duty:值班"), "值班", "值班表"),
    "unknown to": (("to: grid", "to: gird"), "不认得交给谁：gird", "grid"),
    "full-width colon in to": (("to: duty:值班表", "to: duty：值班表"), "不认得交给谁", "半角"),
    "unknown ladder of a route": (("department: fire, ladder: 紧急", "department: fire, ladder: 加急"), "加急", "紧急"),
    "unknown department of a route": (("{departments: [community]}", "{departments: [comm]}"), "comm", "community"),
    "unknown room kind of a route": (("room_kinds: [alliance]", "room_kinds: [aliance]"), "aliance", "alliance"),
    "unknown hours": (("hours: 工作时间", "hours: 工作时段"), "工作时段", "工作时间"),
    "unreachable route": (
        (
            "- {name: 明确, match: {min_confidence: 50%}",
            "- {name: 全收, match: {}, ladder: 标准}\n- {name: 明确, match: {min_confidence: 50%}",
        ),
        "“明确”永远轮不到，都被前面的“全收”拦下了",
        "移到它前面",
    ),
    "no danger route": (("match: {danger: true}", "match: {danger: false}"), "没有给危险情况的路由", "danger: true"),
    "danger route on a ladder that waits": (
        ("department: fire, ladder: 紧急", "department: fire, ladder: 标准"),
        "不是紧急的",
        "urgent",
    ),
    "danger route not first": (
        ("routes:\n", "routes:\n- {name: 先来, match: {words: [火]}, ladder: 标准}\n"),
        "“先来”排在危险情况的路由前面",
        "最前面",
    ),
    "contact without channel": (
        ("税务备班: {department: tax, channels: [wechat]}", "税务备班: {department: tax}"),
        "没有写 channels",
        "wechat",
    ),
    "leave without cover": ((", cover: 值班}", "}"), "“网格员一”请假没有写代班的人", "cover"),
    "cover circle": (
        (
            "  值班: {department: community, role: worker, channels: [wechat]}",
            "  值班: {role: worker, channels: [wechat], away: [{from: 2026-11-17, to: 2026-11-20, cover: 网格员一}]}",
        ),
        "代班转了一圈",
        "换一个",
    ),
    "unknown cover": (("cover: 税务备班", "cover: 税务备份"), "税务备份", "税务备班"),
    "leave that ends before it starts": (("to: 2026-11-17,", "to: 2026-11-15,"), "to 早于 from", "日期"),
    "last tier without final": ((", repeat: 4h, final: true}\n  直达", "}\n  直达"), "没有写 final: true", "final"),
    "last tier that is no person": (
        ("to: contact:召集人, acknowledge: 10m", "to: department, acknowledge: 10m"),
        "不是一个人",
        "contact:",
    ),
    "last tier on office hours": (("answer: 24h, clock: 全天", "answer: 24h, clock: 工作时间"), "不是全天", "always"),
    "final in the middle": (("max_wait: 4d, remind: [50%]}", "max_wait: 4d, final: true}"), "永远到不了", "最后一级"),
    "repeat in the middle": (("max_wait: 4d, remind: [50%]}", "max_wait: 4d, repeat: 1h}"), "只有最后一级", "remind"),
    "acknowledge longer than answer": (("acknowledge: 15m", "acknowledge: 3h"), "acknowledge 比 answer 还长", "短于"),
    "max_wait shorter than answer": (
        ("answer: 4h, clock: 工作时间, max_wait: 4d", "answer: 4h, clock: 工作时间, max_wait: 2h"),
        "max_wait",
        "长于",
    ),
    "two tiers of one name": (("tier: 服务队", "tier: 网格员"), "两级同名", "不同"),
    "calendar that never runs": (
        ('夜班: {weekly: {每天: ["22:00-06:00"]}}', "夜班: {weekly: {每天: []}}"),
        "“夜班”从来不开",
        "always",
    ),
    "unknown weekday": (("每天:", "每日:"), "“每日”是星期几", "周一至周五"),
    "bad shift": (('"22:00-06:00"', '"22:00-26:00"'), "时段写得不对：22:00-26:00", "09:00-12:00"),
    "full-width shift": (('"22:00-06:00"', '"22：00-06：00"'), "时段写得不对", "半角"),
    "overlapping shifts": (('"09:00-12:00", "13:30', '"09:00-14:00", "13:30'), "重叠", "不重叠"),
    "bad duration": (("peer_window: 10m", "peer_window: 10分钟"), "不是一段时间：10分钟", "15m"),
    "bad share": (("remind: [50%]", "remind: [150%]"), "150%", "50%"),
    "bad date": (("from: 2026-11-16, to: 2026-11-17", "from: 2026-11-31, to: 2026-11-17"), "没有这个时间：2026-11-31", "月、日"),
    "bad quiet hours": (('"22:00-07:00"', "晚上十点到早上七点"), "quiet_hours", "22:00-07:00"),
    "bad flag": (("{danger: true}", "{danger: yes}"), "true", "true"),
    "bad zone": (("Asia/Shanghai", "Asia/Ningbo"), "不认得时区", "Asia/Shanghai"),
    "duplicate contact": (("  队员一:", "  值班: {channels: [wechat]}\n  队员一:"), "“值班”写了两遍", "只留一个"),
    "duplicate route": (("name: 社区,", "name: 危险,"), "“危险”有两条", "改个名字"),
    "full-width colon": (("default: {", "default：{"), "全角冒号", "半角"),
    "tab": (("  互助群:", "\t互助群:"), "Tab", "空格"),
    "department without contact": (("消防救援大队, contact: 消防联络员", "消防救援大队"), "没有写 contact", "补上"),
    "alias of two departments": (("aliases: [社区]", "aliases: [社区, 国税]"), "同时是", "只留给一个"),
    "enterprise in two grids": (
        ("enterprises: [泰准金属, 泰准]}", "enterprises: [泰准金属, 泰准]}, 二格: {worker: 值班, enterprises: [泰准]}"),
        "“泰准”写在了“一格”和“二格”两个网格里",
        "一个网格",
    ),
    "test without an expectation": (
        ("expect: {department: tax, ladder: 直达部门, route: 明确", "expects: {department: tax, ladder: 直达部门, route: 明确"),
        "expects",
        "expect",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_with_its_line_and_its_mend(tmp_path: Path, fault: tuple[tuple[str, str], str, str]) -> None:
    change, message, mend = fault
    found = problems(tmp_path, mutated(change))
    hit = [problem for problem in found if message in problem.message and mend in problem.mend]
    assert hit, [str(problem) for problem in found]
    whole_file = {"没有给危险情况的路由"}
    assert hit[0].line > 0 or message in whole_file


def test_an_answer_time_that_a_clock_never_reaches(tmp_path: Path) -> None:
    text = mutated(('每天: ["22:00-06:00"]', '周一: ["09:00-09:01"]'), ("answer: 2h, clock: 工作时间", "answer: 2h, clock: 夜班"))
    assert any("两年也走不完" in problem.message for problem in problems(tmp_path, text))


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
