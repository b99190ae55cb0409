"""One event, one transaction: record, read the snapshot, decide, apply, commit; only then is anything sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.errors import LedgerError
from bot.ledger.port import FAULT, Ledger
from bot.model import Action, Decision, Event, Person, Reason, Recalled, Said, Snapshot
from bot.text import mask_personal
from bot.work.clock import Clock

MATCHED_AT_MOST = 100_000
"""Characters of a message that are looked at; the ledger keeps the rest as well."""

NAMELESS = "无名成员"

Decide = Callable[[Event, Snapshot, datetime], Decision]


class Intake:
    """The only road by which a case is written. ``after_commit`` is called after each new event, to wake the sender."""

    def __init__(self, ledger: Ledger, decide: Decide, clock: Clock, after_commit: Callable[[], None]) -> None:
        self._ledger = ledger
        self._decide = decide
        self._clock = clock
        self._after_commit = after_commit

    def handle(self, event: Event) -> Decision | None:
        """Take in one event and return what was decided; None if it was seen before.

        Raises ``ValueError`` (in Chinese) for a message without an id or a sender, and ``LedgerFull`` or ``LedgerError`` when
        nothing could be registered. Whatever ``decide`` raises comes out again, after the event has been kept with a note of
        the fault, so that no message is lost and the auditor lists it.
        """
        event = clean(event)
        now = self._clock.now()
        try:
            with self._ledger.transaction() as transaction:
                if not transaction.record(event):
                    return None
                short = _shortened(event)
                decision = self._decide(short, transaction.snapshot(short, now), now)
                transaction.apply(event, decision, now)
        except LedgerError:
            raise
        except Exception as fault:
            self._keep_fault(event, fault, now)
            raise
        self._after_commit()
        return decision

    def _keep_fault(self, event: Event, fault: Exception, now: datetime) -> None:
        reason = Reason(FAULT, f"处理这条消息时程序出错（{type(fault).__name__}：{fault}）")
        with self._ledger.transaction() as transaction:
            if transaction.record(event):
                transaction.apply(event, Decision(Action.IGNORE, (reason,)), now)
        self._after_commit()


def clean(event: Event) -> Event:
    """Return the event fit to be kept: with a name for its sender, storable characters, and personal data masked.

    Raises ``ValueError`` for a message or a recall without an id or a sender, or with a time without a zone.
    """
    if not isinstance(event, Said | Recalled):
        return event
    if not event.message_id.strip():
        raise ValueError("消息没有编号，无法登记")
    if not event.sender.id.strip():
        raise ValueError("消息没有发送人编号，无法登记")
    if event.at.tzinfo is None:
        raise ValueError("消息的时间没有时区，无法登记")
    sender = Person(_storable(event.sender.id), _storable(event.sender.name).strip() or NAMELESS)
    event = replace(event, message_id=_storable(event.message_id), room=_storable(event.room), sender=sender)
    if isinstance(event, Recalled):
        return replace(event, recalled=_storable(event.recalled))
    quoted = _storable(event.quoted) if event.quoted else None
    return replace(event, text=mask_personal(_storable(event.text)), quoted=quoted)


def _storable(text: str) -> str:
    """Replace halves of surrogate pairs, which no encoding can hold, and drop NUL, at which SQLite's tools stop reading."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def _shortened(event: Event) -> Event:
    if isinstance(event, Said) and len(event.text) > MATCHED_AT_MOST:
        return replace(event, text=event.text[:MATCHED_AT_MOST])
    return event
