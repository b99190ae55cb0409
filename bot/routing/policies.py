"""The house rules of routing.yaml: transfers, merging, quiet hours, ratings, bulletins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True)
class Transfer:
    """How often a case may be handed from department to department."""

    max: int = 2


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A nightly span without unasked messages; one that ends before it starts runs over midnight."""

    start: time = time(22)
    end: time = time(7)

    @property
    def length(self) -> timedelta:
        """Return how long a night is."""
        minutes = (self.end.hour - self.start.hour) * 60 + self.end.minute - self.start.minute
        return timedelta(minutes=minutes % 1440)

    def covers(self, moment: time) -> bool:
        """Tell whether a time of day lies in the span."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class RatingSettings:
    """When an asker is reminded to rate an answer, and when the case is closed without a rating."""

    remind_after: timedelta = timedelta(days=1)
    close_after: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Merge:
    """When questions of several enterprises become one case: asked ``within`` this time, and ``alike`` by at least this (0–1)."""

    within: timedelta = timedelta(days=1)
    alike: float = 0.85


@dataclass(frozen=True, slots=True)
class Bulletin:
    """The daily bulletin: ``at`` what time of day it goes to which ``rooms`` (none: it is not sent).

    With ``approval`` a worker looks at it first. The weekly one goes to the ``weekly_rooms`` on a ``weekday`` (Monday is 0).
    """

    at: time = time(17)
    approval: bool = True
    rooms: tuple[str, ...] = ()
    weekly_rooms: tuple[str, ...] = ()
    weekday: int = 4
