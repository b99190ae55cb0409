"""The world in which the killing goes on: many groups, a small library, routing.yaml's contacts, and a clock that runs fast."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import Curated, build_knowledge
from bot.ledger.codec import ZONE
from bot.ledger.port import Ledger
from bot.ledger.postgres import PostgresLedger
from bot.ledger.sqlite import SqliteLedger
from bot.library.faq_file import read_library
from bot.library.routing_file import load_routing
from bot.routing.config import Community, Room, Routing

ROOT = Path(__file__).parents[3]
CHANNEL = "chaos"
EPOCH = datetime(2026, 11, 18, 9, 0, tzinfo=ZONE)
"""When it begins: a Wednesday morning."""

SPEED = 20
"""Seconds that pass in the bots' world in one second: a send's lease is over after three."""

COMMUNITIES, GROUPS = 8, 4
PEER_WINDOW = timedelta(minutes=2)


class FastClock:
    """The same for all processes of one machine; ``ahead`` is how much further it has been set."""

    def __init__(self, started: float, ahead: timedelta = timedelta(0)) -> None:
        self._started = started
        self._ahead = ahead

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=(time.monotonic() - self._started) * SPEED) + self._ahead


def curated() -> Curated:
    """Return the library of the tests with the real routing, in more groups and without limits on what the bot says."""
    routing = load_routing(ROOT / "routing.yaml")
    library = read_library(ROOT / "tests" / "fixtures" / "knowledge", departments=routing.departments).library
    routing = _with_groups(routing)
    return Curated(routing, build_knowledge(library, routing))


def _with_groups(routing: Routing) -> Routing:
    model = routing.communities["灵峰"]
    rooms: dict[str, Room] = {}
    communities: dict[str, Community] = {}
    for number in range(1, COMMUNITIES + 1):
        name = model.name if number == 1 else f"社区{number}"
        for group in range(1, GROUPS + 1):
            room = f"{name}{group}群"
            kind = "alliance" if group == GROUPS else "mutual-aid"
            rooms[room] = Room(room, kind, name, PEER_WINDOW, replies_per_person=1000, replies_per_room=100_000)
        own = tuple(room for room in rooms if rooms[room].community == name)
        communities[name] = replace(model, name=name, rooms=own)
    return replace(routing, rooms=rooms, communities=communities)


def open_ledger(address: str) -> Ledger:
    """Open a ledger as a bot does; where bots share groups, a dead one's are free as soon as its sends are."""
    if address.startswith("postgresql:"):
        return PostgresLedger(
            address, patience=timedelta(seconds=20), lease=timedelta(seconds=3), precedence=timedelta(seconds=0.3)
        )
    return SqliteLedger(address, patience=timedelta(seconds=20))
