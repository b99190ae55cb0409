"""What groups say, for load: talk and questions in the simulation's mixture, said by many in many groups, by a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count
from random import Random

from bot.app import Curated
from bot.channels.page import PageChannel
from bot.channels.port import Letter
from bot.model import Person, Said
from bot.routing.config import Community, Room
from bot.simulation.assumptions import Assumptions
from bot.simulation.texts import Texts

CHANNEL = "bench"
COMMUNITIES, ROOMS_EACH, PEOPLE_EACH = 15, 5, 400
ENTERPRISES_EACH = 400
"""A district; of many districts there are as many communities more."""


class Nowhere:
    """A channel that takes every message at once."""

    name = CHANNEL
    abilities = PageChannel.abilities

    def __init__(self) -> None:
        self.sent = 0

    def send(self, letter: Letter) -> str:
        """Count it."""
        self.sent += 1
        return f"{CHANNEL}:{letter.key}"


def district(curated: Curated, communities: int = COMMUNITIES) -> Curated:
    """Return what is curated with the first community's rules in so many communities of five groups each."""
    routing = curated.routing
    first = next(iter(routing.communities.values()))
    rooms: dict[str, Room] = {}
    everywhere: dict[str, Community] = {}
    for place in range(communities):
        name = f"社区{place}"
        its = {f"{name}群{number}": Room(f"{name}群{number}", "mutual-aid", name) for number in range(ROOMS_EACH)}
        rooms |= its
        everywhere[name] = replace(first, name=name, rooms=tuple(its))
    return replace(curated, routing=replace(routing, rooms=rooms, communities=everywhere))


class Traffic:
    """Messages one after the other, without end: talk and questions as the simulation mixes them on a workday."""

    def __init__(self, curated: Curated, seed: int = 1) -> None:
        self._dice = Random(seed)
        self._ids = count(1)
        self._rooms = tuple(curated.routing.rooms)
        self._departments = tuple(curated.routing.departments)
        self._assumed = Assumptions()
        self._texts = Texts(curated.knowledge.library, self._dice, self._assumed.noisy)

    def message(self, at: datetime) -> Said:
        """Return the next message, said by anybody in any group."""
        room, number = self._dice.choice(self._rooms), self._dice.randrange(PEOPLE_EACH)
        person = Person(f"{CHANNEL}:{room}-{number}", f"企业{number // 5}-安全员")
        text, calls = self._text()
        return Said(CHANNEL, f"m{next(self._ids)}", room, person, text, at, mentions_bot=calls)

    def messages(self, number: int, at: datetime) -> Iterator[Said]:
        """Yield so many messages, all said at one time."""
        for _ in range(number):
            yield self.message(at)

    def gap(self, rate: float) -> float:
        """Return the seconds until the next message where they come independently at a rate a second."""
        return self._dice.expovariate(rate)

    def _text(self) -> tuple[str, bool]:
        """Return what somebody says, and whether it calls the bot."""
        dice, assumed, texts = self._dice, self._assumed, self._texts
        if dice.random() >= questions_share(assumed):
            return texts.talk()[1], False
        asking = (texts.known(self._departments) if dice.random() < assumed.known else None) or texts.unknown(self._departments)
        calls = dice.random() < assumed.addressed
        return (f"@小哨 {asking.text}" if calls else asking.text), calls


def questions_share(assumed: Assumptions) -> float:
    """Return how much (0–1) of what a community's groups say on a workday asks something."""
    questions = assumed.questions * ENTERPRISES_EACH / (5 + 2 * assumed.day_off)
    return questions / (questions + assumed.talk * ROOMS_EACH)
