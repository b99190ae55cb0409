"""Who has a case on each tier of its ladder, when they are told, and when what is due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.model import Ladder, Reason, Step, Tier, TierPlan
from bot.routing.config import Routing
from bot.routing.people import Found, find_person

LAST_MINUTES = timedelta(minutes=15)
"""A reminder this shortly before the deadline or close to another reminder is left out (urgent ladders keep all)."""

WHEN_UNSAID = timedelta(hours=4)
"""How often a last tier without ``repeat`` is reminded."""


def plan_tier(
    ladder: Ladder, tier_index: int, *, community: str, enterprise: str, department: str, at: datetime, routing: Routing
) -> TierPlan:
    """Return who has a case that enters a tier at an instant, and every step that is then due.

    ``department`` is a key of the routing file. The person is whoever is there when the message goes out.
    """
    tier = ladder.tiers[tier_index]
    dispatch_at, acknowledge_by, answer_by, reasons = deadlines(ladder, tier, at, routing)

    def find(to: str) -> Found:
        return find_person(to, community=community, enterprise=enterprise, department=department, at=dispatch_at, routing=routing)

    person = find(tier.to)
    alerted = [find(to).name for to in tier.also]
    alert = tuple(name for name in dict.fromkeys(alerted) if name and name != person.name)
    if alert:
        reasons = (*reasons, Reason("alert", f"同时通知{'、'.join(alert)}"))
    return TierPlan(
        tier=tier_index,
        tier_name=tier.name,
        assignee=person.name,
        dispatch_at=dispatch_at,
        acknowledge_by=acknowledge_by,
        answer_by=answer_by,
        steps=tuple(_steps(ladder, tier, dispatch_at, acknowledge_by, answer_by, routing)),
        alert=alert,
        reasons=(*person.reasons, *reasons),
    )


def deadlines(
    ladder: Ladder, tier: Tier, at: datetime, routing: Routing
) -> tuple[datetime, datetime, datetime, tuple[Reason, ...]]:
    """Return when somebody is told on a tier entered at an instant, by when they acknowledge and answer, and why then."""
    at = at.astimezone(routing.timezone)
    told_at = at if ladder.urgent else routing.after_quiet(at)
    dispatch_at = _open(tier.clock, told_at, routing)
    answer_by = _run(tier.clock, dispatch_at, tier.answer, routing)
    if tier.final and not ladder.urgent:
        answer_by = routing.after_quiet(answer_by)  # what is promised is what is acted on: nobody is reminded at night
    acknowledge_by = _run(tier.clock, dispatch_at, tier.acknowledge, routing)
    reasons: tuple[Reason, ...] = ()
    if dispatch_at > at:
        reasons = (Reason("hold", f"现在不在「{tier.clock}」时间内或是静默时段，{dispatch_at:%m-%d %H:%M} 再通知"),)
    latest = at + tier.max_wait if tier.max_wait else answer_by
    if latest >= answer_by:
        return dispatch_at, acknowledge_by, answer_by, reasons
    reasons = (
        *reasons,
        Reason("max_wait", f"按「{tier.clock}」要到 {answer_by:%m-%d %H:%M}，超过最长等待，{latest:%m-%d %H:%M} 就上报"),
    )
    if acknowledge_by <= latest:
        return dispatch_at, acknowledge_by, latest, reasons
    # A long holiday: waiting for office hours would pass this person by, so they are told an answer's time before it goes up.
    last_chance = latest - tier.answer if ladder.urgent else routing.waking_before(latest, tier.answer)
    early = min(max(told_at, last_chance), dispatch_at, latest)
    reasons = (Reason("early", f"等到上班就超过最长等待了，{early:%m-%d %H:%M} 先通知"), reasons[-1])
    return early, min(early + tier.acknowledge, latest), latest, reasons


def _open(clock: str, at: datetime, routing: Routing) -> datetime:
    try:
        return routing.calendar(clock).next_open(at)
    except ValueError:  # refused when the file is read; a case is not lost over it
        return at


def _run(clock: str, start: datetime, duration: timedelta, routing: Routing) -> datetime:
    try:
        return routing.calendar(clock).add(start, duration)
    except ValueError:  # as above
        return start + duration


def _steps(
    ladder: Ladder, tier: Tier, dispatch_at: datetime, acknowledge_by: datetime, answer_by: datetime, routing: Routing
) -> Iterator[Step]:
    margin = timedelta(0) if ladder.urgent else LAST_MINUTES
    taken: list[datetime] = []
    for name, kind, at in _reminders(tier, dispatch_at, acknowledge_by, answer_by, routing):
        held = at if ladder.urgent else routing.after_quiet(at)
        near = any(abs(held - other) < max(margin, timedelta(seconds=1)) for other in taken)
        if near or held >= answer_by - margin:
            continue
        taken.append(held)
        yield Step(f"{tier.name}/{name}", kind, held)
    if tier.final:
        yield Step(f"{tier.name}/repeat-1", "repeat", _repeat_at(ladder, tier, max([dispatch_at, *taken]), answer_by, routing))
    else:
        yield Step(f"{tier.name}/escalate", "escalate", answer_by)


def _reminders(
    tier: Tier, dispatch_at: datetime, acknowledge_by: datetime, answer_by: datetime, routing: Routing
) -> list[tuple[str, str, datetime]]:
    """Return the reminders by time; where ``max_wait`` cut the answer time short, its fractions are those of the time left."""
    cut = answer_by < _run(tier.clock, dispatch_at, tier.answer, routing)
    found = [("acknowledge", "remind_acknowledge", acknowledge_by)]
    for number, part in enumerate(sorted(tier.remind), start=1):
        at = dispatch_at + (answer_by - dispatch_at) * part if cut else _run(tier.clock, dispatch_at, tier.answer * part, routing)
        found.append((f"remind-{number}", "remind", at))
    return sorted(found, key=lambda reminder: reminder[2])


def _repeat_at(ladder: Ladder, tier: Tier, after: datetime, answer_by: datetime, routing: Routing) -> datetime:
    """Return when a last tier is reminded again; one of the reminders comes at the very time that the asker was promised."""
    at = _run(tier.clock, after, tier.repeat or WHEN_UNSAID, routing)
    at = at if ladder.urgent else routing.after_quiet(at)
    margin = timedelta(0) if ladder.urgent else LAST_MINUTES
    return answer_by if after < answer_by < at + margin else at


def next_repeat(plan: TierPlan, ladder: Ladder, at: datetime, routing: Routing, *, after: Step) -> Step:
    """Return the reminder that follows ``after`` on a last tier; always later than ``at``."""
    tier = ladder.tiers[plan.tier]
    counted = re.search(r"/repeat-(\d+)", after.name)
    number = int(counted[1]) + 1 if counted else 1
    return Step(f"{tier.name}/repeat-{number}", "repeat", _repeat_at(ladder, tier, max(at, after.at), plan.answer_by, routing))


def walk(
    ladder: Ladder, *, community: str, enterprise: str, department: str, at: datetime, routing: Routing
) -> tuple[TierPlan, ...]:
    """Return the plans of the whole way up, as if nobody answered on any tier."""
    plans: list[TierPlan] = []
    for index in range(len(ladder.tiers)):
        entered = plans[-1].answer_by if plans else at
        plans.append(
            plan_tier(
                ladder, index, community=community, enterprise=enterprise, department=department, at=entered, routing=routing
            )
        )
    return tuple(plans)
