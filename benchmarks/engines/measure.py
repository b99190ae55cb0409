"""Measures one engine in a process of its own."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.engines.catalogue import PLAIN, Way, engine, taught
from benchmarks.engines.metrics import Quality, is_first, quality, quantile
from benchmarks.engines.port import Engine, Ranked
from benchmarks.lines import Lines
from benchmarks.report import ROOT
from bot.model import Library

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
MEGABYTE = 1 << 20
WARM_UP = 32
"""Phrasings of a first small index, which loads the engine's libraries and dictionaries."""


@dataclass(frozen=True, slots=True)
class Task:
    """An engine, what it is built from, what it is asked, and the seconds that asking may take in all."""

    engine: str
    library: Library
    lines: Lines
    seconds: float
    way: Way = PLAIN


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: seconds, milliseconds, megabytes; ``asked`` of ``of`` lines were reached in the time given."""

    asked: int
    of: int
    asks: int
    first: int
    build: float
    p50: float
    p99: float
    index: float
    process: float
    peak: float
    quality: Quality


def measured(task: Task, timeout: float) -> Measured | str:
    """Measure in a fresh process on one thread; returns what went wrong if it failed or took longer than ``timeout`` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "task", Path(folder) / "result"
        given.write_bytes(pickle.dumps(task))
        command = [sys.executable, "-m", "benchmarks.engines.worker", str(given), str(result)]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env={**os.environ, **ONE_THREAD}, timeout=timeout, capture_output=True, text=True, check=False
            )
        except subprocess.TimeoutExpired:
            return f"over {timeout:.0f} s"
        if done.returncode:
            told = done.stderr.strip().splitlines()
            return told[-1] if told else f"exit code {done.returncode}"
        found = pickle.loads(result.read_bytes())
        assert isinstance(found, Measured)
        return found


def measure(task: Task) -> Measured:
    """Measure in this process."""
    texts, owners = taught(task.library, task.way)
    small = engine(task.engine, task.library, task.way)
    small.build(texts[:WARM_UP], owners[:WARM_UP])
    small.rank(texts[0])
    del small
    before = _resident()
    found = engine(task.engine, task.library, task.way)
    start = time.perf_counter()
    found.build(texts, owners)
    build = time.perf_counter() - start
    after = _resident()
    ranked, times = _ask(found, task)
    asks = [(task.lines.asks[place][1], one) for (group, place), one in ranked if group == 0]
    chatter, unknown = ([one for (group, _), one in ranked if group == wanted] for wanted in (1, 2))
    return Measured(
        asked=len(ranked),
        of=sum(map(len, _groups(task.lines))),
        asks=len(asks),
        first=sum(is_first(expected, one) for expected, one in asks),
        build=build,
        p50=quantile(times, 0.5),
        p99=quantile(times, 0.99),
        index=after - before,
        process=after,
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        quality=quality(asks, chatter, unknown),
    )


def _ask(found: Engine, task: Task) -> tuple[list[tuple[tuple[int, int], Ranked]], list[float]]:
    """Ask the lines in an order drawn once, so that those reached in the time are a fair sample; returns milliseconds too."""
    groups = _groups(task.lines)
    order = [(group, place) for group, lines in enumerate(groups) for place in range(len(lines))]
    Random("lines").shuffle(order)
    ranked: list[tuple[tuple[int, int], Ranked]] = []
    times: list[float] = []
    until = time.perf_counter() + task.seconds
    for group, place in order:
        start = time.perf_counter()
        ranked.append(((group, place), found.rank(groups[group][place])))
        end = time.perf_counter()
        times.append((end - start) * 1000)
        if end > until:
            break
    return ranked, times


def _groups(lines: Lines) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    return [text for text, _ in lines.asks], lines.chatter, lines.unknown


def _resident() -> float:
    """Return the resident memory of this process in megabytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / MEGABYTE
