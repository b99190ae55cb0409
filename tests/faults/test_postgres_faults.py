"""A PostgreSQL that is away, read-only, full, locked, foreign or too new: a clear word, and nothing half written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from bot.errors import LedgerError, LedgerFull, LedgerTooNew
from bot.ledger.postgres import PostgresLedger
from bot.work.intake import Intake
from tests.postgres_server import PostgresServer, running_server
from tests.samples import HandClock, opens, said

MOMENT = timedelta(milliseconds=100)


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[PostgresLedger]:
    ledger = PostgresLedger(postgres_url, patience=MOMENT)
    yield ledger
    ledger.close()


@pytest.fixture
def admin(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as link:
        yield link


def intake(ledger: PostgresLedger) -> Intake:
    return Intake(ledger, opens, HandClock(), lambda: None)


def counts(admin: psycopg.Connection) -> dict[str, int]:
    return {
        name: admin.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("events", "cases", "history", "outbox")
    }


def cut(admin: psycopg.Connection) -> None:
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'xiaoshao'")


def test_a_connection_lost_between_two_messages_is_made_again(ledger: PostgresLedger, admin: psycopg.Connection) -> None:
    assert intake(ledger).handle(said()) is not None
    cut(admin)
    assert intake(ledger).handle(said()) is not None
    assert counts(admin)["cases"] == 2


def test_a_connection_lost_in_the_middle_registers_nothing_and_the_next_try_does(
    ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    message, times = said(), []

    def decide(event, snapshot, now):
        if not times:
            cut(admin)
        times.append(now)
        return opens(event, snapshot, now)

    careful = Intake(ledger, decide, HandClock(), lambda: None)
    with pytest.raises(LedgerError, match=r"连不上账本数据库.*会自动重连"):
        careful.handle(message)
    assert counts(admin) == {"events": 0, "cases": 0, "history": 0, "outbox": 0}
    assert careful.handle(message) is not None
    assert counts(admin) == {"events": 1, "cases": 1, "history": 1, "outbox": 2}


def test_what_was_registered_outlives_a_crash_of_the_server() -> None:
    with running_server(durable=True) as server:
        ledger = PostgresLedger(server.empty_url())
        message = said()
        assert intake(ledger).handle(message) is not None
        server.crash()
        with pytest.raises(LedgerError, match="连不上账本数据库"):
            intake(ledger).handle(said())
        server.start_again()
        assert intake(ledger).handle(message) is None
        assert intake(ledger).handle(said()) is not None
        with ledger.transaction() as transaction:
            assert [case.number for case in transaction.cases()] == [2, 1]
        ledger.close()


def test_commits_are_durable_even_where_the_server_is_set_otherwise(postgres_url: str) -> None:
    ledger = PostgresLedger(f"{postgres_url}%20-csynchronous_commit%3Doff")
    [row] = ledger._db.execute("SELECT current_setting('synchronous_commit') AS set").fetchall()
    assert row["set"] == "on"
    ledger.close()


def test_a_full_disk_registers_nothing_and_works_again_once_there_is_room(
    ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    admin.execute(
        """
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
        """
    )
    admin.execute("CREATE TRIGGER no_room BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION no_room()")
    message = said()
    with pytest.raises(LedgerFull, match="磁盘已满，没有登记"):
        intake(ledger).handle(message)
    assert counts(admin) == {"events": 0, "cases": 0, "history": 0, "outbox": 0}
    admin.execute("DROP FUNCTION no_room CASCADE")
    assert intake(ledger).handle(message) is not None


def test_a_read_only_database_says_so(postgres_url: str) -> None:
    ledger = PostgresLedger(f"{postgres_url}%20-cdefault_transaction_read_only%3Don")
    with pytest.raises(LedgerError, match="是只读的"):
        intake(ledger).handle(said())
    ledger.close()


def test_a_ledger_held_by_another_program_is_waited_for_and_then_refused(
    ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    message = said()
    with admin.transaction():
        admin.execute("LOCK TABLE cases")
        with pytest.raises(LedgerError, match="正被另一个程序占用，这次没有登记"):
            intake(ledger).handle(message)
    assert intake(ledger).handle(message) is not None


def test_a_text_that_the_database_cannot_hold_is_refused_and_harms_nothing(ledger: PostgresLedger) -> None:
    with pytest.raises(ValueError, match="存不了"), ledger.transaction() as transaction:
        transaction.set("name", "a\0b")
    assert intake(ledger).handle(said()) is not None


def test_a_schema_of_a_newer_version_is_left_alone(postgres_server: PostgresServer) -> None:
    url = postgres_server.empty_url()
    PostgresLedger(url).close()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("INSERT INTO xiaoshao_migrations (name) VALUES ('099_from_the_future')")
    with pytest.raises(LedgerTooNew, match=r"更新版本.*099_from_the_future.*请升级小哨"):
        PostgresLedger(url)


def test_another_programs_database_is_left_alone(postgres_server: PostgresServer) -> None:
    url = postgres_server.empty_url()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE TABLE photos (id int)")
        with pytest.raises(LedgerError, match="别的程序的数据"):
            PostgresLedger(url)
        assert admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall() == [("photos",)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("/postgres?", "/nowhere?"), "不存在：先建一个空的数据库"),
        (("://postgres:", "://nobody:"), "不让登录"),
        (("host=", "host=/nowhere"), "连不上账本数据库"),
    ],
    ids=["database", "user", "host"],
)
def test_an_address_that_leads_nowhere_says_so_without_the_password(
    postgres_url: str, change: tuple[str, str], words: str
) -> None:
    address = postgres_url.replace(*change).replace(":@", ":secret@")
    with pytest.raises(LedgerError, match=words) as refused:
        PostgresLedger(address, patience=MOMENT)
    assert "secret" not in str(refused.value)


def test_an_address_that_cannot_be_read_says_so() -> None:
    with pytest.raises(LedgerError, match=r"读不懂：写成 postgresql://"):
        PostgresLedger("postgresql://a:b@c/d?nonsense=1")
