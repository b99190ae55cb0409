"""The little that the ledger's statements ask of an engine: SQLite's own connection is one as it stands.

Statements are written once, in SQL that both engines read; where PostgreSQL must have it otherwise, the phrase is a constant here
or a comment ``/* FOR … */``, and ``bot.ledger.dialect`` puts the other engine's words in its place, once per statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

NEXT_POSITION = """(SELECT max(coalesce((SELECT max(position) FROM events), 0),
                               coalesce((SELECT max(position) FROM outbox), 0)) + 1)"""
"""The next position in the order that people's and the bot's messages share."""

NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 AS number FROM cases"
"""The number that the next case gets."""

IN_NUMBERS = "IN (SELECT value FROM json_each(?))"
"""Is one of the numbers of a JSON array."""

IN_TEXTS = "IN (SELECT json_each.value FROM json_each(?))"
"""Is one of the texts of a JSON array."""

READY = "SELECT * FROM outbox WHERE ready_at <= ? ORDER BY urgent DESC, id LIMIT ?"
"""The outgoing messages that may go out now; where several bots send, those of rooms that another one has are passed over."""


class Row(Protocol):
    """One row, its columns by name."""

    def __getitem__(self, name: str, /) -> Any: ...


class Cursor(Protocol):
    """The rows of one statement."""

    @property
    def rowcount(self) -> int:
        """Return how many rows the statement changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection with an open transaction; values stand where the statement has ``?``."""

    @property
    def IntegrityError(self) -> type[Exception]:  # noqa: N802  (the name that PEP 249 gives it)
        """Return what is raised for a row that breaks a constraint."""
        ...

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement for each of several rows of values."""
        ...
