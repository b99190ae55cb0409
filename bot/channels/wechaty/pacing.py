"""How fast an account may speak: token buckets for the account and each group, with jitter; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

_KEPT = 4096
_NONE = timedelta(0)
LIMIT_SIGNS = ("频繁", "过快", "限制", "风控", "封号", "封禁", "too many", "too fast", "rate limit", "frequen", "blocked", "spam")
"""Words of a gateway's refusal that mean that WeChat has had enough of this account."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The allowed rates: one message per gap on average, ``burst`` of them at once; the jitter is a share of the gap.

    ``rest`` is how long nothing is sent at all after WeChat has shown a limit.
    """

    account_gap: timedelta = timedelta(seconds=1.5)
    account_burst: int = 5
    room_gap: timedelta = timedelta(seconds=3)
    room_burst: int = 3
    jitter: float = 0.5
    rest: timedelta = timedelta(minutes=30)


USUAL_PACE = Pace()
UNPACED = Pace(account_gap=_NONE, room_gap=_NONE)
"""No limit at all, for tests and measurements."""


class Pacer:
    """Gives every message its turn, once: who asks again under the same key keeps the turn that was given."""

    def __init__(self, pace: Pace, dice: Random) -> None:
        self._pace = pace
        self._dice = dice
        self._full_at: dict[str, datetime] = {}
        self._turns: dict[str, datetime] = {}
        self._resting_until: datetime | None = None

    def wait(self, key: str, place: str, now: datetime, *, urgent: bool = False) -> timedelta:
        """Return how long a message for a place has yet to wait; zero means now, and then it counts as sent.

        An urgent one does not queue, but takes its share of what comes after it.
        """
        if self._resting_until is not None and now < self._resting_until:
            self._turns.pop(key, None)
            return self._resting_until - now
        if self._pace.account_gap == self._pace.room_gap == _NONE:
            return _NONE
        turn = self._turns.get(key)
        if turn is None:
            turn = self._book(place, now, urgent)
        if turn > now:
            self._turns[key] = turn
            self._forget_old(now)
            return turn - now
        self._turns.pop(key, None)
        return _NONE

    def rest(self, now: datetime) -> datetime:
        """Stop sending for a while, and return until when."""
        self._resting_until = now + self._pace.rest
        self._turns.clear()
        self._full_at.clear()
        return self._resting_until

    def _book(self, place: str, now: datetime, urgent: bool) -> datetime:
        pace = self._pace
        buckets = (("account", pace.account_gap, pace.account_burst), (f"place/{place}", pace.room_gap, pace.room_burst))
        earliest = now
        if not urgent:
            for name, gap, burst in buckets:
                earliest = max(earliest, self._full_at.get(name, now) - gap * (burst - 1) * (1 + pace.jitter))
        for name, gap, _ in buckets:
            share = 1 + pace.jitter * self._dice.random()
            self._full_at[name] = max(self._full_at.get(name, now), earliest) + gap * share
        return earliest

    def _forget_old(self, now: datetime) -> None:
        if len(self._turns) > _KEPT:
            self._turns = {key: turn for key, turn in self._turns.items() if turn > now - timedelta(hours=1)}
        if len(self._full_at) > _KEPT:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}


class Backoff:
    """Waits between attempts to connect: doubling up to a longest, with jitter from the dice given."""

    def __init__(self, first: float, longest: float, dice: Random, jitter: float = 0.5) -> None:
        self._first, self._longest, self._dice, self._jitter = first, longest, dice, jitter
        self._failures = 0

    @property
    def fresh(self) -> bool:
        """Tell whether there was no failure since the last connection that held."""
        return self._failures == 0

    def next(self) -> float:
        """Return the seconds to wait after one more failure."""
        wait = min(self._first * 2 ** min(self._failures, 16), self._longest)
        self._failures += 1
        return float(wait * (1 + self._jitter * self._dice.random()))

    def reset(self) -> None:
        """Begin anew after a connection that held."""
        self._failures = 0


def shows_limit(words: str) -> bool:
    """Tell whether a gateway's refusal means that WeChat limits the account."""
    lowered = words.lower()
    return any(sign in lowered for sign in LIMIT_SIGNS)
