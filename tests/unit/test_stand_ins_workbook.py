"""A community's own entry in Excel: a row that names the entry it replaces, and needs no phrasings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from bot.library.exchange.differences import describe
from bot.library.exchange.importing import Plan, plan_import, write_plan
from bot.library.exchange.workbook_out import write_workbook
from bot.library.faq_file import load_library
from tests.unit.test_stand_ins import DISTRICT, OWN

DEPARTMENTS = {"samr": "市场监管局", "community": "社区公共服务中心"}
NEW_ROW = {
    "编号": "licence-lingfeng",
    "标题": "灵峰叉车证",
    "部门": "community 社区公共服务中心",
    "答案": "网格员统一报名。",
    "来源": "某法",
    "核实日期": "2026-11-21",
    "复核周期": "180天",
    "适用社区": "灵峰",
    "代替哪一条": "licence",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    knowledge = tmp_path / "knowledge"
    knowledge.mkdir()
    (knowledge / "叉车.yaml").write_text(DISTRICT + OWN, encoding="utf-8")
    return knowledge


def planned(folder: Path, edit: Callable[[Workbook], None]) -> Plan:
    """Export, edit, and plan the import."""
    path = folder.parent / "faq.xlsx"
    write_workbook(path, load_library(folder), DEPARTMENTS)
    opened = load_workbook(path)
    edit(opened)
    opened.save(path)
    return plan_import(path, folder, DEPARTMENTS)


def put(opened: Workbook, row: int, **values: Any) -> None:
    sheet = opened["叉车"]
    headers = {cell.value: cell.column for cell in sheet[1]}
    for header, value in values.items():
        sheet.cell(row, headers[header]).value = value


def test_it_goes_out_and_comes_back_unchanged(folder: Path) -> None:
    def edit(opened: Workbook) -> None:
        sheet = opened["叉车"]
        shown = {sheet.cell(1, cell.column).value: cell.value for cell in sheet[4]}
        assert (shown["编号"], shown["问法"], shown["代替哪一条"]) == ("plate-lingfeng", None, "plate")
        opened.custom_doc_props.props.clear()  # type: ignore[attr-defined]  # so that every cell is compared

    plan = planned(folder, edit)
    assert (plan.changes, plan.refusals, plan.notices) == ((), (), ())


def test_a_new_row_without_phrasings_is_written(folder: Path) -> None:
    plan = planned(folder, lambda opened: put(opened, 5, **NEW_ROW))
    assert plan.refusals == ()
    assert "  代替哪一条：licence" in list(describe(plan))
    assert not any("问法" in line for line in describe(plan))
    write_plan(plan)
    assert (folder / "叉车.yaml").read_text(encoding="utf-8") == DISTRICT + OWN + (
        "\n- id: licence-lingfeng\n  title: 灵峰叉车证\n  department: community\n  answer: 网格员统一报名。\n  source: 某法\n"
        "  verified_on: 2026-11-21\n  review_every: 180d\n  communities:\n  - 灵峰\n  replaces: licence\n"
    )


def test_phrasings_come_and_go(folder: Path) -> None:
    write_plan(planned(folder, lambda opened: put(opened, 4, 问法="灵峰的叉车谁管上牌")))
    assert load_library(folder).entries["plate-lingfeng"].questions == ("灵峰的叉车谁管上牌",)
    plan = planned(folder, lambda opened: put(opened, 4, 问法=None))
    assert plan.refusals == ()
    assert "    － 灵峰的叉车谁管上牌" in list(describe(plan))
    write_plan(plan)
    assert (folder / "叉车.yaml").read_text(encoding="utf-8") == DISTRICT + OWN


@pytest.mark.parametrize(
    ("row", "values", "said"),
    [
        (4, {"代替哪一条": "plaet"}, "“代替哪一条”：条目 plate-lingfeng 要代替的“plaet”不存在（是不是想写“plate”？）"),
        (
            4,
            {"代替哪一条": "叉车证怎么考"},
            "“代替哪一条”：条目 plate-lingfeng 要代替的“叉车证怎么考”不存在（这里要写条目的编号“licence”）",
        ),
        (4, {"代替哪一条": None}, "条目 plate-lingfeng 缺少“问法”"),
        (4, {"适用社区": None}, "条目 plate-lingfeng 没有写在哪些社区代替 plate（补上适用社区，写明社区）"),
        (5, {**NEW_ROW, "代替哪一条": "plate"}, "都要在灵峰代替 plate（一个社区只留一条）"),
        (5, {**NEW_ROW, "代替哪一条": None}, "“问法”不能是空的"),
    ],
)
def test_what_is_wrong_is_refused_with_its_row(row: int, values: dict[str, Any], said: str, folder: Path) -> None:
    plan = planned(folder, lambda opened: put(opened, row, **values))
    (refusal,) = map(str, plan.refusals)
    assert refusal.startswith(f"工作表“叉车”第 {row} 行")
    assert said in refusal
    assert plan.changes == ()
