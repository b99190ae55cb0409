"""What is changed in routing.yaml while cases are under way, as a line of a transcript: leave, new people, deleted parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Ladder
from bot.routing.config import Away, Contact, Routing


def changed(routing: Routing, source: str, now: datetime) -> Routing:
    """Return the routing after a line such as “请假 税务局联络员 3天 税务局备班”; raises ``ValueError`` for any other."""
    verb, *words = source.split()
    match verb, words:
        case "请假", [name, days, *cover]:
            away = Away(now, now + timedelta(days=int(days.removesuffix("天"))), *cover)
            return _with_contact(routing, replace(routing.contacts[name], away=(away,)))
        case "换人", [old, new]:
            known = routing.contacts[old]
            departments = {
                key: replace(each, contact=new if each.contact == old else each.contact)
                for key, each in routing.departments.items()
            }
            left = {name: each for name, each in routing.contacts.items() if name != old}
            return replace(routing, contacts={**left, new: replace(known, name=new)}, departments=departments)
        case "删部门", [key]:
            departments = {name: each for name, each in routing.departments.items() if name != key}
            gone = routing.departments[key].contact
            left = {name: each for name, each in routing.contacts.items() if name != gone}
            contacts = {name: _without_department(each, key) for name, each in left.items()}
            return replace(routing, departments=departments, contacts=contacts)
        case "删梯级", [ladder, tier]:
            tiers = tuple(each for each in routing.ladders[ladder].tiers if each.name != tier)
            known_ladder: Ladder = replace(routing.ladders[ladder], tiers=tiers)
            return replace(routing, ladders={**routing.ladders, ladder: known_ladder})
        case "删轮值", [name]:
            return replace(routing, duty={each: rota for each, rota in routing.duty.items() if each != name})
    raise ValueError(f"看不懂的一行：{source}")


def _with_contact(routing: Routing, contact: Contact) -> Routing:
    return replace(routing, contacts={**routing.contacts, contact.name: contact})


def _without_department(contact: Contact, key: str) -> Contact:
    return replace(contact, department="") if contact.department == key else contact


VERBS = ("请假", "换人", "删部门", "删梯级", "删轮值")
