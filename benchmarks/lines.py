"""A folder of messages whose right treatment is known, as ``xiaoshao eval`` takes it, read for the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.cli import evaluate
from bot.errors import InvalidFiles, Problem


@dataclass(frozen=True, slots=True)
class Lines:
    """Asks with the entry that answers each, chatter, and questions that no entry answers."""

    asks: tuple[tuple[str, str], ...]
    chatter: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_lines(folder: Path) -> Lines:
    """Read asks.jsonl, chatter.jsonl and routes.jsonl, all of them; raises ``InvalidFiles`` for missing ones and bad lines."""
    mend = "写上放评测文件的文件夹，里面要有 asks、chatter、routes 三个 .jsonl"
    absent = [folder / name for name in evaluate.FILES if not (folder / name).is_file()]
    missing = tuple(Problem(str(path), 0, "没有这个文件", mend) for path in absent)
    try:
        asks, chatter, routes = evaluate.read_lines(folder)
    except InvalidFiles as bad:
        raise InvalidFiles((*bad.problems, *missing)) from None
    if missing:
        raise InvalidFiles(missing)
    return Lines(
        tuple((line["q"], line["id"]) for line in asks),
        tuple(line["q"] for line in chatter),
        tuple(line["q"] for line in routes),
    )
