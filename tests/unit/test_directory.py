"""The directory of enterprises: what routing makes of it, and the workbook out and in again with every fault named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.errors import XiaoshaoError
from bot.library.directory.planning import DirectoryPlan, describe, plan_directory, summary
from bot.library.directory.workbook_in import read_directory
from bot.library.directory.workbook_out import with_those_of_the_file, write_directory
from bot.model import Enterprise, Member

FIRM = Enterprise(
    "泰准金属", "灵峰", "三格", "泰准金属制品有限公司", ("泰准", "TZ"), (Member("安全员", "老周"), Member("人事", "小吴"))
)
NEW = Enterprise("甬新电子", "灵峰", "二格")
HEADS = {"企业": ("简称", "全称", "其他叫法", "社区", "网格"), "人员": ("企业", "岗位", "群昵称")}


@pytest.fixture
def planned(tmp_path: Path, routing):
    """Plan the import of sheets given as rows without their heads."""

    def planned(enterprises=(), people=None, known=(), *, replace_all: bool = False, heads=HEADS) -> DirectoryPlan:
        workbook = Workbook()
        workbook.remove(workbook.active)
        for title, rows in (("企业", enterprises), ("人员", people)):
            if rows is not None:
                sheet = workbook.create_sheet(title)
                sheet.append(heads[title])
                for row in rows:
                    sheet.append(row)
        file = tmp_path / "企业.xlsx"
        workbook.save(file)
        return plan_directory(read_directory(file), known, routing.communities, replace_all=replace_all)

    return planned


# ── Routing by the directory ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("nickname", "enterprise"),
    [
        ("泰准金属-安全员", "泰准金属"),
        ("ＴＺ采购", "泰准金属"),
        ("老周", "泰准金属"),
        ("老周的朋友", ""),
        ("恒锐模具-人事", "恒锐模具"),  # only in routing.yaml
        ("路人甲", ""),
    ],
)
def test_the_directory_goes_before_the_file(routing, nickname: str, enterprise: str) -> None:
    assert routing.knowing((FIRM, NEW)).enterprise_of(nickname) == enterprise


def test_the_grid_of_the_directory_goes_before_the_file_s(routing) -> None:
    knowing = routing.knowing((FIRM, NEW, Enterprise("海立塑业", "灵峰"), Enterprise("恒锐模具", "灵峰", "早就没有的格")))
    assert routing.grid_worker("灵峰", "泰准金属") == "网格员一"
    assert knowing.grid_worker("灵峰", "泰准金属") == "网格员三"
    assert knowing.grid_worker("灵峰", "甬新电子") == "网格员二"
    assert knowing.grid_worker("灵峰", "海立塑业") == "社区值班"  # in no grid
    assert knowing.grid_worker("灵峰", "恒锐模具") == "网格员一"  # a grid that the file has no more: as the file says
    assert knowing.home_of("甬新电子") == "灵峰"
    assert routing.home_of("甬新电子") == ""


# ── Out and in again ────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_exported_comes_back_as_it_was(tmp_path: Path, routing) -> None:
    known = [FIRM, NEW, Enterprise("=1+1公司", "灵峰", also=("@甲", "-乙"))]
    assert write_directory(tmp_path / "企业.xlsx", known) is None
    plan = plan_directory(read_directory(tmp_path / "企业.xlsx"), known, routing.communities, replace_all=True)
    assert (plan.empty, plan.same, plan.refusals, plan.notices) == (True, 3, [], [])
    kept = write_directory(tmp_path / "企业.xlsx", known)
    assert kept is not None and kept.exists()


def test_the_first_export_starts_with_what_the_file_names(routing) -> None:
    listed = {each.name: each for each in with_those_of_the_file([FIRM], routing.communities)}
    assert listed["泰准金属"] is FIRM
    assert listed["联昌汽配"] == Enterprise("联昌汽配", "灵峰", "二格")


def test_a_name_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(XiaoshaoError, match=r"以 \.xlsx 结尾"):
        write_directory(tmp_path / "企业.xls", [])


def test_every_difference_is_listed(planned) -> None:
    plan = planned(
        [("泰准金属", "泰准金属制品有限公司", "泰准；TZ， 泰准", "灵峰", "一格"), ("新来的", None, None, None, None)],
        [("泰准金属", "安全员", "老周"), ("泰准金属", "财务", "小郑"), ("新来的", "老板", "陈总")],
        [FIRM, NEW],
    )
    assert list(describe(plan)) == [
        "新增　新来的　灵峰 （没有划进网格）",
        "    人员：老板　陈总",
        "修改　泰准金属",
        "    网格：三格 → 一格",
        "    人员：去掉 人事　小吴",
        "    人员：加上 财务　小郑",
    ]
    assert summary(plan) == "新增 1 家，修改 1 家；名录里另有 1 家不在工作簿里，保持原样"


def test_with_replace_what_the_workbook_lacks_is_taken_out(planned) -> None:
    plan = planned([("甬新电子", None, None, "灵峰", "二格")], [], [FIRM, NEW], replace_all=True)
    assert (plan.gone, plan.kept, plan.same) == ([FIRM], [], 1)
    assert list(describe(plan)) == ["删除　泰准金属　灵峰 三格"]


def test_without_a_sheet_of_people_they_stay(planned) -> None:
    plan = planned([("泰准金属", FIRM.full_name, "泰准、TZ", "灵峰", "三格")], None, [FIRM])
    assert plan.empty and plan.same == 1
    assert plan.notices == ["工作簿里没有“人员”这个表，各家企业的人员都保持原样"]


def test_headers_may_be_called_otherwise_and_stand_in_any_order(planned) -> None:
    heads = {"企业": ("所在网格", " 企业简称", "备注栏目"), "人员": ("昵称", "职务", "简称")}
    plan = planned([("二格", "甬新电子", "无")], [("小方", "行政", "甬新电子")], heads=heads)
    assert plan.refusals == []
    assert plan.added == [replace(NEW, people=(Member("行政", "小方"),))]
    assert plan.notices == ["工作表“企业” C 列“备注栏目”没有读"]


# ── Faults ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("enterprises", "people", "fault"),
    [
        (
            [("泰", None, None, None, None)],
            [],
            "工作表“企业”第 2 行 A 列“简称”：“泰”有 1 个字，要 2 到 24 个（改成群昵称里的写法）",
        ),
        ([(None, "某某公司", None, None, None)], [], "第 2 行 A 列“简称”：不能空着（填上，或者删掉这一行）"),
        ([("甲乙", None, None, "灵蜂", None)], [], "第 2 行 D 列“社区”：路由文件里没有社区“灵蜂”（"),
        ([("甲乙", None, None, None, "四格")], [], "第 2 行 E 列“网格”：灵峰没有网格“四格”（"),
        ([("甲乙",), ("甲乙",)], [], "第 3 行 A 列“简称”：“甲乙”在第 2 行写过了（两行合成一行）"),
        ([("甲乙", None, "丙丁"), ("丙丁",)], [], "第 3 行 A 列“简称”：“丙丁”也是“甲乙”的叫法或群昵称，分不清是哪家"),
        (
            [("甲乙电器",)],
            [("甲已电器", "老板", "陈总")],
            "工作表“人员”第 2 行 A 列“企业”：“企业”表里没有“甲已电器”（是不是想写“甲乙电器”？）",
        ),
        ([("甲乙",)], [("泰准金属", "老板", "陈总")], "“企业”表里没有“泰准金属”（它不在“企业”表里，把它那一行也写上）"),
        ([("甲乙",)], [("甲乙", "老板", None)], "工作表“人员”第 2 行 C 列“群昵称”：不能空着"),
        (
            [("甲乙",), ("丙丁",)],
            [("甲乙", "老板", "陈总"), ("丙丁", "老板", "陈总")],
            "第 3 行 C 列“群昵称”：“陈总”在第 2 行写过了（甲乙）",
        ),
        ([("甲乙",)], [("甲乙", "会计", "老周")], "“老周”也是“泰准金属”的叫法或群昵称，分不清是哪家"),
        ([("=1+1",)], [], "第 2 行 A 列“简称”：这一格是公式"),
        ([("甲乙", 330206199001011234)], [], "第 2 行 B 列“全称”：这一格是长数字"),
    ],
)
def test_faults_are_named_by_sheet_row_and_column(planned, enterprises, people, fault: str) -> None:
    plan = planned(enterprises, people, [FIRM])
    assert any(fault in str(refusal) for refusal in plan.refusals), [str(refusal) for refusal in plan.refusals]


def test_a_header_with_a_slip_is_asked_about(planned) -> None:
    heads = {**HEADS, "企业": ("简称", "全称", "其它叫法", "社区", "网格")}
    (refusal,) = planned([("甲乙",)], [], heads=heads).refusals
    assert str(refusal) == "工作表“企业”第 1 行 C 列：表头“其它叫法”不认得（是不是“其他叫法”？把表头改回去）"


def test_a_workbook_without_the_sheet_or_its_heads_is_refused(tmp_path: Path, planned) -> None:
    write_directory(tmp_path / "a.xlsx", [FIRM])
    workbook = load_workbook(tmp_path / "a.xlsx")
    workbook["企业"].title = "企业名单"
    workbook.save(tmp_path / "a.xlsx")
    (refusal,) = read_directory(tmp_path / "a.xlsx").refusals
    assert "工作簿里没有这个表（有 “填写说明”、“企业名单”、“人员”）（把写企业的表改名为“企业”）" in str(refusal)
    heads = {**HEADS, "企业": ("甲", "乙", "丙", "丁", "戊")}
    assert "前 10 行里找不到表头（至少要有 简称）" in str(planned([("甲乙",)], [], heads=heads).refusals[0])


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    write_directory(tmp_path / "a.xlsx", [FIRM, NEW])
    workbook = load_workbook(tmp_path / "a.xlsx")
    workbook["企业"].merge_cells("E2:E3")
    workbook.save(tmp_path / "a.xlsx")
    assert any("E2:E3 合并了单元格" in str(refusal) for refusal in read_directory(tmp_path / "a.xlsx").refusals)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04rubbish", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "简称,网格\n".encode()])
def test_a_file_that_is_no_workbook_is_one_clear_sentence(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "企业.xlsx"
    file.write_bytes(raw)
    with pytest.raises(XiaoshaoError) as refused:
        read_directory(file)
    assert "\n" not in str(refused.value) and str(refused.value).startswith(f"{file}：")
