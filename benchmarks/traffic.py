"""What groups say, for load: the library's own phrasings, questions and chatter, said by many in many groups, by a seed."""

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

CHANNEL = "bench"
COMMUNITIES, ROOMS_EACH, PEOPLE_EACH = 15, 5, 400
SHARES = {"chatter": 60, "known": 25, "unknown": 15}
"""Of a hundred messages: no question at all, a question that the FAQ knows, a question for a person."""

_OPENINGS = ("", "", "大家好，", "请问", "各位，", "问一下，", "我想问问", "师傅们，")
_ENDINGS = ("", "", "？", "，谢谢", "，在线等", "，有人知道吗", "，急")
_SHRUGS = ("", "", "～", "[微笑]", "。", "！")


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


def district(curated: Curated) -> Curated:
    """Return what is curated with the first community's rules in 15 communities of five groups each."""
    routing = curated.routing
    first = next(iter(routing.communities.values()))
    rooms: dict[str, Room] = {}
    communities: dict[str, Community] = {}
    for place in range(COMMUNITIES):
        name = f"社区{place}"
        its = {f"{name}群{number}": Room(f"{name}群{number}", "mutual-aid", name) for number in range(ROOMS_EACH)}
        rooms |= its
        communities[name] = replace(first, name=name, rooms=tuple(its))
    return replace(curated, routing=replace(routing, rooms=rooms, communities=communities))


class Traffic:
    """Messages one after the other, without end; texts repeat as people's questions do, in varying dress."""

    def __init__(self, curated: Curated, seed: int = 1) -> None:
        library = curated.knowledge.library.for_matching()
        self._dice = Random(seed)
        self._ids = count(1)
        self._rooms = tuple(curated.routing.rooms)
        self._texts = {
            "chatter": [text for texts in library.chatter.values() for text in texts],
            "known": [question for entry in library.entries.values() for question in entry.questions],
            "unknown": [question for one in library.departments.values() for question in one.questions],
        }

    def text(self) -> str:
        """Return what somebody says."""
        dice = self._dice
        [kind] = dice.choices(tuple(SHARES), tuple(SHARES.values()))
        text = dice.choice(self._texts[kind])
        if kind == "chatter":
            return text + dice.choice(_SHRUGS)
        return dice.choice(_OPENINGS) + text + dice.choice(_ENDINGS)

    def message(self, at: datetime) -> Said:
        """Return the next message, said by anybody in any group."""
        room, number = self._dice.choice(self._rooms), self._dice.randrange(PEOPLE_EACH)
        person = Person(f"{CHANNEL}:{room}-{number}", f"企业{number // 5}-安全员")
        return Said(CHANNEL, f"m{next(self._ids)}", room, person, self.text(), at)

    def messages(self, number: int, at: datetime) -> Iterator[Said]:
        """Yield so many messages, all said at one time."""
        for _ in range(number):
            yield self.message(at)

    def gap(self, rate: float) -> float:
        """Return the seconds until the next message where they come independently at a rate a second."""
        return self._dice.expovariate(rate)
