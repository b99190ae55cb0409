"""Properties of a tier's deadlines, against a minute-by-minute walk, and of the time that an asker is promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.library.routing_file import load_routing
from bot.model import Ladder, Tier, TierPlan
from bot.routing.calendar import Calendar, always
from bot.routing.config import Routing
from bot.routing.ladder import next_repeat, plan_tier, walk
from bot.routing.policies import QuietHours
from tests.property.test_calendar_properties import calendars, moments, open_by_table

MINUTE = timedelta(minutes=1)
RULES = load_routing(Path(__file__).parent.parent / "fixtures" / "routing.yaml")

waits = st.integers(1, 300).map(lambda minutes: minutes * MINUTE)
nights = st.sampled_from([QuietHours(), QuietHours(time(23, 30), time(5)), QuietHours(time(1), time(4, 20))])


@st.composite
def ladders(draw: st.DrawFn, *, cut: bool = True) -> tuple[Ladder, Routing]:
    """Draw a ladder of one tier on a calendar of its own and a last one around the clock; ``cut`` allows ``max_wait``."""
    calendar = draw(calendars)
    acknowledge, answer = sorted((draw(waits), draw(waits)))
    longest = draw(st.none() | st.integers(0, 6 * 1440).map(lambda minutes: answer + minutes * MINUTE)) if cut else None
    remind = draw(st.sampled_from([(), (0.5,), (0.25, 0.9)]))
    first = Tier("一", "department", acknowledge, answer, calendar.name, longest, remind)
    last = Tier("末", "contact:召集人", acknowledge, answer + draw(waits), "全天", repeat=draw(waits) + 15 * MINUTE, final=True)
    routing = replace(RULES, calendars={calendar.name: calendar, "全天": always(calendar.zone)}, quiet_hours=draw(nights))
    return Ladder("梯", (first, last), urgent=draw(st.booleans())), routing


def plan(ladder: Ladder, tier: int, at: datetime, routing: Routing) -> TierPlan:
    return plan_tier(ladder, tier, community="灵峰", enterprise="", department="tax", at=at, routing=routing)


def first_minute(at: datetime, holds: Callable[[datetime], bool]) -> datetime:
    while not holds(at):
        at += MINUTE
    return at


def after(calendar: Calendar, at: datetime, working: timedelta) -> datetime:
    while working > timedelta(0):
        working -= MINUTE if open_by_table(calendar, at) else timedelta(0)
        at += MINUTE
    return at


@settings(max_examples=30, deadline=None)
@given(ladders(cut=False), moments)
def test_the_deadlines_are_what_a_walk_by_minutes_finds(drawn: tuple[Ladder, Routing], at: datetime) -> None:
    ladder, routing = drawn
    tier, calendar = ladder.tiers[0], routing.calendars[ladder.tiers[0].clock]
    told = first_minute(at, lambda minute: ladder.urgent or not routing.quiet(minute))
    dispatch = first_minute(told, lambda minute: open_by_table(calendar, minute))
    found = plan(ladder, 0, at, routing)
    assert found.dispatch_at == dispatch
    assert found.acknowledge_by == after(calendar, dispatch, tier.acknowledge)
    assert found.answer_by == after(calendar, dispatch, tier.answer)


@settings(max_examples=60, deadline=None)
@given(ladders(), moments, st.integers(0, 1))
def test_nothing_is_due_before_it_begins_and_everything_is_in_order(
    drawn: tuple[Ladder, Routing], at: datetime, tier: int
) -> None:
    ladder, routing = drawn
    found = plan(ladder, tier, at, routing)
    assert at <= found.dispatch_at <= found.acknowledge_by <= found.answer_by
    assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)
    assert all(step.at >= found.dispatch_at for step in found.steps)
    longest = ladder.tiers[tier].max_wait
    assert longest is None or found.answer_by <= at + longest


@settings(max_examples=60, deadline=None)
@given(ladders(), moments, moments)
def test_who_asks_later_is_not_told_an_earlier_time(drawn: tuple[Ladder, Routing], one: datetime, other: datetime) -> None:
    ladder, routing = drawn
    earlier, later = (
        walk(ladder, community="灵峰", enterprise="", department="tax", at=at, routing=routing) for at in sorted((one, other))
    )
    for before, behind in zip(earlier, later, strict=True):
        assert before.dispatch_at <= behind.dispatch_at and before.answer_by <= behind.answer_by


@settings(max_examples=60, deadline=None)
@given(ladders(), moments, st.integers(0, 1))
def test_the_promised_time_is_one_at_which_the_engine_acts(drawn: tuple[Ladder, Routing], at: datetime, tier: int) -> None:
    ladder, routing = drawn
    found = plan(ladder, tier, at, routing)
    steps = list(found.steps)
    while steps[-1].kind == "repeat" and steps[-1].at < found.answer_by:
        steps.append(next_repeat(found, ladder, steps[-1].at, routing, after=steps[-1]))
    assert steps[-1].at == found.answer_by
    assert ladder.urgent or steps[-1].kind == "escalate" or not any(routing.quiet(step.at) for step in steps)
