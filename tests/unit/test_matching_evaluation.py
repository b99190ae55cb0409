"""The figures of `xiaoshao eval`."""

from __future__ import annotations

from itertools import count

from bot.work.evaluation import ChatterCounts, Confusion, EvaluationReport, Outcome, evaluate

ASKS = [{"q": q, "id": "plate"} for q in ("right", "wrong", "offered", "offered wrong", "opened", "ignored")]
CHATTER = [
    {"q": q, "kind": kind}
    for q, kind in (("right", "answer"), ("ignored", "answer"), ("opened", "thanks"), ("offered", "thanks"))
]
ROUTES = [{"q": q, "department": "tax"} for q in ("right", "opened", "opened second", "offered", "ignored")]
OUTCOMES = {
    "right": Outcome("answer", ("plate", "licence"), (), ("tax",)),
    "wrong": Outcome("answer", ("licence", "plate"), (), ("tax",)),
    "offered": Outcome("offer", ("licence", "plate"), ("licence", "plate"), ("samr", "tax")),
    "offered wrong": Outcome("offer", ("licence", "a", "b", "plate"), ("licence", "a", "b"), ("tax",)),
    "opened": Outcome("open", ("plate",), (), ("tax", "samr")),
    "opened second": Outcome("open", (), (), ("samr", "tax")),
    "ignored": Outcome("ignore", (), (), ()),
}


def test_every_line_is_counted_once() -> None:
    ticks = count()
    steps: list[None] = []
    report = evaluate(ASKS, CHATTER, ROUTES, OUTCOMES.__getitem__, lambda: next(ticks) / 8, lambda: steps.append(None))
    assert (report.asks, report.asks_right, report.asks_wrong) == (6, 1, 1)
    assert (report.asks_offered_right, report.asks_offered_wrong, report.asks_opened, report.asks_ignored) == (1, 1, 1, 1)
    assert (report.first_right, report.among_three) == (2, 4)
    assert report.chatter == {"answer": ChatterCounts(2, 1, 0, 0), "thanks": ChatterCounts(2, 0, 1, 1)}
    assert report.chatter_total == ChatterCounts(4, 1, 1, 1)
    assert (report.routes, report.routes_answered, report.routes_offered, report.routes_opened, report.routes_ignored) == (
        5,
        1,
        1,
        2,
        1,
    )
    assert (report.department_first, report.department_second, report.recognised_and_right) == (2, 4, 1)
    assert report.latency_p50 == report.latency_p99 == 125.0
    assert report.confusions == (Confusion("plate", "licence", 3, "wrong"),)
    assert len(steps) == 15


def test_no_lines_give_an_empty_report() -> None:
    assert evaluate([], [], [], OUTCOMES.__getitem__, lambda: 0.0) == EvaluationReport(chatter={})
