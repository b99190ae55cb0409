"""The one place where everything is wired together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TextIO

from bot.channels.page import PERSON_PREFIX as PAGE_PREFIX
from bot.channels.page import PageChannel
from bot.channels.port import Channel
from bot.channels.terminal import PERSON_PREFIX as TERMINAL_PREFIX
from bot.channels.terminal import TerminalChannel, TerminalServices, TerminalSession
from bot.desk.decide import decide
from bot.desk.scene import Knowledge
from bot.errors import InvalidFiles, Problem
from bot.ledger.port import Ledger
from bot.ledger.sqlite import SqliteLedger
from bot.library.faq_file import Loaded, read_library
from bot.library.routing_file import load_routing
from bot.matching.engine import Matcher
from bot.model import Case, Decision, Event, Library, Snapshot
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


def build_knowledge(library: Library, routing: Routing) -> Knowledge:
    """Build matcher and department ranker from a library (pure, but takes a second or so)."""
    return Knowledge(library, Matcher(library), DepartmentRanker(library, routing))


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
class Curated:
    """The curated files, read, checked, and built for use."""

    routing: Routing
    knowledge: Knowledge


def load_curated(settings: Settings) -> Curated:
    """Read routing.yaml and the knowledge folder; raises ``InvalidFiles`` with the problems of both."""
    routing, loaded, problems = read_curated(settings)
    if problems or routing is None:
        raise InvalidFiles(problems)
    return Curated(routing, build_knowledge(loaded.library, routing))


def read_curated(settings: Settings) -> tuple[Routing | None, Loaded, tuple[Problem, ...]]:
    """Read both curated places and return what is sound with the problems of both."""
    problems: tuple[Problem, ...] = ()
    routing = None
    try:
        routing = load_routing(settings.routing)
    except InvalidFiles as error:
        problems = error.problems
    loaded = read_library(settings.knowledge, departments=None if routing is None else routing.departments)
    return routing, loaded, (*problems, *loaded.problems)


def open_bot(settings: Settings, curated: Curated, channel: Channel, prefix: str, after_sending: Callable[[], None]) -> Bot:
    """Open the ledger and wire the bot to one channel of the demo, on which everybody's name is the id after a prefix.

    Raises ``LedgerError`` for a ledger that can't be used.
    """
    ledger = SqliteLedger(settings.data)
    clock = MovableClock.resumed(SystemClock(), ledger) if settings.demo else SystemClock()
    bind_everybody(ledger, curated.routing, channel.name, prefix, clock.now())
    return build_bot(ledger, curated.knowledge, curated.routing, clock, [channel], after_sending)


def push_clock(bot: Bot, by: timedelta) -> None:
    """Push the demo clock forward, stopping at every deadline on the way, so that each happens at its own time."""
    clock = bot.clock
    assert isinstance(clock, MovableClock)
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


def page_services(settings: Settings, bot: Bot, channel: PageChannel) -> WebServices:
    """Wire the group-chat page to a bot."""

    def advance(by: timedelta) -> None:
        push_clock(bot, by)
        channel.notify()

    return WebServices(
        ledger=bot.ledger,
        intake=bot.intake,
        channel=channel,
        clock=bot.clock,
        routing=bot.routing,
        personas=personas(bot.routing),
        bot_name=settings.bot_name,
        demo=settings.demo,
        advance=advance if settings.demo else None,
        titles={entry.id: entry.title for entry in bot.knowledge.library.entries.values()},
    )


def terminal_services(settings: Settings, bot: Bot, channel: TerminalChannel) -> TerminalServices:
    """Wire a terminal session to a bot."""

    def cases() -> list[Case]:
        with bot.ledger.transaction() as transaction:
            return transaction.cases()

    return TerminalServices(
        handle=bot.intake.handle,
        settle=bot.loop.settle,
        now=bot.clock.now,
        cases=cases,
        channel=channel,
        rooms=tuple(bot.routing.rooms),
        people=tuple(persona.name for persona in personas(bot.routing)),
        advance=(lambda by: push_clock(bot, by)) if settings.demo else None,
        bot_name=settings.bot_name,
    )


def serve_page(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Run the bot with its group-chat page until interrupted; ``on_ready`` gets the page's address once it listens."""
    with closing(open_socket(settings.host, settings.port)) as listening:
        curated = load_curated(settings)
        channel = PageChannel(curated.routing.rooms)
        bot = open_bot(settings, curated, channel, PAGE_PREFIX, channel.notify)
        try:
            bot.start()
            app = create_app(page_services(settings, bot, channel))
            host, port = listening.getsockname()[:2]
            on_ready(f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/")
            PageServer(app, channel).run(sockets=[listening])
        finally:
            bot.close()


def talk(settings: Settings, stdin: TextIO, stdout: TextIO) -> None:
    """Run the bot in a terminal until the end of input."""
    curated = load_curated(settings)
    channel = TerminalChannel(curated.routing.rooms)
    bot = open_bot(settings, curated, channel, TERMINAL_PREFIX, lambda: None)
    try:
        bot.start()
        TerminalSession(terminal_services(settings, bot, channel), stdin, stdout).run()
    finally:
        bot.close()
