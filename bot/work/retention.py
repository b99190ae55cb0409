"""What is kept of people for how long: after that time askers become anonymous, and what was said is emptied."""

from __future__ import annotations

from datetime import timedelta

from bot.ledger.port import Ledger
from bot.work.clock import Clock

AT_ONCE = 200
"""Cases, and messages, that are done in one transaction, so that nobody's message waits long."""


class Retention:
    """Takes people out of what is older than some days; with 0 days never."""

    def __init__(self, ledger: Ledger, clock: Clock, days: int) -> None:
        self._ledger = ledger
        self._clock = clock
        self._days = days

    def round(self) -> int:
        """Do a piece, and return how many cases and messages were done; raises ``LedgerError``."""
        if self._days <= 0:
            return 0
        now = self._clock.now()
        before = now - timedelta(days=self._days)
        with self._ledger.transaction() as work:
            cases = work.privacy.forget_askers(before, now, AT_ONCE)
        with self._ledger.transaction() as work:
            return cases + work.privacy.forget_words(before, AT_ONCE)
