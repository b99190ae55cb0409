"""An import asks the matcher before anything is written: what ``check`` would call an error afterwards is refused by its row."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.cli import main
from bot.library.check import Judge, check_library
from bot.library.exchange.differences import describe, summary
from bot.library.exchange.importing import Plan, plan_import, write_plan
from bot.library.exchange.workbook_out import write_workbook
from bot.library.faq_file import load_library, read_library
from bot.matching.engine import EntryText, Judgement, Matcher, Standing
from bot.model import Library

ROOT = Path(__file__).parent.parent.parent
DEPARTMENTS = {"samr": "市场监管局", "tax": "税务局", "fire": "消防救援大队"}

Cell = tuple[str, int, str, str]
"""Sheet, row, header, and what stands there; a text that begins with ＋ is a further line."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", tmp_path / "knowledge"))


def workbook_of(folder: Path, *cells: Cell) -> Path:
    path = folder.parent / "faq.xlsx"
    path.unlink(missing_ok=True)
    write_workbook(path, load_library(folder), DEPARTMENTS)
    opened: Workbook = load_workbook(path)
    for title, row, header, text in cells:
        sheet = opened[title]
        cell = next(sheet.cell(row, head.column) for head in sheet[1] if head.value == header)
        cell.value = f"{cell.value or ''}\n{text.removeprefix('＋')}" if text.startswith("＋") else text
    opened.save(path)
    return path


def planned(folder: Path, *cells: Cell, matcher: Callable[[Library], Judge] = Matcher) -> Plan:
    return plan_import(workbook_of(folder, *cells), folder, DEPARTMENTS, communities=["灵峰"], matcher=matcher)


def errors(folder: Path) -> list[str]:
    loaded = read_library(folder, departments=DEPARTMENTS)
    found = check_library(loaded.library, Matcher(loaded.library), places=loaded.places, communities=["灵峰"]).errors
    return [str(problem) for problem in (*loaded.problems, *found)]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (("税务", 2, "问法", "＋？？？"), "D 列“问法”：问法“？？？”找不到本条 invoice-quota：被当成不是提问，不会理会"),
        (("税务", 2, "问法", "＋@老王 灭火器年检找谁"), "D 列“问法”：问法“@老王 灭火器年检找谁”找不到本条 invoice-quota"),
        (("税务", 2, "问法", "＋请问叉车如何上牌呢"), "“新叉车上牌”（forklift-plate）的“叉车怎么上牌”几乎一样"),
        (
            ("叉车", 2, "问法", "＋请问开票额度用完怎么办呀"),
            "D 列“问法”：与条目 invoice-quota 冲突：问法“开票额度用完了怎么办”找不到本条 invoice-quota："
            "与“新叉车上牌”（forklift-plate）的“请问开票额度用完怎么办呀”几乎一样（",
        ),
        (
            ("叉车", 2, "不该答的话", "＋请问叉车如何上牌"),
            "E 列“不该答的话”：不该答的“请问叉车如何上牌”与本条 forklift-plate 的问法“叉车怎么上牌”几乎一样"
            "（只留一处：该答就留在问法，不该答就留在不该答的话）",
        ),
        (("税务", 2, "问法", "＋谢谢"), "D 列“问法”：“谢谢”写在不该理会的“thanks”里，又是条目 invoice-quota 的问法"),
        (("叉车", 2, "适用社区", "灵风"), "列“适用社区”：routing.yaml 里没有社区“灵风”"),
        (("税务", 2, "答案", "打 1380574123 问。"), "F 列“答案”：条目 invoice-quota 里的号码“1380574123”像手机号，却有 10 位"),
    ],
)
def test_a_row_that_would_fail_the_check_is_refused_by_its_place(cell: Cell, said: str, folder: Path) -> None:
    other: Cell = ("叉车", 3, "来源", "别的法")
    plan = planned(folder, cell, other)
    (refusal,) = map(str, plan.refusals)
    assert refusal.startswith(f"工作表“{cell[0]}”第 {cell[1]} 行 ") and said in refusal
    assert "/" not in refusal and "yaml:" not in refusal
    assert [change.new.id for change in plan.changes] == ["forklift-licence"]
    write_plan(plan)
    assert load_library(folder).entries["forklift-licence"].source == "别的法"
    assert errors(folder) == []


def test_every_fault_of_a_row_is_named(folder: Path) -> None:
    plan = planned(folder, ("税务", 2, "问法", "＋？？？\n叉车怎么上牌呀"), ("税务", 2, "答案", "在**电子税务局**申请。"))
    assert plan.changes == ()
    said = "\n".join(map(str, plan.refusals))
    assert len(plan.refusals) == 3
    assert (
        "“？？？”找不到本条" in said
        and "“叉车怎么上牌呀”找不到本条" in said
        and "F 列“答案”：条目 invoice-quota 的答案里有粗体" in said
    )


def test_two_rows_that_say_the_same_in_other_words_one_goes_in(folder: Path) -> None:
    plan = planned(folder, ("叉车", 3, "问法", "＋叉车的证去哪报名呢"), ("税务", 2, "问法", "＋去哪报名叉车的证"))
    assert [change.new.id for change in plan.changes] == ["forklift-licence"]
    (refusal,) = map(str, plan.refusals)
    assert refusal.startswith("工作表“税务”第 2 行 D 列“问法”：问法“去哪报名叉车的证”找不到本条 invoice-quota")


def test_a_near_miss_that_would_be_answered_is_refused(folder: Path) -> None:
    class Answering:
        """A matcher that takes every near miss for its entry's business."""

        def __init__(self, library: Library) -> None:
            self.matcher, self.library = Matcher(library), library

        def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
            owner = next((entry for entry in self.library.entries.values() if text in entry.not_this), None)
            return self.matcher.judge(owner.questions[0] if owner else text)

        def standings(self) -> dict[EntryText, Standing]:
            return {}

    known = planned(folder, ("税务", 2, "标题", "额度"), matcher=Answering)
    assert [change.new.id for change in known.changes] == ["invoice-quota"], "what was wrong before is no reason to refuse"
    plan = planned(folder, ("税务", 2, "不该答的话", "＋谁有多的额度卖"), matcher=Answering)
    assert [str(refusal) for refusal in plan.refusals] == [
        "工作表“税务”第 2 行 E 列“不该答的话”：不该答的“谁有多的额度卖”"
        "会被用本条 invoice-quota 回答（检查问法里有没有与它几乎一样的句子）"
    ]


def test_a_fault_that_was_there_before_does_not_keep_a_mended_answer_out(folder: Path) -> None:
    path = folder / "税务.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  not_this:", '  - "？？？"\n  not_this:'), encoding="utf-8")
    assert len(errors(folder)) == 1
    plan = planned(folder, ("税务", 2, "答案", "在电子税务局申请。"))
    assert (summary(plan), plan.refusals) == ("改 1 条", ())


def test_what_check_would_warn_of_is_a_notice_at_the_row(folder: Path) -> None:
    strays = "＋发票额度不够怎么调整\n开票额度用完怎么办才好\n发票额度怎么调\n发票的额度不够用"
    plan = planned(folder, ("叉车", 2, "问法", strays), ("叉车", 3, "答案", "待补充"))
    assert summary(plan) == "改 2 条"
    said = [line for line in describe(plan) if line.startswith("提示：")]
    assert [line.split("，")[0] for line in said] == [
        "提示：工作表“叉车”第 2 行 D 列“问法”：条目 forklift-plate 与 invoice-quota（开票额度不够）太接近：8 "
        "句问法里有 4 句更像后者",
        "提示：工作表“叉车”第 3 行 F 列“答案”：条目 forklift-licence 的答案里有没写完的地方“待补充”",
    ]


def test_no_matcher_is_built_if_nothing_would_change(folder: Path) -> None:
    def never(library: Library) -> Judge:
        raise AssertionError("built for nothing")

    assert planned(folder, matcher=never).changes == ()
    plan = planned(folder, ("税务", 2, "核实日期", "去年"), ("叉车", 2, "答案", "长" * 351), matcher=never)
    assert (plan.changes, len(plan.refusals)) == ((), 2)


def test_the_command_says_it_in_the_dry_run_and_writes_the_good_rows(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    book = workbook_of(folder, ("税务", 2, "问法", "＋请问叉车如何上牌呢"), ("叉车", 3, "来源", "别的法"))
    files = ["--knowledge", str(folder), "--routing", str(ROOT / "routing.yaml")]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["import", str(book), *files]) == 1
    preview = capsys.readouterr().out
    assert "没有读：工作表“税务”第 2 行 D 列“问法”：问法“请问叉车如何上牌呢”找不到本条" in preview
    assert preview.endswith("预览：改 1 条，1 处有错没有读。什么也没有写；看着没错，加 --write 写入。\n")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert main(["import", str(book), "--write", *files]) == 1
    assert "已写入：改 1 条，1 处有错没有读。" in capsys.readouterr().out
    assert [path.name for path in folder.iterdir() if path.read_bytes() != before[path]] == ["叉车.yaml"]
