"""Columns over time as shapes for an SVG: who answered how much on each day, and a rate as a line above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.reports.scorecard import Period, Tally

WIDTH, HEIGHT = 640, 200
"""The drawing's own units; the page scales it."""

_LEFT, _TOP, _BOTTOM = 34, 10, 26
_LABELS = 8
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Block:
    """One coloured part of a column; ``kind`` is its class in the style sheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside an axis."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing: columns, grid lines (their heights), and labels of both axes; ``described`` says it in a sentence."""

    blocks: tuple[Block, ...]
    grid: tuple[float, ...]
    labels: tuple[Label, ...]
    scale: tuple[Label, ...]
    described: str


KINDS = (("faq", "知识库答"), ("peers", "同行答"), ("departments", "部门答"), ("rest", "其余（还在办、撤回等）"))
"""The parts of a column from the bottom up, with their words for the legend."""


def columns(periods: Sequence[Period], unit: str) -> Chart:
    """Draw what was asked in each period; ``unit`` is 天 or 周."""
    most = max((period.tally.asked for period in periods), default=0)
    top = _round_up(most)
    across = (WIDTH - _LEFT) / max(len(periods), 1)
    blocks = [block for place, period in enumerate(periods) for block in _column(period.tally, place, across, top)]
    every = -(-len(periods) // _LABELS)
    labels = [
        Label(_LEFT + across * (place + 0.5), HEIGHT - 8, f"{period.start.month}/{period.start.day}")
        for place, period in enumerate(periods)
        if place % every == 0
    ]
    marks = sorted({0, top // 2, top})
    grid = tuple(_height(mark, top) for mark in marks)
    scale = tuple(Label(_LEFT - 6, _height(mark, top) + 4, str(mark)) for mark in marks)
    busiest = max(periods, key=lambda period: period.tally.asked, default=None)
    words = f"最多的一{unit}是 {_named(busiest.start, unit)}，{most} 次" if busiest and most else "没有提问"
    return Chart(tuple(blocks), grid, tuple(labels), scale, words)


def parts(tally: Tally) -> tuple[tuple[str, str, int], ...]:
    """Return class, word and count of each part of what was asked."""
    told = (tally.by_faq, tally.by_peers, tally.by_departments)
    counts = (*told, max(tally.asked - sum(told), 0))
    return tuple((kind, word, count) for (kind, word), count in zip(KINDS, counts, strict=True))


def _column(tally: Tally, place: int, across: float, top: int) -> list[Block]:
    width = min(across * 0.75, _WIDEST)
    left = _LEFT + across * (place + 0.5) - width / 2
    blocks, below = [], 0
    for kind, _, count in parts(tally):
        if count:
            upper, lower = _height(below + count, top), _height(below, top)
            blocks.append(Block(kind, round(left, 1), upper, round(width, 1), round(lower - upper, 1)))
        below += count
    return blocks


def _height(count: int, top: int) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - count / top), 1)


def _round_up(most: int) -> int:
    for step in (4, 10, 20, 40, 100, 200, 400):
        if most <= step:
            return step
    return -(-most // 500) * 500


def _named(start: date, unit: str) -> str:
    if unit == "天":
        return f"{start.month}月{start.day}日"
    end = start + timedelta(days=6)
    return f"{start.month}月{start.day}日至{end.month}月{end.day}日"
