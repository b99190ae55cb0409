"""The background threads: one fires what is due, one sends what is waiting, so that a slow channel holds up no deadline."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event, RLock, Thread

from bot.errors import XiaoshaoError
from bot.ledger.port import Ledger
from bot.work.clock import Clock
from bot.work.sender import Sender
from bot.work.timers import Timers

LONGEST_NAP = 1.0
"""Seconds after which both look at the ledger unwoken: another process may have written, a clock may have jumped."""

SHORTEST_NAP = 0.05
"""Seconds between two looks at the ledger at least, so that a flood of messages leaves it to the intake."""

log = logging.getLogger(__name__)

_LOOK_FOR_GARBAGE = (5_000, 40, 20)
"""The interpreter's thresholds for looking through the young and the old objects.

What a message leaves behind is freed at once or is remembered; by the usual thresholds all that is remembered was looked through
every few thousand messages, for 0.1 s.
"""


class WorkLoop:
    """Runs timers and sender until stopped; ``after_sending`` is called whenever something went out."""

    def __init__(
        self,
        ledger: Ledger,
        timers: Timers,
        sender: Sender,
        clock: Clock,
        after_sending: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._timers = timers
        self._sender = sender
        self._clock = clock
        self._after_sending = after_sending
        self._firing, self._sending = RLock(), RLock()
        self._started, self._stopping = Event(), Event()
        self._rounds = (_Round(self._fire, self._nap, self._stopping), _Round(self._send, self._nap, self._stopping))

    def start(self) -> None:
        """Start the threads."""
        gc.freeze()  # what has been built by now stays: looking through it for garbage would hold up a message for 0.1 s
        gc.set_threshold(*_LOOK_FOR_GARBAGE)
        self._started.set()
        for each in self._rounds:
            each.start()

    @property
    def died(self) -> bool:
        """Tell whether a thread has ended without being stopped."""
        running = self._started.is_set() and not self._stopping.is_set()
        return running and not all(each.is_alive() for each in self._rounds)

    @property
    def catching_up(self) -> bool:
        """Tell whether what fell due while the bot was down is still being done for the first time."""
        return self._started.is_set() and not all(each.been_round for each in self._rounds)

    def wake(self) -> None:
        """Look at the ledger now; safe from any thread."""
        for each in self._rounds:
            each.news.set()

    def stop(self) -> None:
        """Finish the rounds that are running and end the threads."""
        self._stopping.set()
        self.wake()
        for each in self._rounds:
            if each.is_alive():
                each.join(timeout=10)

    def settle(self) -> None:
        """Do everything that can be done now: due steps, then sends, until neither is left; one thread at a time."""
        while True:
            with self._firing:
                fired = self._timers.fire_due()
            if not self._send_some() and not fired:
                return

    def _fire(self) -> None:
        with self._firing:
            self._timers.fire_due()

    def _send(self) -> None:
        while not self._stopping.is_set() and self._send_some():
            pass

    def _send_some(self) -> bool:
        """Send a batch; tell whether there was one."""
        with self._sending:
            sent = self._sender.send_some()
        if sent:
            self._after_sending()
        return sent is not None

    def _nap(self) -> float:
        with self._ledger.transaction() as transaction:
            due = transaction.next_due()
        if due is None:
            return LONGEST_NAP
        left = (due - self._clock.now()) / timedelta(seconds=1)
        return min(max(left, SHORTEST_NAP), LONGEST_NAP)


class _Round(Thread):
    """Does one kind of work again and again: when woken, or when ``nap`` (seconds) is over."""

    def __init__(self, work: Callable[[], None], nap: Callable[[], float], stopping: Event) -> None:
        super().__init__(name=f"work-loop{work.__name__}", daemon=True)
        self.news = Event()
        self.been_round = False
        self._work = work
        self._nap = nap
        self._stopping = stopping

    def run(self) -> None:
        while not self._stopping.is_set():
            self.news.clear()
            try:
                self._work()
                nap = self._nap()
            except XiaoshaoError:
                log.exception("这一轮没有做完，稍后再试")
                nap = LONGEST_NAP
            except Exception:
                # A fault in one round must not end the thread: every open case depends on it.
                log.exception("这一轮出了意外，稍后再试")
                nap = LONGEST_NAP
            self.been_round = True
            if not self._stopping.wait(SHORTEST_NAP):
                self.news.wait(nap)
