"""A new phrasing for an existing entry, written only if the whole FAQ still passes its checks with it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.errors import Problem, XiaoshaoError
from bot.library.exchange.importing import ORDER, Plan, Rewritten, write_plan
from bot.library.exchange.yaml_edit import UnusualLayout, edit_entries
from bot.library.faq_file import read_library
from bot.model import Entry, Library

Check = Callable[[Path], Sequence[Problem]]
"""Checks a knowledge folder as ``xiaoshao check`` does and returns the errors."""


@dataclass(frozen=True, slots=True)
class Addition:
    """An entry with its new phrasing, and the file that would hold it; ``problems`` says why it must not be written."""

    entry: Entry
    file: Path
    content: Rewritten
    problems: tuple[Problem, ...] = ()


def plan_phrasing(folder: Path, library: Library, entry: Entry, phrasing: str, check: Check) -> Addition:
    """Try a phrasing out on a copy of the folder; nothing is written.

    Only problems that the folder does not have already count. Raises ``XiaoshaoError`` for a file that can't be edited.
    """
    grown = replace(entry, questions=(*entry.questions, phrasing))
    file = (folder / f"{entry.theme}.yaml").resolve()  # of a link, the file behind it is what must be replaced
    before = file.read_bytes()
    try:
        after = edit_entries(before.decode("utf-8"), {entry.id: {"questions": grown.questions}}, ORDER).encode("utf-8")
    except UnusualLayout as fault:
        raise XiaoshaoError(f"{file}：条目 {entry.id} 的写法不能自动改（{fault}）") from fault
    content = Rewritten(before, after)
    with tempfile.TemporaryDirectory(prefix="xiaoshao-") as name:
        copy = Path(name)
        for path in folder.iterdir():
            if path.is_file():
                shutil.copyfile(path, copy / path.name)
        (copy / f"{entry.theme}.yaml").write_bytes(after)
        found = tuple(_moved(problem, copy, folder) for problem in check(copy))
        same = read_library(copy).library.entries == {**library.entries, entry.id: grown}
    if found:
        known = {problem.message for problem in check(folder)}
        found = tuple(problem for problem in found if problem.message not in known)
    if not found and not same:
        found = (Problem(str(file), 0, "写进文件以后读出来不一样，没有写", "请直接改知识文件"),)
    return Addition(grown, file, content, found)


def write_phrasing(addition: Addition) -> None:
    """Replace the file at once; raises ``XiaoshaoError`` if it was changed since, or if there are problems."""
    if addition.problems:
        raise XiaoshaoError(f"没有写：{addition.problems[0]}")
    if addition.file.read_bytes() != addition.content.before:
        raise XiaoshaoError(f"{addition.file}：这个文件刚刚被别人改过，什么也没有写（再运行一次）")
    write_plan(Plan(addition.file.parent, (), (), (), {addition.file: addition.content}))


def _moved(problem: Problem, copy: Path, folder: Path) -> Problem:
    """Return a problem of the copy with the places that the curators know."""
    file, message, mend = (text.replace(str(copy), str(folder)) for text in (problem.file, problem.message, problem.mend))
    return Problem(file, problem.line, message, mend)
