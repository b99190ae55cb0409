"""What curators ask of the ledger: the versions of FAQ entries, and the cases to learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from bot.ledger.codec import decode, decode_case, encode, micros, moment
from bot.ledger.connection import Connection, Row
from bot.ledger.port import EntryVersion
from bot.model import Case, Entry


def latest_versions(db: Connection) -> Mapping[str, EntryVersion]:
    """Return the last known version of every entry, by entry id."""
    rows = db.execute("SELECT * FROM entry_versions WHERE id IN (SELECT max(id) FROM entry_versions GROUP BY entry) ORDER BY id")
    return {row["entry"]: version_of(row) for row in rows}


def versions(db: Connection, entry: str) -> list[EntryVersion]:
    """Return all versions of an entry, the newest first."""
    return [version_of(row) for row in db.execute("SELECT * FROM entry_versions WHERE entry = ? ORDER BY id DESC", (entry,))]


def keep_version(db: Connection, version: EntryVersion) -> None:
    """Keep a new version, under the name of whoever announced it if somebody did."""
    announced = db.execute(
        "DELETE FROM announced_edits WHERE entry = ? AND digest = ? RETURNING who", (version.entry, _digest(version.content))
    ).fetchone()
    body = encode(version.content) if version.content is not None else None
    who = announced["who"] if announced else version.who
    db.execute(
        "INSERT INTO entry_versions (entry, at, who, body) VALUES (?, ?, ?, ?)", (version.entry, micros(version.at), who, body)
    )


def announce_edit(db: Connection, entry: str, content: Entry | None, who: str) -> None:
    """Note who is about to give an entry this content."""
    db.execute(
        """
        INSERT INTO announced_edits (entry, digest, who) VALUES (?, ?, ?)
        ON CONFLICT (entry, digest) DO UPDATE SET who = excluded.who
        """,
        (entry, _digest(content), who),
    )


def opened_since(db: Connection, since: datetime | None, *, replied: bool) -> list[Case]:
    """Return the cases opened since a time, the oldest first."""
    where = "opened_at >= ?"
    if replied:
        where += " AND (json_array_length(body, '$.peers') > 0 OR json_array_length(body, '$.replies') > 0)"
    rows = db.execute(f"SELECT body FROM cases WHERE {where} ORDER BY number", (micros(since) if since else 0,))
    return [decode_case(row["body"]) for row in rows]


def version_of(row: Row) -> EntryVersion:
    """Return a row of ``entry_versions``."""
    content = decode(Entry, row["body"]) if row["body"] is not None else None
    return EntryVersion(row["entry"], moment(row["at"]), row["who"], content)


def _digest(content: Entry | None) -> str:
    return hashlib.sha256(encode(content).encode()).hexdigest() if content is not None else ""
