"""The simulated time: a clock that stands where it is put, and what is going to happen, in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count


class SimulatedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the present time."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Move forward; raises ``ValueError`` for a time before the present one."""
        if at < self._at:
            raise ValueError(f"the clock cannot go back from {self._at} to {at}")
        self._at = at


class Agenda:
    """What people are going to do; of two things at the same time the one planned first comes first."""

    def __init__(self) -> None:
        self._plans: list[tuple[datetime, int, Callable[[], object]]] = []
        self._serial = count()

    def plan(self, at: datetime, action: Callable[[], object]) -> None:
        """Plan an action; a time that has passed means at once."""
        heapq.heappush(self._plans, (at, next(self._serial), action))

    def next_at(self) -> datetime | None:
        """Return when the next action is planned."""
        return self._plans[0][0] if self._plans else None

    def take(self) -> Callable[[], object]:
        """Take the next action off the agenda."""
        return heapq.heappop(self._plans)[2]
