"""What time it is: the system's clock, or one that a demo may push forward."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from bot.ledger.codec import ZONE
from bot.ledger.port import Ledger

_SETTING = "clock_offset_seconds"


class Clock(Protocol):
    """Tells the time, aware, in Asia/Shanghai."""

    def now(self) -> datetime:
        """Return the present time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(ZONE)


class MovableClock:
    """A clock that runs ahead of another; ``keep`` is called with each new offset before it takes effect."""

    def __init__(self, base: Clock, offset: timedelta = timedelta(0), keep: Callable[[timedelta], None] | None = None) -> None:
        self._base = base
        self._offset = offset
        self._keep = keep
        self._lock = Lock()

    @classmethod
    def resumed(cls, base: Clock, ledger: Ledger) -> MovableClock:
        """Return a clock that goes on with the offset kept in the ledger, and keeps it there."""

        def keep(offset: timedelta) -> None:
            with ledger.transaction() as transaction:
                transaction.set(_SETTING, str(offset.total_seconds()))

        with ledger.transaction() as transaction:
            kept = transaction.setting(_SETTING)
        return cls(base, timedelta(seconds=float(kept or 0)), keep)

    def now(self) -> datetime:
        """Return the base's time plus the offset."""
        return self._base.now() + self._offset

    def advance(self, by: timedelta) -> None:
        """Push the clock forward; raises ``ValueError`` for backward, which would bring due times back."""
        if by < timedelta(0):
            raise ValueError("时钟只能往前拨")
        with self._lock:
            offset = self._offset + by
            if self._keep is not None:
                self._keep(offset)
            self._offset = offset
