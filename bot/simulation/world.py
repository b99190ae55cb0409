"""The simulated world: who says what when, handed to the real engine, and what its letters set off."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from bot.app import Bot
from bot.channels.port import Letter
from bot.model import Decision, Person, Recalled, Said
from bot.routing.calendar import Calendar
from bot.simulation.agenda import Agenda, SimulatedClock
from bot.simulation.assumptions import HOURS, Assumptions
from bot.simulation.channel import NAME
from bot.simulation.district import District
from bot.simulation.texts import Texts
from bot.simulation.witness import Witness
from bot.text import BOT_NAMES

AWAKE = (7, 22)
"""Hours between which people react to what the bot says."""


@dataclass
class Load:
    """What the engine had to take: messages handled, and the seconds that each took."""

    seconds: list[float] = field(default_factory=list)


class World:
    """Everything that simulated people share: the time, the chance, what they read and how they speak."""

    def __init__(
        self, clock: SimulatedClock, random: Random, district: District, texts: Texts, assumed: Assumptions, witness: Witness
    ) -> None:
        self.clock = clock
        self.random = random
        self.district = district
        self.texts = texts
        self.assumed = assumed
        self.witness = witness
        self.agenda = Agenda()
        self.load = Load()
        self.faults: list[Exception] = []
        self.readers: list[Callable[[Letter, str], None]] = []
        self.office = _office(district)
        self._serial = count(1)
        self._bot: Bot | None = None

    def connect(self, bot: Bot) -> None:
        """Let people speak to this bot from now on."""
        self._bot = bot

    @property
    def bot(self) -> Bot:
        """Return the bot that people speak to."""
        assert self._bot is not None
        return self._bot

    def arrived(self, letter: Letter, receipt: str) -> None:
        """Take a letter of the bot: the witness notes it, and whom it concerns reads it.

        The sender takes whatever a channel raises for a failure to send, so a fault of the simulation is kept in ``faults``.
        """
        try:
            self.witness.arrived(letter, receipt, self.clock.now())
            for read in self.readers:
                read(letter, receipt)
        except Exception as fault:
            self.faults.append(fault)

    def say(
        self,
        who: Person,
        room: str,
        text: str,
        *,
        quoted: str | None = None,
        mentions: Sequence[Person] = (),
        wordless: bool = False,
    ) -> tuple[str, Decision | None]:
        """Let somebody say something now; return the message's id and what the bot decided.

        Now and then the channel delivers it twice, and the second time must come to nothing.
        """
        message_id = f"m{next(self._serial)}"
        called = any(f"@{name}" in text for name in BOT_NAMES)
        ids = tuple(person.id for person in mentions)
        event = Said(NAME, message_id, room, who, text, self.clock.now(), quoted, ids, mentions_bot=called, wordless=wordless)
        self.witness.heard(event)
        decision = self._handle(event)
        if self.random.random() < self.assumed.delivered_twice and self._handle(event) is not None:
            self.witness.broken("twice", f"同一条消息送来两次，处理了两次：{text}", event.at)
        return message_id, decision

    def recall(self, who: Person, room: str, message_id: str) -> None:
        """Let somebody take a message back."""
        self._handle(Recalled(NAME, f"m{next(self._serial)}", room, who, message_id, self.clock.now()))

    def _handle(self, event: Said | Recalled) -> Decision | None:
        started = time.perf_counter()
        decision = self.bot.intake.handle(event)
        self.load.seconds.append(time.perf_counter() - started)
        return decision

    def chance(self, share: float) -> bool:
        """Draw: true in this share (0–1) of the cases."""
        return self.random.random() < share

    def after(self, shortest: timedelta, longest: timedelta, action: Callable[[], object], *, awake: bool = True) -> None:
        """Plan something within a span from now; what would fall into the night is done the morning after."""
        at = self.clock.now() + shortest + (longest - shortest) * self.random.random()
        if awake and not AWAKE[0] <= at.hour < AWAKE[1] and not self.chance(self.assumed.night_owls):
            morning = at.replace(hour=AWAKE[0], minute=0, second=0, microsecond=0) + timedelta(days=int(at.hour >= AWAKE[1]))
            at = morning + timedelta(minutes=5 + 115 * self.random.random())
        self.agenda.plan(at, action)

    def at_work(self, delay: timedelta, action: Callable[[], object]) -> None:
        """Plan something after this much office time from now."""
        at = self.office.add(self.clock.now(), delay)
        self.agenda.plan(at + timedelta(seconds=60 * self.random.random()), action)

    def times_of_day(self, day: datetime, expected: float) -> list[datetime]:
        """Draw when on a day something happens that is expected so often on a workday."""
        busy = expected if self.office.shifts_on(day.date()) else expected * self.assumed.day_off
        number = int(busy) + self.chance(busy % 1)
        hours = self.random.choices(range(24), HOURS, k=number)
        return sorted(day + timedelta(hours=hour, seconds=3600 * self.random.random()) for hour in hours)


def _office(district: District) -> Calendar:
    calendars = district.routing.calendars.values()
    return next((calendar for calendar in calendars if not calendar.always), next(iter(calendars)))


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
