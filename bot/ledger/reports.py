"""What reports ask of the ledger: facts of a span of time, the cases that a bulletin tells about, and the bulletins made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.desk.lifecycle import PEERS_ANSWERED
from bot.ledger.codec import decode_case, micros, moment
from bot.ledger.connection import Connection, Row
from bot.ledger.curation import version_of
from bot.ledger.port import EntryVersion
from bot.ledger.report_port import KeptBulletin
from bot.model import AnswerFact, Case, CaseFact, EntryUse, Facts, Stay, StayEnd


class LedgerReports:
    """The reports' part of a transaction; see ``bot.ledger.port.ReportRecords``."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def facts(self, since: datetime, until: datetime) -> Facts:
        """Return what was asked and dispatched in a span; ``until`` is outside it."""
        span = (micros(since), micros(until))
        answers = self._db.execute("SELECT entry, room, at, rating FROM answers WHERE at >= ? AND at < ? ORDER BY id", span)
        cases = self._db.execute("SELECT body FROM cases WHERE opened_at >= ? AND opened_at < ? ORDER BY number", span)
        stays = self._db.execute(
            "SELECT * FROM stays WHERE dispatched_at >= ? AND dispatched_at < ? ORDER BY case_number, place", span
        )
        return Facts(
            tuple(AnswerFact(row["entry"], row["room"], moment(row["at"]), row["rating"]) for row in answers),
            tuple(case_fact(decode_case(row["body"])) for row in cases),
            tuple(_stay(row) for row in stays),
        )

    def told_about(self, since: datetime, until: datetime) -> list[Case]:
        """Return the cases that were opened or answered in a span, or are open now, by number."""
        span = (micros(since), micros(until))
        rows = self._db.execute(
            """
            SELECT body FROM cases WHERE number IN (
              SELECT number FROM cases WHERE opened_at >= ? AND opened_at < ?
              UNION SELECT case_number FROM stays WHERE answered_at >= ? AND answered_at < ?
              UNION SELECT number FROM cases WHERE due_at IS NOT NULL
            ) ORDER BY number
            """,
            (*span, *span),
        )
        return [decode_case(row["body"]) for row in rows]

    def versions(self, since: datetime, until: datetime) -> list[EntryVersion]:
        """Return the versions of FAQ entries that were made in a span, the oldest first."""
        rows = self._db.execute(
            "SELECT * FROM entry_versions WHERE at >= ? AND at < ? ORDER BY id", (micros(since), micros(until))
        )
        return [version_of(row) for row in rows]

    def known_before(self, at: datetime) -> frozenset[str]:
        """Return the ids of the FAQ entries that had a version before a time."""
        return frozenset(
            row["entry"] for row in self._db.execute("SELECT DISTINCT entry FROM entry_versions WHERE at < ?", (micros(at),))
        )

    def entry_uses(self, since: datetime) -> Mapping[str, EntryUse]:
        """Return how often each entry was sent since a time, and how it was rated."""
        rows = self._db.execute(
            """
            SELECT entry, count(*) AS answered, count(rating) AS rated, sum(rating) AS total
            FROM answers WHERE at >= ? GROUP BY entry
            """,
            (micros(since),),
        )
        return {
            row["entry"]: EntryUse(row["answered"], row["rated"], float(row["total"]) / row["rated"] if row["rated"] else None)
            for row in rows
        }

    def channels_of_rooms(self) -> Mapping[str, str]:
        """Return the channel on which each group was heard last."""
        rows = self._db.execute(
            """
            SELECT room, channel FROM events WHERE position IN (
              SELECT max(position) FROM events WHERE room <> '' AND kind = 'said' GROUP BY room
            )
            """
        )
        return {row["room"]: row["channel"] for row in rows}

    def keep_bulletin(self, bulletin: KeptBulletin) -> None:
        """Keep a bulletin, instead of the one of that kind, day and community."""
        self._db.execute(
            """
            INSERT INTO bulletins (kind, day, community, state, text, body, made_at, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (kind, day, community) DO UPDATE SET state = excluded.state, text = excluded.text, body = excluded.body,
              made_at = excluded.made_at, who = excluded.who
            """,
            (
                bulletin.kind,
                bulletin.day.isoformat(),
                bulletin.community,
                bulletin.state,
                bulletin.text,
                bulletin.body,
                micros(bulletin.made_at),
                bulletin.who,
            ),
        )

    def bulletin(self, kind: str, day: date, community: str) -> KeptBulletin | None:
        """Return a kept bulletin."""
        row = self._db.execute(
            "SELECT * FROM bulletins WHERE kind = ? AND day = ? AND community = ?", (kind, day.isoformat(), community)
        ).fetchone()
        return _kept(row) if row else None

    def bulletins(self, limit: int = 30) -> Sequence[KeptBulletin]:
        """Return the kept bulletins, the newest first."""
        rows = self._db.execute("SELECT * FROM bulletins ORDER BY day DESC, kind, community LIMIT ?", (limit,))
        return [_kept(row) for row in rows]


def case_fact(case: Case) -> CaseFact:
    """Return what reports count of a case."""
    full = [reply.at for reply in case.replies if not reply.partial]
    return CaseFact(
        case.number,
        case.status,
        case.community,
        case.department,
        case.entry,
        case.opened_at,
        answered_at=min(full, default=None),
        by_peers=case.outcome == PEERS_ANSWERED,
        rating=case.rating,
        reopened=case.reopened,
        transfers=case.transfers,
        supervised=case.supervised,
    )


def _kept(row: Row) -> KeptBulletin:
    day = date.fromisoformat(row["day"])
    made = moment(row["made_at"])
    return KeptBulletin(row["kind"], day, row["community"], row["state"], row["text"], row["body"], made, row["who"])


def _stay(row: Row) -> Stay:
    def at(name: str) -> datetime | None:
        return moment(row[name]) if row[name] is not None else None

    return Stay(
        row["case_number"],
        row["community"],
        row["department"],
        row["assignee"],
        moment(row["dispatched_at"]),
        moment(row["acknowledge_by"]),
        moment(row["answer_by"]),
        at("acknowledged_at"),
        at("answered_at"),
        at("ended_at"),
        StayEnd(row["ended"]) if row["ended"] else None,
    )
