"""A look ahead: from when until when a rung of a ladder would reach nobody, and how long a question may have to wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.model import Ladder, Tier
from bot.routing.config import Routing
from bot.routing.ladder import deadlines
from bot.routing.people import find_person

DAYS = 400
"""How far ahead is looked by default: a year with its holidays, and the beginning of the next."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time during which a rung reaches nobody; ``person`` is who would be asked, though away."""

    ladder: str
    tier: str
    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """The longest wall-clock waits on a ladder if nobody answers: until somebody is told, and until the last tier is.

    ``told_from`` and ``top_from`` are the hours of asking at which they begin.
    """

    ladder: str
    told: timedelta
    told_from: datetime
    top: timedelta
    top_from: datetime


def find_gaps(routing: Routing, start: datetime, days: int = DAYS) -> tuple[Gap, ...]:
    """Return when which rung would reach nobody, by time; who is there changes only where an absence begins or ends.

    A rota of which everybody is away is looked at hour by hour, for whoever has the turn may have a cover.
    """
    end = start + timedelta(days=days)
    bounds = {start, end}
    for contact in routing.contacts.values():
        for away in contact.away:
            bounds |= {bound for bound in (away.start, away.end) if start < bound < end}
    if not any(contact.absence(bound) for bound in bounds for contact in routing.contacts.values()):
        return ()
    gaps: dict[tuple[str, ...], list[Gap]] = {}
    for begin, until in pairwise(sorted(bounds)):
        for rung in _rungs(routing):
            ladder, tier, to, community, department = rung
            for at, last in _looks(to, community, begin, until, routing):
                person = _missing(to, community, department, at, routing)
                if person:
                    _add(gaps.setdefault(rung, []), Gap(ladder, tier, person, at, last))
    return tuple(sorted((gap for found in gaps.values() for gap in found), key=lambda gap: (gap.start, gap.ladder, gap.tier)))


def _looks(to: str, community: str, begin: datetime, until: datetime, routing: Routing) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans to be looked at between two changes: hours for a rota that is away as a whole, else all at once."""
    kind, _, name = to.partition(":")
    rota = routing.duty.get(routing.communities[community].team if kind == "team" else name if kind == "duty" else "")
    if rota is None:
        yield begin, until
    elif all(routing.contacts[person].absence(begin) for person in rota.order):
        at = begin
        while at < until:
            yield at, min(at + HOUR, until)
            at += HOUR


def _rungs(routing: Routing) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield ladder, tier, ``to``, community and department of everybody whom a question may be brought to."""
    for ladder in routing.ladders.values():
        for tier in ladder.tiers:
            yield from ((ladder.name, tier.name, *target) for target in _targets(tier, routing))


def _targets(tier: Tier, routing: Routing) -> Iterator[tuple[str, str, str]]:
    kind, _, _ = tier.to.partition(":")
    for name, community in routing.communities.items() if kind in ("grid", "community", "team", "department") else [("", None)]:
        if kind == "grid" and community is not None:
            people = {community.duty, *(grid.worker for grid in community.grids.values())}
            yield from ((f"contact:{person}", name, routing.default.department) for person in sorted(people))
        elif tier.to == "department":
            yield from (("department", name, key) for key in routing.departments)
        elif kind == "community" and community is not None:
            yield f"contact:{community.duty}", name, routing.default.department
        else:
            yield tier.to, name, routing.default.department


def _missing(to: str, community: str, department: str, at: datetime, routing: Routing) -> str:
    """Return who would be asked although away, or ``""`` if somebody is there."""
    found = find_person(to, community=community, enterprise="", department=department, at=at, routing=routing).name
    contact = routing.contacts.get(found)
    return found if contact is not None and contact.absence(at) is not None else ""


def _add(gaps: list[Gap], gap: Gap) -> None:
    """Join a gap to the one that it follows on or lies in."""
    if gaps and gap.start <= gaps[-1].end:
        last = gaps[-1]
        gaps[-1] = Gap(last.ladder, last.tier, last.person, last.start, max(last.end, gap.end))
    else:
        gaps.append(gap)


def find_waits(routing: Routing, start: datetime, days: int = DAYS) -> tuple[Wait, ...]:
    """Return the longest waits of each ladder over all hours of asking."""
    return tuple(_longest(ladder, routing, start, days * 24) for ladder in routing.ladders.values())


def _longest(ladder: Ladder, routing: Routing, start: datetime, hours: int) -> Wait:
    """Halve the hours again and again, leaving out every span in which no wait can be longer than those found already.

    Who asks later is never told earlier, so within a span nobody waits longer than from its second hour to the times of its end.
    """
    if ladder.urgent and all(routing.calendar(tier.clock).always for tier in ladder.tiers):
        hours = 0  # every hour is like the first
    told, top = (timedelta(-1), start), (timedelta(-1), start)
    waiting = [(0, hours, _way_up(ladder, start, routing), _way_up(ladder, start + hours * HOUR, routing))]
    while waiting:
        first, last, at_first, at_last = waiting.pop()
        asked = start + first * HOUR
        told = max(told, (at_first[0] - asked, asked), key=lambda wait: wait[0])
        top = max(top, (at_first[1] - asked, asked), key=lambda wait: wait[0])
        hopeless = at_last[0] - asked - HOUR <= told[0] and at_last[1] - asked - HOUR <= top[0]
        if last - first > 1 and at_first != at_last and not hopeless:
            middle = (first + last) // 2
            between = _way_up(ladder, start + middle * HOUR, routing)
            waiting += [(first, middle, at_first, between), (middle, last, between, at_last)]
    return Wait(ladder.name, *told, *top)


def _way_up(ladder: Ladder, at: datetime, routing: Routing) -> tuple[datetime, datetime]:
    """Return when the first and when the last tier is told, if nobody answers before."""
    first = told = entered = at
    for number, tier in enumerate(ladder.tiers):
        told, _, answer_by, _ = deadlines(ladder, tier, entered, routing)
        first = told if number == 0 else first
        entered = answer_by
    return first, told
