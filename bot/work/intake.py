"""One event, one piece of a transaction: record, read the snapshot, decide, apply, commit; only then is anything sent.

A second opinion, where one is wanted, is asked before that transaction, so that a slow scorer holds up nobody else's message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar, cast

from bot.errors import CaseMoved, HeldElsewhere, LedgerError
from bot.ledger.port import FAULT, Ledger, Transaction
from bot.model import NAMELESS, Action, Decision, Event, Inquiry, Opinion, Person, Reason, Recalled, Said, Snapshot
from bot.text import mask_personal
from bot.work.clock import Clock
from bot.work.group_commit import GroupCommit, Piece
from bot.work.turns import Turns

MATCHED_AT_MOST = 100_000
"""Characters of a message that are looked at; the ledger keeps the rest as well."""

_MOST_TRIES = 5
_PAUSE = 0.2
"""Seconds until a message is looked at again that another bot is to handle."""

Decide = Callable[[Event, Snapshot, datetime], Decision]
Outcome = Decision | Exception | None
"""What became of an event: decided, gone wrong, or seen before."""
Looked = TypeVar("Looked", bound=Event)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Consultation:
    """How a second opinion is had: ``wanted`` says, purely, what to ask about a message, if anything; ``ask`` asks it.

    ``ask`` keeps its own time limit, and returns None where no opinion is to be had.
    """

    wanted: Callable[[Said, Snapshot, datetime], Inquiry | None]
    ask: Callable[[Inquiry], Opinion | None]


class Intake:
    """The only road by which a case is written. ``after_commit`` is called after new events, to wake the sender.

    With a ``consultation`` the messages of one person in one room are taken in one after the other, also from several threads.
    ``foresee`` is told of messages that are about to be decided.
    """

    def __init__(
        self,
        ledger: Ledger,
        decide: Decide,
        clock: Clock,
        after_commit: Callable[[], None],
        consultation: Consultation | None = None,
        foresee: Callable[[Sequence[Said]], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._decide = decide
        self._clock = clock
        self._after_commit = after_commit
        self._consultation = consultation
        self._foresee = foresee
        self._commits = GroupCommit(ledger)
        self._turns = Turns()

    def handle(self, event: Event) -> Decision | None:
        """Take in one event and return what was decided; None if it was seen before.

        Raises ``ValueError`` (in Chinese) for a message without an id or a sender, and ``LedgerFull`` or ``LedgerError`` when
        nothing could be registered. Whatever ``decide`` raises comes out again, after the event has been kept with a note of
        the fault, so that no message is lost and the auditor lists it.
        """
        event = clean(event)
        if self._consultation is None or not isinstance(event, Said | Recalled):
            [outcome] = self._take_in([(event, None)])
        else:
            with self._turns.turn((event.channel, event.room, event.sender.id)):
                opinion = self._consult(event, self._consultation) if isinstance(event, Said) else None
                [outcome] = self._take_in([(event, opinion)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def handle_all(self, events: Sequence[Event]) -> list[Outcome]:
        """Take in events in order, in as few transactions as may be; return for each what ``handle`` would return or raise.

        What comes in the same conversation after a message that the ledger refused is refused as well, so that the order holds
        when they come again.
        """
        if self._consultation is not None:
            return [self._outcome(event) for event in events]
        outcomes: list[Outcome] = [None] * len(events)
        sound: list[tuple[int, Event]] = []
        for place, event in enumerate(events):
            try:
                sound.append((place, clean(event)))
            except ValueError as fault:
                outcomes[place] = fault
        taken = self._take_in([(event, None) for _, event in sound])
        for (place, _), outcome in zip(sound, taken, strict=True):
            outcomes[place] = outcome
        return outcomes

    def _outcome(self, event: Event) -> Outcome:
        try:
            return self.handle(event)
        except Exception as fault:
            return fault

    def _take_in(self, events: Sequence[tuple[Event, Opinion | None]]) -> list[Outcome]:
        if self._foresee is not None:
            self._foresee([event for event, _ in events if isinstance(event, Said)])
        pieces = [self._piece(event, opinion) for event, opinion in events]
        last: dict[tuple[str, str], Piece] = {}
        for (event, _), piece in zip(events, pieces, strict=True):
            if isinstance(event, Said | Recalled):
                conversation = (event.channel, event.room or event.sender.id)
                piece.after, last[conversation] = last.get(conversation), piece
        self._commits.carry_out(pieces)
        while held := [piece for piece in pieces if isinstance(piece.fault, HeldElsewhere)]:
            time.sleep(_PAUSE)  # the ledger says so for a few seconds at most
            for piece in held:
                piece.fault, piece.done = None, False
            self._commits.carry_out(held)
        outcomes = [piece.fault or cast(Decision | None, piece.result) for piece in pieces]
        if any(outcome is not None and not isinstance(outcome, LedgerError) for outcome in outcomes):
            self._after_commit()
        return outcomes

    def _piece(self, event: Event, opinion: Opinion | None) -> Piece:
        short = _shortened(event)

        def decide(transaction: Transaction) -> Decision | None:
            if not transaction.record(event):
                return None
            for _ in range(_MOST_TRIES):
                now = self._clock.now()
                known = transaction.snapshot(short, now)
                decision = self._decide(short, known if opinion is None else replace(known, opinion=opinion), now)
                try:
                    transaction.apply(event, decision, now)
                except CaseMoved as moved:
                    late = moved
                else:
                    return decision
            raise late

        def keep_fault(transaction: Transaction, fault: Exception) -> None:
            reason = Reason(FAULT, f"处理这条消息时程序出错（{type(fault).__name__}：{fault}）")
            if transaction.record(event):
                transaction.apply(event, Decision(Action.IGNORE, (reason,)), self._clock.now())

        return Piece(decide, keep_fault)

    def _consult(self, said: Said, consultation: Consultation) -> Opinion | None:
        """Return a second opinion on a new message if one is wanted and to be had; whatever goes wrong, the message goes on."""
        try:
            now, short = self._clock.now(), _shortened(said)
            known = self._look(said, short, now)
            inquiry = None if known is None else consultation.wanted(short, known, now)
            return None if inquiry is None else consultation.ask(inquiry)
        except LedgerError:
            return None  # the transaction that follows says so
        except Exception as fault:
            log.warning("第二意见没有问成（%s），按自己的判断", type(fault).__name__)
            return None

    def _look(self, said: Said, short: Said, now: datetime) -> Snapshot | None:
        """Return the snapshot for a message without keeping anything; None if it was seen before."""
        known: Snapshot | None = None
        with suppress(_NotKept), self._ledger.transaction() as transaction:
            if transaction.record(said):
                known = transaction.snapshot(short, now)
            raise _NotKept
        return known


class _NotKept(Exception):
    """Ends a transaction that was only for looking."""


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
    message_id, room = _storable(event.message_id), _storable(event.room)
    if isinstance(event, Recalled):
        return replace(event, message_id=message_id, room=room, sender=sender, recalled=_storable(event.recalled))
    quoted = _storable(event.quoted) if event.quoted else None
    text = mask_personal(_storable(event.text))
    return replace(event, message_id=message_id, room=room, sender=sender, text=text, quoted=quoted)


def _storable(text: str) -> str:
    """Replace halves of surrogate pairs, which no encoding can hold, and drop NUL, at which SQLite's tools stop reading."""
    if text.isprintable():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def _shortened(event: Looked) -> Looked:
    if isinstance(event, Said) and len(event.text) > MATCHED_AT_MOST:
        return replace(event, text=event.text[:MATCHED_AT_MOST])
    return event
