"""What the pages keep in the ledger: sessions, codes and passwords (as digests), tries for rate limits, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.ledger import outbox
from bot.ledger.codec import decode, decode_case, encode, micros, moment
from bot.ledger.connection import Connection
from bot.ledger.page_port import AuditLine, CaseSearch, Heard
from bot.model import Case, Decision, Say

_PAST_ALL = 1 << 62
_TRIES_KEPT = timedelta(days=2)


class LedgerPageRecords:
    """The pages' part of a transaction; see ``bot.ledger.port.PageRecords``."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def keep(self, kind: str, name: str, body: str, ends: datetime, *, owner: str = "") -> None:
        """Keep a record until it ends, instead of one of that kind and name."""
        self._db.execute(
            """
            INSERT INTO page_records (kind, name, owner, body, ends_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, name) DO UPDATE SET owner = excluded.owner, body = excluded.body, ends_at = excluded.ends_at
            """,
            (kind, name, owner, body, micros(ends)),
        )

    def kept(self, kind: str, name: str, now: datetime) -> str | None:
        """Return a record that has not ended."""
        row = self._db.execute(
            "SELECT body FROM page_records WHERE kind = ? AND name = ? AND ends_at > ?", (kind, name, micros(now))
        ).fetchone()
        return str(row["body"]) if row else None

    def kept_of(self, kind: str, now: datetime) -> list[tuple[str, str]]:
        """Return name and body of every record of a kind that has not ended, by name."""
        rows = self._db.execute(
            "SELECT name, body FROM page_records WHERE kind = ? AND ends_at > ? ORDER BY name", (kind, micros(now))
        )
        return [(row["name"], row["body"]) for row in rows]

    def drop(self, kind: str, name: str) -> None:
        """Forget a record."""
        self._db.execute("DELETE FROM page_records WHERE kind = ? AND name = ?", (kind, name))

    def drop_of(self, kind: str, owner: str) -> None:
        """Forget every record of a kind that belongs to somebody."""
        self._db.execute("DELETE FROM page_records WHERE kind = ? AND owner = ?", (kind, owner))

    def sweep(self, now: datetime) -> None:
        """Forget what has ended, and tries too old for any limit."""
        self._db.execute("DELETE FROM page_records WHERE ends_at <= ?", (micros(now),))
        self._db.execute("DELETE FROM page_tries WHERE at < ?", (micros(now - _TRIES_KEPT),))

    def note_try(self, scope: str, now: datetime) -> None:
        """Note that something limited was done."""
        self._db.execute("INSERT INTO page_tries (scope, at) VALUES (?, ?)", (scope, micros(now)))

    def tries(self, scope: str, since: datetime) -> int:
        """Return how often something limited was done since a time."""
        row = self._db.execute(
            "SELECT count(*) AS n FROM page_tries WHERE scope = ? AND at > ?", (scope, micros(since))
        ).fetchone()
        return int(row["n"])

    def note(self, line: AuditLine) -> None:
        """Add a line to the audit trail."""
        self._db.execute(
            "INSERT INTO audit (at, who, way, what, about, detail) VALUES (?, ?, ?, ?, ?, ?)",
            (micros(line.at), line.who, line.way, line.what, line.about, line.detail),
        )

    def trail(self, *, who: str = "", before: int = 0, limit: int = 100) -> list[tuple[int, AuditLine]]:
        """Return the audit trail with each line's number, the newest first."""
        rows = self._db.execute(
            "SELECT * FROM audit WHERE (? = '' OR who = ?) AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?",
            (who, who, before, before, limit),
        )
        return [
            (row["id"], AuditLine(moment(row["at"]), row["who"], row["way"], row["what"], row["about"], row["detail"]))
            for row in rows
        ]

    def search(self, wanted: CaseSearch, limit: int) -> list[Case]:
        """Return the cases that are looked for, the newest first."""
        pattern = "".join(f"\\{char}" if char in "%_\\" else char for char in encode(wanted.words)[1:-1])
        asked: list[tuple[str, object]] = [
            ("status = ?", wanted.status),
            ("department = ?", wanted.department),
            ("assignee = ?", wanted.assignee),
            ("community = ?", wanted.community),
            ("number < ?", wanted.before),
            ("body LIKE ? ESCAPE '\\'", f"%{pattern}%" if pattern else ""),
        ]
        given = [(condition, value) for condition, value in asked if value]
        ended = {None: (), True: ("due_at IS NULL",), False: ("due_at IS NOT NULL",)}[wanted.finished]
        conditions = " AND ".join((*(condition for condition, _ in given), *ended)) or "1 = 1"
        rows = self._db.execute(
            f"SELECT body FROM cases WHERE {conditions} ORDER BY number DESC LIMIT ?", (*(value for _, value in given), limit)
        )
        return [decode_case(row["body"]) for row in rows]

    def heard(self, *, before: int = 0, limit: int = 200) -> list[Heard]:
        """Return what was said (before a position) and not taken back, with the decisions about it, the newest first."""
        rows = self._db.execute(
            """
            SELECT position, events.at AS at, room, name, text, decisions.body AS decision
            FROM events JOIN decisions ON decisions.event = events.position
            WHERE kind = 'said' AND recalled = 0 AND position < ? ORDER BY position DESC LIMIT ?
            """,
            (before or _PAST_ALL, limit),
        )
        return [
            Heard(row["position"], moment(row["at"]), row["room"], row["name"], row["text"], decode(Decision, row["decision"]))
            for row in rows
        ]

    def send(self, says: Iterable[Say], now: datetime) -> None:
        """Put messages about the pages themselves, such as a login code, into the outbox."""
        outbox.put(self._db, tuple(says), now)
