"""From due times to events: whatever is due comes in through the intake like a message."""

from __future__ import annotations

import logging

from bot.errors import LedgerError
from bot.ledger.port import Ledger
from bot.work.clock import Clock
from bot.work.intake import Intake

_BATCH = 100
_MOST_ROUNDS = 1_000

_log = logging.getLogger(__name__)


class Timers:
    """Fires deadlines; a tick whose handling fails is tried again five minutes later, and the auditor lists it."""

    def __init__(self, ledger: Ledger, intake: Intake, clock: Clock) -> None:
        self._ledger = ledger
        self._intake = intake
        self._clock = clock

    def fire_due(self) -> int:
        """Hand every due step to the intake, until nothing is due; return how many; raises ``LedgerError``."""
        fired = 0
        for _ in range(_MOST_ROUNDS):  # a ladder that is overdue at every step must not hold up everything else for ever
            with self._ledger.transaction() as transaction:
                ticks = transaction.due(self._clock.now(), _BATCH)
            if not ticks:
                break
            for tick, outcome in zip(ticks, self._intake.handle_all(ticks), strict=True):
                if isinstance(outcome, LedgerError):
                    raise outcome
                if isinstance(outcome, Exception):
                    _log.error("deadline %s of case %d failed", tick.step, tick.case, exc_info=outcome)
                fired += 1
        return fired
