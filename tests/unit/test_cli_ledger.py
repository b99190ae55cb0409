"""``xiaoshao backup``, ``restore``, ``verify``, ``move``: what they say and how they end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest

from bot.cli import main
from bot.ledger.postgres import PostgresLedger
from bot.ledger.sqlite import SqliteLedger
from tests.samples import decided, opened, said, take_in

ROOT = Path(__file__).parents[2]


class Office:
    """A folder with a ledger in it, and the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.data = folder / "data" / "xiaoshao.db"
        self._capsys = capsys

    def run(self, *words: str, code: int = 0) -> str:
        assert main(words) == code
        captured = self._capsys.readouterr()
        return captured.out + captured.err

    def open_case(self, number: int) -> None:
        with closing(SqliteLedger(self.data)) as ledger:
            message = said()
            take_in(ledger, message, decided(cases=(opened(number, message),)))

    def numbers(self, path: Path) -> list[int]:
        with closing(SqliteLedger(path)) as ledger, ledger.transaction() as work:
            return [case.number for case in work.cases()]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Office:
    monkeypatch.chdir(tmp_path)
    office = Office(tmp_path, capsys)
    office.open_case(1)
    return office


def test_a_backup_is_made_checked_and_restored(office: Office) -> None:
    assert "备份好了，已核对：backup.db" in office.run("backup", "backup.db")
    assert office.run("verify", "backup.db") == "账本完好。\n"
    office.open_case(2)
    assert "加 --replace" in office.run("restore", "backup.db", code=1)
    said = office.run("restore", "backup.db", "--replace")
    assert "data/xiaoshao.db里现在是 backup.db 的内容" in said
    assert "原来的账本留在 data/xiaoshao-" in said
    assert office.numbers(office.data) == [1]
    [aside] = (office.folder / "data").glob("xiaoshao-*.db")
    assert office.numbers(aside) == [2, 1]


def test_there_must_be_something_to_back_up_or_to_restore(office: Office) -> None:
    assert "nowhere.db：还没有账本" in office.run("backup", "backup.db", "--data", "nowhere.db", code=1)
    assert "nowhere.db：找不到这个备份" in office.run("restore", "nowhere.db", code=1)
    assert "nowhere.db：找不到这个账本" in office.run("verify", "nowhere.db", code=1)
    assert "nowhere.db：找不到这个账本" in office.run("move", "sqlite:nowhere.db", "sqlite:new.db", code=1)
    assert not (office.folder / "new.db").exists()


def test_what_is_wrong_is_listed_and_the_command_fails(office: Office) -> None:
    assert office.run("verify") == "账本完好。\n"
    with closing(sqlite3.connect(office.data)) as db:
        db.execute("DELETE FROM history")
        db.commit()
    assert office.run("verify", code=1).splitlines()[0] == "工单没有来历：#1"
    assert "但账本本身有 1 处问题" in office.run("backup", "backup.db", code=1)
    assert office.numbers(office.folder / "backup.db") == [1]


def test_a_ledger_moves_to_postgres_and_the_other_commands_find_it_there(
    office: Office, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"sqlite:{office.data}"
    assert "搬好了，逐行核对一致" in office.run("move", source, postgres_url)
    assert "早就搬好了" in office.run("move", source, postgres_url)
    with closing(PostgresLedger(postgres_url)) as ledger, ledger.transaction() as work:
        assert [case.number for case in work.cases()] == [1]
    assert office.run("verify", "--data", postgres_url) == "账本完好。\n"
    assert "登记" in office.run("replay", "1", "--data", postgres_url)
    monkeypatch.setattr("sys.stdin", StringIO("@小哨 车间地磅多久强检一次\n"))
    monkeypatch.setenv("XIAOSHAO_KNOWLEDGE", str(ROOT / "knowledge"))
    monkeypatch.setenv("XIAOSHAO_ROUTING", str(ROOT / "routing.yaml"))
    assert "已登记 #2" in office.run("run", "--terminal", "--data", postgres_url)
    office.run("backup", "backup.db", "--data", postgres_url)
    assert office.numbers(office.folder / "backup.db") == [2, 1]
    assert "已经有内容" in office.run("move", source, postgres_url, code=1)
    assert "是同一个" in office.run("move", source, source, code=1)
