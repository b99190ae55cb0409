"""Who it is that a rung of a ladder means at an instant: grids, departments, rotas, and who stands in for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model import Reason
from bot.routing.config import Routing


@dataclass(frozen=True, slots=True)
class Found:
    """A contact's name, with why it is this one."""

    name: str
    reasons: tuple[Reason, ...] = ()


def find_person(to: str, *, community: str, enterprise: str, department: str, at: datetime, routing: Routing) -> Found:
    """Return whom ``to`` (see ``model.Tier``) means at an instant.

    Never fails: a name that has left the file since the case was opened falls back to the default department's contact.
    """
    kind, _, name = to.partition(":")
    if kind in ("grid", "community"):
        worker = routing.grid_worker(community, enterprise if kind == "grid" else "")
        found = _stand_in(worker, at, routing, Reason("grid", f"{enterprise or '提问人'}由{worker}联系"))
        return found or _of_department(routing.default.department, community, at, routing)
    if kind == "department":
        return _of_department(name or department, community, at, routing)
    place = routing.community(community)
    called = place.team if kind == "team" and place else name
    if kind in ("duty", "team") and called in routing.duty:
        return _on_duty(called, at, routing)
    if kind in ("contact", "team") and called in routing.contacts:
        return _stand_in(called, at, routing) or Found(called, (Reason("away", f"{called}不在岗，没有人代"),))
    found = _of_department(routing.default.department, community, at, routing)
    return Found(found.name, (Reason("gone", f"「{to}」已不在路由文件里，交{found.name}"), *found.reasons))


def _of_department(key: str, community: str, at: datetime, routing: Routing) -> Found:
    """Return who answers for a department in a community: its contact there, the department's own, or the backup."""
    department = routing.department(key)
    place = routing.communities.get(community)
    local = place.departments.get(department.key) if place else None
    first, *others = dict.fromkeys(name for name in (local, department.contact, department.backup) if name)
    found = _stand_in(first, at, routing, Reason("department_contact", f"{department.name}由{first}答复"))
    if found:
        return found
    for other in others:
        if backup := _stand_in(other, at, routing):
            return Found(backup.name, (Reason("backup", f"{first}请假，由{backup.name}代"), *backup.reasons))
    return Found(first, (Reason("away", f"{first}请假，没有人代，仍交本人"),))


def _on_duty(name: str, at: datetime, routing: Routing) -> Found:
    turns = routing.duty[name].on_duty(at)
    day = f"{at:%m-%d %H:%M}"
    for turn, person in enumerate(turns):
        if routing.contacts[person].absence(at) is None:
            why = f"{day} {name}轮到{person}" if turn == 0 else f"{day} {name}轮到{turns[0]}，不在岗，由下一班{person}代"
            return Found(person, (Reason("duty", why),))
    return _stand_in(turns[0], at, routing) or Found(turns[0], (Reason("away", f"{name}的人都不在岗，仍交{turns[0]}"),))


def _stand_in(name: str, at: datetime, routing: Routing, why: Reason | None = None) -> Found | None:
    """Return the contact, or whoever covers their absence; None if nobody does."""
    reasons = [why] if why else []
    seen = {name}
    while name in routing.contacts:
        absence = routing.contacts[name].absence(at)
        if absence is None:
            return Found(name, tuple(reasons))
        if absence.cover in seen:
            return None
        reasons.append(Reason("cover", f"{name}请假，由{absence.cover}代"))
        name = absence.cover
        seen.add(name)
    return None
