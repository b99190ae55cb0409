"""Run every benchmark: ``python -m benchmarks FOLDER --write``; the folder is that of ``xiaoshao eval``."""

from __future__ import annotations

from benchmarks import noise, page, reliability, reload
from benchmarks.engines import __main__ as engines
from benchmarks.report import Folder, Write, run


def main(folder: Folder, write: Write = False) -> None:
    """把所有能量的都量一遍；加 --write 就把表和图写进 docs/benchmarks.md。"""
    engines.main(folder, write)
    reliability.main(folder, write)
    noise.main(folder, write)
    page.main()
    reload.main()


if __name__ == "__main__":
    run(main)
