"""Where it happens: bots come up, hear people out, and are killed; what they had not acknowledged is told to another one."""

from __future__ import annotations

import os
import selectors
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from zlib import crc32

import psycopg

from bot.ledger.codec import encode
from bot.model import Said
from tests.faults.chaos.line import Line
from tests.faults.chaos.nursery import Nursery
from tests.faults.chaos.people import People

AT_ONCE = 12
"""Messages that wait for a bot's acknowledgement at the same time."""

GAP = 0.25
"""Seconds between two kills, on average."""

RATE = 40.0
"""New messages in groups a second at most."""

PATIENCE = 120.0
"""Seconds after which something that should happen counts as never happening."""


class Stuck(Exception):
    """Nothing moves any more."""


@dataclass(slots=True)
class Bot:
    """A running bot: what it has been told and not acknowledged, and what it has sent."""

    process: int
    line: Line
    told: dict[str, Said] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    ready: bool = False


@dataclass(slots=True)
class Toll:
    """What the killing came to: ``in_flight`` counts, by key, kills at which a message was sent and not noted as sent."""

    kills: int = 0
    at_start: int = 0  # of them before the bot was up
    in_flight: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)


class Arena:
    """Several bots on one ledger; one thread drives all of it."""

    def __init__(self, nursery: Nursery, address: str, people: People, random: Random, started: float, bots: int) -> None:
        self.toll = Toll()
        self._nursery = nursery
        self._address = address
        self._people = people
        self._random = random
        self._started = started
        self._selector = selectors.DefaultSelector()
        self._claimed = _claimed_keys(address)
        self._bots = [self._fork() for _ in range(bots)]
        self._again: list[Said] = []

    def fight(self, kills: int, on_kill: Callable[[int], None] = lambda kills: None) -> None:
        """Let people talk while bots are killed."""
        asked = due = time.monotonic()
        while self.toll.kills < kills:
            now = time.monotonic()
            while asked < now:
                asked = max(asked + 1 / RATE, now - 1)
                if len(self._people.ready) < AT_ONCE:
                    self._people.ask()
            self._tell()
            self._listen(min(0.02, max(due - now, 0)))
            if now >= due:
                self._kill(self._random.randrange(len(self._bots)))
                due = now + self._random.uniform(0, 2 * GAP)
                on_kill(self.toll.kills)

    def finish(self) -> None:
        """Let everything that was said be taken in and answered, with nobody killed any more; the bots are stopped then."""
        end, quiet = time.monotonic() + PATIENCE, time.monotonic()
        while time.monotonic() - quiet < 3.0:
            if time.monotonic() > end:
                raise Stuck(f"not acknowledged: {sorted(id for bot in self._bots for id in bot.told)[:5]}")
            self._tell()
            if self._listen(0.05) or self._people.ready or self._again or any(bot.told for bot in self._bots):
                quiet = time.monotonic()
        for place in range(len(self._bots)):
            self._stop(place)

    def settle(self, ahead: float, settled: Callable[[], datetime | None]) -> datetime:
        """Run one bot whose clock is ``ahead`` by seconds until everything has settled, return when that was, and stop it."""
        self._bots = [self._fork(ahead)]
        end = time.monotonic() + PATIENCE
        while (at := settled()) is None:
            if time.monotonic() > end:
                raise Stuck("a bot alone does not come to an end")
            self._listen(0.2)
        self._stop(0)
        return at

    def _fork(self, ahead: float = 0.0) -> Bot:
        process, line = self._nursery.fork(self._address, self._started, ahead)
        bot = Bot(process, line)
        self._selector.register(line.end, selectors.EVENT_READ, bot)
        return bot

    def _tell(self) -> None:
        """Tell bots what people want to say; who has been told is waited for."""
        while sum(len(bot.told) for bot in self._bots) < AT_ONCE and (self._again or self._people.ready):
            said = self._again.pop() if self._again else self._people.ready.popleft()
            # A group's messages come to one bot, but now and then another account is in the group as well.
            place = crc32(said.room.encode()) if said.room and self._random.random() < 0.9 else self._random.randrange(1 << 30)
            bot = self._bots[place % len(self._bots)]
            bot.told[said.message_id] = said
            bot.line.send(said=encode(said))

    def _listen(self, seconds: float) -> int:
        ready = self._selector.select(seconds)
        for key, _ in ready:
            bot: Bot = key.data
            if (message := bot.line.receive()) is None:
                raise Stuck(f"a bot ended by itself: {self._nursery.bury(bot.process)}")
            self._heard(bot, message)
        return len(ready)

    def _heard(self, bot: Bot, message: dict[str, str]) -> None:
        if "sent" in message:
            bot.sent.add(message["sent"])
            self._people.hear(message)
        elif "taken" in message:
            bot.told.pop(message["taken"])
            self._people.taken(message["taken"])
        elif "refused" in message:
            self.toll.refusals[message["why"][:60]] += 1
            self._again.append(bot.told.pop(message["refused"]))
        else:
            bot.ready = True

    def _kill(self, place: int) -> None:
        bot = self._bots[place]
        os.kill(bot.process, signal.SIGKILL)
        ended = self._nursery.bury(bot.process)
        if ended != signal.SIGKILL:
            raise Stuck(f"a bot ended by itself: {ended}")
        self._selector.unregister(bot.line.end)
        while (message := bot.line.receive()) is not None:  # what it had said before
            self._heard(bot, message)
        bot.line.end.close()
        self.toll.kills += 1
        self.toll.at_start += not bot.ready
        self.toll.in_flight.update(bot.sent & self._claimed())
        self._again.extend(bot.told.values())
        self._bots[place] = self._fork()

    def _stop(self, place: int) -> None:
        bot = self._bots[place]
        bot.line.end.shutdown(1)
        while (message := bot.line.receive()) is not None:
            self._heard(bot, message)
        self._selector.unregister(bot.line.end)
        bot.line.end.close()
        if ended := self._nursery.bury(bot.process):
            raise Stuck(f"a bot did not stop well: {ended}")


def _claimed_keys(address: str) -> Callable[[], set[str]]:
    query = "SELECT key FROM outbox WHERE state = 'claimed'"
    if address.startswith("postgresql:"):
        link = psycopg.connect(address, autocommit=True)
        return lambda: {key for (key,) in link.execute(query).fetchall()}
    database = sqlite3.connect(address, timeout=20)
    return lambda: {key for (key,) in database.execute(query)}
