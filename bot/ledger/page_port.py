"""What the pages ask of a ledger, whatever engine keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model import Case, Decision, Say


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that somebody did in the pages: ``way`` is how they got in, ``about`` what it was done to (``#12``, an entry)."""

    at: datetime
    who: str
    way: str
    what: str
    about: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that was said, with what was decided about it; ``room`` is ``""`` in a direct chat."""

    position: int
    at: datetime
    room: str
    name: str
    text: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """Which cases are looked for; an empty field asks nothing. ``before`` is a number that they lie under.

    ``finished``: True for terminal ones only, False for open ones only. ``words`` are looked for in everything that a case holds.
    """

    words: str = ""
    finished: bool | None = None
    status: str = ""
    department: str = ""
    assignee: str = ""
    community: str = ""
    before: int = 0


class PageRecords(Protocol):
    """What the pages keep: records that end (sessions, codes, passwords), tries for rate limits, and the audit trail."""

    def keep(self, kind: str, name: str, body: str, ends: datetime, *, owner: str = "") -> None:
        """Keep a record until it ends, instead of one of that kind and name."""
        ...

    def kept(self, kind: str, name: str, now: datetime) -> str | None:
        """Return a record that has not ended."""
        ...

    def kept_of(self, kind: str, now: datetime) -> list[tuple[str, str]]:
        """Return name and body of every record of a kind that has not ended, by name."""
        ...

    def drop(self, kind: str, name: str) -> None:
        """Forget a record."""
        ...

    def drop_of(self, kind: str, owner: str) -> None:
        """Forget every record of a kind that belongs to somebody."""
        ...

    def sweep(self, now: datetime) -> None:
        """Forget what has ended, and tries too old for any limit."""
        ...

    def note_try(self, scope: str, now: datetime) -> None:
        """Note that something limited was done."""
        ...

    def tries(self, scope: str, since: datetime) -> int:
        """Return how often something limited was done since a time."""
        ...

    def note(self, line: AuditLine) -> None:
        """Add a line to the audit trail."""
        ...

    def trail(self, *, who: str = "", before: int = 0, limit: int = 100) -> list[tuple[int, AuditLine]]:
        """Return the audit trail (of one person, before a line's number) with each line's number, the newest first."""
        ...

    def search(self, wanted: CaseSearch, limit: int) -> list[Case]:
        """Return the cases that are looked for, the newest first."""
        ...

    def heard(self, *, before: int = 0, limit: int = 200) -> list[Heard]:
        """Return what was said (before a position) and not taken back, with the decisions about it, the newest first."""
        ...

    def send(self, says: Iterable[Say], now: datetime) -> None:
        """Put messages about the pages themselves, such as a login code, into the outbox."""
        ...
