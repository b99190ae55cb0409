"""What a picture of a ladder shows: its tiers, the people on each, and the times, as if nobody answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.model import Ladder, Step, Tier, TierPlan
from bot.routing.config import Routing
from bot.routing.ladder import WHEN_UNSAID, walk
from bot.routing.people import find_person
from bot.routing.wording import length_in_words

STEPS = {"remind_acknowledge": "催签收", "remind": "催办", "escalate": "上报", "repeat": "再催"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happens at a time."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One tier: who is asked, who else is told, what is demanded, and what happens when."""

    number: int
    name: str
    people: str
    alert: str
    limits: str
    marks: tuple[Mark, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A ladder as climbed by a question asked at a time; the tiers in the order in which it climbs them."""

    ladder: str
    urgent: bool
    asked: datetime
    rungs: tuple[Rung, ...]


def picture_of(
    ladder: Ladder, routing: Routing, at: datetime, *, community: str = "", enterprise: str = "", department: str = ""
) -> Picture:
    """Return the picture of a ladder; without an enterprise or a department the people are those that it may come to."""
    place = routing.community(community)
    asked_in = place.name if place else ""
    plans = walk(
        ladder,
        community=asked_in,
        enterprise=enterprise,
        department=department or routing.default.department,
        at=at,
        routing=routing,
    )

    def people(to: str, plan: TierPlan) -> str:
        if to == "department" and not department:
            return "归口部门的联络员"
        if to == "grid" and not enterprise and place is not None:
            workers = dict.fromkeys(grid.worker for grid in place.grids.values())
            return "、".join([*workers, f"没划网格的找{place.duty}"] if workers else [place.duty])
        found = find_person(
            to,
            community=asked_in,
            enterprise=enterprise,
            department=department or routing.default.department,
            at=plan.dispatch_at,
            routing=routing,
        )
        stands_in = [reason.detail for reason in found.reasons if reason.code in ("cover", "backup", "away")]
        return f"{found.name}（{'；'.join(stands_in)}）" if stands_in else found.name

    rungs = (
        Rung(
            number,
            tier.name,
            people(tier.to, plan),
            "、".join(dict.fromkeys(people(to, plan) for to in tier.also)),
            "，".join(_limits(tier, working=not routing.calendar(tier.clock).always)),
            tuple(_marks(plan)),
            _after(tier),
        )
        for number, (tier, plan) in enumerate(zip(ladder.tiers, plans, strict=True), start=1)
    )
    return Picture(ladder.name, ladder.urgent, at, tuple(rungs))


def _limits(tier: Tier, *, working: bool) -> Iterator[str]:
    yield f"{length_in_words(tier.acknowledge, days=not working)}内签收"
    yield f"{length_in_words(tier.answer, days=not working)}内答复"
    yield f"按“{tier.clock}”算"
    if tier.max_wait:
        yield f"最久 {length_in_words(tier.max_wait)}"


def _marks(plan: TierPlan) -> Iterator[Mark]:
    yield Mark(plan.dispatch_at, "通知")
    for step in plan.steps:
        yield Mark(step.at, _step(step, plan))
    if plan.steps[-1].kind == "repeat" and plan.steps[-1].at != plan.answer_by:
        yield Mark(plan.answer_by, "答复时限")


def _step(step: Step, plan: TierPlan) -> str:
    if step.kind == "repeat" and step.at == plan.answer_by:
        return "答复时限，再催"
    return STEPS.get(step.kind, step.kind)


def _after(tier: Tier) -> str:
    return f"以后每 {length_in_words(tier.repeat or WHEN_UNSAID)}催一次，直到有人答复" if tier.final else ""
