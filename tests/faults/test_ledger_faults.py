"""Disks that are full, files that are broken, locked, foreign or too new: a clear word, and nothing half written."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import LedgerError, LedgerFull, LedgerTooNew
from bot.ledger.sqlite import SqliteLedger
from bot.work.intake import Intake
from tests.samples import HandClock, opens, said

ROOT = Path(__file__).parents[2]
MOMENT = timedelta(milliseconds=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "xiaoshao.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(path, patience=MOMENT)
    yield ledger
    ledger.close()


def intake(ledger: SqliteLedger) -> Intake:
    return Intake(ledger, opens, HandClock(), lambda: None)


def counts(path: Path) -> dict[str, int]:
    database = Database(sqlite3.connect(path))
    found = {table.name: table.count for table in database.tables if not table.name.startswith(("_", "sqlite_"))}
    database.close()
    return found


def sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    answers = [connection.execute("PRAGMA integrity_check").fetchall(), connection.execute("PRAGMA foreign_key_check").fetchall()]
    connection.close()
    return answers == [[("ok",)], []]


def test_a_full_disk_registers_nothing_and_works_again_once_there_is_room(ledger: SqliteLedger, path: Path) -> None:
    intake(ledger).handle(said())
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    before = counts(path)
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    message = said("长" * 200_000)
    with pytest.raises(LedgerFull, match="磁盘已满，没有登记"):
        intake(ledger).handle(message)
    assert counts(path) == before
    ledger._db.execute("PRAGMA max_page_count = 1000000")
    assert intake(ledger).handle(message) is not None
    assert counts(path)["cases"] == 2
    assert sound(path)


LIMITED = """
import resource, sys
from bot.errors import LedgerFull
from bot.ledger.sqlite import SqliteLedger
from bot.work.intake import Intake
from tests.samples import HandClock, opens, said

ledger = SqliteLedger(sys.argv[1])
intake = Intake(ledger, opens, HandClock(), lambda: None)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
done = 0
try:
    while done < 10_000:
        intake.handle(said("长" * 1000))
        done += 1
except LedgerFull as refusal:
    print(done, refusal)
"""


def test_a_file_that_may_not_grow_keeps_what_was_registered_and_refuses_the_rest(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], cwd=ROOT, capture_output=True, text=True, check=True)
    registered, refusal = done.stdout.split(" ", 1)
    assert "磁盘已满，没有登记" in refusal
    assert int(registered) > 0
    ledger = SqliteLedger(path)
    with ledger.transaction() as transaction:
        assert len(transaction.cases(limit=100_000)) == int(registered)
    ledger.close()
    assert sound(path)


def test_a_disk_full_for_the_operating_system_is_full(ledger: SqliteLedger) -> None:
    with pytest.raises(LedgerFull), ledger.transaction():
        raise OSError(28, "No space left on device")


def test_other_errors_of_the_caller_pass_through(ledger: SqliteLedger) -> None:
    with pytest.raises(FileNotFoundError), ledger.transaction():
        raise FileNotFoundError(2, "routing.yaml")


READ_ONLY = """
import importlib.metadata, os, pathlib, sys  # the first is loaded late otherwise, from a folder that may be root's alone
from bot.errors import LedgerError
from bot.ledger.sqlite import SqliteLedger
if os.geteuid() == 0:  # root writes into anything
    os.setgid(65534)
    os.setuid(65534)
try:
    SqliteLedger(sys.argv[1])
except LedgerError as refusal:
    print(type(refusal).__name__, refusal)
"""


@pytest.mark.parametrize("existing", [True, False], ids=["file", "folder"])
def test_what_may_not_be_written_says_so(existing: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("public")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)  # pytest's folders are their owner's alone
    path = folder / "xiaoshao.db" if existing else folder / "data" / "xiaoshao.db"
    if existing:
        SqliteLedger(path).close()
        path.chmod(0o444)
    folder.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", READ_ONLY, str(path)], cwd=ROOT, capture_output=True, text=True, check=True)
    folder.chmod(0o755)
    assert done.stdout.startswith("LedgerError")
    assert "权限" in done.stdout or "可写" in done.stdout


def test_a_ledger_written_by_a_newer_version_is_left_alone(path: Path) -> None:
    SqliteLedger(path).close()
    connection = sqlite3.connect(path)
    row = ("xiaoshao", "099_from_the_future", "2027-05-01")
    connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)", row)
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerTooNew, match=r"更新版本.*099_from_the_future.*请升级小哨"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (id)")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="别的程序的数据库"):
        SqliteLedger(path)
    assert counts(path) == {"photos": 0}


@pytest.mark.parametrize("content", [b"PK\x03\x04 an Excel file " * 400, b"\x00" * 8192], ids=["xlsx", "zeros"])
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="不是小哨的账本文件"):
        SqliteLedger(path)
    assert path.read_bytes() == content


def test_a_damaged_ledger_says_so(path: Path) -> None:
    ledger = SqliteLedger(path)
    for _ in range(50):
        intake(ledger).handle(said())
    ledger.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(LedgerError, match=r"已损坏.*备份"):
        intake(SqliteLedger(path)).handle(said())


def test_a_folder_in_the_files_place_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="打不开账本"):
        SqliteLedger(tmp_path)


def test_a_file_in_the_folders_place_says_so(path: Path) -> None:
    path.write_text("x")
    with pytest.raises(LedgerError, match="打不开账本"):
        SqliteLedger(path / "xiaoshao.db")


def test_a_ledger_held_by_another_program_is_waited_for_and_then_refused(ledger: SqliteLedger, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    message = said()
    with pytest.raises(LedgerError, match="正被另一个程序占用，这次没有登记"):
        intake(ledger).handle(message)
    other.execute("ROLLBACK")
    other.close()
    assert intake(ledger).handle(message) is not None


WRITER = """
import sys
from bot.ledger.sqlite import SqliteLedger
from bot.work.intake import Intake
from tests.samples import HandClock, opens, said

ledger = SqliteLedger(sys.argv[1])
intake = Intake(ledger, opens, HandClock(), lambda: None)
for index in range(60):
    assert intake.handle(said(message_id=f"{sys.argv[2]}/{index}")) is not None
    intake.handle(said(message_id=f"shared/{index}"))
"""


def test_two_processes_write_into_one_ledger_from_its_very_beginning(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name in "ab"
    ]
    complaints = [writer.communicate(timeout=60)[1] for writer in writers]
    assert complaints == ["", ""]
    found = counts(path)
    assert (found["events"], found["cases"], found["history"], found["outbox"]) == (180, 180, 180, 360)
    assert sound(path)


def _open_together(barrier: Barrier, folder: Path, number: int) -> None:
    for index in range(number):
        barrier.wait(timeout=60)
        SqliteLedger(folder / f"{index}.db").close()


def test_processes_that_open_a_new_ledger_at_the_same_moment_wait_for_each_other(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    barrier = processes.Barrier(3)
    openers = [processes.Process(target=_open_together, args=(barrier, tmp_path, 60)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0, 0, 0]


def test_the_settings_that_make_a_commit_durable_are_on(ledger: SqliteLedger) -> None:
    values = {
        name: ledger._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
