"""The picture of a ladder: the tiers, the people and the times of its plans, in the terminal and as SVG."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from rich.console import Console

from bot.cli import main
from bot.cli.ladder_picture import as_svg, for_terminal
from bot.library.routing_file import load_routing
from bot.routing.config import Routing
from bot.routing.ladder import walk
from bot.routing.picture import Picture, picture_of
from bot.routing.wording import length_in_words, moment_in_words

ROUTING = Path(__file__).parent.parent / "fixtures" / "routing.yaml"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def rules() -> Routing:
    return load_routing(ROUTING)


def picture(rules: Routing, ladder: str, when: str = "2026-11-16 09:00", **more: str) -> Picture:
    at = datetime.fromisoformat(when).replace(tzinfo=rules.timezone)
    return picture_of(rules.ladders[ladder], rules, at, **more)


def words(svg: str) -> list[str]:
    return [text.text or "" for text in fromstring(svg).iter(f"{SVG}text")]


def test_the_times_are_those_of_the_plans(rules: Routing) -> None:
    shown = picture(rules, "标准", enterprise="泰准金属")
    plans = walk(
        rules.ladders["标准"],
        community="灵峰",
        enterprise="泰准金属",
        department="community",
        at=shown.asked,
        routing=rules,
    )
    for rung, plan in zip(shown.rungs, plans, strict=True):
        assert rung.marks[0].at == plan.dispatch_at
        assert {mark.at for mark in rung.marks} == {plan.dispatch_at, plan.answer_by, *(step.at for step in plan.steps)}
    assert [mark.what for mark in shown.rungs[0].marks] == ["通知", "催签收", "催办", "上报"]
    assert shown.rungs[-1].after == "以后每 4 小时催一次，直到有人答复"


def test_the_people_are_those_of_the_hour(rules: Routing) -> None:
    shown = picture(rules, "标准", enterprise="泰准金属")
    assert [rung.people for rung in shown.rungs] == ["值班（网格员一请假，由值班代）", "队员二", "召集人"]
    later = picture(rules, "标准", "2026-11-18 09:00", enterprise="泰准金属")
    assert later.rungs[0].people == "网格员一"
    assert picture(rules, "直达部门", department="tax").rungs[0].people == "税务备班（税务联络员请假，由税务备班代）"


def test_without_an_enterprise_or_a_department_it_says_whom_it_may_come_to(rules: Routing) -> None:
    assert picture(rules, "标准").rungs[0].people == "网格员一、没划网格的找值班"
    assert picture(rules, "直达部门").rungs[0].people == "归口部门的联络员"
    assert picture(rules, "紧急").rungs[0].alert == "网格员一、没划网格的找值班、消防联络员、值班"


@pytest.mark.parametrize("ladder", ["标准", "直达部门", "紧急"])
def test_both_forms_say_the_same(rules: Routing, ladder: str) -> None:
    shown = picture(rules, ladder)
    sink = StringIO()
    console = Console(width=100, file=sink)
    console.print(for_terminal(shown))
    printed, drawn = sink.getvalue(), "".join(words(as_svg(shown)))
    for rung in shown.rungs:
        for text in (rung.name, *(moment_in_words(mark.at) for mark in rung.marks), *(mark.what for mark in rung.marks)):
            assert text in printed and text in drawn
        assert rung.people in drawn and rung.limits in drawn
    assert drawn.count("没有答复，上报") == len(shown.rungs) - 1


def test_every_line_lies_in_the_drawing_and_no_two_on_each_other(rules: Routing) -> None:
    root = fromstring(as_svg(picture(rules, "紧急")))
    height = int(root.attrib["height"])
    placed = [(text.attrib["x"], int(text.attrib["y"])) for text in root.iter(f"{SVG}text")]
    assert len(set(placed)) == len(placed) and all(0 < y < height for _, y in placed)


def test_names_cannot_break_the_drawing(rules: Routing) -> None:
    shown = picture(rules, "标准")
    odd = Picture("<script>&", shown.urgent, shown.asked, shown.rungs)
    assert words(as_svg(odd))[0].startswith("<script>&：")


def test_the_command_draws_one_all_or_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--routing", str(ROUTING), "--at", "2026-11-18 09:55"]
    assert main(["route", "--graph", *files]) == 0
    everything = capsys.readouterr().out
    assert all(f"{name}" in everything for name in ("标准：", "直达部门：", "紧急（不管几点，马上办）："))
    assert main(["route", "--graph", "标准", "--svg", str(tmp_path / "a.svg"), *files]) == 0
    assert "画好了" in capsys.readouterr().out
    assert "第 1 级　网格员" in words((tmp_path / "a.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--graph", "标谁"], "没有梯子“标谁”（有：标准、直达部门、紧急）"),
        (["--graph", "标准", "--department", "taxx"], "没有部门“taxx”"),
        (["--graph", "--svg", "a.svg"], "写明画哪个梯子"),
        (["--graph", "标准", "--room", "没有的群"], "没有群“没有的群”"),
        (["--graph", "标准", "--community", "灵风"], "没有社区“灵风”（可用的有：灵峰）"),
        (["--graph", "标准", "--at", "昨天"], "看不懂时间“昨天”"),
    ],
)
def test_what_cannot_be_drawn_is_said(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", *options, "--routing", str(ROUTING)]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("length", "days", "text"),
    [
        (timedelta(hours=24), True, "1 天"),
        (timedelta(hours=24), False, "24 小时"),
        (timedelta(days=2, hours=3, minutes=5), True, "2 天 3 小时 5 分钟"),
        (timedelta(0), True, "0 分钟"),
    ],
)
def test_lengths_in_words(length: timedelta, days: bool, text: str) -> None:
    assert length_in_words(length, days=days) == text
