"""A district made of the real routing.yaml: its departments and ladders, for any number of communities and enterprises.

Communities, enterprises and people beyond those of the file have numbers for names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import Enterprise, Person
from bot.routing.config import Away, Community, Contact, Grid, Room, Rota, Routing
from bot.simulation.assumptions import ENTERPRISES_A_GRID, TEAM
from bot.simulation.channel import PERSON_PREFIX

GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "安全生产互助协会": ("安全员", ("samr", "emergency", "fire", "ecology", "health", "power", "transport", "community")),
    "财务": ("财务", ("tax", "finance", "bank", "commerce", "customs", "development")),
    "人事": ("人事", ("hrss", "medicare", "fund", "education", "union", "organization", "police")),
    "法务": ("法务", ("justice", "land", "housing", "police", "commerce")),
    "模具工程师联盟": ("工程师", ("samr", "economy", "science", "power", "emergency", "ecology")),
}
"""The groups of mutual aid in a community: whose they are, and the departments that they have questions for."""

ALLIANCE = "锋领企服联盟"
ALLIANCE_SPEAKER = "负责人"


@dataclass(frozen=True, slots=True)
class Group:
    """A simulated group: ``job`` is what its members do; ``departments`` those whose business they ask about."""

    room: str
    community: str
    job: str
    departments: tuple[str, ...]
    alliance: bool = False


@dataclass(frozen=True, slots=True)
class District:
    """Everything that exists before anybody speaks; ``enterprises`` by community."""

    routing: Routing
    groups: tuple[Group, ...]
    enterprises: Mapping[str, tuple[Enterprise, ...]]


def person(name: str) -> Person:
    """Return the person of a name on the simulated channel."""
    return Person(f"{PERSON_PREFIX}{name}", name)


def build_district(routing: Routing, communities: int, enterprises: int, start: datetime) -> District:
    """Return a district with that many communities of about equal size; the first is the file's own.

    One of the departments' contacts that have a backup is away on the third day.
    """
    names = [*routing.communities][:communities]
    names += [f"模拟社区{number:02}" for number in range(len(names) + 1, communities + 1)]
    places: dict[str, Community] = {}
    rooms, contacts, rotas = dict(routing.rooms), dict(routing.contacts), dict(routing.duty)
    groups: list[Group] = []
    listed: dict[str, tuple[Enterprise, ...]] = {}
    for number, name in enumerate(names):
        size = enterprises // communities + (number < enterprises % communities)
        here = _groups(name, f"{name}·" if number else "")
        place = _community(routing.communities.get(name), name, routing.default.department, here, size)
        team = _team(place, start) if place.team not in routing.duty and place.team not in contacts else None
        rotas |= {place.team: team} if team else {}
        workers = (place.duty, *(grid.worker for grid in place.grids.values()), *(team.order if team else ()))
        contacts |= {who: Contact(who, ("wechat",), role="worker") for who in workers if who not in contacts}
        rooms |= {group.room: _room(group) for group in here if group.room not in rooms}
        places[name], listed[name] = place, _enterprises(place, number + 1, size)
        groups += here
    _send_on_leave(routing, contacts, start)
    whole = replace(routing, communities=places, rooms=rooms, contacts=contacts, duty=rotas, tests=())
    return District(whole, tuple(groups), listed)


def _team(place: Community, start: datetime) -> Rota:
    return Rota(place.team, timedelta(days=1), start, tuple(f"{place.team}{member}" for member in range(1, TEAM + 1)))


def _room(group: Group) -> Room:
    return Room(group.room, "alliance" if group.alliance else "mutual-aid", group.community)


def _groups(community: str, prefix: str) -> list[Group]:
    groups = [Group(f"{prefix}{name}", community, job, departments) for name, (job, departments) in GROUPS.items()]
    everything = tuple(dict.fromkeys(key for group in groups for key in group.departments))
    return [*groups, Group(f"{prefix}{ALLIANCE}", community, ALLIANCE_SPEAKER, everything, alliance=True)]


def _community(known: Community | None, name: str, default: str, groups: Sequence[Group], size: int) -> Community:
    grids = dict(known.grids) if known else {}
    for number in range(len(grids) + 1, max(1, -(-size // ENTERPRISES_A_GRID)) + 1):
        grids[f"第{number}格"] = Grid(f"第{number}格", f"{name}网格员{number:02}")
    rooms = tuple(dict.fromkeys([*(known.rooms if known else ()), *(group.room for group in groups)]))
    if known:
        return replace(known, rooms=rooms, grids=grids)
    duty = f"{name}值班"
    return Community(name, rooms, grids, duty, f"{name}服务队", {default: duty})


def _enterprises(place: Community, number: int, size: int) -> tuple[Enterprise, ...]:
    grids = [*place.grids]
    in_file = [(name, grid.name) for grid in place.grids.values() for name in grid.enterprises]
    numbered = ((f"企业{number:02}-{serial:04}", grids[serial % len(grids)]) for serial in range(1, size + 1))
    return tuple(Enterprise(name, place.name, grid) for name, grid in [*in_file, *numbered][:size])


def _send_on_leave(routing: Routing, contacts: dict[str, Contact], start: datetime) -> None:
    covered = next((each for each in routing.departments.values() if each.backup), None)
    if covered is not None:
        day = start + timedelta(days=2)
        away = (*contacts[covered.contact].away, Away(day, day + timedelta(days=1), covered.backup))
        contacts[covered.contact] = replace(contacts[covered.contact], away=away)
