"""Whether the parts of routing.yaml fit together: every name defined, every question with a way, every rung with a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

from bot.library.routing_sheet import Sheet
from bot.library.yaml_lines import did_you_mean
from bot.model import Ladder, Tier
from bot.routing.config import Routing
from bot.routing.way import can_shadow

FORMS_OF_TO = ("grid", "department", "department:部门", "duty:轮值名", "contact:人名")
ROOM_KINDS = ("mutual-aid", "alliance", "direct")


def check_routing(routing: Routing, sheet: Sheet) -> None:
    """Note every fault between the parts of a file that was read."""
    _check_names(routing, sheet)
    _check_places(routing, sheet)
    for name, calendar in routing.calendars.items():
        if not calendar.always and not any(calendar.weekly.values()):
            sheet.note(
                sheet.line("calendars", name),
                f"日历“{name}”从来不开",
                '写上 weekly: {周一至周五: ["09:00-17:00"]} 或 always: true',
            )
    for ladder in routing.ladders.values():
        _check_ladder(ladder, routing, sheet)
    _check_routes(routing, sheet)
    _check_leaves(routing, sheet)
    _check_aliases(routing, sheet)


def _know(sheet: Sheet, line: int, where: str, name: str, known: Collection[str], kind: str) -> None:
    if name and name not in known:
        sheet.note(line, f"{where}写了“{name}”，但没有这个{kind}", did_you_mean(name, known) or f"先加上这个{kind}，或改成已有的")


def _check_names(routing: Routing, sheet: Sheet) -> None:
    people, departments = routing.contacts, routing.departments
    for name, community in routing.communities.items():
        line = sheet.line("communities", name)
        _know(sheet, line, f"社区“{name}”的 duty ", community.duty, people, "人")
        for room in community.rooms:
            _know(sheet, line, f"社区“{name}”的 rooms ", room, routing.rooms, "群")
        for grid in community.grids.values():
            _know(sheet, sheet.line("grids", grid.name), f"网格“{grid.name}”的 worker ", grid.worker, people, "人")
    for name, contact in people.items():
        line = sheet.line("contacts", name)
        _know(sheet, line, f"“{name}”的 department ", contact.department, departments, "部门")
        for away in contact.away:
            _know(sheet, line, f"“{name}”的代班 cover ", away.cover, people, "人")
    for name, rota in routing.duty.items():
        for person in rota.order:
            _know(sheet, sheet.line("duty", name), f"轮值“{name}”的 order ", person, people, "人")
    for key, department in departments.items():
        line = sheet.line("departments", key)
        _know(sheet, line, f"部门“{key}”的 contact ", department.contact, people, "人")
        _know(sheet, line, f"部门“{key}”的 backup ", department.backup, people, "人")
    line = sheet.line("default", "")
    _know(sheet, line, "default 的 department ", routing.default.department, departments, "部门")
    _know(sheet, line, "default 的 ladder ", routing.default.ladder, routing.ladders, "梯子")


def _check_places(routing: Routing, sheet: Sheet) -> None:
    if not routing.communities:
        sheet.note(0, "一个社区也没有", "在 communities 里至少写一个社区")
    owners = Counter(room for community in routing.communities.values() for room in community.rooms)
    for room in routing.rooms:
        if owners[room] != 1:
            wrong = "不属于任何社区" if not owners[room] else "写在了两个社区里"
            sheet.note(sheet.line("rooms", room), f"群“{room}”{wrong}", "写进一个社区的 rooms")
    for community in routing.communities.values():
        home: dict[str, str] = {}
        for grid in community.grids.values():
            for enterprise in grid.enterprises:
                if home.setdefault(enterprise, grid.name) != grid.name:
                    wrong = f"企业“{enterprise}”写在了“{home[enterprise]}”和“{grid.name}”两个网格里"
                    sheet.note(sheet.line("grids", grid.name), wrong, "只留在一个网格里")


def _check_ladder(ladder: Ladder, routing: Routing, sheet: Sheet) -> None:
    names = Counter(tier.name for tier in ladder.tiers)
    for tier in ladder.tiers:
        line = sheet.line("tiers", f"{ladder.name}/{tier.name}")
        where = f"梯子“{ladder.name}”的“{tier.name}”"
        if names[tier.name] > 1:
            sheet.note(line, f"{where}有两级同名", "每一级起不同的名字")
        for to in (tier.to, *tier.also):
            _check_to(to, where, line, routing, sheet)
        _know(sheet, line, f"{where}的 clock ", tier.clock, routing.calendars, "日历")
        _check_lengths(tier, where, line, routing, sheet)
        if tier.final and tier is not ladder.tiers[-1]:
            sheet.note(line, f"{where}写了 final，但后面还有一级，永远到不了", "把 final 写在最后一级")
        if tier.repeat and not tier.final:
            sheet.note(line, f"{where}写了 repeat，但只有最后一级（final: true）才反复催", "去掉 repeat，改用 remind")
    if ladder.tiers:
        _check_last(ladder, routing, sheet)


def _check_to(to: str, where: str, line: int, routing: Routing, sheet: Sheet) -> None:
    kind, colon, name = to.partition(":")
    known: dict[str, tuple[Collection[str], str]] = {
        "department": (routing.departments, "部门"),
        "duty": (routing.duty, "轮值"),
        "contact": (routing.contacts, "人"),
    }
    if to in ("grid", "department"):
        return
    if kind in known and name:
        _know(sheet, line, f"{where}的 {kind} ", name, *known[kind])
        return
    mend = "冒号要用半角" if "：" in to else f"可以写：{'、'.join(FORMS_OF_TO)}"
    sheet.note(line, f"{where}不认得交给谁：{to}{'（冒号后面没有名字）' if kind in known and colon else ''}", mend)


def _check_lengths(tier: Tier, where: str, line: int, routing: Routing, sheet: Sheet) -> None:
    if tier.acknowledge > tier.answer:
        sheet.note(line, f"{where}的 acknowledge 比 answer 还长", "签收时限应当短于答复时限")
    if tier.max_wait and tier.max_wait < tier.answer:
        sheet.note(line, f"{where}的 max_wait 比 answer 还短", "最长等待应当长于答复时限")
    calendar = routing.calendars.get(tier.clock)
    if calendar and (calendar.always or any(calendar.weekly.values())):
        try:
            calendar.add(datetime(2026, 1, 1, tzinfo=routing.timezone), tier.answer)
        except ValueError:
            sheet.note(line, f"{where}的 answer 按日历“{tier.clock}”两年也走不完", "缩短时限，或换一个日历")


def _check_last(ladder: Ladder, routing: Routing, sheet: Sheet) -> None:
    last = ladder.tiers[-1]
    line = sheet.line("tiers", f"{ladder.name}/{last.name}")
    where = f"梯子“{ladder.name}”的最后一级“{last.name}”"
    calendar = routing.calendars.get(last.clock)
    if not last.final:
        sheet.note(line, f"{where}没有写 final: true", "最后一级要写 final: true 和 repeat，反复催到有人答复")
    if not last.to.startswith("contact:"):
        sheet.note(line, f"{where}不是一个人", "写成 to: contact:人名")
    if calendar and not calendar.always:
        sheet.note(line, f"{where}的日历“{last.clock}”不是全天", "最后一级要用 always: true 的日历，免得没人管")


def _check_routes(routing: Routing, sheet: Sheet) -> None:
    for position, route in enumerate(routing.routes):
        line, where, match = sheet.line("routes", route.name), f"路由“{route.name}”的", route.match
        _know(sheet, line, f"{where} ladder ", route.ladder, routing.ladders, "梯子")
        _know(sheet, line, f"{where} department ", route.department, routing.departments, "部门")
        _know(sheet, line, f"{where} hours ", match.hours, routing.calendars, "日历")
        known = {"departments": routing.departments, "communities": routing.communities, "room_kinds": ROOM_KINDS}
        for key, names in known.items():
            for name in getattr(match, key):
                _know(
                    sheet, line, f"{where} {key} ", name, names, {"departments": "部门", "communities": "社区"}.get(key, "群类型")
                )
        hiding = next((earlier for earlier in routing.routes[:position] if can_shadow(earlier, route)), None)
        if hiding:
            sheet.note(line, f"路由“{route.name}”永远轮不到，都被前面的“{hiding.name}”拦下了", "移到它前面，或删掉")
    _check_danger(routing, sheet)


def _check_danger(routing: Routing, sheet: Sheet) -> None:
    answering = next((route for route in routing.routes if route.match.danger is True), None)
    if answering is None:
        sheet.note(0, "没有给危险情况的路由", "在 routes 最前面加上 - {name: 危险, match: {danger: true}, ladder: 紧急}")
        return
    ladder = routing.ladders.get(answering.ladder)
    if ladder and not ladder.urgent:
        line = sheet.line("routes", answering.name)
        sheet.note(line, f"危险情况走的梯子“{answering.ladder}”不是紧急的", "给这个梯子写上 urgent: true")
    for route in routing.routes[: routing.routes.index(answering)]:
        if route.match.danger is None:
            wrong = f"路由“{route.name}”排在危险情况的路由前面，危险情况可能先被它拦下"
            sheet.note(sheet.line("routes", route.name), wrong, "把 match: {danger: true} 的路由放在最前面")


def _check_leaves(routing: Routing, sheet: Sheet) -> None:
    needed = dict(_irreplaceable(routing))
    for name, contact in routing.contacts.items():
        line = sheet.line("contacts", name)
        if name in needed and any(not away.cover for away in contact.away):
            sheet.note(line, f"“{name}”请假没有写代班的人，他是{needed[name]}", "在 away 里加上 cover: 代班人")
        for away in contact.away:
            circle = _circle(name, away.start, routing)
            if circle:
                sheet.note(line, f"{away.start:%Y-%m-%d} 代班转了一圈，没有人在：{' → '.join(circle)}", "换一个在岗的人代班")


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
        named = [to for tier in ladder.tiers for to in (tier.to, *tier.also) if to.startswith("contact:")]
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
                line = sheet.line("departments", key)
                sheet.note(line, f"“{name}”同时是“{other}”和“{key}”的叫法", "只留给一个部门")
