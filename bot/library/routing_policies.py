"""The house rules of routing.yaml read from their nodes: transfers, merging, quiet hours, ratings, bulletins."""

from __future__ import annotations

from datetime import timedelta

from yaml import Node

from bot.library.routing_sheet import Sheet
from bot.library.routing_values import parse_weekdays, read_share, read_span, read_time
from bot.routing.policies import Bulletin, Merge, QuietHours, RatingSettings, Transfer


def read_transfer(sheet: Sheet, node: Node | None) -> Transfer:
    """Return how often a case may be handed on."""
    given = sheet.fields(node, "transfer", ("max",)) if node is not None else {}
    return Transfer(sheet.take(given, "max", sheet.number, Transfer().max))


def read_quiet_hours(sheet: Sheet, node: Node | None) -> QuietHours:
    """Return the nightly span without unasked messages."""
    span = read_span(sheet, node, "quiet_hours") if node is not None else None
    return QuietHours(*span) if span else QuietHours()


def read_rating(sheet: Sheet, node: Node | None) -> RatingSettings:
    """Return when ratings are asked for, and when a case is closed without one."""
    if node is None:
        return RatingSettings()
    keys = ("remind_after", "close_after")
    rating = RatingSettings(**sheet.durations(sheet.fields(node, "rating", keys), keys))
    if rating.close_after <= rating.remind_after:
        sheet.note(node, "rating 的 close_after 应当比 remind_after 长", "例如 remind_after: 1d, close_after: 3d")
    return rating


def read_merge(sheet: Sheet, node: Node | None) -> Merge:
    """Return when the questions of several enterprises become one case."""
    given = sheet.fields(node, "merge", ("within", "alike")) if node is not None else {}
    merge = Merge(
        within=sheet.take(given, "within", sheet.duration, Merge().within),
        alike=sheet.take(given, "alike", lambda value, of: read_share(sheet, value, of), Merge().alike),
    )
    if merge.within > timedelta(days=30):
        sheet.note(given["within"].line, "merge 的 within 超过 30 天，早已答复的问题会被并在一起", "缩短，例如 within: 1d")
    return merge


def read_bulletin(sheet: Sheet, node: Node | None) -> Bulletin:
    """Return when the bulletin goes to which groups."""
    usual = Bulletin()
    given = sheet.fields(node, "bulletin", ("at", "approval", "rooms", "weekly")) if node is not None else {}
    weekly = sheet.fields(given["weekly"].value, "bulletin/weekly", ("weekday", "rooms"), ("rooms",)) if "weekly" in given else {}
    return Bulletin(
        at=sheet.take(given, "at", lambda value, of: read_time(sheet, value, of), usual.at),
        approval=sheet.take(given, "approval", sheet.flag, usual.approval),
        rooms=sheet.take(given, "rooms", sheet.texts, usual.rooms),
        weekly_rooms=sheet.take(weekly, "rooms", sheet.texts, usual.weekly_rooms),
        weekday=sheet.take(weekly, "weekday", lambda value, of: _weekday(sheet, value, of), usual.weekday),
    )


def _weekday(sheet: Sheet, node: Node, what: str) -> int | None:
    text = sheet.text(node, what)
    days = parse_weekdays(text) if text is not None else None
    if days is not None and len(days) == 1:
        return days[0]
    if text is not None:
        sheet.note(node, f"“{what}”不认得“{text}”是星期几", "写成 周五")
    return None
