"""The curators' pages keep their word: every command runs, every picture is there, every slip gets the message promised."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.cli import main
from bot.ledger.sqlite import SqliteLedger
from bot.library.exchange.importing import plan_import
from bot.library.exchange.workbook_out import write_workbook
from bot.library.faq_file import SCHEMA, load_library, read_library
from bot.matching.engine import Matcher
from bot.model import Reply, Status
from bot.work.revisions import keep_versions
from tests.samples import NOW, decided, opened, said, take_in

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "knowledge"
GUIDE = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"(?ms)^```sh\n(.*?)^```", GUIDE) for line in block.splitlines()]
CELLS = re.findall(r"(?m)^\| (\S+?)：`(.*?)` \| (.+?) \| [^`|]+ \|$", GUIDE)
PICTURES = re.findall(r"!\[.+?\]\((.+?)\)", GUIDE)

PAGE = (FOLDER / "写法.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)
SLIPS = re.findall(r"(?m)^\| `(.+?)` \| (.+?) \| `(.+?)` \|$", PAGE)
DEPARTMENTS = ("samr", "tax")

ENTRY = """\
- id: forklift-plate
  title: 新叉车上牌
  department: samr
  questions:
  - 叉车上牌去哪里
  - 叉车怎么上牌
  answer: 先检验，再登记。
  source: 《特种设备安全法》第三十三条
  verified_on: 2026-11-20
  review_every: 180d
"""


def with_line(line: str) -> str:
    """Return the entry with one line as a curator typed it."""
    if line.startswith("-"):
        return ENTRY.replace("- 叉车怎么上牌", line)
    key = line[: re.match(r"\w+", line).end()]  # type: ignore[union-attr]
    key = "title" if key == "titel" else key
    return re.sub(rf"(?m)(?<=^..){key}: .*$", lambda _: line, ENTRY)


def test_the_example_entry_uses_every_field_and_loads(tmp_path: Path) -> None:
    (tmp_path / "叉车.yaml").write_text(EXAMPLES[0], encoding="utf-8")
    loaded = read_library(tmp_path, departments=DEPARTMENTS)
    assert loaded.problems == ()
    assert set(re.findall(r"(?m)^(?:- |  )([a-z_]+):", EXAMPLES[0])) == set(SCHEMA)


def test_the_example_words_load(tmp_path: Path) -> None:
    (tmp_path / "叉车.yaml").write_text(ENTRY, encoding="utf-8")
    (tmp_path / "words.yaml").write_text(EXAMPLES[1], encoding="utf-8")
    loaded = read_library(tmp_path)
    assert loaded.problems == ()
    assert loaded.library.synonyms["灭火器"] == ("红罐子", "灭火瓶")
    assert len(EXAMPLES) == 2


def test_every_field_is_explained() -> None:
    assert re.findall(r"(?m)^\| `([a-z_]+)` \|", PAGE) == sorted(SCHEMA, key=PAGE.split("必填")[1].index)


@pytest.mark.parametrize(("wrong", "says", "right"), SLIPS)
def test_each_listed_slip_gets_its_message_and_the_mend_works(wrong: str, says: str, right: str, tmp_path: Path) -> None:
    file = tmp_path / "叉车.yaml"
    file.write_text(with_line(wrong), encoding="utf-8")
    (problem,) = read_library(tmp_path, departments=DEPARTMENTS).problems
    assert says in problem.message
    file.write_text(with_line(right), encoding="utf-8")
    assert read_library(tmp_path, departments=DEPARTMENTS).problems == ()


def test_the_table_of_slips_was_found() -> None:
    assert len(SLIPS) == 12


def edit(workbook: Path, *cells: tuple[str, int, str, str]) -> None:
    """Write texts into cells (sheet, row, header, text); a text that begins with ＋ is a further line."""
    book = load_workbook(workbook)
    for title, row, header, text in cells:
        sheet = book[title]
        cell = next(sheet.cell(row, head.column) for head in sheet[1] if head.value == header)
        cell.value = f"{cell.value}\n{text[1:]}" if text.startswith("＋") else text or None
    book.save(workbook)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a small FAQ, and a ledger in which a colleague has answered a question."""
    for name in [name for name in os.environ if name.startswith("XIAOSHAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", tmp_path / "knowledge")
    text = (ROOT / "routing.yaml").read_text(encoding="utf-8").split("\ntests:")[0]
    (tmp_path / "routing.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "data").mkdir()
    ledger = SqliteLedger(tmp_path / "data" / "xiaoshao.db")
    keep_versions(ledger, load_library(tmp_path / "knowledge").entries, lambda entry: "首次登记", NOW)
    message = said("刚到的叉车挂牌手续在哪弄")
    replies = (Reply("市场监管局联络员", "先检验，再登记", NOW),)
    case = opened(1, message, status=Status.CLOSED, plan=None, replies=replies, rating=5, outcome="评价 5 分")
    take_in(ledger, message, decided(cases=(case,)))
    ledger.close()
    return tmp_path


def test_the_commands_of_the_guide_run_in_their_order_and_say_what_it_says(
    scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: dict[str, str] = {}
    for command in COMMANDS:
        words = shlex.split(command)
        assert words[0] == "xiaoshao"
        assert main(words[1:]) == 0, command
        heard[command] = capsys.readouterr().out
        if words[1] == "export":
            new = {
                "编号": "weighbridge-verification",
                "标题": "地磅检定",
                "部门": "samr 市场监管局",
                "问法": "车间地磅多久强检一次",
            }
            new |= {"答案": "先问联络员。", "来源": "《计量法》第九条", "核实日期": "2026-11-21", "复核周期": "180天"}
            row = [("叉车", 4, header, text) for header, text in new.items()]
            edit(scratch / "faq.xlsx", ("叉车", 2, "问法", "＋厂里新到一台叉车，户口去哪里上"), *row)
    assert "已导出 3 个条目" in heard["xiaoshao export faq.xlsx"]
    assert "    ＋ 厂里新到一台叉车，户口去哪里上\n" in heard["xiaoshao import faq.xlsx"]
    assert "已写入：改 1 条，新增 1 条" in GUIDE
    assert "已写入：改 1 条，新增 1 条" in heard["xiaoshao import faq.xlsx --write"]
    assert "全部通过" in heard["xiaoshao check"]
    assert "会这样回答" in heard['xiaoshao ask "新买的叉车去哪里上牌"']
    assert "    ＋ 厂里新到一台叉车，户口去哪里上\n" in heard["xiaoshao history forklift-plate"]
    assert (scratch / "drafts" / "候选-1.yaml").exists()


def test_the_guide_tells_every_command_for_curators() -> None:
    told = {shlex.split(command)[1] for command in COMMANDS}
    assert told == {"export", "import", "check", "ask", "history", "questions", "candidates"}
    for command in re.findall(r"`(xiaoshao [^`]+)`", GUIDE + PAGE):
        assert main([*shlex.split(command)[1:2], "--help"]) == 0, command
    assert len(GUIDE.splitlines()) <= 120


@pytest.mark.parametrize(("header", "text", "says"), CELLS)
def test_each_listed_fault_of_a_workbook_gets_its_message(header: str, text: str, says: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", tmp_path / "knowledge"))
    departments = {"samr": "市场监管局", "tax": "税务局"}
    book = tmp_path / "faq.xlsx"
    write_workbook(book, load_library(folder), departments)
    edit(book, ("税务", 2, header, text.replace("（空着）", "")))
    plan = plan_import(book, folder, departments, matcher=Matcher)
    assert plan.changes == ()
    (refusal,) = map(str, plan.refusals)
    assert "工作表“税务”第 2 行" in refusal and f"“{header}”" in refusal
    assert says in refusal


def test_the_table_of_workbook_faults_was_found() -> None:
    assert len(CELLS) == 11


def test_each_picture_is_there_small_and_shown() -> None:
    assert sorted(f"images/{path.name}" for path in (FOLDER / "images").iterdir()) == sorted(PICTURES)
    for picture in PICTURES:
        content = (FOLDER / picture).read_bytes()
        assert content.startswith(b"\x89PNG") and len(content) < 200_000, picture


def test_what_lies_beside_the_entries_does_no_harm() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.suffix != ".yaml"} == {"README.md", "写法.md", "images"}
    assert not [problem for problem in read_library(FOLDER).problems if "images" in str(problem) or "写法" in problem.file]
