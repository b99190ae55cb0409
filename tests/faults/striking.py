"""A connection that fails, or whose process is killed, when it comes to its n-th statement."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg

from bot.ledger.port import Ledger

Strike = Callable[[], None]


class Countdown:
    """Lets ``left`` statements pass and strikes at the next one, and then no more, or ``again`` at every one."""

    def __init__(self, left: int, strike: Strike, *, again: bool = False) -> None:
        self.left = left
        self._strike = strike
        self._again = again

    def statement(self) -> None:
        self.left -= 1
        if self.left == -1 or (self.struck and self._again):
            self._strike()

    @property
    def struck(self) -> bool:
        return self.left < 0


class _Struck:
    """A connection of SQLite's or psycopg's; its statements are counted, BEGIN and COMMIT among them."""

    def __init__(self, link: Any, countdown: Countdown) -> None:
        self._link = link
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def execute(self, *given: Any) -> Any:
        self._countdown.statement()
        return self._link.execute(*given)

    def executemany(self, *given: Any) -> Any:
        self._countdown.statement()
        return self._link.executemany(*given)

    def cursor(self) -> Any:
        self._countdown.statement()  # psycopg runs the statements of executemany on a cursor
        return self._link.cursor()


def struck(ledger: Any, countdown: Countdown) -> Ledger:
    """Return the ledger with its statements counted."""
    if hasattr(ledger._db, "link"):
        ledger._db.link = _Struck(ledger._db.link, countdown)
    else:
        ledger._db = _Struck(ledger._db, countdown)
    return ledger


def killed() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def failing(ledger: Any) -> Strike:
    """Return a strike that raises what the ledger's engine raises when its disk or its server is gone."""
    error: type[Exception] = psycopg.OperationalError if hasattr(ledger._db, "link") else sqlite3.OperationalError

    def fail() -> None:
        raise error("disk I/O error")

    return fail
