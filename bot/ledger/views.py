"""Reading the ledger for pages, reports and the auditor."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.ledger.codec import decode, decode_case, micros, moment
from bot.ledger.connection import Connection, Cursor, Row
from bot.ledger.outbox import mention_of
from bot.ledger.port import Bubble, HistoryLine, Judged, Tally
from bot.model import Case, Decision, Person, Reason, Status, Ticked

_JUDGED = """
SELECT position, message_id, text, events.at AS at, decisions.body AS decision
FROM events JOIN decisions ON decisions.event = events.position
"""


def due(db: Connection, now: datetime, limit: int) -> list[Ticked]:
    """Return the steps that are due, the longest overdue first; ``at`` is when they were due."""
    rows = db.execute(
        """
        SELECT number, due_step, due_at FROM cases WHERE due_at IS NOT NULL AND tick_at <= ?
        ORDER BY tick_at, number LIMIT ? /* FOR NO KEY UPDATE SKIP LOCKED */
        """,
        (micros(now), limit),
    )
    return [Ticked(row["number"], row["due_step"], moment(row["due_at"])) for row in rows]


def next_due(db: Connection) -> datetime | None:
    """Return when the next step of a case or the next unsent message is due; it may lie in the past."""
    row = db.execute(
        """
        SELECT min(at) AS at FROM (
          SELECT min(tick_at) AS at FROM cases WHERE due_at IS NOT NULL
          UNION ALL SELECT min(ready_at) FROM outbox WHERE ready_at IS NOT NULL
        ) AS times
        """
    ).fetchone()
    return moment(row["at"]) if row["at"] is not None else None


def cases(db: Connection, *, open_only: bool, limit: int) -> list[Case]:
    """Return cases, the newest first."""
    where = "WHERE due_at IS NOT NULL" if open_only else ""
    return [
        decode_case(row["body"]) for row in db.execute(f"SELECT body FROM cases {where} ORDER BY number DESC LIMIT ?", (limit,))
    ]


def case(db: Connection, number: int) -> Case | None:
    """Return one case."""
    row = db.execute("SELECT body FROM cases WHERE number = ?", (number,)).fetchone()
    return decode_case(row["body"]) if row else None


def history(db: Connection, number: int) -> list[HistoryLine]:
    """Return what happened to a case, the oldest first."""
    rows = db.execute("SELECT at, who, what, reasons FROM history WHERE case_number = ? ORDER BY id", (number,))
    return [HistoryLine(moment(row["at"]), row["who"], row["what"], decode(tuple[Reason, ...], row["reasons"])) for row in rows]


def overdue(db: Connection, now: datetime, grace: timedelta) -> list[Case]:
    """Return open cases overdue by more than ``grace``, the longest overdue first."""
    rows = db.execute(
        "SELECT body FROM cases WHERE due_at IS NOT NULL AND due_at < ? ORDER BY due_at, number", (micros(now - grace),)
    )
    return [decode_case(row["body"]) for row in rows]


_UNSENT = """
SELECT count(*) FILTER (WHERE state = 'pending' AND since <= ?) AS waiting,
       min(since) FILTER (WHERE state = 'pending') AS oldest,
       count(*) FILTER (WHERE state = 'pending' AND since > ?) AS held,
       count(*) FILTER (WHERE state = 'claimed') AS claimed,
       count(*) FILTER (WHERE state = 'claimed' AND ready_at < ?) AS stuck
FROM (
  SELECT state, ready_at, CASE WHEN not_before > created_at THEN not_before ELSE created_at END AS since
  FROM outbox WHERE ready_at IS NOT NULL
) AS unsent
"""


def tally(db: Connection, now: datetime, grace: timedelta) -> Tally:
    """Count open cases by status, and unsent messages by what they wait for."""
    at, late = micros(now), micros(now - grace)
    open_cases = db.execute("SELECT status, count(*) AS many FROM cases WHERE due_at IS NOT NULL GROUP BY status ORDER BY status")
    overdue = db.execute("SELECT count(*) AS many FROM cases WHERE due_at IS NOT NULL AND due_at < ?", (late,)).fetchone()
    given_up = db.execute("SELECT count(*) AS many FROM outbox WHERE state = 'given_up'").fetchone()
    unsent = db.execute(_UNSENT, (at, at, late)).fetchone()
    return Tally(
        open_cases={Status(row["status"]): row["many"] for row in open_cases},
        overdue=overdue["many"],
        waiting=unsent["waiting"],
        oldest=moment(unsent["oldest"]) if unsent["waiting"] else None,
        held=unsent["held"],
        claimed=unsent["claimed"],
        stuck=unsent["stuck"],
        given_up=given_up["many"],
    )


def last_judged(db: Connection, channel: str, limit: int) -> list[Judged]:
    """Return the last messages said on a channel, the newest first."""
    rows = db.execute(f"{_JUDGED} WHERE channel = ? AND kind = 'said' ORDER BY position DESC LIMIT ?", (channel, limit))
    return [_judged(row) for row in rows]


def faults(db: Connection, since: datetime) -> list[Judged]:
    """Return the events that could not be decided, the oldest first."""
    rows = db.execute(f"{_JUDGED} WHERE decisions.fault = 1 AND decisions.at >= ? ORDER BY position", (micros(since),))
    return [_judged(row) for row in rows]


def _judged(row: Row) -> Judged:
    return Judged(row["position"], row["message_id"], row["text"], moment(row["at"]), decode(Decision, row["decision"]))


def conversation(db: Connection, *, room: str, partner: str, after: int, limit: int, newest: bool) -> list[Bubble]:
    """Return a conversation's messages after a position, the oldest first.

    A message that was recalled after that position comes once more, without its text, at the recall's position.
    """
    if bool(room) == bool(partner):
        raise ValueError("either a room or a partner")
    order = "DESC" if newest else "ASC"
    bubbles = [
        *(_from_person(row, room, partner) for row in _said(db, room, partner, after, limit, order)),
        *(_from_person(row, room, partner) for row in _recalled(db, room, partner, after, limit, order)),
        *(_from_bot(row, room, partner) for row in _sent(db, room, partner, after, limit, order)),
    ]
    bubbles.sort(key=lambda bubble: bubble.position)
    return bubbles[-limit:] if newest else bubbles[:limit]


def _said(db: Connection, room: str, partner: str, after: int, limit: int, order: str) -> Cursor:
    where = "room = ?" if room else "room = '' AND person = ?"
    return db.execute(
        f"SELECT * FROM events WHERE {where} AND position > ? AND kind = 'said' ORDER BY position {order} LIMIT ?",
        (room or partner, after, limit),
    )


def _recalled(db: Connection, room: str, partner: str, after: int, limit: int, order: str) -> Cursor:
    where = "recall.room = ?" if room else "recall.room = '' AND recall.person = ?"
    return db.execute(
        f"""
        SELECT recall.position, said.message_id, said.person, said.name, said.at, said.quoted, said.recalled, '' AS text
        FROM events AS recall JOIN events AS said
          ON said.channel = recall.channel AND said.message_id = recall.refers AND said.person = recall.person
        WHERE {where} AND recall.position > ? AND recall.kind = 'recalled' AND said.kind = 'said' AND said.position <= ?
        ORDER BY recall.position {order} LIMIT ?
        """,
        (room or partner, after, after, limit),
    )


def _sent(db: Connection, room: str, partner: str, after: int, limit: int, order: str) -> list[Row]:
    targets = [("room", room)] if room else [("person", partner), *(("contact", name) for name in _contacts(db, partner))]
    rows: list[Row] = []
    for kind, name in targets:
        rows += db.execute(
            f"SELECT * FROM outbox WHERE kind = ? AND name = ? AND position > ? ORDER BY position {order} LIMIT ?",
            (kind, name, after, limit),
        )
    return rows


def _contacts(db: Connection, person: str) -> list[str]:
    return [row["contact"] for row in db.execute("SELECT DISTINCT contact FROM bindings WHERE person = ?", (person,))]


def _from_person(row: Row, room: str, partner: str) -> Bubble:
    return Bubble(
        position=row["position"],
        message_id=row["message_id"],
        room=room,
        partner=partner,
        sender=Person(row["person"], row["name"]),
        text="" if row["recalled"] else row["text"],
        at=moment(row["at"]),
        quoted=row["quoted"],
        mention=None,
        recalled=bool(row["recalled"]),
    )


def _from_bot(row: Row, room: str, partner: str) -> Bubble:
    return Bubble(
        position=row["position"],
        message_id=row["receipt"],
        room=room,
        partner=partner,
        sender=None,
        text=row["text"],
        at=moment(row["sent_at"]),
        quoted=None,
        mention=mention_of(row),
        recalled=False,
        entry=row["entry"],
        case=row["case_number"],
    )
