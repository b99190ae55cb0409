"""Tables and figures that the benchmarks put into docs/benchmarks.md, so that none is typed by hand."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import XiaoshaoError

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images"
NOTHING = "–"

Folder = Annotated[Path, typer.Argument(metavar="文件夹", help="里面有 asks.jsonl、chatter.jsonl、routes.jsonl")]
Write = Annotated[bool, typer.Option("--write", help="把表和图写进 docs/benchmarks.md 和 docs/images/")]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def percent(part: float, whole: float = 1.0) -> str:
    """Return a share in percent with one decimal, a dash for a share of nothing."""
    return f"{100 * part / whole:.1f}" if whole else NOTHING


def significant(value: float | None) -> str:
    """Return a positive number in two or three significant digits, a dash for None."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def put(page: Path, sections: Mapping[str, str]) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->`` in a page; ``XiaoshaoError`` without these marks."""
    text = page.read_text(encoding="utf-8")
    for name, section in sections.items():
        marks = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.S)
        places = list(marks.finditer(text))
        if len(places) != 1:
            mend = f"写上各一次 <!-- {name} --> 和 <!-- /{name} -->，各占一行"
            raise XiaoshaoError(f"{page}：要有一处放“{name}”的地方，找到 {len(places)} 处（{mend}）")
        start, end = places[0].end(1), places[0].start(2)
        text = f"{text[:start]}\n{section.strip()}\n\n{text[end:]}"
    page.write_text(text, encoding="utf-8")


def publish(sections: Mapping[str, str], *, write: bool) -> None:
    """Print the sections, and put them into docs/benchmarks.md if ``write``."""
    for name, section in sections.items():
        print(f"\n{name}\n\n{section}", flush=True)
    if write:
        put(PAGE, sections)


def machine(packages: Sequence[str] = ()) -> str:
    """Return a line about the day, the machine and the versions of the packages that are installed."""
    versions = [f"{name} {found}" for name in packages if (found := _version(name))]
    told = [
        f"{datetime.now(UTC):%Y-%m-%d}",
        f"{os.cpu_count()} cores",
        platform.system(),
        f"Python {platform.python_version()}",
        *versions,
    ]
    return ", ".join(told)


def run(command: Callable[..., None]) -> None:
    """Run a function as the command line; an error raised on purpose is printed in one line and ends the program with 1."""
    try:
        typer.run(command)
    except XiaoshaoError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
