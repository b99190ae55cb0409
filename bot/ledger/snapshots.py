"""Reading a Snapshot from the ledger: everything that the core may know about one event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.ledger import bindings, directory
from bot.ledger.changes import thread_of
from bot.ledger.codec import decode, micros, moment
from bot.ledger.connection import IN_NUMBERS, NEXT_NUMBER, Connection
from bot.ledger.shelf import CaseShelf
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
    SendGivenUp,
    Sent,
    Snapshot,
    Status,
    Target,
    Ticked,
    Unheard,
)

_NUMBER = re.compile(r"[#＃]\s*(\d{1,9})(?!\d)")
_NUMBER_ALONE = re.compile(r"(?<!\d)\d{1,9}(?!\d)")
_NAMED_AT_MOST = 20
_NEWEST = 200
_STILL_IN_MIND = timedelta(hours=2)
_SHELVED = 20_000
_RATE_WINDOW = timedelta(minutes=10)
_RECENT_ANSWERS = timedelta(minutes=30)
_RECENTLY_CLOSED = timedelta(hours=24)
_DUE_SOON = timedelta(minutes=30)
_DISPUTE = timedelta(days=30)


def snapshot(db: Connection, event: Event, now: datetime, shelf: CaseShelf) -> Snapshot:
    """Read what may matter to the event; cases come by number, the lowest first."""
    match event:
        case Said():
            return _for_said(db, event, now, shelf)
        case Recalled():
            known = _for_recalled(db, event, shelf)
        case FilesChanged() | Unheard() | Noticed() | Published():
            known = Snapshot(next_number=0)
        case _:
            known = _for_case(db, event, now, shelf)
    return replace(known, next_number=_next_number(db), disputed=_disputed(db, now))


def _for_said(db: Connection, said: Said, now: datetime, shelf: CaseShelf) -> Snapshot:
    contact = _contact(db, said)
    quoted_sent = _quoted_sent(db, said.quoted) if said.quoted else None
    numbers = {int(found) for found in _NUMBER.findall(said.text)[:_NAMED_AT_MOST]}
    numbers |= _own(db, said, now)
    if contact is not None:
        numbers |= _numbers(db, "SELECT case_number AS number FROM holders WHERE contact = ?", contact)
    taken_away = _taken_away(db, contact, now) if contact is not None and said.direct else set()
    numbers |= taken_away
    if quoted_sent is not None and quoted_sent.case is not None:
        numbers.add(quoted_sent.case)
    if said.quoted:
        numbers |= _asked_by_message(db, said.channel, said.quoted)
    codes = tuple(bindings.known_codes(db, said.text).values())
    for code in codes:
        numbers |= _numbers(db, "SELECT case_number AS number FROM holders WHERE contact = ?", code.contact)
    named, cases = numbers, _cases(db, shelf, numbers | _around(db, said))
    quoted_said = _said(db, said.channel, said.quoted, recalled=False) if said.quoted else None
    replies = _replies(db, *(("person", said.sender.id) if said.direct else ("room", said.room)), now, to=said.sender.id)
    nicknames = (said.sender.name, *((quoted_said.sender.name,) if quoted_said else ()))
    return Snapshot(
        taken_away=tuple(sorted(taken_away)),
        next_number=_next_number(db),
        thread=thread_of(db, said),
        contact=contact,
        cases=cases,
        quoted_sent=quoted_sent,
        quoted_said=quoted_said,
        recent_answers=_recent_answers(db, said, now),
        replies_to_sender=replies.everybody if said.direct else replies.to_one,
        replies_in_room=0 if said.direct else replies.everybody,
        codes=codes,
        code_tries=bindings.tries_of(db, said),
        holders=tuple(each for code in codes for each in bindings.bindings(db, code.contact) if each.channel == said.channel),
        namesake=bindings.namesake(db, said) if contact is None else None,
        disputed=_disputed(db, now),
        enterprises=directory.around(db, nicknames, _handed_on(cases, named, said, contact)),
    )


def _handed_on(cases: tuple[Case, ...], named: set[int], said: Said, contact: str | None) -> Iterable[Case]:
    """Return the cases that may get another holder by this message, which their askers' enterprises decide about.

    Other rooms' cases of somebody else a member can only join.
    """
    if contact is not None:
        return cases
    return [case for case in cases if case.number in named or case.askers[0].room == said.room]


def _for_recalled(db: Connection, event: Recalled, shelf: CaseShelf) -> Snapshot:
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
    cases = _cases(db, shelf, noted | _asked_by_message(db, event.channel, event.recalled))
    said = _said(db, event.channel, event.recalled)
    mine = said if said is not None and said.sender.id == event.sender.id else None
    return Snapshot(next_number=0, thread=thread_of(db, event), contact=_contact(db, event), cases=cases, quoted_said=mine)


def _for_case(db: Connection, event: Event, now: datetime, shelf: CaseShelf) -> Snapshot:
    assert not isinstance(event, Said | Recalled | FilesChanged | Unheard | Noticed | Published)
    numbers = {event.case} if event.case is not None else set()
    if isinstance(event, Operated):
        numbers |= {int(found) for found in _NUMBER_ALONE.findall(event.target)[:_NAMED_AT_MOST]}
    if isinstance(event, SendGivenUp) and event.case is None and event.target.kind == "contact":
        held = "SELECT case_number AS number FROM holders WHERE contact = ? ORDER BY case_number LIMIT ?"
        numbers |= _numbers(db, held, event.target.name, _NAMED_AT_MOST)
    if isinstance(event, Ticked):
        numbers |= _to_be_reminded_of(db, event.case, now)
    cases = _cases(db, shelf, numbers)
    room = next((case.asker.room for case in cases if case.number == event.case), "")
    contact = event.operator if isinstance(event, Operated) else None
    return Snapshot(
        next_number=0,
        contact=contact,
        cases=cases,
        replies_in_room=_replies(db, "room", room, now).everybody if room else 0,
        last_unasked=_last_unasked(db, cases),
        enterprises=directory.around(db, (), cases),
    )


def _to_be_reminded_of(db: Connection, number: int, now: datetime) -> set[int]:
    """Return what else is due soon in the hands of whoever has the case, the earliest first."""
    return _numbers(
        db,
        """
        SELECT number FROM holders JOIN cases ON number = case_number
        WHERE due_at <= ? AND contact = (SELECT assignee FROM cases WHERE number = ?) ORDER BY due_at, number LIMIT ?
        """,
        micros(now + _DUE_SOON),
        number,
        _NAMED_AT_MOST,
    )


def _contact(db: Connection, event: Said | Recalled) -> str | None:
    row = db.execute("SELECT contact FROM bindings WHERE channel = ? AND person = ?", (event.channel, event.sender.id)).fetchone()
    return row["contact"] if row else None


def _own(db: Connection, said: Said, now: datetime) -> set[int]:
    return _numbers(
        db,
        """
        SELECT case_number AS number FROM askers WHERE channel = ? AND person = ? AND finished_at IS NULL
        UNION SELECT case_number FROM askers JOIN cases ON number = case_number
        WHERE askers.channel = ? AND person = ? AND finished_at >= ? AND status = ?
        """,
        said.channel,
        said.sender.id,
        said.channel,
        said.sender.id,
        micros(now - _RECENTLY_CLOSED),
        Status.CLOSED,
    )


def _around(db: Connection, said: Said) -> set[int]:
    """Return open cases of this room and of its community, as far as an earlier case of the room tells the community.

    The indexes are named because the planner, without statistics, would walk through the room's closed cases too.
    """
    community = None if said.direct else _community(db, said)
    if community is None:
        return _numbers(
            db, "SELECT number FROM cases INDEXED BY cases_open WHERE due_at IS NOT NULL ORDER BY number DESC LIMIT ?", _NEWEST
        )
    return _numbers(
        db,
        """
        SELECT number FROM (
          SELECT number FROM cases INDEXED BY cases_open_by_room
          WHERE channel = ? AND room = ? AND due_at IS NOT NULL ORDER BY number DESC LIMIT ?
        ) AS here
        UNION SELECT number FROM (
          SELECT number FROM cases INDEXED BY cases_open_by_community
          WHERE community = ? AND due_at IS NOT NULL ORDER BY number DESC LIMIT ?
        ) AS near
        """,
        said.channel,
        said.room,
        _NEWEST,
        community,
        _NEWEST,
    )


def _community(db: Connection, said: Said) -> str | None:
    last = db.execute(
        "SELECT community FROM cases WHERE channel = ? AND room = ? ORDER BY number DESC LIMIT 1", (said.channel, said.room)
    ).fetchone()
    return last["community"] if last else None


def _taken_away(db: Connection, contact: str, now: datetime) -> set[int]:
    """Return the cases that left a contact's hands a short time ago, whether the contact knows of it or not."""
    return _numbers(
        db,
        "SELECT case_number AS number FROM stays WHERE assignee = ? AND ended_at >= ? AND ended <> 'transferred'",
        contact,
        micros(now - _STILL_IN_MIND),
    )


def _next_number(db: Connection) -> int:
    return int(db.execute(NEXT_NUMBER).fetchone()["number"])


def _asked_by_message(db: Connection, channel: str, message_id: str) -> set[int]:
    return _numbers(db, "SELECT case_number AS number FROM askers WHERE channel = ? AND message_id = ?", channel, message_id)


def _numbers(db: Connection, statement: str, *values: object) -> set[int]:
    return {row["number"] for row in db.execute(statement, values)}


def _cases(db: Connection, shelf: CaseShelf, numbers: set[int]) -> tuple[Case, ...]:
    """Return the cases of these numbers, and those into which any of them was merged."""
    found = shelf.read(db, numbers)
    further = {case.merged_into for case in found if case.merged_into is not None} - numbers
    return found if not further else _cases(db, shelf, numbers | further)


def _quoted_sent(db: Connection, receipt: str) -> Sent | None:
    row = db.execute("SELECT * FROM outbox WHERE receipt = ? ORDER BY id DESC LIMIT 1", (receipt,)).fetchone()
    if row is None:
        return None
    target = Target(row["kind"], row["name"], row["channel"])
    return Sent(row["key"], target, row["case_number"], row["entry"], moment(row["sent_at"]))


def _said(db: Connection, channel: str, message_id: str, *, recalled: bool = True) -> Said | None:
    """Return a message; without ``recalled`` only if it still stands."""
    row = db.execute(
        "SELECT text, body, recalled FROM events WHERE channel = ? AND message_id = ? AND kind = 'said'", (channel, message_id)
    ).fetchone()
    return None if row is None or (row["recalled"] and not recalled) else replace(decode(Said, row["body"]), text=row["text"])


def _recent_answers(db: Connection, said: Said, now: datetime) -> tuple[RecentAnswer, ...]:
    rows = db.execute(
        """
        SELECT entry, asker, at FROM answers WHERE channel = ? AND room = ? AND at >= ? AND (room <> '' OR asker = ?)
        ORDER BY id
        """,
        (said.channel, said.room, micros(now - _RECENT_ANSWERS), said.sender.id),
    )
    return tuple(RecentAnswer(row["entry"], row["asker"], moment(row["at"])) for row in rows)


class _Replies(NamedTuple):
    everybody: int
    to_one: int


def _replies(db: Connection, kind: str, name: str, now: datetime, *, to: str = "") -> _Replies:
    row = db.execute(
        """
        SELECT count(*) AS everybody, count(CASE WHEN mention = ? THEN 1 END) AS to_one FROM outbox
        WHERE kind = ? AND name = ? AND created_at >= ? AND state <> 'cancelled'
        """,
        (to, kind, name, micros(now - _RATE_WINDOW)),
    ).fetchone()
    return _Replies(row["everybody"], row["to_one"])


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
