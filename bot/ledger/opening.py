"""Which engine keeps the ledger: a path is SQLite's, an address PostgreSQL's."""

from __future__ import annotations

from pathlib import Path

from bot.ledger.port import Ledger
from bot.ledger.sqlite import SqliteLedger


def open_ledger(data: Path | str) -> Ledger:
    """Open the ledger in a file, or the one at an address ``postgresql://…``; raises ``LedgerError``."""
    if isinstance(data, Path):
        return SqliteLedger(data)
    from bot.ledger.postgres import PostgresLedger  # psycopg takes a tenth of a second to load, which others need not wait for

    return PostgresLedger(data)
