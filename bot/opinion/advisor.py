"""Asks a scorer without ever failing: faults are counted, and after several in a row it is left alone for a while."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock

from bot.model import Inquiry, Opinion
from bot.opinion.port import Failure, NoOpinion, Scorer, Tally

FAILURES_IN_A_ROW = 3
"""Failures after which the scorer is not asked for a while."""
PAUSE = 60.0
"""Seconds of that while; the first failure after it begins the next."""
AT_ONCE = 4
"""Inquiries under way at most; one more goes without, so that a slow scorer can't take up the threads that serve the page."""
TELL_EVERY = 3600.0
"""Seconds between two lines in the log about failures."""

log = logging.getLogger(__name__)


class Advisor:
    """Asks one scorer, from any thread; ``timer`` gives seconds of a clock that never goes back."""

    def __init__(self, scorer: Scorer, timer: Callable[[], float] = time.monotonic) -> None:
        self._scorer = scorer
        self._timer = timer
        self._lock = Lock()
        self._under_way = 0
        self._in_a_row = 0
        self._paused_until = float("-inf")
        self._told_at = float("-inf")
        self._told_failed = 0
        self._chosen = self._abstained = self._skipped = 0
        self._failures: Counter[Failure] = Counter()

    def ask(self, inquiry: Inquiry) -> Opinion | None:
        """Return the scorer's opinion, or None where there is none to be had now."""
        with self._lock:
            if self._under_way >= AT_ONCE or self._timer() < self._paused_until:
                self._skipped += 1
                return None
            self._under_way += 1
        outcome: Opinion | Failure = Failure.FAULT
        try:
            outcome = self._choose(inquiry)
        finally:
            with self._lock:
                self._under_way -= 1
                self._count(outcome)
        return outcome if isinstance(outcome, Opinion) else None

    def tally(self) -> Tally:
        """Return what became of the inquiries so far."""
        with self._lock:
            return Tally(self._chosen, self._abstained, self._skipped, dict(self._failures))

    def news(self) -> list[str]:
        """Return one Chinese sentence if something failed since the last one, at most once an hour."""
        tally, now = self.tally(), self._timer()
        if tally.failed == self._told_failed or now - self._told_at < TELL_EVERY:
            return []
        self._told_failed, self._told_at = tally.failed, now
        return [f"{tally}；没有第二意见时，按自己的判断处理"]

    def close(self) -> None:
        """Let go of the scorer."""
        self._scorer.close()

    def _choose(self, inquiry: Inquiry) -> Opinion | Failure:
        try:
            opinion = self._scorer.choose(inquiry)
        except NoOpinion as none:
            return none.failure
        except Exception as fault:
            log.debug("scorer failed with %s", type(fault).__name__)  # no more of it: its text may hold the message or the key
            return Failure.FAULT
        known = opinion.entry is None or any(entry.id == opinion.entry for entry in inquiry.candidates)
        return opinion if known and opinion.question == inquiry.question else Failure.MALFORMED

    def _count(self, outcome: Opinion | Failure) -> None:
        if isinstance(outcome, Opinion):
            self._in_a_row = 0
            self._chosen += outcome.entry is not None
            self._abstained += outcome.entry is None
            return
        self._failures[outcome] += 1
        self._in_a_row += 1
        if self._in_a_row >= FAILURES_IN_A_ROW:
            self._paused_until = self._timer() + PAUSE
