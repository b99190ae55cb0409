"""The Excel round trip: what a workbook looks like, what comes back from it, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import typer
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from bot.cli.export import export
from bot.cli.import_ import import_
from bot.errors import InvalidFiles, XiaoshaoError
from bot.library.exchange.differences import describe, summary
from bot.library.exchange.importing import Plan, plan_import, write_plan
from bot.library.exchange.workbook_out import build_workbook, write_workbook
from bot.library.faq_file import load_library
from bot.model import WhenStale
from bot.routing.config import Routing

ROOT = Path(__file__).parent.parent.parent
DEPARTMENTS = {"samr": "市场监管局", "tax": "税务局", "fire": "消防救援大队"}

FORKLIFTS = """\
# 叉车：市场监管局小王维护
- id: forklift-plate
  title: '新叉车上牌'   # 标题
  department: samr
  questions:
  # 口语
  - 新买的叉车去哪里上牌
  - "叉车怎么上牌"   # 常问

  - 刚提的叉车怎么挂牌
  not_this: [哪里有便宜的二手叉车, "叉车多少钱"]
  answer: |
    投用前或投用后三十日内办使用登记。
    1. 先到特检院做首次检验。

    2. 再到市场监管局办登记。

  # 追问
  parts:
    材料: 合格证、检验报告
    依据: "《特种设备安全法》第三十三条"
  source: 《特种设备安全法》第三十三条
  verified_on: 2026-11-20
  review_every: 180d

- id: forklift-licence
  title: 叉车证怎么考
  department: samr
  questions: [叉车证去哪里考, 开叉车要什么证]
  answer: 要有 N1 证。
  source: 《特种设备安全法》第十四条
  verified_on: 2026-01-05
  review_every: 90d
  stale: route
# 文件完
"""
TAXES = """\
- id: invoice-quota
  title: 开票额度不够
  department: tax
  questions:
  - 开票额度用完了怎么办
  - 发票额度不够怎么调
  answer: |
    登录电子税务局申请。
  source: 税务局
  verified_on: 2026-11-20
  review_every: 90d
  todo:
  - 电话待核实
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    knowledge = tmp_path / "knowledge"
    knowledge.mkdir()
    (knowledge / "叉车.yaml").write_text(FORKLIFTS, encoding="utf-8")
    (knowledge / "税务.yaml").write_text(TAXES, encoding="utf-8")
    return knowledge


@pytest.fixture
def workbook(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "faq.xlsx"
    write_workbook(path, load_library(folder), DEPARTMENTS)
    return path


def column(sheet: Worksheet, header: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == header)


def put(sheet: Worksheet, row: int, **values: Any) -> None:
    for header, value in values.items():
        sheet.cell(row, column(sheet, header)).value = value


def edited(path: Path, edit: Callable[[Workbook], None]) -> Path:
    opened = load_workbook(path)
    edit(opened)
    opened.save(path)
    return path


def planned(workbook: Path, folder: Path, edit: Callable[[Workbook], None]) -> Plan:
    return plan_import(edited(workbook, edit), folder, DEPARTMENTS)


def new_row(sheet: Worksheet, **values: Any) -> int:
    row = sheet.max_row + 1
    entry = {
        "编号": "new",
        "标题": "新的",
        "部门": "samr 市场监管局",
        "问法": "一句全新的问法",
        "答案": "这样办。",
        "来源": "某法",
    }
    put(sheet, row, **{**entry, "核实日期": "2026-11-21", "复核周期": "180天", **values})
    return row


class TestExport:
    def test_a_sheet_a_theme_with_instructions_first(self, workbook: Path) -> None:
        opened = load_workbook(workbook)
        assert opened.sheetnames == ["填写说明", "叉车", "税务", "选项"]
        assert opened["选项"].sheet_state == "hidden"
        guide = "\n".join(str(cell.value) for row in opened["填写说明"].iter_rows() for cell in row if cell.value)
        for word in ("xiaoshao import", "Alt+Enter", "编号", "核实日期", "不要合并单元格"):
            assert word in guide

    def test_headers_are_chinese_frozen_and_the_parts_in_use_have_columns(self, workbook: Path) -> None:
        sheet = load_workbook(workbook)["叉车"]
        assert [cell.value for cell in sheet[1]] == [
            "编号", "标题", "部门", "问法", "不该答的话", "答案", "材料", "依据",
            "来源", "核实日期", "复核周期", "适用社区", "代替哪一条", "待办", "过期以后",
        ]  # fmt: skip
        assert sheet.freeze_panes == "C2"

    def test_cells_are_wrapped_texts_one_item_a_line(self, workbook: Path) -> None:
        sheet = load_workbook(workbook)["叉车"]
        questions = sheet.cell(2, column(sheet, "问法"))
        assert questions.value == "新买的叉车去哪里上牌\n叉车怎么上牌\n刚提的叉车怎么挂牌"
        assert questions.alignment.wrap_text
        row = {sheet.cell(1, cell.column).value: cell for cell in sheet[3]}
        assert all(cell.number_format == "@" for cell in row.values())
        assert row["部门"].value == "samr 市场监管局"
        assert row["核实日期"].value == "2026-01-05"
        assert row["复核周期"].value == "90天"
        assert row["过期以后"].value == "route 不答，转给部门"
        assert row["待办"].value is None

    def test_drop_downs_for_departments_and_what_to_do_when_stale(self, workbook: Path) -> None:
        opened = load_workbook(workbook)
        rules = {str(rule.sqref): rule for rule in opened["叉车"].data_validations.dataValidation}
        assert {place.split(":")[0] for place in rules} == {"C2", "O2"}
        assert all(rule.type == "list" and rule.showErrorMessage for rule in rules.values())
        assert rules["C2:C503"].formula1 == "'选项'!$A$2:$A$4"
        assert [row[0].value for row in opened["选项"]["A1:A4"]] == ["部门", "samr 市场监管局", "tax 税务局", "fire 消防救援大队"]

    @pytest.mark.parametrize("first", ["=1+1", "+86 574", "-叉车", "@小哨", "'引号", "=HYPERLINK(x)"])
    def test_what_looks_like_a_formula_is_a_text_and_comes_back(self, first: str, folder: Path, workbook: Path) -> None:
        path = folder / "税务.yaml"
        path.write_text(TAXES.replace("title: 开票额度不够", f'title: "{first}"').replace("电话待核实", f'"{first}"'))
        write_workbook(workbook, load_library(folder), DEPARTMENTS)
        sheet = load_workbook(workbook)["税务"]
        for header in ("标题", "待办"):
            cell = sheet.cell(2, column(sheet, header))
            assert (cell.value, cell.data_type, cell.quotePrefix) == (first, "s", True)
        assert plan_import(workbook, folder, DEPARTMENTS).changes == ()

    def test_a_workbook_in_the_way_is_kept(self, folder: Path, workbook: Path) -> None:
        before = workbook.read_bytes()
        first = write_workbook(workbook, load_library(folder), DEPARTMENTS)
        second = write_workbook(workbook, load_library(folder), DEPARTMENTS)
        assert first and second and first != second
        assert first.read_bytes() == before
        assert sorted(path.name for path in workbook.parent.iterdir()) == sorted(
            ["knowledge", workbook.name, first.name, second.name]
        )

    def test_a_cell_longer_than_excel_allows_is_said(self, folder: Path, tmp_path: Path) -> None:
        (folder / "税务.yaml").write_text(TAXES.replace("电话待核实", "长" * 33_000))
        with pytest.raises(XiaoshaoError, match=r"invoice-quota 的“待办”有 33000 个字，Excel 一格最多放 32767 个"):
            write_workbook(tmp_path / "x.xlsx", load_library(folder), DEPARTMENTS)
        assert not list(tmp_path.glob("*.tmp")) and not (tmp_path / "x.xlsx").exists()

    def test_the_name_must_be_a_workbooks(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(XiaoshaoError, match="没有这个文件夹"):
            write_workbook(tmp_path / "nowhere" / "faq.xlsx", load_library(folder), DEPARTMENTS)
        with pytest.raises(XiaoshaoError, match=r"以 \.xlsx 结尾"):
            write_workbook(tmp_path / "faq.yaml", load_library(folder), DEPARTMENTS)

    def test_titles_that_excel_does_not_allow(self, folder: Path, tmp_path: Path) -> None:
        long = "很长很长的主题名" * 5
        for number, name in enumerate(["填写说明", "a[b]", long, f"{long}二"]):
            text = f"- {{id: e{number}, title: t, department: tax, questions: [q{number}], answer: a, source: s, "
            (folder / f"{name}.yaml").write_text(text + "verified_on: 2026-11-20, review_every: 90d}\n")
        path = tmp_path / "odd.xlsx"
        write_workbook(path, load_library(folder), DEPARTMENTS)
        titles = load_workbook(path).sheetnames
        assert "a_b_" in titles and "填写说明 2" in titles
        assert len(set(titles)) == len(titles) == 8 and all(len(title) <= 31 for title in titles)
        plan = plan_import(path, folder, DEPARTMENTS)
        assert (plan.changes, plan.refusals, plan.notices) == ((), (), ())


class TestRoundTrip:
    def test_all_shipped_entries_come_back_unchanged(self, routing: Routing, tmp_path: Path) -> None:
        departments = {key: department.name for key, department in routing.departments.items()}
        folder = Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge"))
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        library = load_library(folder)
        assert len(library.entries) >= 141
        path = tmp_path / "faq.xlsx"
        write_workbook(path, library, departments)
        edited(path, lambda opened: opened.custom_doc_props.props.clear())  # compare every cell, as if all had been touched
        plan = plan_import(path, folder, departments)
        assert (plan.changes, plan.refusals, plan.notices, plan.files) == ((), (), (), {})
        write_plan(plan)
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
        cells = [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in load_workbook(path).worksheets]
        write_workbook(path, load_library(folder), departments)
        assert cells == [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in load_workbook(path).worksheets]

    def test_every_shipped_entry_can_be_changed_without_touching_its_neighbours(self, routing: Routing, tmp_path: Path) -> None:
        departments = {key: department.name for key, department in routing.departments.items()}
        folder = Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge"))
        before = {path: path.read_text() for path in folder.glob("*.yaml")}
        library = load_library(folder)
        path = tmp_path / "faq.xlsx"
        write_workbook(path, library, departments)

        def edit(opened: Workbook) -> None:
            for sheet in opened.worksheets[1:-1]:
                for row in range(2, sheet.max_row + 1):
                    todo = sheet.cell(row, column(sheet, "待办"))
                    todo.value = f"{todo.value or ''}\n再核实一次"
                    put(sheet, row, 核实日期="2026-11-22")

        plan = plan_import(edited(path, edit), folder, departments)
        write_plan(plan)
        after = load_library(folder)
        for name, entry in library.entries.items():
            assert after.entries[name].todo == (*entry.todo, "再核实一次")
            assert after.entries[name].verified_on == date(2026, 11, 22)
            assert (after.entries[name].answer, after.entries[name].parts) == (entry.answer, entry.parts)
        ours = ("  - 再核实一次", "  todo:")
        for file, text in before.items():
            new = [line for line in file.read_text().splitlines() if line not in ours]
            old = [line for line in text.splitlines() if line not in ours]
            dates = [number for number, line in enumerate(old) if line.startswith("  verified_on: ")]
            for number in dates:
                old[number] = "  verified_on: 2026-11-22"
            assert new == old


class TestChanges:
    def test_only_what_changed_is_written(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            sheet = opened["叉车"]
            put(
                sheet,
                2,
                标题="叉车上牌: 怎么办",
                问法="新买的叉车去哪里上牌\n@小哨 叉车怎么上牌\n刚提的叉车怎么挂牌\n叉车上户找谁",
            )
            put(sheet, 2, 材料=None, 不该答的话="叉车多少钱\n# 收叉车", 适用社区="灵峰")

        plan = planned(workbook, folder, edit)
        assert plan.refusals == ()
        write_plan(plan)
        assert (folder / "税务.yaml").read_text() == TAXES
        assert (folder / "叉车.yaml").read_text() == (
            FORKLIFTS.replace("'新叉车上牌'   # 标题", "'叉车上牌: 怎么办'   # 标题")
            .replace('- "叉车怎么上牌"   # 常问', '- "@小哨 叉车怎么上牌"   # 常问')
            .replace("怎么挂牌\n", "怎么挂牌\n  - 叉车上户找谁\n")
            .replace('[哪里有便宜的二手叉车, "叉车多少钱"]', '["叉车多少钱", "# 收叉车"]')
            .replace("    材料: 合格证、检验报告\n", "")
            .replace("review_every: 180d\n", "review_every: 180d\n  communities:\n  - 灵峰\n")
        )

    def test_the_diff_in_chinese(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["叉车"], 3, 部门="税务局", 问法="叉车证去哪里考\n叉车证怎么报名", 过期以后="notice", 材料="身份证")

        plan = planned(workbook, folder, edit)
        assert list(describe(plan)) == [
            "修改 forklift-licence　叉车证怎么考　（“叉车”第 3 行）",
            "  部门：samr 市场监管局 → tax 税务局",
            "  问法：",
            "    － 开叉车要什么证",
            "    ＋ 叉车证怎么报名",
            "  材料：（空） → 身份证",
            "  过期以后：route 不答，转给部门 → notice 照答，提示可能过时",
        ]
        assert summary(plan) == "改 1 条"

    def test_of_a_long_answer_only_the_changed_lines_are_shown(self, folder: Path, workbook: Path) -> None:
        answer = "投用前或投用后三十日内办使用登记。\n1. 先到特检院做首次检验。\n\n2. 再到市场监管局办登记、领牌。"
        plan = planned(workbook, folder, lambda opened: put(opened["叉车"], 2, 答案=answer))
        assert list(describe(plan))[1:] == [
            "  答案：",
            "    － 2. 再到市场监管局办登记。",
            "    ＋ 2. 再到市场监管局办登记、领牌。",
        ]

    def test_an_id_that_the_spreadsheet_capitalised_is_the_same(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["叉车"], 2, 编号="Forklift-plate", 标题="改了")
            new_row(opened["税务"], 编号="Stamp-duty")

        plan = planned(workbook, folder, edit)
        assert ([change.new.id for change in plan.changes], plan.refusals) == (["forklift-plate", "stamp-duty"], ())

    def test_a_new_entry_goes_to_the_end_of_its_themes_file(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            new_row(opened["税务"], 答案="第一步。\n\n第二步: 交 #1", 材料="营业执照")

        plan = planned(workbook, folder, edit)
        assert plan.refusals == () and summary(plan) == "新增 1 条"
        write_plan(plan)
        assert (folder / "税务.yaml").read_text() == TAXES + (
            "\n- id: new\n  title: 新的\n  department: samr\n  questions:\n  - 一句全新的问法\n  answer: |\n    第一步。\n\n"
            "    第二步: 交 #1\n  parts:\n    材料: 营业执照\n  source: 某法\n  verified_on: 2026-11-21\n  review_every: 180d\n"
        )
        assert load_library(folder).entries["new"].theme == "税务"

    def test_a_new_part_by_a_new_column(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            sheet = opened["叉车"]
            for number, header in enumerate(["追问：电话", "费用"], start=sheet.max_column + 1):
                sheet.cell(1, number).value = header
                sheet.cell(3, number).value = "12345"

        plan = planned(workbook, folder, edit)
        assert (plan.refusals, plan.notices) == ((), ())
        write_plan(plan)
        assert load_library(folder).entries["forklift-licence"].parts == {"电话": "12345", "费用": "12345"}

    def test_an_optional_cell_cleared_takes_the_field_out(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["税务"], 2, 待办=None)
            put(opened["叉车"], 3, 过期以后=None)

        write_plan(planned(workbook, folder, edit))
        assert (folder / "税务.yaml").read_text() == TAXES.replace("  todo:\n  - 电话待核实\n", "")
        assert (folder / "叉车.yaml").read_text() == FORKLIFTS.replace("  stale: route\n", "")
        assert load_library(folder).entries["forklift-licence"].stale is WhenStale.NOTICE

    def test_rows_sorted_hidden_or_moved_change_nothing(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            sheet = opened["叉车"]
            rows = [[cell.value for cell in sheet[number]] for number in (3, 2)]
            for number, values in enumerate(rows, start=2):
                for at, value in enumerate(values, start=1):
                    sheet.cell(number, at).value = value
            sheet.row_dimensions[2].hidden = True
            moved = [cell.value for cell in opened["税务"][2]]
            opened["税务"].delete_rows(2)
            sheet.append(moved)

        plan = planned(workbook, folder, edit)
        assert (plan.changes, plan.refusals) == ((), ())
        assert "条目 invoice-quota 写在“叉车”表里，但它属于“税务”，不会搬过去" in plan.notices

    @pytest.mark.parametrize(
        ("header", "value", "number_format", "read"),
        [
            ("核实日期", datetime(2026, 11, 22), "yyyy-mm-dd", {"verified_on": date(2026, 11, 22)}),  # noqa: DTZ001
            ("核实日期", date(2026, 11, 22), "m/d/yy", {"verified_on": date(2026, 11, 22)}),
            ("核实日期", "2026/11/22", "@", {"verified_on": date(2026, 11, 22)}),
            ("核实日期", "2026年11月22日", "@", {"verified_on": date(2026, 11, 22)}),
            ("核实日期", 20261122, "General", {"verified_on": date(2026, 11, 22)}),
            ("标题", 12366, "General", {"title": "12366"}),
            ("标题", 2.5, "General", {"title": "2.5"}),
            ("标题", "007", "@", {"title": "007"}),
            ("标题", " 前后有空格 ", "@", {"title": "前后有空格"}),
            ("答案", "一\r\n二_x000D_\n三", "@", {"answer": "一\n二\n三"}),
            ("复核周期", 180, "General", {}),
            ("复核周期", 180.0, "General", {}),
            ("部门", "samr", "@", {}),
            ("部门", "市场监管局", "@", {}),
        ],
    )
    def test_what_excel_makes_of_typed_things_is_read_sensibly(
        self, header: str, value: object, number_format: str, read: dict[str, Any], folder: Path, workbook: Path
    ) -> None:
        def edit(opened: Workbook) -> None:
            cell = opened["叉车"].cell(2, column(opened["叉车"], header))
            cell.value, cell.number_format = value, number_format  # type: ignore[assignment]

        plan = planned(workbook, folder, edit)
        assert plan.refusals == ()
        assert [{name: getattr(change.new, name) for name in change.values()} for change in plan.changes] == (
            [read] if read else []
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"标题": "=1+1"}, "B 列“标题”：这一格是公式（=1+1），小哨不计算公式"),
            ({"标题": None}, "B 列“标题”：“标题”不能是空的"),
            ({"标题": True}, "B 列“标题”：这一格被 Excel 当成了逻辑值"),
            ({"标题": date(2026, 3, 5)}, "B 列“标题”：这一格被 Excel 当成了日期或时间"),
            ({"标题": time(12, 30)}, "B 列“标题”：这一格被 Excel 当成了日期或时间（12:30:00）"),
            ({"材料": 57486782345}, "G 列“材料”：这一格是长数字（57486782345），Excel 可能去掉了开头的 0"),
            ({"标题": "#REF!"}, "B 列“标题”：这一格是 Excel 的出错标记"),
            ({"部门": "市监局"}, "C 列“部门”：“部门”不认得“市监局”（是不是想写“市场监管局”？）"),
            ({"部门": "samr 税务局"}, "C 列“部门”：“部门”不认得“samr 税务局”（从下拉框里选；samr 是“市场监管局”）"),
            ({"问法": "\n \n"}, "D 列“问法”：“问法”不能是空的"),
            ({"核实日期": "去年"}, "J 列“核实日期”：“核实日期”不是日期：去年（写成 2026-11-20 的样子）"),
            ({"核实日期": "2026-02-30"}, "J 列“核实日期”：“核实日期”没有这一天"),
            ({"复核周期": "半年"}, "K 列“复核周期”：“复核周期”不是一段时间：半年（写多少天，例如 180天）"),
            ({"复核周期": 0}, "K 列“复核周期”：“复核周期”不是一段时间"),
            ({"过期以后": "随便"}, "O 列“过期以后”：“过期以后”不认得“随便”"),
            ({"答案": "长" * 351}, "F 列“答案”：条目 forklift-plate 的答案有 351 个字，超过 350 个"),
            ({"问法": "叉车怎么上牌\n开票额度用完了怎么办"}, "D 列“问法”：与条目 invoice-quota 冲突：问法“开票额度用完了怎么办”"),
            ({"问法": "叉车怎么上牌\n叉车怎么上牌？"}, "D 列“问法”：问法“叉车怎么上牌？”与本条的重复（删掉其中一处）"),
            ({"不该答的话": "叉车怎么上牌"}, "“叉车怎么上牌”同时写在问法和不该答的话里"),
            ({"标题": "零宽\u200b字符"}, "B 列“标题”：“标题”里有看不见的字符"),
        ],
    )
    def test_a_faulty_row_is_refused_by_its_place_and_the_good_ones_go_in(
        self, values: dict[str, Any], said: str, folder: Path, workbook: Path
    ) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["叉车"], 2, **values)
            put(opened["叉车"], 3, 来源="别的法")
            put(opened["税务"], 2, 标题="好的一行")

        plan = planned(workbook, folder, edit)
        assert [change.new.id for change in plan.changes] == ["forklift-licence", "invoice-quota"]
        (refusal,) = map(str, plan.refusals)
        assert refusal.startswith("工作表“叉车”第 2 行")
        assert said in refusal
        write_plan(plan)
        assert (folder / "叉车.yaml").read_text() == FORKLIFTS.replace("source: 《特种设备安全法》第十四条", "source: 别的法")
        assert "好的一行" in (folder / "税务.yaml").read_text()

    def test_two_rows_that_clash_with_each_other_one_goes_in(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["叉车"], 3, 问法="叉车证去哪里考\n到底去哪里办呢")
            put(opened["税务"], 2, 问法="到底去哪里办呢")

        plan = planned(workbook, folder, edit)
        assert [change.new.id for change in plan.changes] == ["forklift-licence"]
        assert [str(refusal) for refusal in plan.refusals] == [
            "工作表“税务”第 2 行 D 列“问法”：问法“到底去哪里办呢”与条目 forklift-licence 的重复（删掉其中一处）"
        ]

    def test_ids_are_never_lost(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["叉车"], 2, 编号="forklift-plates")
            put(opened["叉车"], 3, 编号=None)
            opened["税务"].delete_rows(2)
            new_row(opened["税务"], 编号=None)

        plan = planned(workbook, folder, edit)
        assert plan.changes == ()
        assert [str(refusal).split("：", 1)[1] for refusal in plan.refusals] == [
            "编号从 forklift-plate 改成了 forklift-plates，编号定了不能改"
            "（把编号改回 forklift-plate；真是另一条，就换掉标题和问法）",
            "编号不见了（这一行看着是 forklift-licence，把编号填回去）",
            "没有编号（新条目自己起一个没有用过的编号：小写字母、数字、减号，例如 forklift-plate）",
        ]
        assert plan.notices == ("工作簿里没有、原样保留的条目 3 个：forklift-plate、forklift-licence、invoice-quota",)

    def test_an_id_used_twice_or_misspelt(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            new_row(opened["税务"], 编号="forklift-plate")
            new_row(opened["税务"], 编号="新条目")

        plan = planned(workbook, folder, edit)
        assert plan.changes == ()
        assert [str(refusal).split("（")[0] for refusal in plan.refusals] == [
            "工作表“叉车”第 2 行 A 列“编号”：编号 forklift-plate 用了两次，另一处在“税务”第 3 行",
            "工作表“税务”第 3 行 A 列“编号”：编号 forklift-plate 用了两次，另一处在“叉车”第 2 行",
            "工作表“税务”第 4 行 A 列“编号”：编号“新条目”不合规定",
        ]

    def test_every_fault_of_a_new_row_is_said_at_once(self, folder: Path, workbook: Path) -> None:
        plan = planned(workbook, folder, lambda opened: new_row(opened["税务"], 编号="印花税", 来源=None, 核实日期=None))
        assert [refusal.header for refusal in plan.refusals] == ["编号", "来源", "核实日期"]
        assert plan.changes == ()

    def test_merged_cells_refuse_their_rows_only(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["税务"], 2, 标题="改了")
            opened["叉车"].merge_cells("H2:H3")

        plan = planned(workbook, folder, edit)
        assert [change.new.id for change in plan.changes] == ["invoice-quota"]
        assert [str(refusal) for refusal in plan.refusals] == [
            f"工作表“叉车”第 {row} 行：H2:H3 合并了单元格（取消合并，把内容填回每一格）" for row in (2, 3)
        ]

    def test_a_renamed_header_leaves_the_column_alone(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            sheet = opened["叉车"]
            put(sheet, 2, 问法="改了", 标题="改了标题")
            sheet.cell(1, column(sheet, "问法")).value = "问题"

        plan = planned(workbook, folder, edit)
        assert [list(change.values()) for change in plan.changes] == [["title"]]
        assert [str(refusal) for refusal in plan.refusals] == [
            "工作表“叉车”第 1 行 D 列：表头“问题”不认得，这一列没有读（是不是“问法”？把表头改回去）"
        ]
        assert "工作表“叉车”没有“问法”列，条目的这些内容都保持原样" in plan.notices

    def test_extra_columns_and_sheets_do_no_harm(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            sheet = opened["叉车"]
            last = sheet.max_column
            sheet.cell(1, last + 1).value = "我的备注"
            sheet.cell(2, last + 1).value = "=A1"
            sheet.cell(2, last + 2).value = "没有表头"
            opened.create_sheet("统计")["B2"] = 3
            opened.create_sheet("白纸")

        plan = planned(workbook, folder, edit)
        assert (plan.changes, plan.refusals) == ((), ())
        assert plan.notices == (
            "工作表“叉车” P 列表头“我的备注”不认得，没有读"
            "（要加追问，表头写这些之一：材料、地点、时限、费用、条件、流程、罚则、依据）",
            "工作表“叉车” Q 列这一列没有表头，没有读（要读它就写上表头）",
            "工作表“统计”没有“编号”这一列，不是条目，没有读",
            "工作表“白纸”是空的，没有读",
        )

    def test_a_renamed_sheet_is_read_by_its_ids_but_takes_no_new_entry(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            opened["税务"].title = "财税"
            put(opened["财税"], 2, 标题="改了")
            new_row(opened["财税"])

        plan = planned(workbook, folder, edit)
        assert [change.new.id for change in plan.changes] == ["invoice-quota"]
        assert [str(refusal) for refusal in plan.refusals] == [
            "工作表“财税”第 3 行：新条目 new 所在的表没有对应的知识文件（新条目写到这些表里：叉车、税务；新主题请管理员先建文件）"
        ]
        assert "工作簿里没有“税务”这个表，它的条目都保持原样" in plan.notices

    def test_an_emptied_sheet_and_one_without_headers(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            opened["叉车"].delete_rows(1, 10)
            opened["税务"].delete_rows(1)

        plan = planned(workbook, folder, edit)
        assert plan.changes == ()
        assert [str(refusal) for refusal in plan.refusals] == [
            "工作表“税务”：前 10 行里找不到表头“编号”，整个表没有读（把表头那一行改回导出时的样子）"
        ]
        assert plan.notices == ("工作表“叉车”是空的，它的条目都保持原样",)

    def test_a_header_twice_and_lines_above_the_headers(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            opened["叉车"].cell(1, opened["叉车"].max_column + 1).value = "标题"
            opened["税务"].insert_rows(1, 2)
            opened["税务"]["A1"] = "二〇二六年版"
            opened["税务"].cell(4, 2).value = "改了"

        plan = planned(workbook, folder, edit)
        assert [change.row.number for change in plan.changes] == [4]
        assert [str(refusal) for refusal in plan.refusals] == [
            "工作表“叉车”第 1 行 P 列：表头“标题”有两列（B 和 P），不知道以哪一列为准，整个表没有读（只留一列）"
        ]

    def test_an_entry_written_in_braces_is_left_to_its_file(self, folder: Path, tmp_path: Path) -> None:
        text = "- {id: a, title: t, department: tax, questions: [问一下], answer: x, source: s, "
        text += "verified_on: 2026-11-20, review_every: 9d}\n"
        (folder / "税务.yaml").write_text(text)
        path = tmp_path / "faq.xlsx"
        write_workbook(path, load_library(folder), DEPARTMENTS)

        def edit(opened: Workbook) -> None:
            put(opened["税务"], 2, 标题="改了")
            put(opened["叉车"], 2, 标题="也改了")

        plan = planned(path, folder, edit)
        assert [change.new.id for change in plan.changes] == ["forklift-plate"]
        assert [str(refusal) for refusal in plan.refusals] == [
            "工作表“税务”第 2 行：整条写在花括号里，不能从 Excel 改，请直接改知识文件"
        ]


class TestOvertaken:
    def test_a_row_nobody_touched_does_not_undo_a_later_change(self, folder: Path, workbook: Path) -> None:
        path = folder / "叉车.yaml"
        path.write_text(FORKLIFTS.replace("要有 N1 证。", "要有叉车证。"))
        plan = planned(workbook, folder, lambda opened: put(opened["税务"], 2, 标题="改了"))
        assert [change.new.id for change in plan.changes] == ["invoice-quota"]
        assert plan.notices == ("导出以后在知识文件里改过、而表里没有动过的条目 1 个，保持现在的内容：forklift-licence",)

    def test_a_row_changed_on_both_sides_is_pointed_out(self, folder: Path, workbook: Path) -> None:
        path = folder / "叉车.yaml"
        path.write_text(FORKLIFTS.replace("要有 N1 证。", "要有叉车证。"))
        plan = planned(workbook, folder, lambda opened: put(opened["叉车"], 3, 标题="改了"))
        said = list(describe(plan))
        assert said[1].startswith("  注意：这一条在导出以后又在知识文件里改过")
        assert "  答案：要有叉车证。 → 要有 N1 证。" in said


class TestWriting:
    def test_a_folder_with_problems_is_refused_as_it_stands(self, folder: Path, workbook: Path) -> None:
        (folder / "税务.yaml").write_text("- id: x\n")
        with pytest.raises(InvalidFiles):
            plan_import(workbook, folder, DEPARTMENTS)

    def test_a_file_changed_meanwhile_stops_everything(self, folder: Path, workbook: Path) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["税务"], 2, 标题="改了")
            put(opened["叉车"], 2, 标题="也改了")

        plan = planned(workbook, folder, edit)
        later = TAXES + "# 别人刚加的\n"
        (folder / "税务.yaml").write_text(later)
        with pytest.raises(XiaoshaoError, match="刚刚被别人改过"):
            write_plan(plan)
        assert (folder / "叉车.yaml").read_text() == FORKLIFTS
        assert (folder / "税务.yaml").read_text() == later
        assert sorted(path.name for path in folder.iterdir()) == ["叉车.yaml", "税务.yaml"]

    def test_a_failure_halfway_puts_the_first_file_back(
        self, folder: Path, workbook: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def edit(opened: Workbook) -> None:
            put(opened["税务"], 2, 标题="改了")
            put(opened["叉车"], 2, 标题="也改了")

        plan = planned(workbook, folder, edit)
        replace = Path.replace

        def failing(self: Path, target: Path) -> Path:
            if target.name == "税务.yaml":
                raise OSError(28, "No space left on device")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", failing)
        with pytest.raises(OSError, match="No space"):
            write_plan(plan)
        assert (folder / "叉车.yaml").read_text() == FORKLIFTS
        assert sorted(path.name for path in folder.iterdir()) == ["叉车.yaml", "税务.yaml"]

    def test_permissions_and_links_stay(self, folder: Path, workbook: Path, tmp_path: Path) -> None:
        real = tmp_path / "elsewhere.yaml"
        (folder / "税务.yaml").rename(real)
        real.chmod(0o640)
        (folder / "税务.yaml").symlink_to(real)
        write_plan(planned(workbook, folder, lambda opened: put(opened["税务"], 2, 标题="改了")))
        assert (folder / "税务.yaml").is_symlink()
        assert real.stat().st_mode & 0o777 == 0o640
        assert "改了" in real.read_text()


class TestCommands:
    def run(self, *arguments: str) -> tuple[int, str]:
        app = typer.Typer()
        app.command("export")(export)
        app.command("import")(import_)
        ended = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        return ended.exit_code, ended.output

    def test_export_dry_run_write_and_again(self, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", tmp_path / "knowledge"))
        before = {path: path.read_bytes() for path in folder.iterdir()}
        book = tmp_path / "faq.xlsx"
        files = ["--knowledge", str(folder), "--routing", str(ROOT / "routing.yaml")]
        code, said = self.run("export", str(book), *files)
        assert code == 0 and f"已导出 3 个条目、2 个主题：{book}" in said
        assert self.run("import", str(book), *files) == (0, "没有要改的内容。\n")

        edited(book, lambda opened: put(opened["叉车"], 2, 标题="改了"))
        code, said = self.run("import", str(book), *files)
        assert code == 0
        assert "  标题：新叉车上牌 → 改了" in said and said.endswith("预览：改 1 条。什么也没有写；看着没错，加 --write 写入。\n")
        assert {path: path.read_bytes() for path in folder.iterdir()} == before

        edited(book, lambda opened: put(opened["叉车"], 3, 标题=None))
        code, said = self.run("import", str(book), "--write", *files)
        assert code == 1
        assert "没有读：工作表“叉车”第 3 行 B 列“标题”" in said and "已写入：改 1 条，1 处有错没有读。" in said
        assert (folder / "叉车.yaml").read_bytes() == before[folder / "叉车.yaml"].replace("新叉车上牌".encode(), "改了".encode())
        assert {path.name for path in folder.iterdir()} == {path.name for path in before}


def test_a_new_field_of_an_entry_is_a_new_column(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the dataclass knows a field that has no Chinese name yet."""
    from bot.library.exchange import columns

    wordings = {name: wording for name, wording in columns.WORDINGS.items() if name != "todo"}
    monkeypatch.setattr(columns, "WORDINGS", wordings)
    sheet = build_workbook(load_library(folder), DEPARTMENTS)["税务"]
    assert [cell.value for cell in sheet[1]][-1] == "todo"
    assert [cell.value for cell in sheet[2]][-1] == "电话待核实"
