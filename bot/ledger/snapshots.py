"""Reading a Snapshot from the ledger: everything that the core may know about one event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.ledger import bindings, directory
from bot.ledger.changes import thread_of
from bot.ledger.codec import decode, decode_case, micros, moment
from bot.ledger.connection import IN_NUMBERS, NEXT_NUMBER, Connection
from bot.model import (
    Case,
    Event,
    FilesChanged,
    Noticed,
    Operated,
    Published,
    Recalled,
    RecentAnswer,
    Said,
    Sent,
    Snapshot,
    Status,
    Target,
    Unheard,
)

_NUMBER = re.compile(r"[#＃]\s*(\d{1,9})(?!\d)")
_NUMBER_ALONE = re.compile(r"(?<!\d)\d{1,9}(?!\d)")
_NAMED_AT_MOST = 20
_NEWEST = 200
_RATE_WINDOW = timedelta(minutes=10)
_RECENT_ANSWERS = timedelta(minutes=30)
_RECENTLY_CLOSED = timedelta(hours=24)
_DISPUTE = timedelta(days=30)


def snapshot(db: Connection, event: Event, now: datetime) -> Snapshot:
    """Read what may matter to the event; cases come by number, the lowest first."""
    match event:
        case Said():
            known = _for_said(db, event, now)
        case Recalled():
            known = _for_recalled(db, event)
        case FilesChanged() | Unheard() | Noticed() | Published():
            known = Snapshot(next_number=0)
        case _:
            known = _for_case(db, event, now)
    return replace(
        known,
        next_number=db.execute(NEXT_NUMBER).fetchone()["number"],
        last_unasked=_last_unasked(db, known.cases),
        disputed=_disputed(db, now),
    )


def _for_said(db: Connection, said: Said, now: datetime) -> Snapshot:
    contact = _contact(db, said)
    quoted_sent = _quoted_sent(db, said.quoted) if said.quoted else None
    numbers = {int(found) for found in _NUMBER.findall(said.text)[:_NAMED_AT_MOST]}
    numbers |= _own(db, said, now) | _around(db, said)
    if contact is not None:
        numbers |= _numbers(db, "SELECT case_number AS number FROM holders WHERE contact = ?", contact)
    if quoted_sent is not None and quoted_sent.case is not None:
        numbers.add(quoted_sent.case)
    if said.quoted:
        numbers |= _asked_by_message(db, said.channel, said.quoted)
    codes = tuple(bindings.known_codes(db, said.text).values())
    for code in codes:
        numbers |= _numbers(db, "SELECT case_number AS number FROM holders WHERE contact = ?", code.contact)
    cases, quoted_said = _cases(db, numbers), _quoted_said(db, said)
    nicknames = (said.sender.name, *((quoted_said.sender.name,) if quoted_said else ()))
    return Snapshot(
        next_number=0,
        thread=thread_of(db, said),
        contact=contact,
        cases=cases,
        quoted_sent=quoted_sent,
        quoted_said=quoted_said,
        recent_answers=_recent_answers(db, said, now),
        replies_to_sender=_replies_to(db, said, now),
        replies_in_room=_replies_in(db, said.room, now),
        codes=codes,
        code_tries=bindings.tries_of(db, said),
        holders=tuple(each for code in codes for each in bindings.bindings(db, code.contact) if each.channel == said.channel),
        namesake=bindings.namesake(db, said) if contact is None else None,
        enterprises=directory.around(db, nicknames, cases),
    )


def _for_recalled(db: Connection, event: Recalled) -> Snapshot:
    noted = _numbers(
        db,
        """
        SELECT history.case_number AS number FROM events JOIN history ON history.event = events.position
        WHERE events.channel = ? AND events.message_id = ? AND events.person = ? AND history.noted = 1
        """,
        event.channel,
        event.recalled,
        event.sender.id,
    )
    cases = _cases(db, noted | _asked_by_message(db, event.channel, event.recalled))
    return Snapshot(next_number=0, thread=thread_of(db, event), contact=_contact(db, event), cases=cases)


def _for_case(db: Connection, event: Event, now: datetime) -> Snapshot:
    assert not isinstance(event, Said | Recalled | FilesChanged | Unheard | Noticed | Published)
    numbers = {event.case} if event.case is not None else set()
    if isinstance(event, Operated):
        numbers |= {int(found) for found in _NUMBER_ALONE.findall(event.target)[:_NAMED_AT_MOST]}
    cases = _cases(db, numbers)
    room = next((case.asker.room for case in cases if case.number == event.case), "")
    contact = event.operator if isinstance(event, Operated) else None
    return Snapshot(
        next_number=0,
        contact=contact,
        cases=cases,
        replies_in_room=_replies_in(db, room, now),
        enterprises=directory.around(db, (), cases),
    )


def _contact(db: Connection, event: Said | Recalled) -> str | None:
    row = db.execute("SELECT contact FROM bindings WHERE channel = ? AND person = ?", (event.channel, event.sender.id)).fetchone()
    return row["contact"] if row else None


def _own(db: Connection, said: Said, now: datetime) -> set[int]:
    still_open = _numbers(
        db,
        "SELECT case_number AS number FROM askers WHERE channel = ? AND person = ? AND finished_at IS NULL",
        said.channel,
        said.sender.id,
    )
    closed = _numbers(
        db,
        """
        SELECT case_number AS number FROM askers JOIN cases ON number = case_number
        WHERE askers.channel = ? AND person = ? AND finished_at >= ? AND status = ?
        """,
        said.channel,
        said.sender.id,
        micros(now - _RECENTLY_CLOSED),
        Status.CLOSED,
    )
    return still_open | closed


def _around(db: Connection, said: Said) -> set[int]:
    """Return open cases of this room and of its community, as far as an earlier case of the room tells the community.

    The indexes are named because the planner, without statistics, would walk through the room's closed cases too.
    """
    if said.direct:
        return _numbers(
            db, "SELECT number FROM cases INDEXED BY cases_open WHERE due_at IS NOT NULL ORDER BY number DESC LIMIT ?", _NEWEST
        )
    here = _numbers(
        db,
        """
        SELECT number FROM cases INDEXED BY cases_open_by_room
        WHERE channel = ? AND room = ? AND due_at IS NOT NULL ORDER BY number DESC LIMIT ?
        """,
        said.channel,
        said.room,
        _NEWEST,
    )
    last = db.execute(
        "SELECT community FROM cases WHERE channel = ? AND room = ? ORDER BY number DESC LIMIT 1", (said.channel, said.room)
    ).fetchone()
    if last is None:
        return _numbers(
            db, "SELECT number FROM cases INDEXED BY cases_open WHERE due_at IS NOT NULL ORDER BY number DESC LIMIT ?", _NEWEST
        )
    return here | _numbers(
        db,
        """
        SELECT number FROM cases INDEXED BY cases_open_by_community
        WHERE community = ? AND due_at IS NOT NULL ORDER BY number DESC LIMIT ?
        """,
        last["community"],
        _NEWEST,
    )


def _asked_by_message(db: Connection, channel: str, message_id: str) -> set[int]:
    return _numbers(db, "SELECT case_number AS number FROM askers WHERE channel = ? AND message_id = ?", channel, message_id)


def _numbers(db: Connection, statement: str, *values: object) -> set[int]:
    return {row["number"] for row in db.execute(statement, values)}


def _cases(db: Connection, numbers: Iterable[int]) -> tuple[Case, ...]:
    rows = db.execute(f"SELECT body FROM cases WHERE number {IN_NUMBERS} ORDER BY number", (json.dumps(list(numbers)),))
    found = tuple(decode_case(row["body"]) for row in rows)
    further = {case.merged_into for case in found if case.merged_into is not None} - set(numbers)
    return found if not further else _cases(db, {*numbers, *further})


def _quoted_sent(db: Connection, receipt: str) -> Sent | None:
    row = db.execute("SELECT * FROM outbox WHERE receipt = ? ORDER BY id DESC LIMIT 1", (receipt,)).fetchone()
    if row is None:
        return None
    target = Target(row["kind"], row["name"], row["channel"])
    return Sent(row["key"], target, row["case_number"], row["entry"], moment(row["sent_at"]))


def _quoted_said(db: Connection, said: Said) -> Said | None:
    row = db.execute(
        "SELECT text, body FROM events WHERE channel = ? AND message_id = ? AND kind = 'said' AND recalled = 0",
        (said.channel, said.quoted),
    ).fetchone()
    return replace(decode(Said, row["body"]), text=row["text"]) if row else None


def _recent_answers(db: Connection, said: Said, now: datetime) -> tuple[RecentAnswer, ...]:
    rows = db.execute(
        """
        SELECT entry, asker, at FROM answers WHERE channel = ? AND room = ? AND at >= ? AND (room <> '' OR asker = ?)
        ORDER BY id
        """,
        (said.channel, said.room, micros(now - _RECENT_ANSWERS), said.sender.id),
    )
    return tuple(RecentAnswer(row["entry"], row["asker"], moment(row["at"])) for row in rows)


def _replies_to(db: Connection, said: Said, now: datetime) -> int:
    since = micros(now - _RATE_WINDOW)
    if not said.direct:
        return _count(
            db,
            "kind = 'room' AND name = ? AND created_at >= ? AND mention = ? AND state <> 'cancelled'",
            said.room,
            since,
            said.sender.id,
        )
    return _count(db, "kind = 'person' AND name = ? AND created_at >= ? AND state <> 'cancelled'", said.sender.id, since)


def _replies_in(db: Connection, room: str, now: datetime) -> int:
    since = micros(now - _RATE_WINDOW)
    return _count(db, "kind = 'room' AND name = ? AND created_at >= ? AND state <> 'cancelled'", room, since) if room else 0


def _count(db: Connection, where: str, *values: object) -> int:
    return int(db.execute(f"SELECT count(*) AS number FROM outbox WHERE {where}", values).fetchone()["number"])


def _last_unasked(db: Connection, cases: tuple[Case, ...]) -> Mapping[int, datetime]:
    rows = db.execute(
        f"""
        SELECT case_number, max(coalesce(sent_at, created_at)) AS at FROM outbox
        WHERE unasked = 1 AND state <> 'cancelled' AND case_number {IN_NUMBERS} GROUP BY case_number
        """,
        (json.dumps([case.number for case in cases]),),
    )
    return {row["case_number"]: moment(row["at"]) for row in rows}


def _disputed(db: Connection, now: datetime) -> Mapping[str, str]:
    rows = db.execute(
        """
        SELECT entry, comment FROM feedback WHERE disputes = 1 AND at >= ? AND NOT EXISTS (
          SELECT 1 FROM entry_versions AS mended WHERE mended.entry = feedback.entry AND mended.at > feedback.at
        ) ORDER BY at, id
        """,
        (micros(now - _DISPUTE),),
    )
    return {row["entry"]: row["comment"] for row in rows}
