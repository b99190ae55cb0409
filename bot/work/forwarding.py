"""Chat that a worker copies out of a group and sends to the bot directly: taken in like a paste on the relay page."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.channels.relay.reader import read
from bot.channels.relay.stretch import CHANNEL, Item
from bot.errors import LedgerError
from bot.ledger.port import Ledger
from bot.model import Decision, Event, Forwarded, ForwardedLine, Said
from bot.routing.config import Routing
from bot.text import shorten
from bot.work.clock import Clock
from bot.work.intake import Intake, Outcome
from bot.work.pasting import Pasting

SHOWN = 60
"""Characters of a forwarded message that are shown again."""

_COPIED_AT_LEAST = 2
_CARRIED = re.compile(r"(?:都|已经?|全)?贴(?:好|完|回去?|回群里?)?了?[。.!！~]*")
_AROUND_NAME = " \t「」“”\"'【】[]:：#"

log = logging.getLogger(__name__)


class _Stretch(NamedTuple):
    room: str
    text: str


class Forwarding:
    """The road of a channel's messages into the intake, on which a bound worker's forwarded chat is read first.

    The stretch is taken in before the message that brought it: a crash in between repeats it, which creates nothing twice.
    """

    def __init__(self, ledger: Ledger, intake: Intake, pasting: Pasting, routing: Callable[[], Routing], clock: Clock) -> None:
        self._ledger = ledger
        self._intake = intake
        self._pasting = pasting
        self._routing = routing
        self._clock = clock

    def handle(self, event: Event) -> Decision | None:
        """Take in one event, after the stretch of chat that it brings; see ``Intake.handle``."""
        return self._intake.handle(self._brought(event))

    def handle_all(self, events: Sequence[Event]) -> list[Outcome]:
        """Take in events in order; see ``Intake.handle_all``."""
        ready: list[Event] = []
        refused: list[Outcome] = []
        for event in events:
            try:
                ready.append(self._brought(event))
            except LedgerError as trouble:
                refused = [trouble] * (len(events) - len(ready))
                break
        return [*self._intake.handle_all(ready), *refused]

    def _brought(self, event: Event) -> Event:
        if not isinstance(event, Said) or not event.direct or event.channel == CHANNEL or event.wordless:
            return event
        try:
            return self._with_forwarded(event)
        except LedgerError:
            raise
        except Exception:  # then it is a message like any other
            log.exception("转来的聊天没有读成")
            return event

    def _with_forwarded(self, said: Said) -> Said:
        stretch, carried = self._stretch(said.text), bool(_CARRIED.fullmatch(said.text.strip()))
        if (stretch is None and not carried) or not self._from_worker(said):
            return said
        forwarded = self._taken(said, stretch) if stretch else self._carried(said)
        return replace(said, forwarded=forwarded) if forwarded else said

    def _stretch(self, text: str) -> _Stretch | None:
        """Return the copied chat in a message with the group that its first words name; None if there is no such chat in it."""
        first, _, rest = text.strip().partition("\n")
        named = _plain(first)
        for room in sorted(self._routing().rooms, key=len, reverse=True):
            if named == _plain(room):
                return _Stretch(room, rest) if rest.strip() else None
            if named.startswith(_plain(room)) and first.strip(_AROUND_NAME).startswith(room):
                line = first.strip(_AROUND_NAME)[len(room) :].lstrip(_AROUND_NAME)
                return _Stretch(room, f"{line}\n{rest}") if self._has_speakers(f"{line}\n{rest}", 1) else None
        return _Stretch("", text) if self._has_speakers(text, _COPIED_AT_LEAST, timed=True) else None

    def _has_speakers(self, text: str, least: int, *, timed: bool = False) -> bool:
        found = read(text, self._clock.now().astimezone(self._routing().timezone).date()).messages
        return len(found) >= least and all(it.name and (it.clock or not timed) for it in found)

    def _from_worker(self, said: Said) -> bool:
        with self._ledger.transaction() as work:
            bound = work.bindings()
        routing = self._routing()
        return any((it.channel, it.person) == (said.channel, said.sender.id) and routing.is_worker(it.contact) for it in bound)

    def _taken(self, said: Said, stretch: _Stretch) -> Forwarded:
        if not stretch.room:
            today = self._clock.now().astimezone(self._routing().timezone).date()
            return Forwarded(messages=len(read(stretch.text, today).messages))
        taken = self._pasting.take(stretch.room, stretch.text, self._routing().timezone)
        replies = {
            f"{CHANNEL}:{say.key}": f"@{say.mention.name} {say.text}" if say.mention else say.text
            for decision in taken.decided
            if isinstance(decision, Decision)
            for say in decision.says
            if say.target.channel == CHANNEL
        }
        self._remember(said, [*self._given(said), *replies])
        nameless = [f"第 {it.line} 行看不出是谁说的：在它前面补上“名字:”" for it in taken.messages if not it.name]
        return Forwarded(
            room=stretch.room,
            messages=len(taken.messages),
            lines=_new_lines(taken.items, taken.decided),
            replies=tuple(replies.values()),
            unread=(*(it.mend for it in taken.reading.unread), *nameless),
        )

    def _carried(self, said: Said) -> Forwarded | None:
        carried = sum(self._pasting.carried(receipt) for receipt in self._given(said))
        self._remember(said, [])
        return Forwarded(carried=carried) if carried else None

    def _given(self, said: Said) -> list[str]:
        with self._ledger.transaction() as work:
            return [str(receipt) for receipt in json.loads(work.setting(_note(said)) or "[]")]

    def _remember(self, said: Said, receipts: Sequence[str]) -> None:
        with self._ledger.transaction() as work:
            work.set(_note(said), json.dumps(list(dict.fromkeys(receipts))))


def _note(said: Said) -> str:
    return f"forwarded/{said.channel}/{said.sender.id}"


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip(_AROUND_NAME)


def _new_lines(items: Sequence[Item], decided: Sequence[Decision | Exception | None]) -> tuple[ForwardedLine, ...]:
    return tuple(
        ForwardedLine(
            item.pasted.name,
            shorten(item.pasted.text, SHOWN),
            decision.action.value if isinstance(decision, Decision) else "fault",
            next((case.number for case in decision.cases), None) if isinstance(decision, Decision) else None,
        )
        for item, decision in zip(items, decided, strict=True)
        if decision is not None
    )
