"""What the rest of the program asks of a ledger, whatever engine keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.ledger.page_port import PageRecords
from bot.ledger.privacy_port import PrivacyRecords
from bot.ledger.report_port import ReportRecords
from bot.model import (
    Binding,
    BindingCode,
    Case,
    Decision,
    Enterprise,
    Entry,
    Event,
    Person,
    Reason,
    Snapshot,
    Status,
    Target,
    Ticked,
)

FAULT = "fault"
"""The reason code of a decision that stands for an event which could not be decided."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A claimed outgoing message: only the holder of ``token`` may report on it."""

    key: str
    token: str
    target: Target
    text: str
    mention: Person | None
    case: int | None
    attempts: int
    why: str = ""  # why sending failed the last time
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target is reached: a channel, and there either a room or a person's id."""

    channel: str
    room: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to a case, with the reasons that the decision gave."""

    at: datetime
    who: str
    what: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as the group-chat page shows it; ``position`` grows with time and never repeats."""

    position: int
    message_id: str
    room: str  # "" in a direct chat
    partner: str  # in a direct chat: the id of the person who talks with the bot; "" in a group
    sender: Person | None  # None: the bot
    text: str
    at: datetime
    quoted: str | None
    mention: Person | None
    recalled: bool
    entry: str | None = None
    case: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One event with what was decided about it, for the page's side panel and for ``replay``."""

    position: int
    message_id: str
    text: str
    at: datetime
    decision: Decision


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """An FAQ entry as it stood from a time on, and who made it so; ``content`` is None where it was taken out."""

    entry: str
    at: datetime
    who: str
    content: Entry | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How much there is of what must not pile up.

    ``waiting`` messages could go out and have not, the oldest since ``oldest``; ``held`` ones may not yet. ``claimed`` ones are
    under a lease, of which ``stuck`` ended long ago without anybody claiming again.
    """

    open_cases: Mapping[Status, int]
    overdue: int
    waiting: int
    oldest: datetime | None
    held: int
    claimed: int
    stuck: int
    given_up: int


class BindingStep(StrEnum):
    """What happened to a binding."""

    BOUND = "bound"
    REPLACED = "replaced"  # the contact bound another id on this channel
    UNBOUND = "unbound"


@dataclass(frozen=True, slots=True)
class BindingChange:
    """One thing that happened to the binding of an id; ``name`` is the nickname it then had, ``by`` who or what did it."""

    at: datetime
    step: BindingStep
    channel: str
    person: str
    name: str
    contact: str
    by: str


class Transaction(Protocol):
    """One atomic piece of work; everything below is committed together or not at all."""

    @property
    def reports(self) -> ReportRecords:
        """Return what reports are made of, and the bulletins made."""
        ...

    @property
    def pages(self) -> PageRecords:
        """Return what the pages keep."""
        ...

    @property
    def privacy(self) -> PrivacyRecords:
        """Return what takes people out of the ledger."""
        ...

    def record(self, event: Event) -> bool:
        """Keep the event; return False if its (channel, message id) has been seen before.

        A tick counts as new again while its case is still due by that very step, so that a fault strands no case.
        """
        ...

    def snapshot(self, event: Event, now: datetime) -> Snapshot:
        """Read everything that the core may know when it decides about the event."""
        ...

    def apply(self, event: Event, decision: Decision, now: datetime) -> None:
        """Write the decision: thread, cases, history with reasons, due times, outgoing rows.

        Raises ``ValueError`` if the decision cannot stand, such as an open case with nothing due, and ``CaseMoved`` if somebody
        else has changed one of its cases since the last snapshot; nothing is written then.
        """
        ...

    def due(self, now: datetime, limit: int) -> list[Ticked]:
        """Return the steps that are due, the longest overdue first."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next step of a case or the next unsent message is due, if there is any; it may lie in the past."""
        ...

    def claim(self, now: datetime, lease: timedelta, limit: int) -> list[Outgoing]:
        """Lease outgoing messages that may be sent now (urgent first); an expired lease counts as not leased."""
        ...

    def confirm(self, token: str, receipt: str, now: datetime) -> None:
        """Note that a claimed message went out; ``receipt`` is the channel's message id, so that quotes find the case."""
        ...

    def echo(self, channel: str, place: tuple[str, str], text: str, receipt: str, now: datetime) -> bool:
        """Take the bot's own message, seen on a channel, as the receipt of the oldest unconfirmed one that reads the same.

        ``place`` is (``room``, name) or (``person``, channel id). False if there is none, or the receipt is known already.
        """
        ...

    def postpone(self, token: str, why: str, retry_at: datetime, *, tried: bool = True) -> None:
        """Note that sending failed this time, or (not ``tried``) that it must wait, which is no attempt."""
        ...

    def give_up(self, token: str, why: str, now: datetime) -> None:
        """Note that sending failed for good; the row stays listed."""
        ...

    def bind(self, channel: str, person: str, contact: str, now: datetime, *, by: str = "") -> None:
        """Bind a channel's person id to a contact of routing.yaml; the same binding again changes nothing."""
        ...

    def unbind(self, contact: str, now: datetime, *, channel: str = "", by: str = "") -> list[Binding]:
        """Release a contact's ids (on one channel, unless ``""``) and withdraw its codes; return the bindings that there were."""
        ...

    def bindings(self, contact: str = "") -> list[Binding]:
        """Return the bindings (of one contact, unless ``""``) in the order in which they were made."""
        ...

    def binding_history(self, contact: str = "") -> list[BindingChange]:
        """Return what happened to the bindings (of one contact, unless ``""``), the oldest first."""
        ...

    def make_code(self, contact: str, now: datetime, *, by: str = "") -> str:
        """Return a new binding code, good once and for 24 hours; it is kept hashed, and earlier codes of the contact end."""
        ...

    def good_codes(self, now: datetime) -> list[BindingCode]:
        """Return the binding codes that may still be used, the oldest first."""
        ...

    def enterprises(self) -> list[Enterprise]:
        """Return the directory of enterprises, by community and in the order in which they were added."""
        ...

    def put_enterprises(self, changed: Iterable[Enterprise], gone: Iterable[str] = ()) -> None:
        """Keep these enterprises as they now stand, and take out those with the names ``gone``."""
        ...

    def addresses(self, contact: str) -> list[Address]:
        """Return where a contact is reached, in the order of binding."""
        ...

    def cases(self, *, open_only: bool = True, limit: int = 200) -> list[Case]:
        """Return cases, the newest first."""
        ...

    def case(self, number: int) -> Case | None:
        """Return one case."""
        ...

    def history(self, number: int) -> list[HistoryLine]:
        """Return what happened to a case, the oldest first."""
        ...

    def overdue(self, now: datetime, grace: timedelta) -> list[Case]:
        """Return open cases whose next step is overdue by more than ``grace``."""
        ...

    def undelivered(self, since: datetime | None = None) -> list[Outgoing]:
        """Return the outgoing messages that were given up, of those decided since a time."""
        ...

    def tally(self, now: datetime, grace: timedelta) -> Tally:
        """Count what must not pile up; late, stuck and overdue is what should have happened more than ``grace`` ago."""
        ...

    def faults(self, since: datetime) -> list[Judged]:
        """Return the events that could not be decided since a time, the oldest first."""
        ...

    def conversation(
        self, *, room: str = "", partner: str = "", after: int = 0, limit: int = 200, newest: bool = False
    ) -> list[Bubble]:
        """Return a group's (``room``) or a person's direct (``partner``) messages after a position, the oldest first.

        Of more than ``limit`` the first come, or with ``newest`` the last. A message recalled after ``after`` that was said
        before comes once more, with its own id, ``recalled`` and no text, at the recall's position.
        """
        ...

    def last_judged(self, *, channel: str, limit: int = 1) -> list[Judged]:
        """Return the last messages that somebody said on a channel, with the decisions about them, the newest first."""
        ...

    def latest_versions(self) -> Mapping[str, EntryVersion]:
        """Return the last known version of every FAQ entry that there ever was, by entry id."""
        ...

    def versions(self, entry: str) -> list[EntryVersion]:
        """Return all versions of an FAQ entry, the newest first."""
        ...

    def keep_version(self, version: EntryVersion) -> None:
        """Keep a new version of an entry; if an edit to this very content was announced, under the announced name."""
        ...

    def announce_edit(self, entry: str, content: Entry | None, who: str) -> None:
        """Note who is about to give an entry this content, in case somebody else finds and keeps the change first."""
        ...

    def opened_since(self, since: datetime | None = None, *, replied: bool = False) -> list[Case]:
        """Return the cases opened since a time, the oldest first; with ``replied`` those that somebody said something to."""
        ...

    def setting(self, name: str) -> str | None:
        """Return a small persistent value, such as the demo clock's offset."""
        ...

    def settings(self, prefix: str) -> Mapping[str, str]:
        """Return the small persistent values whose names begin so, by name."""
        ...

    def unset(self, name: str) -> None:
        """Forget a small persistent value."""
        ...

    def set(self, name: str, value: str) -> None:
        """Keep a small persistent value."""
        ...


class Ledger(Protocol):
    """A store of everything that must survive; safe to use from several threads."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a writing transaction (one writer at a time); commit on leaving, roll back on an exception.

        Raises ``LedgerFull`` when the disk is full and ``LedgerError`` for anything else that the engine refuses.
        """
        ...

    def close(self) -> None:
        """Let go of all files and connections."""
        ...
