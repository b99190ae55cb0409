"""The tables of the comparison, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.engines.catalogue import CHATTERBOT, WAYS
from benchmarks.engines.measure import Measured
from benchmarks.engines.metrics import SHARES
from benchmarks.report import NOTHING, percent, significant, table

Result = Measured | str
"""What was measured, or why nothing was."""
LEAST = 50
"""Asks below which no share of them is told."""
LEAST_TIMES = 100
"""Lines below which no p99 is told."""


def quality_table(results: Mapping[str, Result]) -> str:
    """Return what each engine finds, and what it answers at the thresholds that keep it silent enough."""
    limits = [f"≤ {100 * share:g} % of chatter: right / wrong, unknown answered" for share in SHARES]
    head = ["engine", "top-1", "top-3", "AUROC", *limits, "asks, chatter, unknown"]
    return table(head, [[name, *_quality_cells(name, result)] for name, result in results.items()])


def ways_table(results: Mapping[str, Mapping[str, Result]]) -> str:
    """Return for each engine and way the top-1 and the asks answered right at the first of the thresholds."""
    return table(
        ["engine", *(way.name for way in WAYS)],
        [[name, *(_cells(ways[way.name], _in_short, 1)[0] for way in WAYS)] for name, ways in results.items()],
    )


def speed_table(results: Mapping[str, Result]) -> str:
    """Return time and memory of each engine."""
    head = ["engine", "build, s", "p50, ms", "p99, ms", "index, MB", "whole process, MB"]
    return table(head, [[name, *_cells(result, _speed, 5)] for name, result in results.items()])


def growth_tables(sizes: Sequence[int], results: Mapping[str, Sequence[Result]]) -> dict[str, str]:
    """Return by section the quality, the speed, and the cost of building at each size."""
    tellers: dict[str, Callable[[Measured], list[str]]] = {
        "growth-quality": lambda one: [top_one(one)],
        "growth-speed": lambda one: [f"{significant(one.p50)} / {_slowest(one)}"],
        "growth-build": lambda one: [f"{significant(one.build)} s, {significant(one.index)} MB"],
    }
    head = ["engine", *(f"{size:,}" for size in sizes)]
    return {
        section: table(head, [[name, *(_cells(one, teller, 1)[0] for one in row)] for name, row in results.items()])
        for section, teller in tellers.items()
    }


def top_one(one: Measured) -> str:
    """Return the share of asks whose entry is ranked first, with their number if not all were asked."""
    if one.asks < LEAST:
        return NOTHING
    return percent(one.first, one.asks) + (f" ({one.asks} asks)" if one.asked < one.of else "")


def _cells(result: Result, teller: Callable[[Measured], list[str]], width: int) -> list[str]:
    if isinstance(result, str):
        return [result, *[NOTHING] * (width - 1)]
    return teller(result)


def _quality_cells(name: str, result: Result) -> list[str]:
    cells = _cells(result, _quality, 6)
    return [cells[0], NOTHING, *cells[2:]] if name == CHATTERBOT else cells


def _quality(measured: Measured) -> list[str]:
    one = measured.quality
    told = [
        f"{percent(given.right, one.asks)} / {percent(given.wrong, one.asks)}, {percent(given.unknown, one.unknown)}"
        for given in one.at.values()
    ]
    if measured.asked < measured.of:  # fewer lines of chatter make a threshold that compares with no other
        told = [NOTHING] * len(told)
    shares = [percent(one.first, one.asks), percent(one.among_three, one.asks)] if one.asks >= LEAST else [NOTHING] * 2
    return [*shares, f"{one.area:.3f}", *told, f"{one.asks}, {one.chatter}, {one.unknown}"]


def _in_short(one: Measured) -> list[str]:
    return [f"{top_one(one)} / {percent(one.quality.at[SHARES[0]].right, one.quality.asks)}"]


def _speed(one: Measured) -> list[str]:
    values = [significant(value) for value in (one.build, one.p50, one.index, one.process)]
    return [*values[:2], _slowest(one), *values[2:]]


def _slowest(one: Measured) -> str:
    return significant(one.p99) if one.asked >= LEAST_TIMES else NOTHING
