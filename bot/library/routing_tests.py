"""The tests that stand in routing.yaml itself, run against the router."""

from __future__ import annotations

from bot.errors import Problem
from bot.library.yaml_lines import did_you_mean
from bot.routing.config import Routing, RoutingTest
from bot.routing.departments import DepartmentRanker
from bot.routing.ladder import plan_tier
from bot.routing.way import Question, find_way


def run_tests(routing: Routing, ranker: DepartmentRanker | None) -> list[Problem]:
    """Run the file's own tests and return those that fail; without a ranker those that need a guessed department are left out."""
    return [
        problem for test in routing.tests if ranker or test.department or test.danger for problem in _run(test, routing, ranker)
    ]


def _run(test: RoutingTest, routing: Routing, ranker: DepartmentRanker | None) -> list[Problem]:
    unknown = _unknown_names(test, routing)
    if unknown:
        return unknown
    room = routing.room(test.room)
    community = test.community or (room.community if room else next(iter(routing.communities), ""))
    department, confidence = (test.department, 1.0) if test.department else _guess(test, ranker)
    way = find_way(
        Question(
            text=test.ask,
            at=test.at,
            community=community,
            room_kind=room.kind if room else "",
            enterprise=test.enterprise,
            department=department or None,
            department_confidence=confidence,
            danger=test.danger,
        ),
        routing,
    )
    plan = plan_tier(
        way.ladder, 0, community=community, enterprise=test.enterprise, department=way.department, at=test.at, routing=routing
    )
    expect = test.expect
    compared = (
        ("department", expect.department, way.department),
        ("ladder", expect.ladder, way.ladder.name),
        ("route", expect.route, way.route),
        ("assignee", expect.assignee, plan.assignee),
        ("dispatch", expect.dispatch and f"{expect.dispatch:%Y-%m-%d %H:%M}", f"{plan.dispatch_at:%Y-%m-%d %H:%M}"),
        ("due", expect.due and f"{expect.due:%Y-%m-%d %H:%M}", f"{plan.answer_by:%Y-%m-%d %H:%M}"),
    )
    why = "；".join(reason.detail for reason in (*way.reasons, *plan.reasons))
    return [
        Problem(
            test.file or routing.file,
            test.line,
            f"自测没通过：“{test.ask}”的 {what} 应为 {wanted}，实际是 {got}",
            f"改路由或改自测。经过：{why}",
        )
        for what, wanted, got in compared
        if wanted and wanted != got
    ]


def _guess(test: RoutingTest, ranker: DepartmentRanker | None) -> tuple[str, float]:
    guesses = ranker.rank(test.ask) if ranker else ()
    return (guesses[0].department, guesses[0].confidence) if guesses else ("", 0.0)


def _unknown_names(test: RoutingTest, routing: Routing) -> list[Problem]:
    enterprises = {name for place in routing.communities.values() for grid in place.grids.values() for name in grid.enterprises}
    named = (
        ("community", test.community, routing.communities, "社区"),
        ("room", test.room, routing.rooms, "群"),
        ("enterprise", test.enterprise, enterprises, "企业"),
        ("department", test.department, routing.departments, "部门"),
        ("expect/department", test.expect.department, routing.departments, "部门"),
        ("expect/ladder", test.expect.ladder, routing.ladders, "梯子"),
        ("expect/assignee", test.expect.assignee, routing.contacts, "人"),
    )
    return [
        Problem(test.file or routing.file, test.line, f"自测的 {what} 写了“{name}”，但没有这个{kind}", did_you_mean(name, known))
        for what, name, known, kind in named
        if name and name not in known
    ]
