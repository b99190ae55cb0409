"""How far the engine's confidence can be believed: ``python -m benchmarks.reliability FOLDER --write``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drawing import check_drawing, figure, save
from benchmarks.lines import read_lines
from benchmarks.report import IMAGES, NOTHING, ROOT, Folder, Write, percent, publish, run, table
from bot.library.faq_file import load_library
from bot.matching.engine import ANSWER, Matcher

BINS = 10
Z = 1.96
"""Standard deviations of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A line's confidence (0–1) in its best entry, and whether that entry answers it."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Lines whose confidence lies in ``low`` up to (not with, but for 1) ``high``; ``mean`` of their confidence."""

    low: float
    high: float
    count: int
    right: int
    mean: float

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the share right (Wilson)."""
        if not self.count:
            return 0.0, 1.0
        share, spread = self.right / self.count, Z * Z / self.count
        middle = (share + spread / 2) / (1 + spread)
        half = Z * math.sqrt(share * (1 - share) / self.count + spread / (4 * self.count)) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)


def binned(judged: Sequence[Judged], bins: int = BINS) -> list[Bin]:
    """Sort lines into bins of equal width."""
    groups: list[list[Judged]] = [[] for _ in range(bins)]
    for one in judged:
        groups[min(bins - 1, int(one.confidence * bins))].append(one)
    return [
        Bin(
            number / bins,
            (number + 1) / bins,
            len(group),
            sum(one.right for one in group),
            sum(one.confidence for one in group) / len(group) if group else 0.0,
        )
        for number, group in enumerate(groups)
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance between confidence and share right, weighed by lines (ECE)."""
    whole = sum(one.count for one in bins)
    return sum(abs(one.mean * one.count - one.right) for one in bins) / whole if whole else math.nan


def brier(judged: Sequence[Judged]) -> float:
    """Return the mean squared distance between confidence and what was the case."""
    return sum((one.confidence - one.right) ** 2 for one in judged) / len(judged) if judged else math.nan


def reliability_table(groups: dict[str, Sequence[Judged]]) -> str:
    """Return for each group of lines how many of a bin were right."""
    columns = [binned(judged) for judged in groups.values()]
    rows = [
        [f"{100 * first.low:.0f}–{100 * first.high:.0f}", *(cell for one in (first, *rest) for cell in _cells(one))]
        for first, *rest in zip(*columns, strict=True)
    ]
    ends = [("calibration error (ECE)", map(calibration_error, columns)), ("Brier score", map(brier, groups.values()))]
    rows += [[name, *(cell for value in values for cell in ("", f"{value:.3f}"))] for name, values in ends]
    return table(["confidence, %", *(f"{name}{what}" for name in groups for what in (": lines", ": right, %"))], rows)


def plot(groups: dict[str, Sequence[Judged]], path: Path) -> None:
    """Draw the share right over the confidence, with 95 % intervals and the number of lines."""
    drawn, axes = figure(len(groups), width=9.5, height=4.6)
    for axis, (name, judged) in zip(axes, groups.items(), strict=True):
        bins = [one for one in binned(judged) if one.count]
        shares = [one.right / one.count for one in bins]
        ends = [one.interval for one in bins]
        errors = (
            [max(0.0, share - low) for share, (low, _) in zip(shares, ends, strict=True)],
            [max(0.0, high - share) for share, (_, high) in zip(shares, ends, strict=True)],
        )
        axis.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
        axis.axvline(ANSWER, color="tab:orange", linewidth=1, linestyle=":", label=f"answered from {ANSWER}")
        axis.errorbar([one.mean for one in bins], shares, yerr=errors, marker="o", capsize=3, label="right, 95 % interval")
        for one, share in zip(bins, shares, strict=True):
            axis.annotate(str(one.count), (one.mean, share), textcoords="offset points", xytext=(4, 6), fontsize=8)
        axis.set(
            title=f"{name} ({len(judged)})", xlabel="confidence", ylabel="share right", xlim=(-0.02, 1.06), ylim=(-0.02, 1.1)
        )
        axis.legend(loc="lower right", frameon=False)
        axis.grid(alpha=0.3)
    drawn.subplots_adjust(bottom=0.13, left=0.07, right=0.98, top=0.92, wspace=0.22)
    save(drawn, path)


def judge(folder: Path) -> dict[str, Sequence[Judged]]:
    """Judge the asks, and all lines together; only an ask can be answered rightly."""
    lines = read_lines(folder)
    matcher = Matcher(load_library(ROOT / "knowledge"))

    def judged(text: str, expected: str | None) -> Judged:
        found = matcher.judge(text)
        return Judged(found.confidence, bool(found.candidates) and found.candidates[0].entry_id == expected)

    asks = [judged(text, entry) for text, entry in lines.asks]
    return {"asks": asks, "all lines": [*asks, *(judged(text, None) for text in (*lines.chatter, *lines.unknown))]}


def main(folder: Folder, write: Write = False) -> None:
    """小哨说有几成把握，是不是真的就有几成对：按把握分档，看每档里答对的占多少。"""
    if write:
        check_drawing()
    groups = judge(folder)
    publish({"reliability": reliability_table(groups)}, write=write)
    if write:
        plot(groups, IMAGES / "reliability.svg")


def _cells(one: Bin) -> tuple[str, str]:
    low, high = one.interval
    return str(one.count), f"{percent(one.right, one.count)} ({100 * low:.0f}–{100 * high:.0f})" if one.count else NOTHING


if __name__ == "__main__":
    run(main)
