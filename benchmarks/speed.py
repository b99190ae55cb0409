"""How long this engine takes, on a machine that does other work too: ``python -m benchmarks.speed 100000``.

Without a number it is the FAQ as it is. Building is told in processor seconds; of each line of practice the quickest of ten
askings counts, so that what else runs counts little.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.engines.growth import counted, grown
from benchmarks.engines.metrics import quantile
from bot.library.faq_file import load_library
from bot.matching.engine import Matcher

ROOT = Path(__file__).parents[1]
PRACTICE = ROOT / "benchmarks" / "practice"
TIMES = 10


def main(phrasings: int = 0) -> None:
    """Build once, ask every line of practice ten times, and print the figures."""
    library = load_library(ROOT / "knowledge")
    library = grown(library, phrasings) if phrasings else library
    start = time.process_time()
    matcher = Matcher(library)
    build = time.process_time() - start
    lines = [json.loads(line)["q"] for file in sorted(PRACTICE.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    best = [float("inf")] * len(lines)
    for _ in range(TIMES):
        for place, line in enumerate(lines):
            begin = time.perf_counter()
            matcher.judge(line)
            best[place] = min(best[place], time.perf_counter() - begin)
    p50, p99 = (quantile(best, share) * 1000 for share in (0.5, 0.99))
    print(f"{counted(library):,} phrasings: built in {build:.1f} processor seconds; one ask p50 {p50:.2f} ms, p99 {p99:.2f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
