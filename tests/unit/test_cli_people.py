"""``xiaoshao bind`` and ``xiaoshao directory``: what they print, what they write, and clear words for every fault."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlite_utils import Database

from bot.app import bind_everybody
from bot.cli import main
from bot.ledger.codec import ZONE
from bot.ledger.port import Ledger
from bot.ledger.schema import APPLICATION_ID
from bot.ledger.sqlite import SqliteLedger, migrations
from bot.model import CodeUse, Enterprise, Member, Person, is_code
from tests.samples import NOW, decided, said, snapshot_for, take_in

ROUTING = Path(__file__).parent.parent.parent / "routing.yaml"
TAX = "税务局联络员"
NEW = Person("wechaty:wx9", "小李")


class Office:
    """A ledger in a folder and the commands run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.data = capsys, folder / "ledger.db"
        self.ledger: Ledger = SqliteLedger(self.data)

    def run(self, *command: str, code: int = 0) -> str:
        assert main([*command, "--data", str(self.data), "--routing", str(ROUTING)]) == code
        printed = self.capsys.readouterr()
        return printed.err if code and printed.err else printed.out

    def bind_by_code(self, text: str) -> None:
        message = said(text, by=NEW, room="", channel="wechaty", at=datetime.now(ZONE))
        (known,) = snapshot_for(self.ledger, said(text, by=NEW, room="", channel="wechaty")).codes
        take_in(self.ledger, message, decided(code=CodeUse(known.id, known.contact)))


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XIAOSHAO_")]:
        monkeypatch.delenv(name)
    office = Office(tmp_path, capsys)
    yield office
    office.ledger.close()


class TestBind:
    def test_a_code_is_shown_once_and_binds(self, office: Office) -> None:
        printed = office.run("bind", TAX, "网格员一")
        first, second = (re.search(r"　(\w{4})-(\w{4})　", line) for line in printed.splitlines()[:2])
        assert first is not None and second is not None
        codes = ["".join(found.groups()) for found in (first, second)]
        assert all(map(is_code, codes)) and codes[0] != codes[1]
        assert "不要发在群里；码只显示这一次" in printed
        listed = office.run("bind", "--list", TAX)
        assert "没有绑定\n    有一个码还没有用，" in listed
        assert codes[0] not in listed.replace("-", "")
        office.bind_by_code(codes[0])
        listed = office.run("bind", "--list", TAX).splitlines()
        assert listed[0] == "税务局联络员（税务局）"
        assert re.fullmatch(r"    wechaty　wechaty:wx9（昵称 小李）　\d{4}-\d\d-\d\d \d\d:\d\d 起", listed[1])
        assert listed[2].endswith("　绑定　wechaty　wechaty:wx9（昵称 小李）　绑定码")
        assert "有一个码" not in "".join(listed)

    def test_the_list_names_everybody(self, office: Office) -> None:
        with office.ledger.transaction() as transaction:
            transaction.bind("wechaty", "wx1", TAX, NOW)
            transaction.bind("wechaty", "wx2", "走了的人", NOW)
        lines = office.run("bind", "--list").splitlines()
        assert "社区值班（社区公共服务中心）　没有绑定" in lines
        assert lines[lines.index("走了的人（routing.yaml 里已经没有）") + 1] == "    wechaty　wx2　2026-11-18 09:55 起"
        assert re.fullmatch(r"1 人已绑定，\d+ 人没有。", lines[-1])

    def test_removing_releases_and_keeps_the_history(self, office: Office) -> None:
        with office.ledger.transaction() as transaction:
            transaction.bind("wechaty", "wx1", TAX, NOW)
            transaction.bind("relay", "r1", TAX, NOW)
        assert office.run("bind", "--remove", TAX, "--channel", "relay") == "已解除 税务局联络员 在 relay 的绑定：r1\n"
        printed = office.run("bind", "--remove", TAX)
        assert printed.startswith("已解除 税务局联络员 在 wechaty 的绑定：wx1\n税务局联络员现在没有任何账号")
        assert office.run("bind", "--remove", TAX) == "税务局联络员没有绑定；没用的码都作废了。\n"
        assert "　解除　wechaty　wx1　" in office.run("bind", "--list", TAX)

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            (["税务局联洛员"], "没有联络员“税务局联洛员”（是不是想写“税务局联络员”？）"),
            (["--remove", "税务局联洛员"], "是不是想写“税务局联络员”？"),
            (["--list", "税务局联洛员"], "是不是想写“税务局联络员”？"),
            ([], "写上给谁发码：xiaoshao bind 税务局联络员"),
            (["--list", "--remove", TAX], "写上给谁发码"),
            ([TAX, "--channel", "relay"], "写上给谁发码"),
        ],
    )
    def test_a_wrong_command_is_explained(self, office: Office, command: list[str], words: str) -> None:
        assert words in office.run("bind", *command, code=1)

    def test_one_wrong_name_among_several_makes_no_code(self, office: Office) -> None:
        office.run("bind", TAX, "税务局联洛员", code=1)
        with office.ledger.transaction() as transaction:
            assert transaction.good_codes(datetime.now(ZONE) - timedelta(days=1)) == []


def test_the_demo_binds_everybody_only_once(office: Office, routing) -> None:
    bind_everybody(office.ledger, routing, "page", "page:", NOW)
    with office.ledger.transaction() as transaction:
        assert {each.contact for each in transaction.bindings()} == set(routing.contacts)
        transaction.unbind(TAX, NOW)
    bind_everybody(office.ledger, routing, "page", "page:", NOW)
    bind_everybody(office.ledger, routing, "terminal", "terminal:", NOW)
    with office.ledger.transaction() as transaction:
        assert [each.person for each in transaction.bindings(TAX)] == ["terminal:税务局联络员"]


class TestDirectory:
    def test_out_changed_and_in_again(self, office: Office, tmp_path: Path) -> None:
        assert "名录是空的" in office.run("directory", "list")
        printed = office.run("directory", "export", "企业.xlsx")
        assert printed.startswith("已导出 10 家企业，其中 10 家只在 routing.yaml 里：企业.xlsx\n")
        workbook = load_workbook(tmp_path / "企业.xlsx")
        workbook["企业"].append(["甬新电子", None, "甬新", None, "二格"])
        workbook["人员"].append(["甬新电子", "安全员", "老周"])
        workbook.save(tmp_path / "企业.xlsx")
        preview = office.run("directory", "import", "企业.xlsx")
        assert preview.splitlines()[-4:] == [
            "新增　甬新电子　灵峰 二格",
            "    其他叫法：甬新",
            "    人员：安全员　老周",
            "预览：新增 11 家。什么也没有写；看着没错，加 --write 写入。",
        ]
        assert "名录是空的" in office.run("directory", "list")
        assert office.run("directory", "import", "企业.xlsx", "--write").splitlines()[-1].startswith("已写入：新增 11 家。")
        assert office.run("directory", "import", "企业.xlsx", "--write") == "不变 11 家。\n"
        assert office.run("directory", "list", "老周") == "甬新电子（甬新）　灵峰 二格　网格员二\n    安全员　老周\n共 1 家。\n"
        assert office.run("directory", "list", "没有的词") == "名录里没有“没有的词”。\n"
        again = office.run("directory", "export", "企业.xlsx")
        assert "原来的 企业.xlsx 改名为 企业-旧-" in again and "已导出 11 家企业：企业.xlsx" in again

    def test_one_fault_and_nothing_is_written(self, office: Office, tmp_path: Path) -> None:
        office.run("directory", "export", "企业.xlsx")
        workbook = load_workbook(tmp_path / "企业.xlsx")
        workbook["企业"].append(["甬新电子", None, None, None, "九格"])
        workbook.save(tmp_path / "企业.xlsx")
        printed = office.run("directory", "import", "企业.xlsx", "--write", code=1)
        assert "有错　工作表“企业”第 12 行 E 列“网格”：灵峰没有网格“九格”" in printed
        assert printed.endswith("有 1 处错，什么也没有写；改好再导入。\n")
        assert "名录是空的" in office.run("directory", "list")

    def test_replace_takes_out_what_the_workbook_lacks(self, office: Office) -> None:
        office.run("directory", "export", "企业.xlsx")
        with office.ledger.transaction() as transaction:
            transaction.put_enterprises([Enterprise("走了的厂", "灵峰", "一格", people=(Member("老板", "老陈"),))])
        assert "另有 1 家不在工作簿里，保持原样" in office.run("directory", "import", "企业.xlsx", "--write")
        assert "删除　走了的厂　灵峰 一格" in office.run("directory", "import", "企业.xlsx", "--replace")
        assert "删除 1 家" in office.run("directory", "import", "企业.xlsx", "--replace", "--write")
        assert office.run("directory", "list", "走了的厂") == "名录里没有“走了的厂”。\n"

    def test_a_grid_that_has_left_the_file_is_shown(self, office: Office) -> None:
        with office.ledger.transaction() as transaction:
            transaction.put_enterprises([Enterprise("甬新电子", "灵峰", "九格")])
        assert "甬新电子　灵峰 九格　（routing.yaml 里已经没有这个社区或网格，请改）" in office.run("directory", "list")

    def test_a_missing_file_is_one_sentence(self, office: Office) -> None:
        assert office.run("directory", "import", "没有.xlsx", code=1) == "没有.xlsx：找不到这个文件（检查文件名和所在的文件夹）\n"


def test_a_ledger_from_before_there_were_codes_keeps_its_bindings(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    db = sqlite3.connect(file)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations().apply(Database(db), stop_before="003_people")
    db.execute("INSERT INTO bindings (channel, person, contact, bound_at) VALUES ('page', 'page:a', ?, 0)", (TAX,))
    db.commit()
    db.close()
    ledger = SqliteLedger(file)
    with ledger.transaction() as transaction:
        (binding,) = transaction.bindings(TAX)
        assert (binding.person, binding.name) == ("page:a", "")
        assert transaction.binding_history(TAX) == []
        assert is_code(transaction.make_code(TAX, NOW))
    ledger.close()
