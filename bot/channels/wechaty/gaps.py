"""Spells in which messages may be missing: they begin with the last sign of life and end when the gateway listens again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Gap:
    """From when until when the bot may have heard nothing, and why (Chinese)."""

    since: datetime
    until: datetime
    why: str


class GapWatch:
    """Joins spells that follow one another within ``settle`` into one gap; time is an argument."""

    def __init__(self, settle: timedelta) -> None:
        self._settle = settle
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._why = ""

    @property
    def unreported(self) -> bool:
        """Tell whether there is a gap that has not been reported yet, open or over."""
        return self._since is not None

    def lost(self, last_heard: datetime, why: str) -> None:
        """Note that nothing may have been heard since a time."""
        if self._since is None or last_heard < self._since:
            self._since, self._why = last_heard, why
        self._until = None

    def restored(self, now: datetime) -> None:
        """Note that messages come in again."""
        if self._since is not None and self._until is None:
            self._until = now

    def due(self, now: datetime) -> Gap | None:
        """Return the gap once it has been over for long enough, and forget it."""
        if self._since is None or self._until is None or now - self._until < self._settle:
            return None
        gap = Gap(self._since, self._until, self._why)
        self._since = self._until = None
        return gap
