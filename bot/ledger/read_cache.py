"""What was read lately, so that a message does not ask the ledger again for what nobody has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import NamedTuple

from bot.ledger.codec import micros, moment
from bot.ledger.shelf import CaseShelf
from bot.model import Binding, Case, Caseload, Enterprise, RecentAnswer, Said, Say, Thread

NEWEST = 200
"""Open cases of a group, of a community or of all that are looked at."""

_MOST = 20_000
"""Things of one kind that are kept; beyond that, all of the kind are forgotten."""

Place = tuple[str, ...]
"""``(channel, room)``, ``(community,)`` or ``()``: where cases are looked for."""


class Reply(NamedTuple):
    """When the bot said something in a place, in microseconds, and to whom."""

    at: int
    mention: str | None


class Dispute(NamedTuple):
    """When an entry was called wrong, in microseconds, and in which words."""

    at: int
    entry: str
    words: str


class OpenCases:
    """The newest open cases of one place; ``load`` is the same value until one of them changes."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self.load = Caseload(cases)

    def take(self, case: Case) -> bool:
        """Take note of a case's new version; False if which cases are the newest is no longer known."""
        known = self.load.by_number
        full = len(known) >= NEWEST
        old = known.get(case.number)
        if case.due is None:
            self.load = self.load.changed([old], ()) if old else self.load
            return old is None or not full
        if old is not None:
            self.load = self.load.changed([old], [case])
            return True
        if self.load and case.number < self.load[-1].number:
            return full and case.number < self.load[0].number
        self.load = self.load.changed(self.load[:1] if full else (), [case])
        return True


class ReadCache:
    """What was read, as long as nothing has been written but what is noted here.

    ``written`` gives a number that every row written over this connection moves; without it, nothing is kept from one event to
    the next. To be cleared when a transaction is rolled back, and when somebody else has written.
    """

    def __init__(self, written: Callable[[], int] | None = None) -> None:
        self._written = written
        self._noted = -1
        self._latest: datetime | None = None
        self.shelf = CaseShelf()
        self.open_cases: dict[Place, OpenCases] = {}
        self.around: dict[Place, tuple[Caseload, Caseload, Caseload]] = {}
        self.communities: dict[Place, str | None] = {}
        self.next_number: int | None = None
        self.threads: dict[Place, Thread] = {}
        self.replies: dict[tuple[str, str], list[Reply]] = {}
        self.answers: dict[Place, list[RecentAnswer]] = {}
        self.disputes: list[Dispute] | None = None
        self.bindings: dict[tuple[str, str, str], tuple[Binding, ...]] = {}
        self.nicknames: dict[str, tuple[tuple[int, Enterprise], ...]] = {}
        self.enterprises: dict[str, tuple[tuple[int, Enterprise], ...]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self.shelf.clear()
        self._forget()

    def _forget(self) -> None:
        """Forget all but the cases that are known by their version."""
        for kept in self._kept():
            kept.clear()
        self.next_number = self.disputes = self._latest = None

    def _kept(self) -> tuple[dict[Hashable, object], ...]:
        kept: tuple[dict, ...] = (  # type: ignore[type-arg]
            self.open_cases,
            self.around,
            self.communities,
            self.threads,
            self.replies,
            self.answers,
            self.bindings,
            self.nicknames,
            self.enterprises,
        )
        return kept

    def check(self, now: datetime | None = None) -> None:
        """Forget what may have changed: something was written that was not noted, or the clock went back."""
        back = now is not None and self._latest is not None and now < self._latest
        if back or self._written is None or self._written() != self._noted:
            self._forget()
            self.note()
        self._latest = now or self._latest

    def note(self) -> None:
        """Note that whatever has been written until now is known here; not without a ``check`` before the writing."""
        if self._written is not None:
            self._noted = self._written()
        for kept in self._kept():
            if len(kept) > _MOST:
                kept.clear()

    def case_changed(self, old: Case | None, new: Case) -> None:
        """Take note of a case's new version, or of a new case."""
        places = {*_places(new), *(_places(old) if old else ())}
        for place in places:
            known = self.open_cases.get(place)
            if known is not None and (place not in _places(new) or not known.take(new)):
                del self.open_cases[place]
        if old is None:
            self.communities.pop((new.asker.channel, new.asker.room), None)
            self.next_number = None if self.next_number is None else max(self.next_number, new.number + 1)

    def said(self, says: Iterable[Say], at: int) -> None:
        """Take note of new outgoing messages."""
        for say in says:
            known = self.replies.get((say.target.kind, say.target.name))
            if known is not None:
                known.append(Reply(at, say.mention.id if say.mention else None))

    def answered(self, said: Said, entry: str, now: datetime) -> None:
        """Take note of an answer that was given to a message."""
        known = self.answers.get(answers_to(said))
        if known is not None:
            known.append(RecentAnswer(entry, said.sender.id, moment(micros(now))))


def answers_to(said: Said) -> Place:
    """Return where answers are looked for that matter to a message: in its group, or to its sender alone."""
    return (said.channel, said.room) if said.room else (said.channel, "", said.sender.id)


def _places(case: Case) -> tuple[Place, ...]:
    return ((case.asker.channel, case.asker.room), (case.community,), ())
