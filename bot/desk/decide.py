"""decide(): one event, one snapshot of the world, one Decision with its reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.desk import (
    asker_rules,
    binding_rules,
    contact_rules,
    emergencies,
    forward_rules,
    group_rules,
    limits,
    media_rules,
    operations,
    question_rules,
    ticks,
)
from bot.desk.scene import Knowledge, Scene
from bot.model import (
    Case,
    Decision,
    Event,
    FilesChanged,
    Noticed,
    Operated,
    Published,
    Recalled,
    Said,
    Say,
    SendGivenUp,
    Snapshot,
    Status,
    Ticked,
    Unheard,
)
from bot.routing.config import Routing
from bot.text import normalise

NOBODY_OWES = (Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN)
"""Where no contact needs to act any more."""

Rule = Callable[[Scene], Decision | None]

RULES: tuple[Rule, ...] = (
    forward_rules.reports_forwarded,
    media_rules.shows_something,
    binding_rules.uses_code,
    emergencies.alarm,
    group_rules.refuses_fishing,
    group_rules.worker_corrects,
    question_rules.picks_offer,
    contact_rules.contact_speaks,
    emergencies.goes_on,
    asker_rules.acts_as_a_contact,
    asker_rules.orders_close,
    asker_rules.asks_for_status,
    asker_rules.rates,
    asker_rules.says_unsolved,
    asker_rules.withdraws,
    asker_rules.says_solved,
    group_rules.peers_joined_in,
    question_rules.corrects_topic,
    question_rules.follows_up,
)
"""The rules for a message, in the order in which they are tried; the first that has something to decide wins."""


def decide(event: Event, snapshot: Snapshot, knowledge: Knowledge, routing: Routing, now: datetime) -> Decision:
    """Decide what is to be done about one event.

    Pure: the same arguments give the same Decision. ``now`` is aware, in the routing file's time zone.
    """
    decision = _decide(event, snapshot, knowledge, routing.knowing(snapshot.enterprises), now)
    decision = _quietly(decision, event, snapshot, routing, now)
    obsolete = tuple(case.number for case in decision.cases if case.status in NOBODY_OWES or _changed_hands(case, snapshot))
    return replace(decision, obsolete=obsolete) if obsolete else decision


def _quietly(decision: Decision, event: Event, snapshot: Snapshot, routing: Routing, now: datetime) -> Decision:
    """Hold back in the quiet hours what nobody there asked for and is not urgent, whichever rule says it.

    That is whatever goes to a contact, and what goes elsewhere than where an asker speaks; a contact's answer goes out at once.
    """
    if not decision.says or (morning := routing.after_quiet(now)) == now:
        return decision
    asker = event if isinstance(event, Said | Recalled) and snapshot.contact is None else None

    def held(say: Say) -> Say:
        elsewhere = asker is not None and say.target.name != (asker.room or asker.sender.id)
        if say.urgent or not (say.target.kind == "contact" or elsewhere):
            return say
        return replace(say, not_before=max(say.not_before or morning, morning))

    return replace(decision, says=tuple(map(held, decision.says)))


def _changed_hands(case: Case, snapshot: Snapshot) -> bool:
    before = snapshot.case(case.number)
    return before is not None and before.assignee not in ("", case.assignee)


def _decide(event: Event, snapshot: Snapshot, knowledge: Knowledge, routing: Routing, now: datetime) -> Decision:
    match event:
        case Said():
            return _message(Scene(event, snapshot, knowledge, routing, now, normalise(event.text)))
        case Recalled():
            return ticks.recalled(event, snapshot, routing, now)
        case Ticked():
            return ticks.deadline_came(event, snapshot, knowledge, routing, now)
        case Operated():
            return operations.operated(event, snapshot, routing, now)
        case SendGivenUp():
            return ticks.send_given_up(event, snapshot, routing, now)
        case FilesChanged() | Unheard() | Noticed() | Published():
            return ticks.told_to_workers(event, routing, now)


def _message(scene: Scene) -> Decision:
    decision = next((decided for rule in RULES if (decided := rule(scene)) is not None), None)
    decision = limits.within_limits(scene, question_rules.asks(scene) if decision is None else decision)
    return binding_rules.on_guard(scene, decision)
