"""Reading a Snapshot from the ledger: everything that the core may know about one event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.ledger import bindings, directory
from bot.ledger.changes import thread_of
from bot.ledger.codec import decode, micros, moment
from bot.ledger.connection import IN_NUMBERS, NEXT_NUMBER, Connection
from bot.ledger.read_cache import NEWEST, Dispute, OpenCases, Place, ReadCache, Reply, answers_to
from bot.model import (
    Case,
    Caseload,
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
_STILL_IN_MIND = timedelta(hours=2)
_RATE_WINDOW = timedelta(minutes=10)
_RECENT_ANSWERS = timedelta(minutes=30)
_RECENTLY_CLOSED = timedelta(hours=24)
_DUE_SOON = timedelta(minutes=30)
_DISPUTE = timedelta(days=30)

# The indexes are named because the planner, without statistics, would walk through closed cases too.
_OPEN = (
    "SELECT number FROM cases INDEXED BY cases_open WHERE due_at IS NOT NULL ORDER BY number DESC LIMIT ?",
    """
    SELECT number FROM cases INDEXED BY cases_open_by_community WHERE community = ? AND due_at IS NOT NULL
    ORDER BY number DESC LIMIT ?
    """,
    """
    SELECT number FROM cases INDEXED BY cases_open_by_room WHERE channel = ? AND room = ? AND due_at IS NOT NULL
    ORDER BY number DESC LIMIT ?
    """,
)
"""The newest open cases of a place, by the number of its parts."""


def snapshot(db: Connection, event: Event, now: datetime, cache: ReadCache) -> Snapshot:
    """Read what may matter to the event; cases come by number, the lowest first."""
    match event:
        case Said():
            return _for_said(db, event, now, cache)
        case Recalled():
            known = _for_recalled(db, event, cache)
        case FilesChanged() | Unheard() | Noticed() | Published():
            known = Snapshot(next_number=0)
        case _:
            known = _for_case(db, event, now, cache)
    return replace(known, next_number=_next_number(db, cache), disputed=_disputed(db, now, cache))


def _for_said(db: Connection, said: Said, now: datetime, cache: ReadCache) -> Snapshot:
    bound = bindings.around(db, said, cache)
    contact = next((each.contact for each in bound if each.person == said.sender.id), None)
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
    cases = _with_named(db, cache, _around(db, said, cache), numbers)
    quoted_said = _said(db, said.channel, said.quoted, recalled=False) if said.quoted else None
    replies = _replies(db, *(("person", said.sender.id) if said.direct else ("room", said.room)), now, cache)
    to_one = replies if said.direct else [reply for reply in replies if reply.mention == said.sender.id]
    nicknames = (said.sender.name, *((quoted_said.sender.name,) if quoted_said else ()))
    return Snapshot(
        taken_away=tuple(sorted(taken_away)),
        next_number=_next_number(db, cache),
        thread=thread_of(db, said, cache),
        contact=contact,
        cases=cases,
        quoted_sent=quoted_sent,
        quoted_said=quoted_said,
        recent_answers=_recent_answers(db, said, now, cache),
        replies_to_sender=len(to_one),
        replies_in_room=0 if said.direct else len(replies),
        codes=codes,
        code_tries=bindings.tries_of(db, said),
        holders=tuple(each for code in codes for each in bindings.bindings(db, code.contact) if each.channel == said.channel),
        namesake=next(iter(bound), None) if contact is None else None,
        disputed=_disputed(db, now, cache),
        enterprises=directory.around(db, nicknames, _handed_on(cases, numbers, said, contact), cache),
    )


def _with_named(db: Connection, cache: ReadCache, around: Caseload, numbers: set[int]) -> Caseload:
    """Return the open cases around a message with those that it is about."""
    further = numbers - around.by_number.keys()
    if not further:
        return around
    return around.changed((), [case for case in _cases(db, cache, further) if case.number not in around.by_number])


def _handed_on(cases: Caseload, named: set[int], said: Said, contact: str | None) -> Iterable[Case]:
    """Return the cases that may get another holder by this message, which their askers' enterprises decide about.

    Other rooms' cases of somebody else a member can only join.
    """
    if contact is not None:
        return cases
    return [*cases.in_room(said.room), *(cases.by_number[number] for number in named if number in cases.by_number)]


def _for_recalled(db: Connection, event: Recalled, cache: ReadCache) -> Snapshot:
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
    cases = _cases(db, cache, noted | _asked_by_message(db, event.channel, event.recalled))
    said = _said(db, event.channel, event.recalled)
    mine = said if said is not None and said.sender.id == event.sender.id else None
    return Snapshot(next_number=0, thread=thread_of(db, event, cache), contact=_contact(db, event), cases=cases, quoted_said=mine)


def _for_case(db: Connection, event: Event, now: datetime, cache: ReadCache) -> Snapshot:
    assert not isinstance(event, Said | Recalled | FilesChanged | Unheard | Noticed | Published)
    numbers = {event.case} if event.case is not None else set()
    if isinstance(event, Operated):
        numbers |= {int(found) for found in _NUMBER_ALONE.findall(event.target)[:_NAMED_AT_MOST]}
    if isinstance(event, SendGivenUp) and event.case is None and event.target.kind == "contact":
        held = "SELECT case_number AS number FROM holders WHERE contact = ? ORDER BY case_number LIMIT ?"
        numbers |= _numbers(db, held, event.target.name, _NAMED_AT_MOST)
    if isinstance(event, Ticked):
        numbers |= _to_be_reminded_of(db, event.case, now)
    cases = _cases(db, cache, numbers)
    room = next((case.asker.room for case in cases if case.number == event.case), "")
    contact = event.operator if isinstance(event, Operated) else None
    return Snapshot(
        next_number=0,
        contact=contact,
        cases=cases,
        replies_in_room=len(_replies(db, "room", room, now, cache)) if room else 0,
        last_unasked=_last_unasked(db, cases),
        enterprises=directory.around(db, (), cases, cache),
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
        UNION ALL SELECT case_number FROM askers JOIN cases ON number = case_number
        WHERE askers.channel = ? AND person = ? AND finished_at >= ? AND status = ?
        """,
        said.channel,
        said.sender.id,
        said.channel,
        said.sender.id,
        micros(now - _RECENTLY_CLOSED),
        Status.CLOSED,
    )


def _around(db: Connection, said: Said, cache: ReadCache) -> Caseload:
    """Return open cases of this room and of its community, as far as an earlier case of the room tells the community."""
    room = (said.channel, said.room)
    if said.room and room not in cache.communities:
        cache.communities[room] = _community(db, said)
    community = cache.communities[room] if said.room else None
    if community is None:
        return _newest(db, cache, ())[0].load
    here, near = _newest(db, cache, room, (community,))
    known = cache.around.get(room)
    if known is None or known[0] is not here.load or known[1] is not near.load:
        further = [case for case in here.load if case.number not in near.load.by_number]
        both = near.load.changed((), further) if further else near.load
        known = cache.around[room] = (here.load, near.load, both)
    return known[2]


def _newest(db: Connection, cache: ReadCache, *places: Place) -> list[OpenCases]:
    """Return the newest open cases of each place."""
    unknown = [place for place in places if place not in cache.open_cases]
    if unknown:
        found = [_numbers(db, _OPEN[len(place)], *place, NEWEST) for place in unknown]
        cases = {case.number: case for case in cache.shelf.read(db, set().union(*found))}
        for place, numbers in zip(unknown, found, strict=True):
            cache.open_cases[place] = OpenCases(cases[number] for number in sorted(numbers))
    return [cache.open_cases[place] for place in places]


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


def _next_number(db: Connection, cache: ReadCache) -> int:
    if cache.next_number is None:
        cache.next_number = int(db.execute(NEXT_NUMBER).fetchone()["number"])
    return cache.next_number


def _asked_by_message(db: Connection, channel: str, message_id: str) -> set[int]:
    return _numbers(db, "SELECT case_number AS number FROM askers WHERE channel = ? AND message_id = ?", channel, message_id)


def _numbers(db: Connection, statement: str, *values: object) -> set[int]:
    return {row["number"] for row in db.execute(statement, values)}


def _cases(db: Connection, cache: ReadCache, numbers: set[int]) -> tuple[Case, ...]:
    """Return the cases of these numbers, and those into which any of them was merged."""
    found = cache.shelf.read(db, numbers)
    further = {case.merged_into for case in found if case.merged_into is not None} - numbers
    return found if not further else _cases(db, cache, numbers | further)


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


def _recent_answers(db: Connection, said: Said, now: datetime, cache: ReadCache) -> tuple[RecentAnswer, ...]:
    since, place = now - _RECENT_ANSWERS, answers_to(said)
    known = cache.answers.get(place)
    if known is None:
        rows = db.execute(
            """
            SELECT entry, asker, at FROM answers WHERE channel = ? AND room = ? AND at >= ? AND (room <> '' OR asker = ?)
            ORDER BY id
            """,
            (said.channel, said.room, micros(since), said.sender.id),
        )
        known = cache.answers[place] = [RecentAnswer(row["entry"], row["asker"], moment(row["at"])) for row in rows]
    # Not only the first may be too old: where the clock was put back, what was said since stands behind what is still to come.
    known[:] = [answer for answer in known if answer.at >= since]
    return tuple(known)


def _replies(db: Connection, kind: str, name: str, now: datetime, cache: ReadCache) -> list[Reply]:
    """Return what the bot said in a place in the last minutes, the first first."""
    since = micros(now - _RATE_WINDOW)
    known = cache.replies.get((kind, name))
    if known is None:
        rows = db.execute(
            """
            SELECT created_at, mention FROM outbox
            WHERE kind = ? AND name = ? AND created_at >= ? AND state <> 'cancelled' ORDER BY created_at
            """,
            (kind, name, since),
        )
        known = cache.replies[kind, name] = [Reply(row["created_at"], row["mention"]) for row in rows]
    known[:] = [reply for reply in known if reply.at >= since]
    return known


def _last_unasked(db: Connection, cases: tuple[Case, ...]) -> Mapping[int, datetime]:
    rows = db.execute(
        f"""
        SELECT case_number, max(coalesce(sent_at, created_at)) AS at FROM outbox
        WHERE unasked = 1 AND state <> 'cancelled' AND case_number {IN_NUMBERS} GROUP BY case_number
        """,
        (json.dumps([case.number for case in cases]),),
    )
    return {row["case_number"]: moment(row["at"]) for row in rows}


def _disputed(db: Connection, now: datetime, cache: ReadCache) -> Mapping[str, str]:
    since = micros(now - _DISPUTE)
    if cache.disputes is None:
        rows = db.execute(
            """
            SELECT entry, comment, at FROM feedback WHERE disputes = 1 AND at >= ? AND NOT EXISTS (
              SELECT 1 FROM entry_versions AS mended WHERE mended.entry = feedback.entry AND mended.at > feedback.at
            ) ORDER BY at, id
            """,
            (since,),
        )
        cache.disputes = [Dispute(row["at"], row["entry"], row["comment"]) for row in rows]
    return {dispute.entry: dispute.words for dispute in cache.disputes if dispute.at >= since}
