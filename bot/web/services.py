"""What the pages need from the rest of the program, and who may be played on the group-chat page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.channels.relay.channel import RelayChannel
from bot.desk.scene import Knowledge
from bot.ledger.port import Ledger
from bot.model import Decision, Event, Person
from bot.routing.config import Routing
from bot.work.audit.watch import Watch
from bot.work.bulletins import Bulletins
from bot.work.clock import Clock, SystemClock
from bot.work.curating import Curating
from bot.work.intake import Intake
from bot.work.pasting import Pasting

ENTERPRISE_PEOPLE = (
    "泰准金属-安全员",
    "恒锐模具-人事",
    "海立塑业-财务",
    "联昌汽配-老板",
    "博远电器-行政",
    "甬固紧固件-仓管",
)
"""Invented members of the groups, one a job that asks."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whom a visitor can speak as; ``role`` is enterprise, contact or worker, and colours the avatar."""

    name: str
    role: str

    @property
    def person(self) -> Person:
        """Return the sender under the page's id for this name."""
        return person_named(self.name)


@dataclass(frozen=True, slots=True)
class WebServices:
    """Everything the pages are wired to.

    ``receive`` takes in what is said on the page's channel. ``advance`` moves the demo clock and fires what became due; None
    outside the demo. ``titles`` maps entry ids to titles. Without a ``relay`` there is no relay page, without a ``watch`` neither
    health nor figures. ``wall`` is the clock for sessions and rate limits, which a demo does not push. ``public_url`` is where
    people reach the pages from outside, ``""`` if they do not. ``knowledge`` is what is in force.
    """

    ledger: Ledger
    intake: Intake
    receive: Callable[[Event], Decision | None]
    channel: PageChannel
    clock: Clock
    routing: Routing
    personas: tuple[Persona, ...]
    bot_name: str = "小哨"
    demo: bool = False
    advance: Callable[[timedelta], None] | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    relay: RelayChannel | None = None
    pasting: Pasting | None = None
    wall: Clock = field(default_factory=SystemClock)
    public_url: str = ""
    knowledge: Knowledge | None = None
    bulletins: Bulletins | None = None
    watch: Watch | None = None
    curating: Curating | None = None

    @property
    def movable(self) -> bool:
        """Tell whether the visitor may push the clock forward."""
        return self.demo and self.advance is not None


def person_named(name: str) -> Person:
    """Return the page's person of that name; a nameless one gets an id of its own and keeps the empty name."""
    return Person(f"{PERSON_PREFIX}{name or '?'}", name)


def personas(routing: Routing) -> tuple[Persona, ...]:
    """Return who can be played: a few people of enterprises, then every contact and worker of routing.yaml."""
    known = [Persona(name, "worker" if routing.is_worker(name) else "contact") for name in routing.contacts]
    return (*(Persona(name, "enterprise") for name in ENTERPRISE_PEOPLE), *known)
