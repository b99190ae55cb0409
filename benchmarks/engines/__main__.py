"""Compare this engine with others: ``python -m benchmarks.engines FOLDER --write``."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from benchmarks.drawing import check_drawing
from benchmarks.engines.catalogue import ALONE, ENGINES, OURS, PLAIN, SEARCHES, WAYS
from benchmarks.engines.growth import counted, cut, grown
from benchmarks.engines.measure import Measured, Task, measured
from benchmarks.engines.plots import plot_growth
from benchmarks.engines.tables import Result, growth_tables, quality_table, speed_table, ways_table
from benchmarks.lines import Lines, read_lines
from benchmarks.report import IMAGES, ROOT, Folder, Write, machine, publish, run
from bot.errors import XiaoshaoError
from bot.library.faq_file import load_library
from bot.model import Library

SIZES = "1000,10000,30000,100000"
PACKAGES = ("numpy", "rapidfuzz", "bm25s", "jieba", "scikit-learn", "ChatterBot")
SLOW_SECONDS, WAY_SECONDS, TIMEOUT = 120.0, 40.0, 150.0
"""Seconds for asking all lines, for asking them once more in another way, and for one process in all."""

Sizes = Annotated[str, typer.Option("--sizes", metavar="个数", help="要量的问法个数，用英文逗号隔开；FAQ 本身的个数总会量")]
Seconds = Annotated[float, typer.Option("--seconds", metavar="秒", help="每个引擎在每个规模上最多问多少秒，问不完就只算问到的")]
Engines = Annotated[list[str] | None, typer.Option("--engine", metavar="名字", help="只量这几个引擎（可写几次）")]


def main(folder: Folder, write: Write = False, sizes: Sizes = SIZES, seconds: Seconds = 8.0, engine: Engines = None) -> None:
    """同样的条目、同样的提问，把小哨的匹配引擎和别的引擎放在一起量：找得准不准、知不知道闭嘴、快不快、条目多了怎么样。"""
    if write:
        check_drawing()
    start = time.perf_counter()
    lines, library = read_lines(folder), load_library(ROOT / "knowledge")
    names = _chosen(engine)
    wanted = sorted({counted(library), *_numbers(sizes)})
    best = {name: _tell(Task(name, library, lines, SLOW_SECONDS), "FAQ") for name in _with_alone(names)}
    ways = {name: _ways(Task(name, library, lines, WAY_SECONDS), best[name]) for name in names if name in SEARCHES}
    growth = _growth(names, library, lines, wanted, seconds)
    sections = {
        "quality": quality_table(best),
        "ways": ways_table(ways),
        "speed": speed_table({name: best[name] for name in names}),
        **growth_tables(wanted, growth),
        "machine": f"{machine(PACKAGES)}. {len(library.entries)} entries with {counted(library):,} phrasings; "
        f"the comparison took {(time.perf_counter() - start) / 60:.0f} minutes.",
    }
    publish(sections, write=write)
    if write:
        plot_growth(wanted, growth, IMAGES / "growth.svg", {OURS: "this engine"})


def _growth(
    names: Sequence[str], library: Library, lines: Lines, sizes: Sequence[int], seconds: float
) -> Mapping[str, Sequence[Result]]:
    """Measure each engine at each size, with the asks whose entry is there."""
    largest = grown(library, max(sizes))
    found: dict[str, list[Result]] = {name: [] for name in names}
    for size in sizes:
        part = cut(largest, size)
        asks = tuple((text, entry) for text, entry in lines.asks if entry in part.entries)
        for name in names:
            found[name].append(_tell(Task(name, part, replace(lines, asks=asks), seconds), f"{size:,}"))
    return found


def _ways(task: Task, plain: Result) -> Mapping[str, Result]:
    return {way.name: plain if way == PLAIN else _tell(replace(task, way=way), way.name) for way in WAYS}


def _tell(task: Task, what: str) -> Result:
    """Measure, and say on the error output what has been done."""
    start = time.perf_counter()
    found = measured(task, TIMEOUT)
    told = f"{found.asked}/{found.of}, p50 {found.p50:.2f} ms" if isinstance(found, Measured) else found
    print(f"{task.engine}, {what}: {told}, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return found


def _with_alone(names: Sequence[str]) -> list[str]:
    return [one for name in names for one in ((OURS, ALONE) if name == OURS else (name,))]


def _chosen(names: Sequence[str] | None) -> list[str]:
    unknown = [name for name in names or () if name not in ENGINES]
    if unknown:
        raise XiaoshaoError(f"--engine：没有叫 {'、'.join(unknown)} 的引擎（可以写：{'、'.join(ENGINES)}）")
    return [name for name in ENGINES if not names or name in names]


def _numbers(sizes: str) -> list[int]:
    parts = [part.strip() for part in sizes.split(",") if part.strip()]
    wrong = [part for part in parts if not part.isdecimal() or int(part) < 1]
    if wrong:
        raise XiaoshaoError(f"--sizes：{'、'.join(wrong)} 不是个数（写成例如 1000,10000）")
    return [int(part) for part in parts]


if __name__ == "__main__":
    run(main)
