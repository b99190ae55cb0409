"""The bot in real WeChat groups: wired to a Wechaty gateway, and run until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from socket import socket
from threading import Event

from bot.advice import build_advisor
from bot.app import load_curated, wire
from bot.channels.wechaty.address import GatewayAddress, read_address
from bot.channels.wechaty.channel import WechatyChannel
from bot.channels.wechaty.inbox import TOGETHER
from bot.channels.wechaty.mapping import NAME
from bot.channels.wechaty.pacing import Pace
from bot.channels.wechaty.sending import Patience
from bot.ledger.opening import open_ledger
from bot.ledger.port import Ledger
from bot.routing.config import Routing
from bot.serving import page_address, pages_beside
from bot.settings import Settings
from bot.web.server import open_socket
from bot.work.clock import Clock, SystemClock
from bot.work.notebook import LedgerNotebook


def wechaty_channel(
    settings: Settings, address: GatewayAddress, routing: Routing, ledger: Ledger, clock: Clock
) -> WechatyChannel:
    """Make the channel to WeChat with the pace and the time limits of the settings."""
    gap, room_gap = timedelta(seconds=settings.wechaty_gap_seconds), timedelta(seconds=settings.wechaty_room_gap_seconds)
    patience = Patience(
        call=settings.wechaty_call_seconds,
        ping_every=settings.wechaty_ping_seconds,
        settle=settings.wechaty_settle_seconds,
        other_bot=settings.wechaty_other_bot_seconds,
    )
    return WechatyChannel(
        address,
        routing.rooms,
        LedgerNotebook(ledger, NAME, clock),
        clock.now,
        bot_name=settings.bot_name,
        pace=Pace(account_gap=gap, room_gap=room_gap),
        patience=patience,
        accepts=settings.wechaty_accepts,
    )


def serve_wechaty(
    settings: Settings, stopping: Event, *, on_pages: Callable[[str], None], on_ready: Callable[[str], None]
) -> None:
    """Run the bot in WeChat, with the workers' pages beside it, until ``stopping`` is set.

    ``on_pages`` gets the pages' address once they listen, ``on_ready`` the gateway's when it is first listened to.
    Raises ``XiaoshaoError`` for what only a person can mend: missing settings, a wrong token, another bot on the gateway.
    """
    address = read_address()
    with closing(open_socket(settings.host, settings.port)) as listening:
        _serve(settings, address, listening, stopping, on_pages, on_ready)


def _serve(
    settings: Settings,
    address: GatewayAddress,
    listening: socket,
    stopping: Event,
    on_pages: Callable[[str], None],
    on_ready: Callable[[str], None],
) -> None:
    curated = load_curated(settings)
    ledger, clock = open_ledger(settings.data), SystemClock()
    channel = wechaty_channel(settings, address, curated.routing, ledger, clock)
    bot = wire(settings, curated, ledger, clock, channel, lambda routing: None, lambda: None, build_advisor(settings))
    try:
        bot.start()
        # Whoever waits for a second opinion must not hold up other conversations.
        channel.start(bot.receive_all, stopping.set, together=1 if bot.advisor else TOGETHER)
        with pages_beside(settings, bot, listening):
            on_pages(page_address(listening))
            told = False
            while not stopping.wait(0.2):
                if not told and channel.wait_ready(0):
                    told = True
                    on_ready(str(address))
    finally:
        channel.close()
        bot.close()
    if channel.fatal is not None:
        raise channel.fatal
