"""Whether the ladders of routing.yaml can be climbed: every rung with a person, a clock that runs, and an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, time

from bot.library.places import Place
from bot.library.routing_sheet import Sheet
from bot.model import Ladder, Tier
from bot.routing.config import Routing

FORMS_OF_TO = ("grid", "community", "team", "department", "department:部门", "duty:轮值名", "contact:人名")
ALONE = ("grid", "community", "team", "department")
"""The forms of ``to`` that name nobody."""


def all_to(tier: Tier) -> tuple[str, ...]:
    """Return everybody who is told on a tier, in the forms of ``to``."""
    return (tier.to, *tier.also)


def check_ladder(ladder: Ladder, routing: Routing, sheet: Sheet) -> None:
    """Note what is wrong with a ladder's tiers."""
    names = Counter(tier.name for tier in ladder.tiers)
    for tier in ladder.tiers:
        place = sheet.at("tiers", f"{ladder.name}/{tier.name}")
        where = f"梯子“{ladder.name}”的“{tier.name}”"
        if names[tier.name] > 1:
            sheet.blame(place, f"{where}有两级同名", "每一级起不同的名字")
        for to in all_to(tier):
            _check_to(to, where, place, routing, sheet)
        sheet.know(place, f"{where}的 clock ", tier.clock, routing.calendars, "日历")
        _check_lengths(tier, ladder.urgent, where, place, routing, sheet)
        if tier.final and tier is not ladder.tiers[-1]:
            sheet.blame(place, f"{where}写了 final，但后面还有一级，永远到不了", "把 final 写在最后一级")
        if tier.repeat and not tier.final:
            sheet.blame(place, f"{where}写了 repeat，但只有最后一级（final: true）才反复催", "去掉 repeat，改用 remind")
        _check_nights(tier, ladder, where, place, routing, sheet)
    if ladder.tiers:
        _check_last(ladder, routing, sheet)


def _check_to(to: str, where: str, place: Place, routing: Routing, sheet: Sheet) -> None:
    kind, colon, name = to.partition(":")
    known: dict[str, tuple[Collection[str], str]] = {
        "department": (routing.departments, "部门"),
        "duty": (routing.duty, "轮值"),
        "contact": (routing.contacts, "人"),
    }
    if to in ALONE:
        return
    if kind in known and name:
        sheet.know(place, f"{where}的 {kind} ", name, *known[kind])
        return
    mend = "冒号要用半角" if "：" in to else f"可以写：{'、'.join(FORMS_OF_TO)}"
    sheet.blame(place, f"{where}不认得交给谁：{to}{'（冒号后面没有名字）' if kind in known and colon else ''}", mend)


def _check_lengths(tier: Tier, urgent: bool, where: str, place: Place, routing: Routing, sheet: Sheet) -> None:
    if tier.acknowledge > tier.answer:
        sheet.blame(place, f"{where}的 acknowledge 比 answer 还长", "签收时限应当短于答复时限")
    if tier.max_wait and tier.max_wait < tier.answer:
        sheet.blame(place, f"{where}的 max_wait 比 answer 还短", "最长等待应当长于答复时限")
    elif tier.max_wait and not urgent and tier.max_wait < tier.answer + routing.quiet_hours.length:
        wrong = f"{where}的 max_wait 太短，夜里问的等不到天亮就上报了"
        sheet.blame(place, wrong, "要长于夜里不打扰的时段加上 answer；不能等的给梯子写 urgent: true")
    calendar = routing.calendars.get(tier.clock)
    if calendar and (calendar.always or any(calendar.weekly.values())):
        try:
            calendar.add(datetime(2026, 1, 1, tzinfo=routing.timezone), tier.answer)
        except ValueError:
            sheet.blame(place, f"{where}的 answer 按日历“{tier.clock}”两年也走不完", "缩短时限，或换一个日历")


def _check_nights(tier: Tier, ladder: Ladder, where: str, place: Place, routing: Routing, sheet: Sheet) -> None:
    """Note a rung that would tell people at night, because that is when its clock begins to run."""
    calendar = routing.calendars.get(tier.clock)
    if calendar is None or calendar.always or ladder.urgent:
        return
    for shift in sorted({shift for shifts in (*calendar.weekly.values(), *calendar.days.values()) for shift in shifts}):
        if routing.quiet_hours.covers(time(shift.start // 60, shift.start % 60)):
            wrong = f"{where}的日历“{tier.clock}”从 {shift} 的夜里开始，会在不打扰的时段通知人"
            sheet.blame(place, wrong, "换一个白天的日历，或把 quiet_hours 缩短；真要夜里办，给梯子写 urgent: true")
            return


def _check_last(ladder: Ladder, routing: Routing, sheet: Sheet) -> None:
    last = ladder.tiers[-1]
    place = sheet.at("tiers", f"{ladder.name}/{last.name}")
    where = f"梯子“{ladder.name}”的最后一级“{last.name}”"
    calendar = routing.calendars.get(last.clock)
    if not last.final:
        sheet.blame(place, f"{where}没有写 final: true", "最后一级要写 final: true 和 repeat，反复催到有人答复")
    if not last.to.startswith("contact:"):
        sheet.blame(place, f"{where}不是一个人", "写成 to: contact:人名")
    if calendar and not calendar.always:
        sheet.blame(place, f"{where}的日历“{last.clock}”不是全天", "最后一级要用 always: true 的日历，免得没人管")
