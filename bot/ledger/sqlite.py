"""The default ledger: one SQLite file on a local disk, one writer at a time, every commit on the disk before it returns."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import RLock

from sqlite_utils import Database, Migrations

from bot.errors import LedgerError, LedgerTooNew
from bot.ledger import failures
from bot.ledger.port import Transaction
from bot.ledger.read_cache import ReadCache
from bot.ledger.schema import APPLICATION_ID, MIGRATIONS
from bot.ledger.transaction import LedgerTransaction

_PAUSE = 0.01
"""Seconds between two tries to change a new file that another process is changing."""


class SqliteLedger:
    """A ledger in one SQLite file, made with its folder if absent; see ``bot.ledger.port.Ledger``.

    ``patience`` is how long a transaction waits for another process. Raises ``LedgerTooNew`` for a file written by a newer
    program, and ``LedgerError`` for one that cannot be used.
    """

    def __init__(self, path: str | Path, *, patience: timedelta = timedelta(seconds=5)) -> None:
        self._path = str(path)
        self._patience = patience
        self._lock = RLock()
        self._cache = ReadCache(lambda: self._db.total_changes)
        self._version = 0
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise failures.explain_system(error, self._path) from error
        with self._explained():
            self._db = sqlite3.connect(
                self._path, timeout=patience.total_seconds(), isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(Database(self._db))
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, database: Database) -> None:
        self._db.row_factory = sqlite3.Row
        self._check(database)
        self._write_ahead(database)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")  # what people take back must not linger in free pages
        with self._writing():
            self._check(database)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrations().apply(database)

    def _write_ahead(self, database: Database) -> None:
        """Write ahead from now on; SQLite's own time limit does not wait for whoever changes the same new file meanwhile."""
        give_up = time.monotonic() + self._patience.total_seconds()
        while True:
            try:
                database.enable_wal()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up:
                    raise
            time.sleep(_PAUSE)

    def _check(self, database: Database) -> None:
        if database.table_names() and self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise LedgerError(f"{self._path} 是别的程序的数据库，不是小哨的账本；请检查设置里的路径")
        known = {migration.name for migration in MIGRATIONS}
        unknown = [migration.name for migration in migrations().applied(database) if migration.name not in known]
        if unknown:
            raise LedgerTooNew(
                f"账本 {self._path} 是更新版本的小哨写的（本版不认识 {'、'.join(unknown)}），没有改动它；"
                "请升级小哨后再启动，或换用升级前的备份"
            )

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Begin a writing transaction; commit on leaving, roll back on an exception."""
        with self._lock, self._explained(), self._writing():
            [version] = self._db.execute("PRAGMA data_version").fetchone()  # moved by every commit of another connection
            if version != self._version:
                self._cache.clear()
                self._version = version
            yield LedgerTransaction(self._db, self._cache)

    @contextmanager
    def _writing(self) -> Generator[None, None, None]:
        if self._db.in_transaction:
            raise RuntimeError("a transaction is open in this thread already")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._cache.clear()
            if self._db.in_transaction:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as error:
            raise failures.explain(error, self._path) from error
        except OSError as error:
            if failures.is_full(error):
                raise failures.full(self._path) from error
            raise

    def close(self) -> None:
        """Let go of all files and connections."""
        with self._lock:
            self._db.close()


def migrations() -> Migrations:
    """Return the schema's migrations as sqlite-utils runs them."""
    steps = Migrations("xiaoshao")
    for migration in MIGRATIONS:

        @steps(name=migration.name)
        def run(db: Database, statements: tuple[str, ...] = migration.statements) -> None:
            # One statement at a time: executescript would commit the transaction that the migration runs in.
            for statement in statements:
                db.execute(statement)

    return steps
