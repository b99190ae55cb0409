"""Working-time calendars: when somebody is at work, and when a stretch of working time is over."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from bot.routing.holidays_cn import is_holiday, is_make_up_workday

HORIZON = timedelta(days=800)
"""How far ahead a calendar is searched; one that does not run within it never runs."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """A stretch of one day in minutes from its midnight; ``end`` over 1440 runs into the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= 1440 else self.end - 1440
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekly shifts (Monday is 0), less public holidays, plus make-up workdays; ``days`` overrides single days.

    A make-up workday has Monday's shifts, if the calendar runs from Monday to Friday at all. A shift belongs to the day it
    starts on. All datetimes are aware; those returned are in ``zone``.
    """

    name: str
    zone: ZoneInfo
    weekly: Mapping[int, tuple[Shift, ...]] = field(default_factory=dict)
    days: Mapping[date, tuple[Shift, ...]] = field(default_factory=dict)
    holidays: str = ""
    always: bool = False
    _months: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts that start on a day, sorted."""
        if self.always:
            return (Shift(0, 1440),)
        if day in self.days:
            return tuple(sorted(self.days[day]))
        weekly = tuple(sorted(self.weekly.get(day.weekday(), ())))
        if self.holidays == "cn":
            if is_holiday(day):
                return ()
            if is_make_up_workday(day) and all(self.weekly.get(weekday) for weekday in range(5)):
                return tuple(sorted(self.weekly[0]))
        return weekly

    def is_open(self, at: datetime) -> bool:
        """Tell whether the calendar runs at an instant; the end of a shift is outside it."""
        first = next(self._stretches(at), None)
        return first is not None and first[0] == at

    def next_open(self, at: datetime) -> datetime:
        """Return the first instant from ``at`` on at which the calendar runs; raises ValueError if that never comes."""
        if self.always:
            return at.astimezone(self.zone)
        first = next(self._stretches(at), None)
        if first is None:
            raise ValueError(f"日历「{self.name}」在 {HORIZON.days} 天内没有开放时间")
        return first[0].astimezone(self.zone)

    def add(self, start: datetime, working: timedelta) -> datetime:
        """Return the instant at which ``working`` time has run since ``start``; raises ValueError if that never comes.

        No time at all ends at once, even outside the shifts.
        """
        if self.always or working <= timedelta(0):
            return (start.astimezone(UTC) + max(working, timedelta(0))).astimezone(self.zone)
        left = working
        for begin, end in self._stretches(start):
            if left <= end - begin:
                return (begin + left).astimezone(self.zone)
            left -= end - begin
        raise ValueError(f"日历「{self.name}」在 {HORIZON.days} 天内走不完 {working}")

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open stretches from ``start`` on in UTC, in order and without overlap."""
        reached = start.astimezone(UTC)
        first = start.astimezone(self.zone).date() - timedelta(days=1)  # whose last shift may run into this day
        limit = reached + HORIZON
        for month in range(first.year * 12 + first.month - 1, limit.year * 12 + limit.month + 1):
            stretches = self._of_month(month)
            for begin, end in stretches[bisect_right(stretches, reached, key=itemgetter(1)) :]:
                begin = max(begin, reached)
                if begin > limit:
                    return
                if begin < end:
                    yield begin, end
                    reached = end

    def _of_month(self, month: int) -> list[tuple[datetime, datetime]]:
        """Return the stretches of the shifts that start in a month (counted from year 0) in UTC, worked out once."""
        known = self._months.get(month)
        if known is not None:
            return known
        found: list[tuple[datetime, datetime]] = []
        for number in range(monthrange(month // 12, month % 12 + 1)[1]):
            day = date(month // 12, month % 12 + 1, number + 1)
            for shift in self.shifts_on(day):
                begin, end = self._instant(day, shift.start), self._instant(day, shift.end)
                begin = max(begin, found[-1][1]) if found else begin
                if begin < end:
                    found.append((begin, end))
        self._months[month] = found
        return found

    def _instant(self, day: date, minutes: int) -> datetime:
        wall = datetime.combine(day, time(0)) + minutes * MINUTE
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def always(zone: ZoneInfo) -> Calendar:
    """Return the calendar that runs around the clock."""
    return Calendar("全天", zone, always=True)
