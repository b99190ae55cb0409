"""Binding codes and bindings in the ledger: codes are kept salted and hashed, changes of a binding stay known."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.ledger.codec import decode, encode, micros, moment
from bot.ledger.connection import Connection, Row
from bot.ledger.port import BindingChange, BindingStep
from bot.ledger.read_cache import ReadCache
from bot.model import (
    CODE_ALPHABET,
    CODE_LENGTH,
    Binding,
    BindingCode,
    CodeEnd,
    CodeTries,
    CodeUse,
    Recalled,
    Said,
    codes_in,
    is_code,
    mask_codes,
    meant_as_code,
)

CODE_LIFE = timedelta(hours=24)
_REMEMBERED = 500
_COMPARED_AT_MOST = 20
_BY_CODE = "绑定码"


def make_code(db: Connection, contact: str, by: str, now: datetime) -> str:
    """Return a new code for a contact, which nobody can read again; earlier ones of that contact are no longer good."""
    withdraw_codes(db, contact, now, CodeEnd.REPLACED)
    code = _draw()
    salt = secrets.token_hex(16)
    db.execute(
        "INSERT INTO binding_codes (contact, salt, digest, made_by, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (contact, salt, _digest(salt, code), by, micros(now), micros(now + CODE_LIFE)),
    )
    return code


def _draw() -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if is_code(code):
            return code


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}/{code}".encode()).hexdigest()


def withdraw_codes(db: Connection, contact: str, now: datetime, why: CodeEnd = CodeEnd.WITHDRAWN) -> None:
    """End the codes of a contact that could still be used."""
    db.execute(
        "UPDATE binding_codes SET ended = ?, ended_at = ? WHERE contact = ? AND ended IS NULL AND expires_at > ?",
        (why, micros(now), contact, micros(now)),
    )


def good_codes(db: Connection, now: datetime) -> list[BindingCode]:
    """Return the codes that may still be used, the oldest first."""
    rows = db.execute("SELECT * FROM binding_codes WHERE ended IS NULL AND expires_at > ? ORDER BY id", (micros(now),))
    return [_code(row) for row in rows]


def _code(row: Row) -> BindingCode:
    return BindingCode(row["id"], row["contact"], moment(row["expires_at"]), CodeEnd(row["ended"]) if row["ended"] else None)


def known_codes(db: Connection, text: str) -> dict[str, BindingCode]:
    """Return which of the texts of a code's form in a message are codes that were made here, good or not."""
    written = tuple(dict.fromkeys(codes_in(text)))[:_COMPARED_AT_MOST]
    if not written:
        return {}
    rows = db.execute("SELECT * FROM binding_codes ORDER BY id DESC LIMIT ?", (_REMEMBERED,)).fetchall()
    found: dict[str, BindingCode] = {}
    for row in rows:
        for text_of_code in written:
            if hmac.compare_digest(_digest(row["salt"], text_of_code), row["digest"]):
                found.setdefault(text_of_code, _code(row))
    return found


def masked(db: Connection, said: Said) -> str:
    """Return what is kept of a message: without any code that was ever good, and without what was meant as one."""
    if not codes_in(said.text):
        return said.text
    return mask_codes(said.text, None if meant_as_code(said) else frozenset(known_codes(db, said.text)))


def use_code(db: Connection, event: Said, use: CodeUse, now: datetime) -> None:
    """Do what was decided about a code that somebody sent."""
    if use.tries is not None:
        db.execute(
            """
            INSERT INTO code_tries (channel, person, body) VALUES (?, ?, ?)
            ON CONFLICT (channel, person) DO UPDATE SET body = excluded.body
            """,
            (event.channel, event.sender.id, encode(use.tries)),
        )
    for code in use.spoiled:
        _end(db, code, CodeEnd.SPOILED, now)
    if use.used is not None:
        _end(db, use.used, CodeEnd.USED, now)
        for old in bindings(db, use.contact):
            if old.channel == event.channel and old.person != event.sender.id:
                _release(db, old, BindingStep.REPLACED, _BY_CODE, now)
        bind(db, Binding(event.channel, event.sender.id, use.contact, now, event.sender.name), _BY_CODE, now)
        db.execute("DELETE FROM code_tries WHERE channel = ? AND person = ?", (event.channel, event.sender.id))


def _end(db: Connection, code: int, why: CodeEnd, now: datetime) -> None:
    ended = db.execute(
        "UPDATE binding_codes SET ended = ?, ended_at = ? WHERE id = ? AND ended IS NULL", (why, micros(now), code)
    )
    if ended.rowcount != 1:
        raise ValueError("这个绑定码已经用不了了")


def tries_of(db: Connection, said: Said) -> CodeTries:
    """Return how often in a row the sender has sent wrong codes, where the message holds anything like a code."""
    if not codes_in(said.text):
        return CodeTries()
    row = db.execute("SELECT body FROM code_tries WHERE channel = ? AND person = ?", (said.channel, said.sender.id)).fetchone()
    return decode(CodeTries, row["body"]) if row else CodeTries()


def bind(db: Connection, wanted: Binding, by: str, now: datetime) -> None:
    """Bind an id to a contact; one that was bound to another contact is released from it, the same binding changes nothing."""
    row = db.execute("SELECT * FROM bindings WHERE channel = ? AND person = ?", (wanted.channel, wanted.person)).fetchone()
    if row is not None and row["contact"] == wanted.contact:
        return
    if row is not None:
        _release(db, _binding(row), BindingStep.UNBOUND, by, now)
    db.execute(
        "INSERT INTO bindings (channel, person, contact, bound_at, name) VALUES (?, ?, ?, ?, ?)",
        (wanted.channel, wanted.person, wanted.contact, micros(wanted.bound_at), wanted.name),
    )
    _note(db, wanted, BindingStep.BOUND, by, now)


def unbind(db: Connection, contact: str, channel: str, by: str, now: datetime) -> list[Binding]:
    """Release every id of a contact (on one channel, unless ``""``), and return the bindings that there were."""
    released = [old for old in bindings(db, contact) if channel in ("", old.channel)]
    for old in released:
        _release(db, old, BindingStep.UNBOUND, by, now)
    return released


def _release(db: Connection, old: Binding, step: BindingStep, by: str, now: datetime) -> None:
    db.execute("DELETE FROM bindings WHERE channel = ? AND person = ?", (old.channel, old.person))
    _note(db, old, step, by, now)


def _note(db: Connection, which: Binding, step: BindingStep, by: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO binding_history (at, step, channel, person, name, contact, who) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (micros(now), step, which.channel, which.person, which.name, which.contact, by),
    )


def bindings(db: Connection, contact: str = "") -> list[Binding]:
    """Return the bindings (of one contact, unless ``""``) in the order in which they were made."""
    where, values = ("WHERE contact = ?", (contact,)) if contact else ("", ())
    return [_binding(row) for row in db.execute(f"SELECT * FROM bindings {where} ORDER BY bound_at, rowid", values)]


def _binding(row: Row) -> Binding:
    return Binding(row["channel"], row["person"], row["contact"], moment(row["bound_at"]), row["name"])


def history(db: Connection, contact: str = "") -> list[BindingChange]:
    """Return what happened to the bindings (of one contact, unless ``""``), the oldest first."""
    where, values = ("WHERE contact = ?", (contact,)) if contact else ("", ())
    return [
        BindingChange(
            moment(row["at"]), BindingStep(row["step"]), row["channel"], row["person"], row["name"], row["contact"], row["who"]
        )
        for row in db.execute(f"SELECT * FROM binding_history {where} ORDER BY id", values)
    ]


def around(db: Connection, event: Said | Recalled, cache: ReadCache) -> tuple[Binding, ...]:
    """Return the bindings on a channel of an event's sender, and of others who are, or are called, what the sender is called."""
    key = (event.channel, event.sender.id, event.sender.name)
    known = cache.bindings.get(key)
    if known is None:
        rows: Iterable[Row] = db.execute(
            """
            SELECT * FROM bindings WHERE channel = ? AND (person = ? OR name = ? OR contact = ?) ORDER BY bound_at, person
            """,
            (*key, event.sender.name),
        )
        known = cache.bindings[key] = tuple(map(_binding, rows))
    return known


def keep_name(db: Connection, event: Said | Recalled, cache: ReadCache) -> None:
    """Keep the nickname that a bound person shows now."""
    if any(each.person == event.sender.id and each.name != event.sender.name for each in around(db, event, cache)):
        db.execute(
            "UPDATE bindings SET name = ? WHERE channel = ? AND person = ?", (event.sender.name, event.channel, event.sender.id)
        )
        cache.bindings.clear()
