"""The ledger in PostgreSQL, for several bots that share the work; see docs/decisions/0019-postgresql.md."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from bot.errors import LedgerError, LedgerTooNew
from bot.ledger.connection import Connection
from bot.ledger.dialect import for_postgres, table_for_postgres
from bot.ledger.leases import Rooms
from bot.ledger.port import Outgoing, Transaction
from bot.ledger.postgres_failures import explain
from bot.ledger.read_cache import ReadCache
from bot.ledger.schema import APPLICATION_ID, MIGRATIONS
from bot.ledger.transaction import LedgerTransaction
from bot.model import Event, Recalled, Said

KEPT_BY_ONE = f"{APPLICATION_ID}, hashtext(current_schema())"
"""The advisory lock of a ledger: bots share it, and whoever carries the ledger elsewhere has it alone."""

_OLDEST = 130000
_SILENCE = timedelta(seconds=60)
"""How long a transaction may stand still before the server ends it, so that a bot that hangs holds up nobody."""


class _Truth(Dumper):
    """Python's truth values as the numbers 0 and 1, as SQLite keeps them."""

    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"


class PostgresConnection:
    """A psycopg connection that takes the ledger's statements; see ``bot.ledger.connection.Connection``."""

    IntegrityError = psycopg.IntegrityError

    def __init__(self, link: psycopg.Connection[DictRow]) -> None:
        self.link = link

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[DictRow]:
        """Run one statement."""
        return self.link.execute(for_postgres(statement), values)

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> psycopg.Cursor[DictRow]:
        """Run one statement for each of several rows of values."""
        cursor = self.link.cursor()
        cursor.executemany(for_postgres(statement), values)
        return cursor


class PostgresTransaction(LedgerTransaction):
    """A transaction in which each conversation belongs to one bot at a time."""

    def __init__(self, db: PostgresConnection, cache: ReadCache, rooms: Rooms) -> None:
        super().__init__(db, cache)
        self._rooms = rooms

    def record(self, event: Event) -> bool:
        """Keep the event; False if it has been seen before. Raises ``HeldElsewhere`` while another bot is to handle it."""
        if isinstance(event, Said | Recalled) and not self._rooms.enter(self._db, event):
            return False
        return super().record(event)

    def claim(self, now: datetime, lease: timedelta, limit: int) -> list[Outgoing]:
        """Lease outgoing messages that may be sent now, but none to a group that another bot has."""
        self._rooms.renew(self._db)
        return super().claim(now, lease, limit)


class PostgresLedger:
    """A ledger in a PostgreSQL database, its tables made if absent; see ``bot.ledger.port.Ledger``.

    ``url`` is libpq's (``postgresql://user:password@host/database``). ``patience`` is how long a transaction waits for what
    another one holds; ``lease`` is how long this bot may be silent before others take its groups over, ``precedence`` how long
    others leave a message to it. Raises ``LedgerTooNew`` for a schema that a newer program made, and ``LedgerError`` for a
    database that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: timedelta = timedelta(seconds=5),
        lease: timedelta = timedelta(seconds=60),
        precedence: timedelta = timedelta(seconds=3),
    ) -> None:
        self._url = url
        self.where = described(url)
        self._patience = patience
        self._lock = RLock()
        self._cache = ReadCache()
        self._open = False
        self._closed = False
        self._rooms = Rooms(f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}", lease, precedence)
        with self._explained():
            self._db = self._connect()
            try:
                self._prepare()
            except BaseException:
                self._db.link.close()
                raise

    def _connect(self) -> PostgresConnection:
        link = psycopg.connect(
            self._url,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=max(2, round(self._patience.total_seconds())),
            application_name="xiaoshao",
            client_encoding="UTF8",
        )
        try:
            link.adapters.register_dumper(bool, _Truth)
            if link.info.server_version < _OLDEST:
                raise LedgerError(f"账本数据库 {self.where} 太旧：请用 PostgreSQL 13 以上的版本")
            if link.info.parameter_status("server_encoding") != "UTF8":
                raise LedgerError(f"账本数据库 {self.where} 不是 UTF8 编码：请用 createdb -E UTF8 新建一个")
            waits = round(self._patience / timedelta(milliseconds=1))
            link.execute(f"SET lock_timeout = {waits}")
            link.execute(f"SET idle_in_transaction_session_timeout = {_SILENCE // timedelta(milliseconds=1)}")
            link.execute("SELECT set_config('xiaoshao.bot', %s, false)", (self._rooms.bot,))
            # Weaker settings of the server would lose what was acknowledged; remote_apply and the like may stay.
            (commit,) = link.execute("SELECT current_setting('synchronous_commit') AS durable").fetchall()
            try:
                link.execute(f"SELECT pg_advisory_lock_shared({KEPT_BY_ONE})")
            except psycopg.errors.LockNotAvailable:
                raise LedgerError(f"账本 {self.where} 正在搬家或恢复，等它做完再启动") from None
            if commit["durable"] in ("off", "local"):
                link.execute("SET synchronous_commit = on")
        except BaseException:
            link.close()
            raise
        return PostgresConnection(link)

    def _prepare(self) -> None:
        with self._writing():
            # Bots that start together make the tables one after the other.
            self._db.execute("SELECT pg_advisory_xact_lock(?)", (APPLICATION_ID,))
            tables = self._db.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
            names = {row["tablename"] for row in tables}
            if names and "xiaoshao_migrations" not in names:
                raise LedgerError(f"{self.where} 里是别的程序的数据，不是小哨的账本；请检查设置里的地址，或换一个空的数据库")
            if not names:
                self._db.execute(
                    "CREATE TABLE xiaoshao_migrations (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())"
                )
            applied = [row["name"] for row in self._db.execute("SELECT name FROM xiaoshao_migrations ORDER BY name")]
            unknown = [name for name in applied if name not in {migration.name for migration in MIGRATIONS}]
            if unknown:
                raise LedgerTooNew(
                    f"账本 {self.where} 是更新版本的小哨写的（本版不认识 {'、'.join(unknown)}），没有改动它；"
                    "请升级小哨后再启动，或换用升级前的备份"
                )
            for migration in MIGRATIONS:
                if migration.name in applied:
                    continue
                for statement in migration.statements:
                    self._db.link.execute(table_for_postgres(statement))
                for statement in migration.postgres:
                    self._db.link.execute(statement)
                self._db.execute("INSERT INTO xiaoshao_migrations (name) VALUES (?)", (migration.name,))

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Begin a writing transaction; commit on leaving, roll back on an exception."""
        with self._lock, self._explained(), self._writing():
            yield PostgresTransaction(self._db, self._cache, self._rooms)

    @contextmanager
    def statements(self) -> Generator[Connection, None, None]:
        """Begin a transaction for statements of one's own."""
        with self._lock, self._explained(), self._writing():
            yield self._db

    @contextmanager
    def _writing(self) -> Generator[None, None, None]:
        if self._open:
            raise RuntimeError("a transaction is open in this thread already")
        self._begin()
        self._open = True
        try:
            yield
            self._db.link.execute("COMMIT")
        except BaseException:
            self._cache.clear()
            with suppress(psycopg.Error):
                self._db.link.execute("ROLLBACK")
            raise
        finally:
            self._open = False

    def _begin(self) -> None:
        try:
            self._db.link.execute("BEGIN")
        except psycopg.OperationalError:
            if self._closed:
                raise
            # The server was restarted since the last transaction; nothing was begun that could be lost.
            self._db.link.close()
            self._db = self._connect()
            self._db.link.execute("BEGIN")

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        try:
            yield
        except psycopg.DataError as error:
            raise ValueError(f"账本存不了这样的内容：{error}") from error
        except psycopg.Error as error:
            raise explain(error, self.where) from error

    def close(self) -> None:
        """Let go of this bot's groups and of the connection."""
        with self._lock:
            self._closed = True
            with suppress(psycopg.Error):
                self._rooms.leave(self._db)
            self._db.link.close()


def described(url: str) -> str:
    """Return a database's address without its password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise LedgerError(f"设置 data 里的数据库地址读不懂：写成 postgresql://用户:密码@主机/数据库 的样子（{error}）") from None
    host = parts.get("host") or "localhost"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{host}{port}/{parts.get('dbname') or ''}"
