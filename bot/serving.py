"""The bot with its pages, beside a real chat or as a demo, and in a terminal."""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import TextIO

from bot.app import Bot, load_curated, open_bot
from bot.channels.page import PERSON_PREFIX as PAGE_PREFIX
from bot.channels.page import PageChannel
from bot.channels.terminal import PERSON_PREFIX as TERMINAL_PREFIX
from bot.channels.terminal import TerminalChannel, TerminalServices, TerminalSession
from bot.model import Case
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.server import PageServer, open_socket
from bot.web.services import WebServices, personas
from bot.work.clock import MovableClock
from bot.work.curating import Curating


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
    """Wire the group-chat page to a bot, with what its curated files say at this moment."""

    def advance(by: timedelta) -> None:
        push_clock(bot, by)
        channel.notify()

    return WebServices(
        ledger=bot.ledger,
        intake=bot.intake,
        receive=bot.receive,
        channel=channel,
        clock=bot.clock,
        routing=bot.routing,
        personas=personas(bot.routing),
        bot_name=settings.bot_name,
        demo=settings.demo,
        advance=advance if settings.demo else None,
        titles={entry.id: entry.title for entry in bot.knowledge.library.entries.values()},
        relay=bot.relay,
        public_url=settings.public_url.rstrip("/"),
        knowledge=bot.knowledge,
        pasting=bot.pasting,
        bulletins=bot.bulletins,
        watch=bot.watch,
        curating=Curating(settings.knowledge, settings.folder / "uploads", bot.ledger, bot.in_force, bot.clock),
    )


def terminal_services(settings: Settings, bot: Bot, channel: TerminalChannel) -> TerminalServices:
    """Wire a terminal session to a bot."""

    def cases() -> list[Case]:
        with bot.ledger.transaction() as transaction:
            return transaction.cases()

    return TerminalServices(
        handle=bot.receive,
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
            app = create_app(lambda: page_services(settings, bot, channel))
            on_ready(page_address(listening))
            PageServer(app, channel).run(sockets=[listening])
        finally:
            bot.close()


def page_address(listening: socket.socket) -> str:
    """Return where a browser on this machine finds the pages."""
    host, port = listening.getsockname()[:2]
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/"


@contextmanager
def pages_beside(settings: Settings, bot: Bot, listening: socket.socket) -> Generator[None, None, None]:
    """Serve the workers' pages within the context, on a thread, for a bot that speaks in a real chat: without the demo's."""
    channel = PageChannel(())
    app = create_app(lambda: page_services(replace(settings, demo=False), bot, channel))
    server = PageServer(app, channel)
    thread = Thread(target=lambda: server.run(sockets=[listening]), name="pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


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
