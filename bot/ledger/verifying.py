"""Whether a ledger is whole: its file, its tables, and what must be true of every case and every message."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import LedgerError
from bot.ledger import failures
from bot.ledger.codec import decode_case, micros
from bot.ledger.connection import Connection, Row
from bot.ledger.schema import APPLICATION_ID, MIGRATIONS
from bot.model import Case

_SHOWN = 5
_QUESTIONS = (
    (
        "未办结的工单没有下一个到期时间，或已办结的还有：#{number}",
        "SELECT number FROM cases WHERE (status IN ('closed', 'withdrawn')) <> (due_at IS NULL) ORDER BY number",
    ),
    (
        "工单到期了也不会有人知道（没有提醒时间）：#{number}",
        "SELECT number FROM cases WHERE due_at IS NOT NULL AND (tick_at IS NULL OR due_step IS NULL) ORDER BY number",
    ),
    (
        "工单没有来历：#{number}",
        "SELECT number FROM cases WHERE number NOT IN (SELECT case_number FROM history) ORDER BY number",
    ),
    (
        "工单没有提问人：#{number}",
        "SELECT number FROM cases WHERE number NOT IN (SELECT case_number FROM askers) ORDER BY number",
    ),
    (
        "待发的消息和它的状态对不上：{key}（{state}）",
        """
        SELECT key, state FROM outbox WHERE (state IN ('pending', 'claimed')) <> (ready_at IS NOT NULL)
          OR (state = 'claimed') <> (token IS NOT NULL) OR (state = 'sent') <> (sent_at IS NOT NULL)
          OR (state = 'sent' AND (position IS NULL OR receipt IS NULL)) ORDER BY id
        """,
    ),
    (
        "记了一件事，却没有怎么处理的决定：{channel} {message_id}",
        """
        SELECT channel, message_id FROM events
        WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.event = events.position) ORDER BY position
        """,
    ),
    (
        "收到的和发出的两句话占了同一个位置：{position}",
        "SELECT events.position FROM events JOIN outbox ON outbox.position = events.position ORDER BY events.position",
    ),
)


def faults(db: Connection) -> Iterator[str]:
    """Yield what is wrong with the rows of a ledger, one Chinese sentence each, at most a few of a kind."""
    for words, question in _QUESTIONS:
        yield from _few(words.format_map(dict(row)) for row in db.execute(question))
    yield from _few(_of_cases(db))


def _few(found: Iterator[str]) -> Iterator[str]:
    for count, words in enumerate(found):
        if count == _SHOWN:
            yield "（同样的还有，不一一列出）"
            return
        yield words


def _of_cases(db: Connection) -> Iterator[str]:
    last = 0
    while rows := db.execute("SELECT * FROM cases WHERE number > ? ORDER BY number LIMIT 1000", (last,)).fetchall():
        for row in rows:
            yield from _of_case(row)
        last = rows[-1]["number"]


def _of_case(row: Row) -> Iterator[str]:
    number = row["number"]
    try:
        case = decode_case(row["body"])
    except (ValueError, TypeError, KeyError) as error:
        yield f"工单 #{number} 的内容读不出来（{type(error).__name__}）"
        return
    if _columns(case) != (number, row["status"], row["due_at"], row["due_step"]):
        yield f"工单 #{number} 的内容和目录对不上"
    if not case.status.terminal and not case.ladder.tiers:
        yield f"工单 #{number} 没有上报路线"


def _columns(case: Case) -> tuple[int, str, int | None, str | None]:
    return (case.number, case.status, micros(case.due.at) if case.due else None, case.due.name if case.due else None)


def faults_at(data: Path | str) -> Iterator[str]:
    """Yield what is wrong with the ledger in a file or at an address; raises ``LedgerError`` for what is no ledger at all."""
    if isinstance(data, Path):
        yield from faults_of_file(data)
        return
    from bot.ledger.postgres import PostgresLedger

    with closing(PostgresLedger(data)) as ledger, ledger.statements() as db:
        yield from _of_database(db)


def faults_of_file(file: Path) -> Iterator[str]:
    """Yield what is wrong with an SQLite ledger, which is left as it is; raises ``LedgerError`` for what is no ledger at all."""
    damaged = False
    for words in damage_of_file(file):
        damaged = True
        yield words
    if damaged:
        return
    with _looking_at(file) as db:
        yield from (f"表里有不该有的内容（{row[0]}）" for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok")
        yield from _few(f"表 {row['table']} 有一行指向不存在的 {row['parent']}" for row in db.execute("PRAGMA foreign_key_check"))
        yield from faults(db)


def damage_of_file(file: Path) -> Iterator[str]:
    """Yield why an SQLite ledger cannot be used at all; raises ``LedgerError`` for what is no ledger."""
    try:
        with _looking_at(file) as db:
            if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise LedgerError(f"{file} 不是小哨的账本")
            applied = {row["name"] for row in db.execute("SELECT name FROM _sqlite_migrations")}
            unknown = sorted(applied - {migration.name for migration in MIGRATIONS})
            if unknown:
                yield f"是更新版本的小哨写的（本版不认识 {'、'.join(unknown)}），请升级小哨"
            broken = [row[0] for row in db.execute("PRAGMA integrity_check(20)") if not row[0].startswith(("ok", "CHECK "))]
            yield from (f"文件已损坏：{words}" for words in broken[:_SHOWN])
    except sqlite3.DatabaseError as error:
        yield str(failures.explain(error, str(file)))


@contextmanager
def _looking_at(file: Path) -> Generator[sqlite3.Connection, None, None]:
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA query_only = ON")
        db.row_factory = sqlite3.Row
        yield db


def _of_database(db: Connection) -> Iterator[str]:
    # The server itself keeps types, keys and references.
    highest = db.execute(
        "SELECT greatest((SELECT max(position) FROM events), (SELECT max(position) FROM outbox)) AS position"
    ).fetchone()["position"]
    given = db.execute("SELECT last_value FROM positions").fetchone()["last_value"]
    if highest is not None and given < highest:
        yield f"位置的计数（{given}）落在已用的（{highest}）后面"
    taken = db.execute("SELECT number FROM case_numbers WHERE number IN (SELECT number FROM cases) ORDER BY number").fetchall()
    if taken:
        yield f"已用的工单号又排着等用：{json.dumps([row['number'] for row in taken[:_SHOWN]])}"
    if not db.execute("SELECT 1 FROM case_numbers LIMIT 1").fetchone():
        yield "没有空着的工单号了"
    yield from faults(db)
