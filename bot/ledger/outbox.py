"""Outgoing messages in the ledger: put, claimed under a lease, confirmed, postponed, given up, cancelled."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.ledger.codec import micros
from bot.ledger.connection import NEXT_POSITION, READY, Connection, Row
from bot.ledger.port import Outgoing
from bot.ledger.read_cache import ReadCache
from bot.model import Person, Say, Target

_ECHO_WITHIN = timedelta(hours=1)


def put(db: Connection, says: Sequence[Say], now: datetime) -> bool:
    """Add messages to be sent; a key that is known already is passed over. Tell whether none was."""
    if not says:
        return True
    at = micros(now)
    added = db.executemany(
        """
        INSERT INTO outbox (key, kind, name, channel, text, mention, mention_name, case_number, entry,
                            not_before, urgent, unasked, created_at, ready_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO NOTHING
        """,
        [
            (
                say.key,
                say.target.kind,
                say.target.name,
                say.target.channel,
                say.text,
                say.mention.id if say.mention else None,
                say.mention.name if say.mention else None,
                say.case,
                say.entry,
                micros(say.not_before) if say.not_before else None,
                say.urgent,
                say.unasked,
                at,
                max(at, micros(say.not_before)) if say.not_before else at,
            )
            for say in says
        ],
    )
    return added.rowcount == len(says)


def cancel(db: Connection, case: int, *, only_to: str = "%") -> None:
    """Drop what has not gone out about a case (to one kind of target); what is being sent right now is not tried again."""
    db.execute(
        "UPDATE outbox SET state = 'cancelled', ready_at = NULL WHERE case_number = ? AND kind LIKE ? AND state = 'pending'",
        (case, only_to),
    )
    db.execute("UPDATE outbox SET unwanted = 1 WHERE case_number = ? AND kind LIKE ? AND state = 'claimed'", (case, only_to))


def drop(db: Connection, key: str) -> None:
    """Drop one message that has not gone out; being sent right now it is not tried again."""
    db.execute("UPDATE outbox SET state = 'cancelled', ready_at = NULL WHERE key = ? AND state = 'pending'", (key,))
    db.execute("UPDATE outbox SET unwanted = 1 WHERE key = ? AND state = 'claimed'", (key,))


def claim(db: Connection, now: datetime, lease: timedelta, limit: int, cache: ReadCache) -> list[Outgoing]:
    """Lease messages that may go out now, the urgent ones first, then in the order in which they were decided."""
    at = micros(now)
    unwanted = db.execute(
        "UPDATE outbox SET state = 'cancelled', ready_at = NULL, token = NULL WHERE ready_at <= ? AND unwanted = 1", (at,)
    )
    if unwanted.rowcount:
        cache.replies.clear()
    rows = db.execute(READY, (at, limit)).fetchall()
    claimed = []
    for row in rows:
        token = secrets.token_hex(16)
        db.execute(
            "UPDATE outbox SET state = 'claimed', ready_at = ?, token = ?, attempts = attempts + 1 WHERE id = ?",
            (micros(now + lease), token, row["id"]),
        )
        claimed.append(_outgoing(row, token, row["attempts"] + 1))
    return claimed


def confirm(db: Connection, token: str, receipt: str, now: datetime) -> None:
    """Note that a message went out; a token that is no longer held changes nothing."""
    db.execute(
        f"""
        UPDATE outbox SET state = 'sent', ready_at = NULL, token = NULL, receipt = ?, sent_at = ?, why = '',
                          position = {NEXT_POSITION}
        WHERE token = ?
        """,
        (receipt, micros(now), token),
    )


def echo(db: Connection, channel: str, place: tuple[str, str], text: str, receipt: str, now: datetime) -> bool:
    """Take the bot's own message, seen in a room or with a person (``place``: kind and name), as the receipt of what it was."""
    if db.execute("SELECT 1 FROM outbox WHERE receipt = ?", (receipt,)).fetchone():
        return False
    words = (text.strip(), text.partition("\u2005")[2].strip() if text.startswith("@") else "")
    bound = db.execute("SELECT contact FROM bindings WHERE channel = ? AND person = ?", (channel, place[1]))
    places = [place, *(("contact", row["contact"]) for row in bound if place[0] == "person")]
    for row in (*_confirmed_without_id(db, channel, places, now), *_unconfirmed(db, channel, places)):
        if row["text"].strip() in words:
            _confirm_by_echo(db, row, receipt, now)
            return True
    return False


def _confirmed_without_id(db: Connection, channel: str, places: list[tuple[str, str]], now: datetime) -> list[Row]:
    """Return what a channel has confirmed lately by giving the key, because it knew no id."""
    rows: list[Row] = []
    for place in places:
        rows += db.execute(
            """
            SELECT id, text, state FROM outbox WHERE kind = ? AND name = ? AND created_at >= ? AND receipt = ? || ':' || key
            ORDER BY id
            """,
            (*place, micros(now - _ECHO_WITHIN), channel),
        )
    return rows


def _unconfirmed(db: Connection, channel: str, places: list[tuple[str, str]]) -> list[Row]:
    rows = db.execute(
        """
        SELECT id, kind, name, channel, text, state FROM outbox INDEXED BY outbox_ready
        WHERE ready_at IS NOT NULL AND attempts > 0 ORDER BY id
        """
    )
    return [row for row in rows if (row["kind"], row["name"]) in places and row["channel"] in (channel, "")]


def _confirm_by_echo(db: Connection, row: Row, receipt: str, now: datetime) -> None:
    if row["state"] == "sent":
        db.execute("UPDATE outbox SET receipt = ? WHERE id = ?", (receipt, row["id"]))
        return
    db.execute(
        f"""
        UPDATE outbox SET state = 'sent', ready_at = NULL, token = NULL, receipt = ?, sent_at = ?, why = '',
                          position = {NEXT_POSITION}
        WHERE id = ?
        """,
        (receipt, micros(now), row["id"]),
    )


def postpone(db: Connection, token: str, why: str, retry_at: datetime, *, tried: bool) -> None:
    """Note that sending failed this time, or that it was not tried."""
    db.execute(
        "UPDATE outbox SET state = 'pending', ready_at = ?, token = NULL, why = ?, attempts = attempts - ? WHERE token = ?",
        (micros(retry_at), why, not tried, token),
    )


def give_up(db: Connection, token: str, why: str) -> None:
    """Note that sending failed for good."""
    db.execute("UPDATE outbox SET state = 'given_up', ready_at = NULL, token = NULL, why = ? WHERE token = ?", (why, token))


def undelivered(db: Connection, since: datetime | None) -> list[Outgoing]:
    """Return the messages that were given up, the oldest first."""
    after = micros(since) if since else 0
    rows = db.execute("SELECT * FROM outbox WHERE state = 'given_up' AND created_at >= ? ORDER BY id", (after,))
    return [_outgoing(row, "", row["attempts"]) for row in rows]


def mention_of(row: Row) -> Person | None:
    """Return whom an outbox row @-s."""
    return Person(row["mention"], row["mention_name"]) if row["mention"] is not None else None


def _outgoing(row: Row, token: str, attempts: int) -> Outgoing:
    return Outgoing(
        key=row["key"],
        token=token,
        target=Target(row["kind"], row["name"], row["channel"]),
        text=row["text"],
        mention=mention_of(row),
        case=row["case_number"],
        attempts=attempts,
        why=row["why"],
        urgent=bool(row["urgent"]),
    )
