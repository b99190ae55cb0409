"""A ledger carried whole: to the other engine and back, into a backup and out of it, up from every schema that was released."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.errors import LedgerError
from bot.ledger.moving import copy, move
from bot.ledger.opening import open_ledger
from bot.ledger.port import EntryVersion, Ledger
from bot.ledger.postgres import PostgresLedger
from bot.ledger.rows import SqliteRows, Values, layout, rows_of
from bot.ledger.safekeeping import backup, restore
from bot.ledger.schema import MIGRATIONS
from bot.ledger.sqlite import SqliteLedger
from bot.ledger.verifying import faults_at
from bot.model import Action, Answered, Enterprise, Entry, Member, Piece, Status, Target
from bot.model import Thread as Words
from tests.samples import HR, NOW, SAFETY, TAXMAN, decided, opened, recalled, said, say, snapshot_for, take_in

OLD = Path(__file__).parents[1] / "fixtures" / "ledgers"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MOMENT = timedelta(milliseconds=100)
ODD = "制表\t换行\n回车\r反斜杠\\N \\. 引号'\" 表情👷 零宽\u200b"


def quiet(rows: int) -> Callable[[str, int], None]:
    return lambda step, done: None


def fill(ledger: Ledger) -> None:
    """Put something into every table that a bot fills by itself."""
    one, two, three = said(ODD), said("第二句", by=HR), said("第三句", room="", by=TAXMAN)
    with ledger.transaction() as work:
        for person in ("page:丙", "page:甲", "page:乙"):
            work.bind("page", person, "税务局联络员", NOW, by="社工")
        work.make_code("联盟召集人", NOW, by="社工")
        work.set("demo clock", "3600")
        work.put_enterprises([Enterprise("泰准金属", "灵峰", people=(Member("老周", "safety"),))])
        entry = Entry("plate", "上牌", "samr", ("叉车上牌",), "去大厅", "某条", NOW.date(), 180 * DAY)
        work.announce_edit("plate", replace(entry, answer="去窗口"), "社工")
        work.keep_version(EntryVersion("plate", NOW, "社工", entry))
    answered = Words(pieces=(Piece(ODD, "m", NOW),), answered=Answered("m", "plate", NOW))
    take_in(ledger, one, decided(cases=(opened(1, one),), says=(say("a", case=1), say("b", mention=SAFETY)), thread=answered))
    take_in(ledger, two, decided(action=Action.ANSWER, entry="plate", cases=(opened(2, two, status=Status.CLOSED),)))
    take_in(ledger, three, decided(cases=(opened(3, three),), says=(say("c", Target("contact", "税务局联络员"), case=3),)))
    take_in(ledger, recalled(two))
    with ledger.transaction() as work:
        for outgoing in work.claim(NOW, MINUTE, 2):
            work.confirm(outgoing.token, f"receipt of {outgoing.key}", NOW)
        [claimed] = work.claim(NOW, MINUTE, 1)
        work.postpone(claimed.token, "太快", NOW + MINUTE)


def everything(data: Path | str) -> dict[str, list[Values]]:
    with rows_of(data, alone=False) as rows:
        return {table: sorted(rows.read(table), key=repr) for table in layout()}


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A ledger in SQLite with something in it."""
    path = tmp_path / "full.db"
    with closing(SqliteLedger(path)) as ledger:
        fill(ledger)
    return path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    return tmp_path / "fresh.db"


# ── Moving ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ledger_comes_back_from_postgres_as_it_went(full: Path, postgres_url: str, fresh: Path) -> None:
    before = everything(full)
    told: list[tuple[str, int]] = []
    total: list[int] = []

    def starting(rows: int) -> Callable[[str, int], None]:
        total.append(rows)
        return lambda step, done: told.append((step, done))

    moved = move(full, postgres_url, starting)
    assert everything(postgres_url) == before == everything(full)
    assert dict(moved.rows) == {table: len(rows) for table, rows in before.items()}
    assert {step: sum(done for each, done in told if each == step) for step, _ in told} == {"搬": total[0], "核对": total[0]}
    move(postgres_url, fresh, quiet)
    assert everything(fresh) == before
    assert list(faults_at(postgres_url)) == list(faults_at(fresh)) == []


def test_work_goes_on_where_it_was_after_a_move(full: Path, postgres_url: str) -> None:
    move(full, postgres_url, quiet)
    with closing(PostgresLedger(postgres_url)) as ledger:
        message = said("搬家以后")
        assert snapshot_for(ledger, replace(message, message_id="look")).next_number == 4
        take_in(ledger, message, decided(cases=(opened(4, message),), says=(say("d", case=4),)))
        with ledger.transaction() as work:
            assert [binding.person for binding in work.bindings("税务局联络员")] == ["page:丙", "page:甲", "page:乙"]
            assert [out.key for out in work.claim(NOW + MINUTE, MINUTE, 10)] == ["c", "d"]
            assert [bubble.text for bubble in work.conversation(room=message.room)][-1] == "搬家以后"
            assert [line.who for line in work.history(4)] == [SAFETY.name]
        assert not snapshot_records(ledger, said(message_id=first_id(full)))


def snapshot_records(ledger: Ledger, event) -> bool:
    with ledger.transaction() as work:
        return work.record(event)


def first_id(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return str(db.execute("SELECT message_id FROM events ORDER BY position LIMIT 1").fetchone()[0])


def test_a_target_that_holds_something_is_left_alone_but_the_same_ledger_again_is_no_fault(
    full: Path, fresh: Path, postgres_url: str
) -> None:
    assert not move(full, postgres_url, quiet).before
    assert move(full, postgres_url, quiet).before
    with closing(SqliteLedger(fresh)) as ledger:
        take_in(ledger, said())
    with pytest.raises(LedgerError, match=r"已经有内容（events 1 行.*没有动它"):
        move(full, fresh, quiet)
    with closing(PostgresLedger(postgres_url)) as ledger:
        take_in(ledger, said())
    with pytest.raises(LedgerError, match="已经有内容"):
        move(full, postgres_url, quiet)


@pytest.mark.parametrize("step", ["搬", "核对"])
def test_a_move_that_is_interrupted_leaves_nothing_and_may_be_repeated(full: Path, postgres_url: str, step: str) -> None:
    def starting(rows: int) -> Callable[[str, int], None]:
        def tell(now: str, done: int) -> None:
            if now == step and done:
                raise KeyboardInterrupt

        return tell

    with pytest.raises(KeyboardInterrupt):
        move(full, postgres_url, starting)
    assert not any(everything(postgres_url).values())
    move(full, postgres_url, quiet)
    assert everything(postgres_url) == everything(full)


def test_a_row_that_arrives_otherwise_is_noticed(full: Path, fresh: Path) -> None:
    class Careless(SqliteRows):
        def write(self, table: str, rows: Iterable[Values]) -> None:
            super().write(table, (("税务局", *row[1:]) if table == "settings" else row for row in rows))

    with (
        pytest.raises(LedgerError, match="核对不上：表 settings"),
        rows_of(full, alone=True) as old,
        rows_of(fresh, alone=True) as new,
    ):
        copy(old, Careless(new._db, new.where), quiet)
    assert not any(everything(fresh).values())


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_ledger_that_a_bot_has_open_is_not_moved(full: Path, fresh: Path, postgres_url: str, engine: str) -> None:
    move(full, postgres_url, quiet)
    source: Path | str = full if engine == "sqlite" else postgres_url
    bot = open_ledger(source)
    with pytest.raises(LedgerError, match="先停下"):
        move(source, fresh, quiet)
    take_in(bot, said("还在运行"))
    bot.close()
    move(source, fresh, quiet)


def test_no_bot_starts_on_a_ledger_while_it_is_moved(full: Path, postgres_url: str) -> None:
    refused: list[str] = []

    def starting(rows: int) -> Callable[[str, int], None]:
        for start in (lambda: SqliteLedger(full, patience=timedelta(0)), lambda: PostgresLedger(postgres_url, patience=MOMENT)):
            with pytest.raises(LedgerError) as refusal:
                start()
            refused.append(str(refusal.value))
        return quiet(rows)

    move(full, postgres_url, starting)
    assert "被另一个程序占用" in refused[0]
    assert "正在搬家" in refused[1]


# ── Schemas that were released ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("schema", sorted(file.stem for file in OLD.glob("*.sql")))
def test_a_ledger_of_an_earlier_schema_goes_on(schema: str, tmp_path: Path, postgres_url: str) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((OLD / f"{schema}.sql").read_text(encoding="utf-8"))
    assert list(faults_at(path)) == []
    with closing(SqliteLedger(path)) as ledger:
        assert not snapshot_records(ledger, said(message_id="old-1"))
        assert snapshot_for(ledger, said()).next_number == 3
        with ledger.transaction() as work:
            assert [(case.number, case.question) for case in work.cases(open_only=False)] == [
                (2, "第 3 个问题"),
                (1, "第 1 个问题"),
            ]
            assert [binding.contact for binding in work.bindings()] == ["税务局联络员"]
            assert [out.key for out in work.claim(NOW, MINUTE, 10)] == ["one/dispatch", "two/reply"]
            assert [line.what for line in work.history(1)] == ["登记"]
    with closing(sqlite3.connect(path)) as db:
        applied = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert applied == [migration.name for migration in MIGRATIONS]
    move(path, postgres_url, quiet)
    assert everything(postgres_url) == everything(path)


def test_every_earlier_schema_has_its_fixture() -> None:
    # A migration that is released gets a ledger of the schema before it, made by the program of that time.
    kept = {file.stem for file in OLD.glob("*.sql")}
    assert {migration.name[:3] for migration in MIGRATIONS[:4]} <= kept


# ── Backups ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["sqlite", "postgres"])
def kept_in(request: pytest.FixtureRequest, full: Path) -> Path | str:
    """Where a ledger with something in it is, on each engine."""
    if request.param == "sqlite":
        return full
    url: str = request.getfixturevalue("postgres_url")
    move(full, url, quiet)
    return url


def test_a_backup_holds_everything_and_is_sound(kept_in: Path | str, tmp_path: Path) -> None:
    file = tmp_path / "far" / "backup.db"
    bot = open_ledger(kept_in)  # it goes on working
    assert backup(kept_in, file, quiet) == []
    bot.close()
    assert everything(file) == everything(kept_in)
    with pytest.raises(LedgerError, match="已经有了，没有动它"):
        backup(kept_in, file, quiet)


def test_a_backup_is_of_one_moment_while_messages_stream_in(kept_in: Path | str, tmp_path: Path) -> None:
    stopping, bot = Event(), open_ledger(kept_in)

    def stream() -> None:
        number = 3
        while not stopping.is_set():
            number += 1
            message = said(f"第 {number} 句")
            take_in(bot, message, decided(cases=(opened(number, message),), says=(say(f"k{number}", case=number),)))

    thread = Thread(target=stream)
    thread.start()
    for name in ("one.db", "two.db"):
        assert backup(kept_in, tmp_path / name, quiet) == []
    stopping.set()
    thread.join()
    bot.close()
    for name in ("one.db", "two.db"):
        with closing(SqliteLedger(tmp_path / name)) as ledger, ledger.transaction() as work:
            assert len(work.cases(open_only=False, limit=100_000)) >= 3


def test_a_backup_is_restored_where_there_was_none(kept_in: Path | str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    backup(kept_in, file, quiet)
    restored = tmp_path / "new" / "ledger.db"
    assert restore(file, restored, NOW, quiet, replace=False) is None
    assert everything(restored) == everything(file)


def test_a_backup_is_restored_into_an_empty_database(full: Path, postgres_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    backup(full, file, quiet)
    content = file.read_bytes()
    restore(file, postgres_url, NOW, quiet, replace=False)
    assert everything(postgres_url) == everything(full)
    assert file.read_bytes() == content
    with closing(PostgresLedger(postgres_url)) as ledger:
        take_in(ledger, said("新的一句"))
    with pytest.raises(LedgerError, match="已经有内容"):
        restore(file, postgres_url, NOW, quiet, replace=True)


def test_the_old_ledger_is_kept_aside(full: Path, fresh: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    backup(full, file, quiet)
    with closing(SqliteLedger(fresh)) as ledger:
        take_in(ledger, said("旧账本里的话"))
    before = everything(fresh)
    with pytest.raises(LedgerError, match="--replace"):
        restore(file, fresh, NOW, quiet, replace=False)
    aside = restore(file, fresh, NOW, quiet, replace=True)
    assert aside == tmp_path / "fresh-20261118-095500.db"
    assert everything(aside) == before
    assert everything(fresh) == everything(full)


def test_a_damaged_ledger_gives_way_to_its_backup(full: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    backup(full, file, quiet)
    before = everything(file)
    full.write_bytes(b"\xff" * 50_000)
    assert restore(file, full, NOW, quiet, replace=True) is not None
    assert everything(full) == before


def test_a_ledger_that_is_open_is_not_replaced(full: Path, fresh: Path) -> None:
    backup(full, fresh, quiet)
    bot = SqliteLedger(full)
    with pytest.raises(LedgerError, match="先停下小哨"):
        restore(fresh, full, NOW, quiet, replace=True)
    take_in(bot, said("还在"))
    bot.close()
    assert sorted(file.name for file in full.parent.glob("*.db*")) == ["fresh.db", "full.db"]


def spoil_rows(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            db.execute(statement)
        db.commit()


def newer(path: Path) -> None:
    spoil_rows(path, "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('xiaoshao', '099_future', '')")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:24576] = b"\xff" * 16384
    path.write_bytes(bytes(content))


def another_program(path: Path) -> None:
    path.unlink()
    spoil_rows(path, "CREATE TABLE photos (id)")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (newer, "更新版本的小哨写的"),
        (cut_short, "损坏"),
        (overwritten, "损坏"),
        (lambda path: path.write_bytes(b"PK\x03\x04 an Excel file " * 400), "不是小哨的账本"),
        (another_program, "不是小哨的账本"),
    ],
    ids=["newer", "cut short", "overwritten", "xlsx", "foreign"],
)
def test_a_backup_that_is_not_sound_is_not_restored(full: Path, fresh: Path, spoil, words: str) -> None:
    backup(full, fresh, quiet)
    spoil(fresh)
    before = everything(full)
    with pytest.raises(LedgerError, match=words):
        restore(fresh, full, NOW, quiet, replace=True)
    assert everything(full) == before


# ── What must be true ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE cases SET due_at = NULL, tick_at = NULL WHERE number = 3", "没有下一个到期时间，或已办结的还有：#3"),
        ("UPDATE cases SET tick_at = NULL WHERE number = 1", "没有提醒时间）：#1"),
        ("UPDATE cases SET status = 'closed', due_at = NULL, due_step = NULL WHERE number = 1", "#1 的内容和目录对不上"),
        ("UPDATE cases SET body = '{' WHERE number = 2", "#2 的内容读不出来"),
        ('UPDATE cases SET body = replace(body, \'"tiers":[\', \'"tiers":[],"x":[\') WHERE number = 3', "#3 没有上报路线"),
        ("DELETE FROM askers WHERE case_number = 2", "没有提问人：#2"),
        ("DELETE FROM history WHERE case_number = 3", "没有来历：#3"),
        ("DELETE FROM decisions WHERE event = 1", "没有怎么处理的决定：page "),
        ("UPDATE outbox SET state = 'sent', ready_at = NULL WHERE key = 'c'", "状态对不上：c（sent）"),
        ("UPDATE outbox SET token = 'x' WHERE key = 'c'", "状态对不上：c（pending）"),
        ("UPDATE outbox SET position = 1 WHERE key = 'a'", "占了同一个位置：1"),
        ("UPDATE outbox SET case_number = 99 WHERE key = 'c'", "表 outbox 有一行指向不存在的 cases"),
    ],
)
def test_what_is_wrong_with_a_ledger_is_named(full: Path, change: str, words: str) -> None:
    assert list(faults_at(full)) == []
    spoil_rows(full, change)
    [*faults] = faults_at(full)
    assert any(words in fault for fault in faults), faults


def test_the_same_fault_many_times_is_not_listed_without_end(fresh: Path) -> None:
    with closing(SqliteLedger(fresh)) as ledger:
        for number in range(1, 31):
            message = said()
            take_in(ledger, message, decided(cases=(opened(number, message),)))
    spoil_rows(fresh, "DELETE FROM history")
    assert len(list(faults_at(fresh))) == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DELETE FROM decisions", "没有怎么处理的决定"),
        ("INSERT INTO case_numbers VALUES (2)", "已用的工单号又排着等用：[2]"),
        ("DELETE FROM case_numbers", "没有空着的工单号"),
        ("SELECT setval('positions', 1, false)", "落在已用的"),
    ],
)
def test_what_is_wrong_in_a_database_is_named(full: Path, postgres_url: str, change: str, words: str) -> None:
    move(full, postgres_url, quiet)
    with closing(PostgresLedger(postgres_url)) as ledger, ledger.statements() as db:
        db.execute(change)
    assert any(words in fault for fault in faults_at(postgres_url))


@pytest.fixture(autouse=True)
def _nothing_left_behind(tmp_path: Path) -> Iterator[None]:
    yield
    assert list(tmp_path.rglob("*.partial*")) == []
