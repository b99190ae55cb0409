"""One bot in a process of its own: the whole bot, whose messages come and go on a line."""

from __future__ import annotations

import os
from datetime import timedelta
from threading import Thread

from bot.app import Bot, Curated, build_bot
from bot.channels.page import PageChannel
from bot.channels.port import Letter
from bot.errors import LedgerError
from bot.ledger.codec import decode
from bot.model import Said
from tests.faults.chaos.line import Line
from tests.faults.chaos.scene import CHANNEL, FastClock, open_ledger

THREADS = 4
"""Messages that a bot takes in at the same time."""


class LineChannel:
    """Delivers on the line: what was written there has been said in the group, whatever becomes of the bot."""

    name = CHANNEL
    abilities = PageChannel.abilities

    def __init__(self, line: Line) -> None:
        self._line = line

    def send(self, letter: Letter) -> str:
        mention = letter.mention.id if letter.mention else ""
        self._line.send(sent=letter.key, room=letter.room, person=letter.person, mention=mention, text=letter.text)
        return f"{CHANNEL}:{letter.key}"


def work(line: Line, curated: Curated, address: str, started: float, ahead: float) -> None:
    """Run a bot until the line is closed."""
    clock = FastClock(started, timedelta(seconds=ahead))
    ledger = open_ledger(address)
    bot = build_bot(ledger, curated.knowledge, curated.routing, clock, [LineChannel(line)], lambda: None)
    bot.start()
    line.send(ready=os.getpid())
    hands = [Thread(target=_take_in, args=(line, bot)) for _ in range(THREADS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    bot.close()


def _take_in(line: Line, bot: Bot) -> None:
    while (order := line.receive()) is not None:
        said = decode(Said, order["said"])
        try:
            bot.receive(said)
        except LedgerError as refusal:
            line.send(refused=said.message_id, why=str(refusal))
        else:
            line.send(taken=said.message_id)
