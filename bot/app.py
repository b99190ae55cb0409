"""The one place where everything is wired together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.channels.port import Channel
from bot.desk.decide import decide
from bot.desk.scene import Knowledge
from bot.ledger.port import Ledger
from bot.ledger.sqlite import SqliteLedger
from bot.library.faq_file import load_library
from bot.library.routing_file import load_routing
from bot.matching.engine import Matcher
from bot.model import Decision, Event, Library, Snapshot
from bot.routing.config import Routing
from bot.routing.departments import DepartmentRanker
from bot.settings import Settings
from bot.web.chat import create_app
from bot.web.server import PageServer, open_socket
from bot.web.services import WebServices, personas
from bot.work.auditor import Auditor
from bot.work.clock import Clock, MovableClock, SystemClock
from bot.work.intake import Intake
from bot.work.loop import WorkLoop
from bot.work.sender import Sender
from bot.work.timers import Timers

log = logging.getLogger(__name__)


def build_knowledge(library: Library) -> Knowledge:
    """Build matcher and department ranker from a library (pure, but takes a second or so)."""
    return Knowledge(library, Matcher(library), DepartmentRanker(library))


def load_knowledge(folder: Path, routing: Routing) -> Knowledge:
    """Read a knowledge folder and build everything from it; raises ``InvalidFiles``."""
    return build_knowledge(load_library(folder, departments=routing.departments))


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot: its parts, wired. ``loop`` does what is due; ``close`` when done."""

    ledger: Ledger
    knowledge: Knowledge
    routing: Routing
    clock: Clock
    intake: Intake
    loop: WorkLoop
    auditor: Auditor

    def start(self) -> None:
        """Start the background thread, after telling what fell through while the bot was down."""
        for finding in self.auditor.findings():
            log.warning("%s", finding)
        self.loop.start()

    def close(self) -> None:
        """End the background thread and let go of the ledger."""
        self.loop.stop()
        self.ledger.close()


def build_bot(
    ledger: Ledger,
    knowledge: Knowledge,
    routing: Routing,
    clock: Clock,
    channels: Sequence[Channel],
    after_sending: Callable[[], None],
) -> Bot:
    """Wire the parts around an open ledger."""

    def decided(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        return decide(event, snapshot, knowledge, routing, now)

    def wake() -> None:
        loop.wake()

    intake = Intake(ledger, decided, clock, wake)
    sender = Sender(ledger, {channel.name: channel for channel in channels}, clock, intake.handle)
    loop = WorkLoop(ledger, Timers(ledger, intake, clock), sender, clock, after_sending)
    return Bot(ledger, knowledge, routing, clock, intake, loop, Auditor(ledger, clock))


def bind_everybody(ledger: Ledger, routing: Routing, channel: str, prefix: str, now: datetime) -> None:
    """Bind the contacts of routing.yaml to their ids on a channel of the demo, where names are ids."""
    with ledger.transaction() as transaction:
        for name in routing.contacts:
            transaction.bind(channel, f"{prefix}{name}", name, now)


@dataclass(frozen=True, slots=True)
class Site:
    """The bot with its group-chat page."""

    bot: Bot
    services: WebServices


def build_site(settings: Settings) -> Site:
    """Read all files, open the ledger, and wire the bot to the group-chat page.

    Raises ``InvalidFiles`` for broken files and ``LedgerError`` for a ledger that can't be used.
    """
    routing = load_routing(settings.routing)
    knowledge = load_knowledge(settings.knowledge, routing)
    ledger = SqliteLedger(settings.data)
    clock = MovableClock.resumed(SystemClock(), ledger) if settings.demo else SystemClock()
    channel = PageChannel(routing.rooms)
    bind_everybody(ledger, routing, channel.name, PERSON_PREFIX, clock.now())
    bot = build_bot(ledger, knowledge, routing, clock, [channel], channel.notify)
    return Site(bot, _services(settings, bot, channel))


def _services(settings: Settings, bot: Bot, channel: PageChannel) -> WebServices:
    clock = bot.clock

    def advance(by: timedelta) -> None:
        assert isinstance(clock, MovableClock)
        push_clock(bot, clock, by)
        channel.notify()

    return WebServices(
        ledger=bot.ledger,
        intake=bot.intake,
        channel=channel,
        clock=clock,
        routing=bot.routing,
        personas=personas(bot.routing),
        bot_name=settings.bot_name,
        demo=settings.demo,
        advance=advance if isinstance(clock, MovableClock) else None,
        titles={entry.id: entry.title for entry in bot.knowledge.library.entries.values()},
    )


def push_clock(bot: Bot, clock: MovableClock, by: timedelta) -> None:
    """Push the demo clock forward, stopping at every deadline on the way, so that each happens at its own time."""
    end = clock.now() + by
    while True:
        with bot.ledger.transaction() as transaction:
            due = transaction.next_due()
        if due is None or due >= end:
            break
        clock.advance(max(due - clock.now(), timedelta(seconds=1)))
        bot.loop.settle()
    clock.advance(max(end - clock.now(), timedelta(0)))
    bot.loop.settle()


def serve(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Run the group-chat page until interrupted; ``on_ready`` gets its address once it listens."""
    listening = open_socket(settings.host, settings.port)
    site = build_site(settings)
    host, port = listening.getsockname()[:2]
    try:
        site.bot.start()
        on_ready(f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/")
        PageServer(create_app(site.services), site.services.channel).run(sockets=[listening])
    finally:
        site.bot.close()
        listening.close()
