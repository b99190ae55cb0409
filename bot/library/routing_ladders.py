"""The ladders, routes and tests of routing.yaml, read from their nodes."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from yaml import MappingNode, Node

from bot.library.routing_sheet import Sheet
from bot.library.routing_values import read_instant, read_share
from bot.library.yaml_lines import line_of
from bot.model import Ladder, Tier
from bot.routing.config import Default, Expected, Match, Route, RoutingTest

TIER_KEYS = ("tier", "to", "also", "acknowledge", "answer", "clock", "max_wait", "remind", "repeat", "final")
LISTS = ("departments", "entries", "themes", "words", "communities", "room_kinds")


def read_ladders(sheet: Sheet, node: Node | None) -> dict[str, Ladder]:
    """Return the ladders by name: a list of tiers, or a mapping with ``urgent`` and ``tiers``."""
    ladders: dict[str, Ladder] = {}
    for pair in sheet.pairs(node, "ladders") if node is not None else []:
        sheet.mark("ladders", pair.key, pair.line)
        what, rungs, urgent = f"ladders/{pair.key}", pair.value, False
        if isinstance(pair.value, MappingNode):
            given = sheet.fields(pair.value, what, ("urgent", "tiers"), ("tiers",))
            urgent = sheet.take(given, "urgent", sheet.flag, False)
            if "tiers" not in given:
                continue
            rungs = given["tiers"].value
        read = [_tier(sheet, rung, pair.key) for rung in sheet.items(rungs, what)]
        tiers = tuple(tier for tier in read if tier is not None)
        ladders[pair.key] = Ladder(pair.key, tiers, urgent)
        if not read:
            sheet.note(pair.line, f"梯子“{pair.key}”一级也没有", "至少写一级")
    return ladders


def _tier(sheet: Sheet, node: Node, ladder: str) -> Tier | None:
    what = f"ladders/{ladder}"
    given = sheet.fields(node, what, TIER_KEYS, ("tier", "to", "acknowledge", "answer", "clock"))
    name = sheet.take(given, "tier", sheet.text, "")
    sheet.mark("tiers", f"{ladder}/{name}", line_of(node))
    lengths = sheet.durations(given, ("acknowledge", "answer", "max_wait", "repeat"))
    shares = (
        [read_share(sheet, item, "remind") for item in sheet.items(given["remind"].value, "remind")] if "remind" in given else []
    )
    tier = Tier(
        name=name,
        to=sheet.take(given, "to", sheet.text, ""),
        acknowledge=lengths.get("acknowledge", timedelta(0)),
        answer=lengths.get("answer", timedelta(0)),
        clock=sheet.take(given, "clock", sheet.text, ""),
        max_wait=lengths.get("max_wait"),
        remind=tuple(share for share in shares if share is not None),
        repeat=lengths.get("repeat"),
        final=sheet.take(given, "final", sheet.flag, False),
        also=sheet.take(given, "also", sheet.texts, ()),
    )
    return tier if tier.name and tier.to and tier.clock and tier.acknowledge and tier.answer else None


def read_routes(sheet: Sheet, node: Node | None) -> tuple[Route, ...]:
    """Return the routes in the order of the file."""
    routes: list[Route] = []
    for item in sheet.items(node, "routes") if node is not None else []:
        given = sheet.fields(item, "routes", ("name", "match", "ladder", "department"), ("name", "match", "ladder"))
        name = sheet.take(given, "name", sheet.text, "")
        if name and ("routes", name) in sheet.places:
            sheet.note(item, f"路由“{name}”有两条，另一条在第 {sheet.at('routes', name).line} 行", "改个名字，或删掉一条")
        sheet.mark("routes", name, line_of(item))
        match = _match(sheet, given["match"].value, name) if "match" in given else Match()
        route = Route(name, match, sheet.take(given, "ladder", sheet.text, ""), sheet.take(given, "department", sheet.text, ""))
        if route.name and route.ladder:
            routes.append(route)
    return tuple(routes)


def _match(sheet: Sheet, node: Node, route: str) -> Match:
    given = sheet.fields(node, f"routes/{route}/match", ("danger", *LISTS, "hours", "min_confidence"))
    lists = {key: sheet.texts(given[key].value, key) for key in LISTS if key in given}
    return Match(
        danger=sheet.take(given, "danger", sheet.flag, None),
        hours=sheet.take(given, "hours", sheet.text, ""),
        min_confidence=sheet.take(given, "min_confidence", lambda value, of: read_share(sheet, value, of), None),
        **lists,
    )


def read_default(sheet: Sheet, node: Node | None) -> Default | None:
    """Return the default way, or None if it is missing or broken (which is noted)."""
    if node is None:
        return None
    given = sheet.fields(node, "default", ("department", "ladder"), ("department", "ladder"))
    department, ladder = (sheet.take(given, key, sheet.text, "") for key in ("department", "ladder"))
    return Default(department, ladder) if department and ladder else None


def read_tests(sheet: Sheet, node: Node | None, zone: ZoneInfo) -> tuple[RoutingTest, ...]:
    """Return the embedded tests."""
    tests: list[RoutingTest] = []
    keys = ("ask", "at", "community", "room", "enterprise", "department", "danger", "expect")
    for item in sheet.items(node, "tests") if node is not None else []:
        given = sheet.fields(item, "tests", keys, ("ask", "at", "expect"))
        at = sheet.take(given, "at", lambda value, of: read_instant(sheet, value, of, zone), None)
        ask = sheet.take(given, "ask", sheet.text, "")
        expect = _expected(sheet, given["expect"].value, zone) if "expect" in given else None
        texts = {key: sheet.take(given, key, sheet.text, "") for key in ("community", "room", "enterprise", "department")}
        if ask and at and expect:
            tests.append(
                RoutingTest(
                    ask,
                    at,
                    expect,
                    line_of(item),
                    danger=sheet.take(given, "danger", sheet.flag, False),
                    file=sheet.file,
                    **texts,
                )
            )
    return tuple(tests)


def _expected(sheet: Sheet, node: Node, zone: ZoneInfo) -> Expected:
    words, instants = ("department", "ladder", "route", "assignee"), ("dispatch", "due")
    given = sheet.fields(node, "tests/expect", (*words, *instants))
    if not given:
        sheet.note(node, "expect 里什么也没有写", "至少写 department、ladder、assignee 或 due 中的一样")
    texts = {key: sheet.take(given, key, sheet.text, "") for key in words}
    dispatch, due = (sheet.take(given, key, lambda value, of: read_instant(sheet, value, of, zone), None) for key in instants)
    return Expected(**texts, dispatch=dispatch, due=due)
