"""A district: one main file, one included file for each community; faults point to the right one, and all are watched."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import InvalidFiles, Problem
from bot.library.routing_file import load_routing
from bot.library.routing_tests import run_tests
from bot.routing.config import Routing
from bot.routing.ladder import walk
from bot.work.reload import CuratedFiles
from tests.district import community_file, write_district


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return write_district(tmp_path, communities=4, enterprises=6)


def problems(path: Path) -> list[Problem]:
    with pytest.raises(InvalidFiles) as caught:
        load_routing(path)
    return list(caught.value.problems)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def people(rules: Routing, ladder: str, community: str, department: str = "community", enterprise: str = "") -> list[str]:
    at = datetime(2026, 11, 18, 9, 0, tzinfo=rules.timezone)
    plans = walk(rules.ladders[ladder], community=community, enterprise=enterprise, department=department, at=at, routing=rules)
    return [plan.assignee for plan in plans]


def test_fifteen_communities_are_read_as_one(tmp_path: Path) -> None:
    rules = load_routing(write_district(tmp_path))
    assert len(rules.communities) == 15 and len(rules.rooms) == 30
    assert sum(len(grid.enterprises) for place in rules.communities.values() for grid in place.grids.values()) == 14 * 400 + 10
    assert rules.rooms["社区09互助群"].community == "社区09"
    assert rules.home_of("社区07企业399") == "社区07"
    assert len(rules.tests) >= 14 and run_tests(rules, None) == []


def test_each_community_has_its_own_people_on_the_same_ladder(main: Path) -> None:
    rules = load_routing(main)
    assert people(rules, "标准", "社区02", enterprise="社区02企业003") == [
        "社区02网格员三", "社区02队员三", "社区02值班", "联盟召集人",
    ]  # fmt: skip
    assert people(rules, "标准", "灵峰", enterprise="泰准金属")[:2] == ["网格员一", "服务队队员三"]
    assert people(rules, "紧急", "社区03")[:2] == ["社区03值班", "社区03队员三"]
    assert people(rules, "直达部门", "社区03", "tax")[0] == "税务局联络员"


def test_a_fault_is_told_with_the_file_it_is_in(main: Path) -> None:
    file = main.parent / "communities" / "社区03.yaml"
    edit(file, "duty: 社区03值班", "duty: 社区03值夜")
    edit(file, "worker: 社区03网格员二", "woker: 社区03网格员二")
    found = {(problem.file, problem.line, problem.message) for problem in problems(main)}
    assert {(name, line) for name, line, _ in found} == {(str(file), 2), (str(file), 9)}
    assert any("没有这个人" in message for *_, message in found) and any("不认得“woker”" in message for *_, message in found)


def test_a_failing_test_is_told_with_the_file_it_is_in(main: Path) -> None:
    file = main.parent / "communities" / "社区04.yaml"
    edit(file, "assignee: 社区04网格员二", "assignee: 社区04网格员一")
    [problem] = run_tests(load_routing(main), None)
    assert problem.file == str(file) and file.read_text(encoding="utf-8").split("\n")[problem.line - 1].startswith("- {ask:")


def test_a_name_in_two_files_is_told_with_both_places(main: Path) -> None:
    file = main.parent / "communities" / "社区03.yaml"
    edit(file, "  社区03队员一:", "  联盟召集人: {role: worker, channels: [wechat]}\n  社区03队员一:")
    [problem] = problems(main)
    line = 1 + main.read_text(encoding="utf-8").split("\n").index("  联盟召集人: {role: worker, channels: [wechat]}")
    assert (problem.file, problem.message) == (str(file), f"“联盟召集人”在 routing.yaml 第 {line} 行已经写过")


def test_an_enterprise_in_two_communities(main: Path) -> None:
    file = main.parent / "communities" / "社区02.yaml"
    edit(file, "enterprises: [社区02企业001", "enterprises: [泰准金属, 社区02企业001")
    [problem] = problems(main)
    assert (problem.file, problem.line) == (str(file), 8)
    assert problem.message == "企业“泰准金属”写在了“灵峰”和“社区02”两个社区里"


def test_what_the_district_has_once_may_not_stand_in_a_community_file(main: Path) -> None:
    file = main.parent / "communities" / "社区02.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "default: {department: community, ladder: 标准}\n", encoding="utf-8")
    [problem] = problems(main)
    assert (problem.file, problem.message) == (str(file), "“default”只能写在 routing.yaml 里")


@pytest.mark.parametrize(
    ("include", "says"),
    [
        ("[communities/没有.yaml]", "include 里的“communities/没有.yaml”找不到文件"),
        ("[没有/*.yaml]", "include 里的“没有/*.yaml”找不到文件"),
        ("[routing.yaml]", "include 里写了 routing.yaml 自己"),
        ("[communities/社区02.yaml, communities/社区02.yaml]", "include 里“communities/社区02.yaml”写了两遍"),
        ("communities/*.yaml", "“include”应当是列表"),
    ],
)
def test_an_include_that_cannot_be_followed(main: Path, include: str, says: str) -> None:
    edit(main, "[communities/*.yaml]", include)
    line = 1 + main.read_text(encoding="utf-8").split("\n").index(f"include: {include}")
    found = [(problem.file, problem.line) for problem in problems(main) if says in problem.message]
    assert found == [(str(main), line)]


def test_an_included_file_that_is_empty_or_broken(main: Path) -> None:
    empty, broken = (main.parent / "communities" / f"社区0{number}.yaml" for number in (2, 3))
    empty.write_text("# 以后再写\n", encoding="utf-8")
    edit(broken, "  社区03队员一:", "\t社区03队员一:")
    found = {(problem.file, problem.message) for problem in problems(main)}
    assert found == {(str(empty), "这个文件是空的"), (str(broken), "缩进里有制表符（Tab）")}


def test_the_team_of_the_ladder_must_be_there_in_every_community(main: Path) -> None:
    file = main.parent / "communities" / "社区02.yaml"
    edit(file, "    team: 社区02服务队\n", "")
    assert {(problem.file, problem.line) for problem in problems(main)} == {(str(file), 2)}


def test_the_version_is_that_of_all_files(main: Path) -> None:
    first = load_routing(main).config_hash
    assert load_routing(main).config_hash == first
    edit(main.parent / "communities" / "社区04.yaml", "communities:", "# 一句话\ncommunities:")
    assert load_routing(main).config_hash != first


def test_edits_new_files_and_lost_files_are_seen(main: Path) -> None:
    files = CuratedFiles(main.parent / "knowledge", main)
    stamps, digests = [files.stamp()], [files.digest()]
    assert len(stamps[0]) == 4

    def changed() -> None:
        stamps.append(files.stamp())
        digests.append(files.digest())

    one = main.parent / "communities" / "社区02.yaml"
    one.write_text(one.read_text(encoding="utf-8") + "# 加一句\n", encoding="utf-8")
    changed()
    (main.parent / "communities" / "社区05.yaml").write_text(community_file("社区05", 3), encoding="utf-8")
    changed()
    one.unlink()
    changed()
    edit(main, "include: [communities/*.yaml]", "include: [communities/社区03.yaml]")
    os.utime(main, ns=(1, 1))
    changed()
    assert len(set(stamps)) == len(set(digests)) == 5
    assert [len(stamp) for stamp in stamps] == [4, 4, 5, 4, 2]
