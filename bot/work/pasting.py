"""A stretch of chat copied out of WeChat, taken in message by message; what was heard before creates nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.channels.relay.alignment import Heard
from bot.channels.relay.channel import RelayChannel
from bot.channels.relay.reader import Pasted, Reading, read
from bot.channels.relay.stretch import Carried, Item, Known, chat_order, in_order, knows_of, lay_out, named, person_ids
from bot.errors import LedgerError
from bot.ledger.port import Bubble, Ledger
from bot.model import Decision
from bot.work.clock import Clock
from bot.work.hand_carried import confirm_carried
from bot.work.intake import Intake, Outcome
from bot.work.turns import Turns

REMEMBERED = 1000
"""The newest messages of a group that a paste is laid along."""

_ORDER = "relay_order/"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a paste brought: each message with what was decided about it (or the fault that it met), and what is known around.

    ``bubbles`` are the group's newest messages as they were before.
    """

    reading: Reading
    messages: Sequence[Pasted]
    items: Sequence[Item]
    decided: Sequence[Decision | Exception | None]
    known: Known
    bubbles: Sequence[Bubble]


class Pasting:
    """Reads stretches of chat, one at a time in each group, and hands what is new to the intake."""

    def __init__(
        self,
        ledger: Ledger,
        intake: Intake,
        channel: RelayChannel,
        clock: Clock,
        bot_name: str,
    ) -> None:
        self._ledger = ledger
        self._intake = intake
        self._channel = channel
        self._clock = clock
        self._bot_name = bot_name
        self._turns = Turns()

    def take(
        self,
        room: str,
        text: str,
        zone: ZoneInfo,
        *,
        names: Mapping[int, str] | None = None,
        with_old: bool = False,
        anew: Iterable[int] = (),
    ) -> Taken:
        """Take in a stretch that was copied out of a group; the same again changes nothing.

        ``names`` are the chosen speakers of lines without a name, ``anew`` lines that a person says are new although the same was
        heard before; ``with_old`` takes in what is over a day old as well. Raises ``LedgerError``.
        """
        now = self._clock.now().astimezone(zone)
        reading = read(text, now.date())
        messages = named(reading.messages, names or {})
        with self._turns.turn(room):
            known, bubbles = self._known(room, zone)
            items = lay_out(messages, known, now, bot_name=self._bot_name, with_old=with_old, anew=anew)
            self._keep_order(room, chat_order(known.heard, items))
            decided = self._take_in(items)
        return Taken(reading, messages, items, decided, known, bubbles)

    def carried(self, receipt: str) -> bool:
        """Note that a reply was pasted into its group, which is its receipt; False if it does not wait (any more)."""
        now = self._clock.now()
        letter = self._channel.take(receipt, now)
        if letter is None:
            return False
        with self._ledger.transaction() as work:
            confirm_carried(work, letter, now)
        return True

    def _known(self, room: str, zone: ZoneInfo) -> tuple[Known, list[Bubble]]:
        ours = person_ids(room)
        with self._ledger.transaction() as work:
            bubbles = work.conversation(room=room, limit=REMEMBERED, newest=True)
            order = json.loads(work.setting(f"{_ORDER}{room}") or "[]")
        heard = [
            Heard(it.message_id, it.sender.name, it.text, it.at.astimezone(zone), knows_of(it.message_id))
            for it in bubbles
            if it.sender and it.sender.id.startswith(ours)
        ]
        sent = [Carried(it.message_id, as_pasted(it)) for it in bubbles if it.sender is None]
        waits = [Carried(it.receipt, it.text) for it in self._channel.waiting(self._clock.now()) if it.letter.room == room]
        return Known(room, in_order(heard, order), (*sent, *waits)), bubbles

    def _keep_order(self, room: str, order: list[str]) -> None:
        with self._ledger.transaction() as work:
            work.set(f"{_ORDER}{room}", json.dumps(order[-REMEMBERED:]))

    def _take_in(self, items: Sequence[Item]) -> list[Outcome]:
        """Hand new messages to the intake; a reply of the bot that was found in the group has been carried."""
        decided: list[Outcome] = []
        for found, run in groupby(items, lambda item: item.echo is not None):
            some = list(run)
            if found:
                for item in some:
                    assert item.echo is not None
                    self.carried(item.echo.receipt)
            outcomes = self._intake.handle_all([item.said for item in some if item.said is not None])
            for outcome in outcomes:  # a message with any other fault is kept with a note of it, and the next ones go on
                if isinstance(outcome, LedgerError):
                    raise outcome
            following = iter(outcomes)
            decided += [None if item.said is None else next(following) for item in some]
        return decided


def as_pasted(bubble: Bubble) -> str:
    """Return what the bot said in a group as a person pastes it."""
    return f"@{bubble.mention.name} {bubble.text}" if bubble.mention else bubble.text
