"""Properties of working-time calendars, against a minute-by-minute walk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.routing.calendar import Calendar, Shift

ZONE = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
FIRST = datetime(2026, 1, 28, tzinfo=ZONE)  # Spring Festival with its make-up days lies ahead

shifts = st.builds(lambda start, length: Shift(start, start + length), st.integers(0, 1439), st.integers(60, 900))
weeks = st.dictionaries(st.integers(0, 6), st.lists(shifts, min_size=1, max_size=3).map(tuple), min_size=1)
days = st.dictionaries(
    st.integers(0, 40).map(lambda offset: (FIRST + timedelta(days=offset)).date()),
    st.lists(shifts, max_size=2).map(tuple),
    max_size=4,
)
calendars = st.builds(
    lambda weekly, local, cn: Calendar("试", ZONE, weekly=weekly, days=local, holidays="cn" if cn else ""),
    weeks,
    days,
    st.booleans(),
)
moments = st.integers(0, 40 * 1440).map(lambda minutes: FIRST + minutes * MINUTE)
lengths = st.integers(0, 600).map(lambda minutes: minutes * MINUTE)


def open_by_table(calendar: Calendar, at: datetime) -> bool:
    """Tell whether a minute lies in a shift, by looking at the day and the day before."""
    local = at.astimezone(ZONE)
    of_day = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    return any(shift.start <= of_day < shift.end for shift in calendar.shifts_on(today)) or any(
        shift.start <= of_day + 1440 < shift.end for shift in calendar.shifts_on(yesterday)
    )


def walk(calendar: Calendar, start: datetime, working: timedelta) -> datetime:
    at = start.astimezone(UTC)
    left = working
    while left > timedelta(0):
        if open_by_table(calendar, at):
            left -= MINUTE
        at += MINUTE
    return at


@settings(max_examples=25, deadline=None)
@given(calendars, moments, lengths)
def test_add_is_what_a_walk_by_minutes_finds(calendar: Calendar, start: datetime, working: timedelta) -> None:
    assert calendar.add(start, working) == walk(calendar, start, working)


@settings(max_examples=100, deadline=None)
@given(calendars, moments)
def test_next_open_is_the_first_open_minute(calendar: Calendar, at: datetime) -> None:
    opens = calendar.next_open(at)
    assert opens >= at
    assert open_by_table(calendar, opens) and calendar.is_open(opens)
    assert calendar.is_open(at) == open_by_table(calendar, at)
    assert opens == at or not open_by_table(calendar, opens - MINUTE)


@settings(max_examples=100, deadline=None)
@given(calendars, moments, moments, lengths, lengths)
def test_due_is_never_early_and_grows_with_start_and_length(
    calendar: Calendar, start: datetime, other: datetime, working: timedelta, more: timedelta
) -> None:
    due = calendar.add(start, working)
    assert due - start >= working
    assert calendar.add(start, working + more) >= due
    early, late = min(start, other), max(start, other)
    assert calendar.add(early, working) <= calendar.add(late, working)


@settings(max_examples=100, deadline=None)
@given(calendars, moments, lengths, lengths)
def test_adding_in_two_parts_is_adding_at_once(calendar: Calendar, start: datetime, first: timedelta, second: timedelta) -> None:
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)
