"""The bare rows of a ledger, table by table, as whoever carries it elsewhere needs them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier
from sqlite_utils import Database

from bot.errors import LedgerError
from bot.ledger import failures, postgres_failures
from bot.ledger.dialect import NUMBERS_AHEAD
from bot.ledger.postgres import KEPT_BY_ONE, PostgresLedger, described
from bot.ledger.sqlite import SqliteLedger, migrations

Values = tuple[Any, ...]
_AT_ONCE = 2_000
_PATIENCE_MS = 1_000
_IN_ORDER_OF_ROWS = ("bindings",)  # tables whose order of rows means something, and that have no column for it


@cache
def layout() -> Mapping[str, tuple[str, ...]]:
    """Return the tables with their columns, each after those that it refers to."""
    with closing(sqlite3.connect(":memory:")) as db:
        migrations().apply(Database(db))
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")]
        return {
            name: (
                *(("rowid",) if name in _IN_ORDER_OF_ROWS else ()),
                *(row[1] for row in db.execute(f"PRAGMA table_info({name})")),
            )
            for name in names
            if not name.startswith(("_", "sqlite_"))
        }


class Rows(Protocol):
    """One ledger's rows within one transaction."""

    @property
    def where(self) -> str:
        """Return the file or the address, without a password."""
        ...

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        ...

    def read(self, table: str) -> Iterator[Values]:
        """Return a table's rows, in the columns of ``layout``."""
        ...

    def write(self, table: str, rows: Iterable[Values]) -> None:
        """Add rows to a table."""
        ...

    def finish(self) -> None:
        """Set what gives out new ids after the highest that there is."""
        ...


class SqliteRows:
    """The rows of an SQLite ledger."""

    def __init__(self, db: sqlite3.Connection, where: str) -> None:
        self._db = db
        self.where = where

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def read(self, table: str) -> Iterator[Values]:
        """Return a table's rows."""
        return self._db.execute(f"SELECT {', '.join(layout()[table])} FROM {table}")

    def write(self, table: str, rows: Iterable[Values]) -> None:
        """Add rows to a table."""
        columns = layout()[table]
        places = ", ".join("?" * len(columns))
        self._db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    def finish(self) -> None:
        """Do nothing: SQLite goes on after the highest id."""


class PostgresRows:
    """The rows of a PostgreSQL ledger."""

    def __init__(self, link: psycopg.Connection[Values], where: str) -> None:
        self._link = link
        self.where = where

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        [(count,)] = self._link.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchall()
        return int(count)

    def read(self, table: str) -> Iterator[Values]:
        """Return a table's rows, a few thousand at a time."""
        with self._link.cursor(name="rows") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(SQL("SELECT {} FROM {}").format(_columns(table), Identifier(table)))
            yield from cursor

    def write(self, table: str, rows: Iterable[Values]) -> None:
        """Add rows to a table."""
        if table == "cases":  # its numbers are seen to in the end, all at once
            self._link.execute("ALTER TABLE cases DISABLE TRIGGER take_case_number")
        into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), _columns(table))
        with self._link.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
        if table == "cases":
            self._link.execute("ALTER TABLE cases ENABLE TRIGGER take_case_number")

    def finish(self) -> None:
        """Set what gives out new positions, ids and case numbers after the highest that there is."""
        self._link.execute(
            """
            SELECT setval('positions', greatest(1, (SELECT max(position) FROM events), (SELECT max(position) FROM outbox)))
            """
        )
        identities = self._link.execute(
            """
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = current_schema() AND is_identity = 'YES'
            """
        ).fetchall()
        for table, column in identities:
            self._link.execute(
                SQL(
                    "SELECT setval(pg_get_serial_sequence({name}, {text}), max({column})) FROM {table} HAVING count(*) > 0"
                ).format(name=table, text=column, column=Identifier(column), table=Identifier(table))
            )
        self._link.execute("DELETE FROM case_numbers")
        self._link.execute(
            """
            INSERT INTO case_numbers
            SELECT free FROM generate_series(1, (SELECT coalesce(max(number), 0) + %s FROM cases)) AS free
            WHERE NOT EXISTS (SELECT 1 FROM cases WHERE number = free)
            """,
            (NUMBERS_AHEAD,),
        )


def _shut_bots_out(link: psycopg.Connection[Values], where: str) -> None:
    link.execute(f"SET lock_timeout = {_PATIENCE_MS}")  # the server may take a moment to notice that a bot has gone
    try:
        link.execute(f"SELECT pg_advisory_lock({KEPT_BY_ONE})")
    except psycopg.errors.LockNotAvailable:
        raise LedgerError(f"还有小哨连着账本 {where}：先停下所有的小哨再来") from None
    link.commit()


def _columns(table: str) -> psycopg.sql.Composed:
    return SQL(", ").join(map(Identifier, layout()[table]))


@contextmanager
def rows_of(data: Path | str, *, alone: bool) -> Generator[Rows, None, None]:
    """Open a ledger's rows, its schema brought up to date; what is written is committed together in the end, or not at all.

    ``alone`` refuses a ledger that a bot has open, and keeps bots out meanwhile. Raises ``LedgerError``.
    """
    with _sqlite_rows(data, alone) if isinstance(data, Path) else _postgres_rows(data, alone) as rows:
        yield rows


@contextmanager
def _sqlite_rows(path: Path, alone: bool) -> Generator[Rows, None, None]:
    SqliteLedger(path).close()
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = FULL")
            if alone:
                shut_out(db, path)
            db.execute("BEGIN EXCLUSIVE" if alone else "BEGIN")
            try:
                yield SqliteRows(db, str(path))
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise failures.explain(error, str(path)) from error


def shut_out(db: sqlite3.Connection, path: Path) -> None:
    """Keep everybody else out of a file; raises ``LedgerError`` while somebody has it open."""
    # Leaving the write-ahead log is possible only while nobody else has the file open.
    try:
        db.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError:
        raise LedgerError(f"还有程序开着账本 {path}：先停下小哨（和别的数据库工具）再来") from None


@contextmanager
def _postgres_rows(url: str, alone: bool) -> Generator[Rows, None, None]:
    PostgresLedger(url).close()
    where = described(url)
    try:
        with psycopg.connect(url, row_factory=tuple_row, application_name="xiaoshao") as link:
            link.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            if alone:
                _shut_bots_out(link, where)
            yield PostgresRows(link, where)
    except psycopg.Error as error:
        raise postgres_failures.explain(error, where) from error
