"""Slips of layout that spoil a whole entry at once: told as the one slip that they are, not as the ten faults that follow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from bot.errors import Problem
from bot.library.slips import structural_lines

_ENTRY = re.compile(r"-\s+[\w\u200b-]+\s*[:：]")
_KEY = re.compile(r"(?:- +|  )([a-z_]+):(?:\s|$)")
_LIST_KEY = re.compile(r"\s+(?P<key>[a-z_]+):\s*$")
_KEY_TWICE = "写了两遍，"
_SEVERAL = 3
"""Keys that are there twice in one entry from which two entries have run into each other."""
CUT_OFF = "这一行与上面的内容接不上"


class _Explained(NamedTuple):
    """One slip and the lines (from 1, both included) whose other faults follow from it."""

    problem: Problem
    first: int
    last: int


def explain_layout(file: str, lines: Sequence[str], problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems of an entry file with those left out that only follow from a slip of layout, which is named instead."""
    structure = list(structural_lines(lines))
    starts = [number for number, line in structure if _ENTRY.match(line)]
    explained = _dashes_at_margin(file, structure, starts, len(lines)) + _split_entries(file, structure, starts, len(lines))
    problems = [p for p in problems if not any(slip.first <= p.line <= slip.last for slip in explained)]
    first = next(((number, line) for number, line in structure if not line.startswith("---")), None)
    if first and starts and first[0] < starts[0] and any(CUT_OFF in problem.message for problem in problems):
        problems = [problem for problem in problems if CUT_OFF not in problem.message]
        problems.append(Problem(file, first[0], "这一条的开头少了“- ”", "第一行写成“- id: …”，“- ”顶格"))
    return [*_without_followers(problems, starts), *(slip.problem for slip in explained)]


def _dashes_at_margin(file: str, structure: Sequence[tuple[int, str]], starts: Sequence[int], last: int) -> list[_Explained]:
    """Find lists inside an entry whose dashes stand at the margin, as if each item were an entry of its own."""
    found: list[_Explained] = []
    key = ""
    for number, line in structure:
        if line.startswith("- ") and not _ENTRY.match(line):
            start = max((one for one in starts if one < number), default=0)
            end = min((one - 1 for one in starts if one > number), default=last)
            if key and start and not any(slip.first <= number <= slip.last for slip in found):
                message = f"“{key}”下面的“- ”顶了格，这几句成了单独的条目"
                found.append(_Explained(Problem(file, number, message, f"每句前面空两格，与“{key}:”左对齐"), start, end))
            continue
        match = _LIST_KEY.match(line)
        if match:
            key = match["key"]
        elif not line.lstrip().startswith("- "):
            key = ""
    return found


def _split_entries(file: str, structure: Sequence[tuple[int, str]], starts: Sequence[int], last: int) -> list[_Explained]:
    """Find a dash too many inside an entry, which cuts the entry in two: the second half has no id, the first not that field."""
    found: list[_Explained] = []
    ends = [*(start - 1 for start in starts[1:]), last]
    for place in range(1, len(starts)):
        before, start, end = starts[place - 1], starts[place], ends[place]
        keys = [match[1] for number, line in structure if start <= number <= end and (match := _KEY.match(line))]
        earlier = [match[1] for number, line in structure if before <= number < start and (match := _KEY.match(line))]
        if keys and "id" not in keys and "id" in earlier and not set(keys) & set(earlier):
            message = f"“{keys[0]}”前面多了“- ”，一条被拆成了两条"
            found.append(_Explained(Problem(file, start, message, "把这一行的“- ”换成两个空格"), before, end))
    return found


def _without_followers(problems: Sequence[Problem], starts: Sequence[int]) -> list[Problem]:
    """Of many keys that are there twice in one entry leave only the first: there the first line of the next entry is missing."""
    kept: list[Problem] = []
    twice: dict[int, list[Problem]] = {}
    for problem in problems:
        if _KEY_TWICE in problem.message:
            twice.setdefault(max((start for start in starts if start <= problem.line), default=0), []).append(problem)
        else:
            kept.append(problem)
    for found in twice.values():
        kept += found if len(found) < _SEVERAL else [min(found, key=lambda problem: problem.line)]
    return kept
