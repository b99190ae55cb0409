"""A folder of messages whose right treatment is known, as ``xiaoshao eval`` takes it, read for the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.cli.json_lines import BadLine, parse, text_of
from bot.errors import InvalidFiles, Problem


@dataclass(frozen=True, slots=True)
class Lines:
    """Asks with the entry that answers each, chatter, and questions that no entry answers."""

    asks: tuple[tuple[str, str], ...]
    chatter: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_lines(folder: Path) -> Lines:
    """Read asks.jsonl, chatter.jsonl and routes.jsonl; raises ``InvalidFiles`` with every bad line."""
    problems: list[Problem] = []
    asks, chatter, routes = (
        _read(folder / name, label, problems)
        for name, label in (("asks.jsonl", "id"), ("chatter.jsonl", "kind"), ("routes.jsonl", "department"))
    )
    if problems:
        raise InvalidFiles(tuple(problems))
    return Lines(tuple(asks), tuple(q for q, _ in chatter), tuple(q for q, _ in routes))


def _read(path: Path, label: str, problems: list[Problem]) -> list[tuple[str, str]]:
    if not path.is_file():
        problems.append(
            Problem(str(path), 0, "没有这个文件", "写上放评测文件的文件夹，里面要有 asks、chatter、routes 三个 .jsonl")
        )
        return []
    lines: list[tuple[str, str]] = []
    for number, raw in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            if raw.strip():
                line = parse(raw)
                lines.append((text_of(line, "q"), text_of(line, label)))
        except BadLine as error:
            problems.append(Problem(str(path), number, str(error), f'每行写成 {{"q": "…", "{label}": "…"}}'))
    return lines
