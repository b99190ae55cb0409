"""Whether the parts of routing.yaml fit together: every name defined, every question with a way, every rung with a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.library.places import Place
from bot.library.routing_check_ladders import all_to, check_ladder
from bot.library.routing_check_places import check_places
from bot.library.routing_sheet import Sheet
from bot.routing.config import Routing
from bot.routing.way import can_shadow

ROOM_KINDS = ("mutual-aid", "alliance", "direct")


def check_routing(routing: Routing, sheet: Sheet) -> None:
    """Note every fault between the parts of a file that was read."""
    _check_names(routing, sheet)
    _check_speakers(routing, sheet)
    check_places(routing, sheet)
    for name, calendar in routing.calendars.items():
        told = any(f"calendars/{name}" in problem.message for problem in sheet.problems)
        if not calendar.always and not any(calendar.weekly.values()) and not told:
            sheet.blame(
                sheet.at("calendars", name),
                f"日历“{name}”从来不开",
                '写上 weekly: {周一至周五: ["09:00-17:00"]} 或 always: true',
            )
    for ladder in routing.ladders.values():
        check_ladder(ladder, routing, sheet)
    _check_routes(routing, sheet)
    _check_ways(routing, sheet)
    _check_leaves(routing, sheet)
    _check_aliases(routing, sheet)


def _check_names(routing: Routing, sheet: Sheet) -> None:
    people, departments = routing.contacts, routing.departments
    for name, community in routing.communities.items():
        place = sheet.at("communities", name)
        sheet.know(place, f"社区“{name}”的 duty ", community.duty, people, "人")
        sheet.know(place, f"社区“{name}”的 team ", community.team, {**people, **routing.duty}, "轮值或人")
        for key, person in community.departments.items():
            sheet.know(place, f"社区“{name}”的 departments ", key, departments, "部门")
            sheet.know(place, f"社区“{name}”的 departments/{key} ", person, people, "人")
        for room in community.rooms:
            sheet.know(place, f"社区“{name}”的 rooms ", room, routing.rooms, "群")
        for grid in community.grids.values():
            sheet.know(
                sheet.at("grids", f"{community.name}/{grid.name}"),
                f"网格“{grid.name}”的 worker ",
                grid.worker,
                people,
                "人",
            )
    for name, contact in people.items():
        place = sheet.at("contacts", name)
        sheet.know(place, f"“{name}”的 department ", contact.department, departments, "部门")
        for away in contact.away:
            sheet.know(place, f"“{name}”的代班 cover ", away.cover, people, "人")
    for name, rota in routing.duty.items():
        for person in rota.order:
            sheet.know(sheet.at("duty", name), f"轮值“{name}”的 order ", person, people, "人")
    for key, department in departments.items():
        place = sheet.at("departments", key)
        sheet.know(place, f"部门“{key}”的 contact ", department.contact, people, "人")
        sheet.know(place, f"部门“{key}”的 backup ", department.backup, people, "人")
    place = sheet.at("default")
    sheet.know(place, "default 的 department ", routing.default.department, departments, "部门")
    sheet.know(place, "default 的 ladder ", routing.default.ladder, routing.ladders, "梯子")


def _check_speakers(routing: Routing, sheet: Sheet) -> None:
    """Note contacts of a department who answer in the name of another one; workers may answer in anybody's."""

    def check(name: str, key: str, place: Place) -> None:
        person = routing.contacts.get(name)
        if person is None or person.role == "worker" or person.department == key or key not in routing.departments:
            return
        own = routing.departments.get(person.department)
        if own is None and person.department:
            return  # no such department, which was noted
        wrong = f"“{name}”要替{routing.departments[key].name}答复，他自己{f'是{own.name}的' if own else '没有写 department'}"
        sheet.blame(place, wrong, f"给“{name}”写 department: {key}，或换一个人")

    for key, department in routing.departments.items():
        for name in dict.fromkeys((department.contact, department.backup)):
            check(name, key, sheet.at("departments", key))
    for community in routing.communities.values():
        for key, name in community.departments.items():
            check(name, key, sheet.at("communities", community.name))


def _check_ways(routing: Routing, sheet: Sheet) -> None:
    """Note departments that no question can be brought to: no route and not the default gives them any."""
    ladders = routing.ladders
    served = {routing.default.department}
    for route in routing.routes:
        if route.ladder not in ladders or route.match.danger:
            served |= {route.department}
            continue
        asked = [to for tier in ladders[route.ladder].tiers for to in all_to(tier)]
        served |= {to.removeprefix("department:") for to in asked}
        if "department" in asked or route.department:
            served |= {route.department} if route.department else set(route.match.departments or routing.departments)
    for key, department in routing.departments.items():
        if key not in served:
            mend = f"加一条 - {{name: {department.name}, match: {{departments: [{key}]}}, ladder: …}}"
            sheet.blame(sheet.at("departments", key), f"没有一条路由会把问题交给{department.name}（{key}）", mend)


def _check_routes(routing: Routing, sheet: Sheet) -> None:
    for route in routing.routes:
        place, where, match = sheet.at("routes", route.name), f"路由“{route.name}”的", route.match
        sheet.know(place, f"{where} ladder ", route.ladder, routing.ladders, "梯子")
        sheet.know(place, f"{where} department ", route.department, routing.departments, "部门")
        sheet.know(place, f"{where} hours ", match.hours, routing.calendars, "日历")
        known = {"departments": routing.departments, "communities": routing.communities, "room_kinds": ROOM_KINDS}
        for key, names in known.items():
            for name in getattr(match, key):
                sheet.know(
                    place,
                    f"{where} {key} ",
                    name,
                    names,
                    {"departments": "部门", "communities": "社区"}.get(key, "群类型"),
                )
    places = {sheet.at("routes", route.name) for route in routing.routes}
    if any(Place(problem.file, problem.line) in places for problem in sheet.problems):
        return  # what a broken route lets through cannot be told
    for position, route in enumerate(routing.routes):
        hiding = next((earlier for earlier in routing.routes[:position] if can_shadow(earlier, route)), None)
        if hiding:
            wrong = f"路由“{route.name}”永远轮不到，都被前面的“{hiding.name}”拦下了"
            sheet.blame(sheet.at("routes", route.name), wrong, "移到它前面，或删掉")
    _check_danger(routing, sheet)


def _check_danger(routing: Routing, sheet: Sheet) -> None:
    answering = next((route for route in routing.routes if route.match.danger is True), None)
    if answering is None:
        sheet.blame(
            sheet.at("routes"), "没有给危险情况的路由", "在 routes 最前面加上 - {name: 危险, match: {danger: true}, ladder: 紧急}"
        )
        return
    ladder = routing.ladders.get(answering.ladder)
    if ladder and not ladder.urgent:
        place = sheet.at("routes", answering.name)
        sheet.blame(place, f"危险情况走的梯子“{answering.ladder}”不是紧急的", "给这个梯子写上 urgent: true")
    for route in routing.routes[: routing.routes.index(answering)]:
        if route.match.danger is None:
            wrong = f"路由“{route.name}”排在危险情况的路由前面，危险情况可能先被它拦下"
            sheet.blame(sheet.at("routes", route.name), wrong, "把 match: {danger: true} 的路由放在最前面")


def _check_leaves(routing: Routing, sheet: Sheet) -> None:
    needed = dict(_irreplaceable(routing))
    told: set[frozenset[str]] = set()
    for name, contact in routing.contacts.items():
        place = sheet.at("contacts", name)
        if name in needed and any(not away.cover for away in contact.away):
            sheet.blame(place, f"“{name}”请假没有写代班的人，他是{needed[name]}", "在 away 里加上 cover: 代班人")
        for away in contact.away:
            circle = _circle(name, away.start, routing)
            if circle and frozenset(circle) not in told:
                told.add(frozenset(circle))
                sheet.blame(place, f"{away.start:%Y-%m-%d} 代班转了一圈，没有人在：{' → '.join(circle)}", "换一个在岗的人代班")


def _irreplaceable(routing: Routing) -> Iterator[tuple[str, str]]:
    """Yield those for whom nobody steps in by rule, with what they are."""
    for community in routing.communities.values():
        yield community.duty, f"{community.name}的值班"
        yield from ((grid.worker, f"{grid.name}的网格员") for grid in community.grids.values())
    for department in routing.departments.values():
        if department.backup in ("", department.contact):
            yield department.contact, f"{department.name}唯一的联络员"
    yield from ((rota.order[0], f"{rota.name}唯一的人") for rota in routing.duty.values() if len(set(rota.order)) == 1)
    for ladder in routing.ladders.values():
        named = [to for tier in ladder.tiers for to in all_to(tier) if to.startswith("contact:")]
        yield from ((to.removeprefix("contact:"), f"梯子“{ladder.name}”里指定的人") for to in named)
    for name, contact in routing.contacts.items():
        yield from ((away.cover, f"{name}的代班") for away in contact.away)


def _circle(name: str, at: datetime, routing: Routing) -> tuple[str, ...]:
    """Return the names of a chain of cover that comes back to one of its own at an instant, or nothing."""
    chain = [name]
    while chain[-1] in routing.contacts:
        absence = routing.contacts[chain[-1]].absence(at)
        if absence is None or not absence.cover:
            return ()
        if absence.cover in chain:
            return (*chain, absence.cover)
        chain.append(absence.cover)
    return ()


def _check_aliases(routing: Routing, sheet: Sheet) -> None:
    owner: dict[str, str] = {}
    for key, department in routing.departments.items():
        for name in {department.name, *department.aliases}:
            other = owner.setdefault(name, key)
            if other != key:
                place = sheet.at("departments", key)
                sheet.blame(place, f"“{name}”同时是“{other}”和“{key}”的叫法", "只留给一个部门")
