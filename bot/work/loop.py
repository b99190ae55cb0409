"""The one background thread: fires what is due and sends what is waiting, when woken or when the time has come."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, RLock, Thread

from bot.errors import XiaoshaoError
from bot.ledger.port import Ledger
from bot.work.clock import Clock
from bot.work.sender import Sender
from bot.work.timers import Timers

LONGEST_NAP = 1.0
"""Seconds after which the loop looks at the ledger unwoken: another process may have written, a clock may have jumped."""

PATROL_EVERY = 60.0
"""Seconds between two looks at what fell through."""

log = logging.getLogger(__name__)


class WorkLoop:
    """Runs timers and sender until stopped.

    ``after_sending`` is called whenever something went out, ``patrol`` at the start and then about once a minute.
    """

    def __init__(
        self,
        ledger: Ledger,
        timers: Timers,
        sender: Sender,
        clock: Clock,
        after_sending: Callable[[], None],
        patrol: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._timers = timers
        self._sender = sender
        self._clock = clock
        self._after_sending = after_sending
        self._patrol = patrol
        self._news = Event()
        self._working = RLock()
        self._stopping = False
        self._thread = Thread(target=self._run, name="work-loop", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the ledger now; safe from any thread."""
        self._news.set()

    def stop(self) -> None:
        """Finish the round that is running and end the thread."""
        self._stopping = True
        self.wake()
        self._thread.join(timeout=10)

    def settle(self) -> None:
        """Do everything that can be done now: due steps, then sends, until neither is left; one thread at a time."""
        with self._working:
            while True:
                fired = self._timers.fire_due()
                sent = self._sender.send_due()
                if sent:
                    self._after_sending()
                if not fired and not sent:
                    return

    def _run(self) -> None:
        patrolled = -PATROL_EVERY
        while not self._stopping:
            self._news.clear()
            try:
                self.settle()
                if time.monotonic() - patrolled >= PATROL_EVERY:
                    patrolled = time.monotonic()
                    self._patrol()
                nap = self._nap()
            except XiaoshaoError:
                log.exception("这一轮没有做完，稍后再试")
                nap = LONGEST_NAP
            except Exception:
                # A fault in one round must not end the thread: every open case depends on it.
                log.exception("这一轮出了意外，稍后再试")
                nap = LONGEST_NAP
            self._news.wait(nap)

    def _nap(self) -> float:
        with self._ledger.transaction() as transaction:
            due = transaction.next_due()
        if due is None:
            return LONGEST_NAP
        left = (due - self._clock.now()) / timedelta(seconds=1)
        return min(max(left, 0.05), LONGEST_NAP)
