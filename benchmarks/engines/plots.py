"""The plot of how the engines grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.drawing import figure, save
from benchmarks.engines.measure import Measured
from benchmarks.engines.tables import LEAST, Result

PANELS: tuple[tuple[str, Callable[[Measured], float | None], bool], ...] = (
    ("right entry first, % of asks", lambda one: 100 * one.first / one.asks if one.asks >= LEAST else None, False),
    ("one ask, ms (p50)", lambda one: one.p50, True),
    ("index, MB", lambda one: max(one.index, 0.1), True),
)
"""Title, value, and whether the axis is logarithmic."""
MARKERS = "o^vsDPX<>*"


def plot_growth(sizes: Sequence[int], results: Mapping[str, Sequence[Result]], path: Path, names: Mapping[str, str]) -> None:
    """Draw quality, time and memory over the number of phrasings; ``names`` are what the engines are called there."""
    drawn, axes = figure(len(PANELS), width=12.5, height=4.4)
    for axis, (title, value, logarithmic) in zip(axes, PANELS, strict=True):
        for number, (name, row) in enumerate(results.items()):
            points = [(size, value(one)) for size, one in zip(sizes, row, strict=True) if isinstance(one, Measured)]
            known = [(size, found) for size, found in points if found is not None]
            axis.plot(
                [size for size, _ in known],
                [found for _, found in known],
                label=names.get(name, name),
                marker=MARKERS[number % len(MARKERS)],
                markersize=5,
                linewidth=2.6 if number == 0 else 1.2,
                zorder=3 if number == 0 else 2,
            )
        axis.set_title(title)
        axis.set_xscale("log")
        axis.set_xlabel("phrasings")
        if logarithmic:
            axis.set_yscale("log")
        axis.grid(alpha=0.3)
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="lower center", ncol=5, frameon=False, fontsize=9)
    drawn.subplots_adjust(bottom=0.25, left=0.05, right=0.99, top=0.92)
    save(drawn, path)
