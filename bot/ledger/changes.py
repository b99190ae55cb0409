"""Writing into the ledger: the event as it came, and what was decided about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.errors import CaseMoved
from bot.ledger import bindings, outbox
from bot.ledger.codec import decode, decode_case, encode, encode_brief, micros
from bot.ledger.connection import NEXT_POSITION, Connection
from bot.ledger.port import FAULT
from bot.ledger.read_cache import ReadCache
from bot.ledger.stays import keep_stays
from bot.ledger.wording import what_changed
from bot.model import (
    Action,
    Case,
    Caseload,
    Decision,
    Event,
    FilesChanged,
    Noticed,
    Operated,
    Published,
    Reason,
    Recalled,
    Said,
    SendGivenUp,
    Thread,
    Ticked,
    Unheard,
)

_TICK_AGAIN = timedelta(minutes=5)
_KINDS = {
    Said: "said",
    Recalled: "recalled",
    Ticked: "ticked",
    Operated: "operated",
    SendGivenUp: "given_up",
    FilesChanged: "files",
    Unheard: "unheard",
    Noticed: "noticed",
    Published: "published",
}
_SOURCES = {
    Ticked: "@timer",
    Operated: "@operation",
    SendGivenUp: "@sender",
    FilesChanged: "@files",
    Unheard: "@channel",
    Noticed: "@auditor",
    Published: "@bulletin",
}
_BY = {Ticked: "到期", SendGivenUp: "发送", FilesChanged: "知识文件", Unheard: "渠道", Noticed: "巡查", Published: "每日一报"}


class Identity(NamedTuple):
    """Under which name an event is recorded once; events that no channel brought have a source with an @."""

    channel: str
    message_id: str


def identity(event: Event) -> Identity:
    """Return the name under which the event is recorded once."""
    if isinstance(event, Said | Recalled):
        return Identity(event.channel, event.message_id)
    return Identity(_SOURCES[type(event)], event.message_id)


def record(db: Connection, event: Event, cache: ReadCache) -> int | None:
    """Keep the event and return its position; None if it was seen before.

    A tick that was seen but left its case exactly as due as before counts as new, so that a fault strands no case.
    """
    talk = event if isinstance(event, Said | Recalled) else None
    said = event if isinstance(event, Said) else None
    kept = db.execute(
        f"""
        INSERT INTO events (position, channel, message_id, kind, room, person, name, text, quoted, refers, at, body)
        VALUES ({NEXT_POSITION}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (channel, message_id) DO NOTHING
        RETURNING position
        """,
        (
            *identity(event),
            _KINDS[type(event)],
            talk.room if talk else None,
            talk.sender.id if talk else None,
            talk.sender.name if talk else None,
            bindings.masked(db, said) if said else "",
            said.quoted if said else None,
            event.recalled if isinstance(event, Recalled) else None,
            micros(event.at),
            encode(replace(said, text="") if said else event),
        ),
    ).fetchone()
    if kept is None:
        return _position(db, event) if isinstance(event, Ticked) and _still_due(db, event) else None
    if talk is not None:
        bindings.keep_name(db, talk, cache)
    if isinstance(event, Recalled):
        db.execute(
            "UPDATE events SET recalled = 1 WHERE channel = ? AND message_id = ? AND kind = 'said' AND person = ?",
            (event.channel, event.recalled, event.sender.id),
        )
    return int(kept["position"])


def _still_due(db: Connection, tick: Ticked) -> bool:
    row = db.execute("SELECT due_step, due_at FROM cases WHERE number = ? /* FOR NO KEY UPDATE */", (tick.case,)).fetchone()
    return row is not None and (row["due_step"], row["due_at"]) == (tick.step, micros(tick.at))


def apply(
    db: Connection,
    event: Event,
    position: int | None,
    decision: Decision,
    now: datetime,
    seen: Caseload | None,
    cache: ReadCache,
) -> None:
    """Write what was decided about an event recorded at ``position`` from the cases ``seen``, unless either is not known.

    Raises ``ValueError`` if the decision cannot stand, such as an open case with nothing due, and ``CaseMoved`` if somebody else
    has changed one of its cases since; nothing is written then.
    """
    position = _position(db, event) if position is None else position
    old = {case.number: _locked(db, case.number) for case in decision.cases}
    if seen is not None:
        for number, case_now in old.items():
            if case_now is not (known := seen.by_number.get(number)) and case_now != known:
                raise CaseMoved(f"#{number} 刚被别人改过，这次没有登记；请再试一次")
    try:
        _keep_decision(db, position, decision, now)
        for case in decision.cases:
            _put_case(db, position, event, case, old[case.number], decision.reasons, now, cache)
        _keep_says(db, decision, now, cache)
        _keep_conversation(db, position, event, decision, now, cache)
        if decision.code is not None and isinstance(event, Said):
            bindings.use_code(db, event, decision.code, now)
            cache.bindings.clear()
    except db.IntegrityError as error:
        raise ValueError(f"这个决定记不进账本：{error}") from error
    if isinstance(event, Ticked):
        # A case that is still due by the very step just done must not keep others from being looked at.
        db.execute(
            "UPDATE cases SET tick_at = ? WHERE number = ? AND due_step = ? AND due_at = ?",
            (micros(now + _TICK_AGAIN), event.case, event.step, micros(event.at)),
        )


def _position(db: Connection, event: Event) -> int:
    row = db.execute("SELECT position FROM events WHERE channel = ? AND message_id = ?", identity(event)).fetchone()
    if row is None:
        raise ValueError("先登记事件，再写决定")
    return int(row["position"])


def _keep_decision(db: Connection, position: int, decision: Decision, now: datetime) -> None:
    # Threads and cases have tables of their own; a second copy here would keep words that were taken back.
    kept = encode_brief(decision, without=("thread", "cases"))
    fault = any(reason.code == FAULT for reason in decision.reasons)
    db.execute(
        """
        INSERT INTO decisions (event, at, fault, body) VALUES (?, ?, ?, ?)
        ON CONFLICT (event) DO UPDATE SET at = excluded.at, fault = excluded.fault, body = excluded.body
        """,
        (position, micros(now), fault, kept),
    )


def _keep_says(db: Connection, decision: Decision, now: datetime, cache: ReadCache) -> None:
    for number in decision.cancel:
        outbox.cancel(db, number)
    for number in decision.obsolete:
        outbox.cancel(db, number, only_to="contact")
    for key in decision.unsay:
        outbox.drop(db, key)
    if outbox.put(db, decision.says, now) and not (decision.cancel or decision.obsolete or decision.unsay):
        cache.said(decision.says, micros(now))
    else:
        cache.replies.clear()


def _keep_conversation(db: Connection, position: int, event: Event, decision: Decision, now: datetime, cache: ReadCache) -> None:
    if isinstance(event, Said | Recalled) and decision.thread is not None:
        put_thread(db, event, decision.thread, cache)
    if isinstance(event, Said) and decision.action is Action.ANSWER and decision.entry is not None:
        db.execute(
            "INSERT INTO answers (channel, room, asker, entry, at) VALUES (?, ?, ?, ?, ?)",
            (event.channel, event.room, event.sender.id, decision.entry, micros(now)),
        )
        cache.answered(event, decision.entry, now)
    if decision.feedback is not None:
        given = decision.feedback
        cache.disputes = None
        db.execute(
            "INSERT INTO feedback (event, entry, question, rating, comment, disputes, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (position, given.entry, given.question, given.rating, given.comment, given.disputes, micros(now)),
        )
        if isinstance(event, Said) and not given.disputes:
            db.execute(
                """
                UPDATE answers SET rating = ? WHERE id = (
                  SELECT max(id) FROM answers WHERE channel = ? AND room = ? AND asker = ? AND entry = ?
                )
                """,
                (given.rating, event.channel, event.room, event.sender.id, given.entry),
            )
    if decision.forget is not None and isinstance(event, Said | Recalled):
        _forget(db, event, decision.forget, cache)


def put_thread(db: Connection, event: Said | Recalled, thread: Thread, cache: ReadCache) -> None:
    """Keep the thread of the event's sender in its room."""
    place = (event.channel, event.room, event.sender.id)
    db.execute(
        """
        INSERT INTO threads (channel, room, person, body) VALUES (?, ?, ?, ?)
        ON CONFLICT (channel, room, person) DO UPDATE SET body = excluded.body
        """,
        (*place, encode(thread)),
    )
    cache.threads[place] = thread


def thread_of(db: Connection, event: Said | Recalled, cache: ReadCache) -> Thread:
    """Return the thread of the event's sender in its room."""
    place = (event.channel, event.room, event.sender.id)
    known = cache.threads.get(place)
    if known is None:
        row = db.execute("SELECT body FROM threads WHERE channel = ? AND room = ? AND person = ?", place).fetchone()
        known = cache.threads[place] = decode(Thread, row["body"]) if row else Thread()
    return known


def _forget(db: Connection, event: Said | Recalled, message_id: str, cache: ReadCache) -> None:
    row = db.execute(
        "SELECT position FROM events WHERE channel = ? AND message_id = ? AND kind = 'said' AND person = ?",
        (event.channel, message_id, event.sender.id),
    ).fetchone()
    if row is None:
        return
    db.execute("UPDATE events SET text = '' WHERE position = ?", (row["position"],))
    _strip_decision(db, row["position"])
    thread = thread_of(db, event, cache)
    pieces = tuple(piece for piece in thread.pieces if piece.message_id != message_id)
    if pieces != thread.pieces:
        put_thread(db, event, replace(thread, pieces=pieces), cache)


def _strip_decision(db: Connection, position: int) -> None:
    row = db.execute("SELECT body FROM decisions WHERE event = ?", (position,)).fetchone()
    if row is None:
        return
    decision = decode(Decision, row["body"])
    reasons = tuple(Reason(reason.code, "（原话已撤回）") for reason in decision.reasons)
    stripped = Decision(decision.action, reasons, entry=decision.entry, confidence=decision.confidence)
    db.execute("UPDATE decisions SET body = ? WHERE event = ?", (encode(stripped), position))


def _locked(db: Connection, number: int) -> Case | None:
    row = db.execute("SELECT body FROM cases WHERE number = ? /* FOR NO KEY UPDATE */", (number,)).fetchone()
    return decode_case(row["body"]) if row else None


def _put_case(
    db: Connection,
    position: int,
    event: Event,
    case: Case,
    old: Case | None,
    reasons: tuple[Reason, ...],
    now: datetime,
    cache: ReadCache,
) -> None:
    if case.status.terminal != (case.due is None):
        raise ValueError(f"#{case.number} {'已结束，却还有到期时间' if case.due else '未结束，却没有下一个到期时间'}")
    due = micros(case.due.at) if case.due else None
    body = encode(case)
    db.execute(
        """
        INSERT INTO cases (number, status, community, channel, room, assignee, department, opened_at, changed_at,
                           due_at, due_step, tick_at, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (number) DO UPDATE SET status = excluded.status, community = excluded.community, channel = excluded.channel,
          room = excluded.room, assignee = excluded.assignee, department = excluded.department, changed_at = excluded.changed_at,
          due_at = excluded.due_at, due_step = excluded.due_step, tick_at = excluded.tick_at, body = excluded.body
        """,
        (
            case.number,
            case.status,
            case.community,
            case.asker.channel,
            case.asker.room,
            case.assignee,
            case.department,
            micros(case.opened_at),
            micros(now),
            due,
            case.due.name if case.due else None,
            due,
            body,
        ),
    )
    cache.case_changed(old, decode_case(body))  # as it will be read, its times in the ledger's zone
    _put_people(db, old, case, now)
    keep_stays(db, old, case, now)
    db.execute(
        "INSERT INTO history (case_number, event, at, who, what, reasons, noted) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            case.number,
            position,
            micros(now),
            _who(db, event),
            what_changed(old, case, event),
            encode(reasons),
            old is not None and len(case.notes) > len(old.notes),
        ),
    )


def _put_people(db: Connection, old: Case | None, case: Case, now: datetime) -> None:
    finished = micros(now) if case.status.terminal else None
    if old is None or old.askers != case.askers or old.status.terminal != case.status.terminal:
        db.execute("DELETE FROM askers WHERE case_number = ?", (case.number,))
        db.executemany(
            "INSERT INTO askers (case_number, place, channel, person, message_id, finished_at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (case.number, place, asker.channel, asker.person.id, asker.message_id, finished)
                for place, asker in enumerate(case.askers)
            ],
        )
    db.execute("DELETE FROM holders WHERE case_number = ?", (case.number,))
    if case.plan is not None and not case.status.terminal:
        names = dict.fromkeys((case.plan.assignee, *case.plan.alert))
        db.executemany("INSERT INTO holders (contact, case_number) VALUES (?, ?)", [(name, case.number) for name in names])


def _who(db: Connection, event: Event) -> str:
    match event:
        case Said() | Recalled():
            row = db.execute(
                "SELECT contact FROM bindings WHERE channel = ? AND person = ?", (event.channel, event.sender.id)
            ).fetchone()
            return str(row["contact"]) if row else event.sender.name
        case Operated():
            return event.operator
        case _:
            return _BY[type(event)]
