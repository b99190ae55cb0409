"""Each bot's sign of life in the ledger: since when it runs, which version, which configuration."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import LedgerError
from bot.ledger.codec import decode, encode
from bot.ledger.port import Ledger, Transaction
from bot.work.clock import Clock
from bot.work.curated import Curated, InForce

SILENCE = timedelta(minutes=3)
"""How long a bot may be without heartbeat before it counts as gone."""

_PREFIX = "heartbeat/"
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One bot's last sign of life; ``config`` is a hash of its curated files, in force ``since``."""

    bot: str
    host: str
    version: str
    config: str
    started: datetime
    since: datetime
    at: datetime

    def replaces(self, other: Heartbeat, now: datetime) -> bool:
        """Tell whether this bot was started where the other one, silent since, had run."""
        return self.host == other.host and other.at <= self.started and now - other.at > SILENCE


def bot_name() -> str:
    """Return a name for this process that no other one has: its computer and its number."""
    return f"{socket.gethostname()}（进程 {os.getpid()}）"


def heartbeats(transaction: Transaction) -> Iterator[Heartbeat]:
    """Yield every bot's last sign of life."""
    for body in transaction.settings(_PREFIX).values():
        yield decode(Heartbeat, body)


class Pulse:
    """This bot's heartbeat, with the hash of what is in force."""

    def __init__(self, ledger: Ledger, clock: Clock, in_force: InForce, version: str, *, bot: str = "") -> None:
        now = clock.now()
        self._ledger = ledger
        self._clock = clock
        self._in_force = in_force
        self._hashed: tuple[Curated, str] | None = None
        self.trouble = ""  # why the last beat could not be written, in Chinese
        self._last = Heartbeat(bot or bot_name(), socket.gethostname(), version, "", now, now, now)

    @property
    def bot(self) -> str:
        """Return this bot's id."""
        return self._last.bot

    def identity(self) -> tuple[str, str, str]:
        """Return this bot's id, its version, and the hash of the configuration in force."""
        return self._last.bot, self._last.version, self._config()

    def _config(self) -> str:
        current = self._in_force.current
        if self._hashed is None or self._hashed[0] is not current:
            self._hashed = (current, current.digest())
        return self._hashed[1]

    def beat(self) -> None:
        """Write a sign of life, and forget bots that are long gone or that this one replaces; raises ``LedgerError``."""
        now, config = self._clock.now(), self._config()
        since = self._last.since if config == self._last.config else now
        self._last = replace(self._last, config=config, since=since, at=now)
        try:
            with self._ledger.transaction() as transaction:
                for beat in heartbeats(transaction):
                    if now - beat.at > _FORGOTTEN_AFTER or self._last.replaces(beat, now):
                        transaction.unset(_PREFIX + beat.bot)
                transaction.set(_PREFIX + self._last.bot, encode(self._last))
        except LedgerError as error:
            self.trouble = str(error)
            raise
        self.trouble = ""

    def stop(self) -> None:
        """Sign off: a bot that was stopped on purpose is not missed."""
        with suppress(LedgerError), self._ledger.transaction() as transaction:
            transaction.unset(_PREFIX + self._last.bot)
