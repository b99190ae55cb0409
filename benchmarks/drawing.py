"""Figures that come out the same, byte by byte, from the same numbers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.errors import XiaoshaoError


def check_drawing() -> None:
    """Raise ``XiaoshaoError`` if figures can't be drawn here."""
    if find_spec("matplotlib") is None:
        raise XiaoshaoError("画图要用 matplotlib，还没有装（运行 make bench 会装好，或者：.venv/bin/pip install -e '.[bench]'）")


def figure(panels: int, *, width: float, height: float) -> tuple[Any, list[Any]]:
    """Return a figure and its panels side by side, sizes in inches."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "xiaoshao", "svg.fonttype": "none", "font.family": "sans-serif"})
    drawn = Figure(figsize=(width, height))
    return drawn, list(drawn.subplots(1, panels, squeeze=False)[0])


def save(drawn: Any, path: Path) -> None:
    """Write a figure as SVG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn.savefig(path, format="svg", metadata={"Date": None})
