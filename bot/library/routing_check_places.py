"""Whether the communities of routing.yaml fit together: their groups, service teams and enterprises."""

from __future__ import annotations

from collections import Counter

from bot.library.routing_check_ladders import all_to
from bot.library.routing_sheet import Sheet
from bot.routing.config import Routing


def check_places(routing: Routing, sheet: Sheet) -> None:
    """Note what is wrong with communities, groups, service teams, the bulletin and the enterprises of the grids."""
    if not routing.communities:
        sheet.blame(sheet.at("communities"), "一个社区也没有", "在 communities 里至少写一个社区")
    owners = Counter(room for community in routing.communities.values() for room in community.rooms)
    for room in routing.rooms:
        if owners[room] != 1:
            wrong = "不属于任何社区" if not owners[room] else "写在了两个社区里"
            sheet.blame(sheet.at("rooms", room), f"群“{room}”{wrong}", "写进一个社区的 rooms")
    _check_teams(routing, sheet)
    _check_bulletin(routing, sheet)
    _check_enterprises(routing, sheet)


def _check_teams(routing: Routing, sheet: Sheet) -> None:
    asked = next((ladder.name for ladder in routing.ladders.values() if any("team" in all_to(rung) for rung in ladder.tiers)), "")
    for community in routing.communities.values():
        if asked and not community.team:
            wrong = f"梯子“{asked}”要交给 team，社区“{community.name}”却没有写 team"
            sheet.blame(sheet.at("communities", community.name), wrong, "给这个社区加上 team: 轮值名或人名")


def _check_bulletin(routing: Routing, sheet: Sheet) -> None:
    for room in (*routing.bulletin.rooms, *routing.bulletin.weekly_rooms):
        sheet.know(sheet.at("bulletin"), "bulletin 的 rooms ", room, routing.rooms, "群")
    if routing.quiet_hours.covers(routing.bulletin.at) and (routing.bulletin.rooms or routing.bulletin.weekly_rooms):
        sheet.blame(sheet.at("bulletin"), f"bulletin 的时间 {routing.bulletin.at:%H:%M} 在夜里不打扰的时段", "改到白天")


def _check_enterprises(routing: Routing, sheet: Sheet) -> None:
    home: dict[str, tuple[str, str]] = {}
    grids = ((community.name, grid) for community in routing.communities.values() for grid in community.grids.values())
    for name, grid in grids:
        place = sheet.at("grids", f"{name}/{grid.name}")
        for enterprise, times in Counter(grid.enterprises).items():
            other, first = home.setdefault(enterprise, (name, grid.name))
            if times > 1:
                sheet.blame(place, f"企业“{enterprise}”在“{grid.name}”里写了两遍", "只留一处")
            if other != name:
                mend = "只留一处；真是两家，就在简称里加上区别，群昵称照着改"
                sheet.blame(place, f"企业“{enterprise}”写在了“{other}”和“{name}”两个社区里", mend)
            elif first != grid.name:
                sheet.blame(place, f"企业“{enterprise}”写在了“{first}”和“{grid.name}”两个网格里", "只留在一个网格里")
