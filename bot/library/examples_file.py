"""knowledge/chatter.yaml and knowledge/departments.yaml: examples of what isn't asked, and of what each department is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from bot.errors import Problem
from bot.library.yaml_lines import NodeReader, did_you_mean, read_nodes
from bot.model import DepartmentExamples

GENERAL = "general"
"""The key in departments.yaml for questions that belong to no single department."""

_FIELDS = ("words", "questions")


def read_chatter(path: Path) -> tuple[Mapping[str, tuple[str, ...]], list[Problem]]:
    """Read kind → messages; a missing file means none."""
    if not path.exists():
        return {}, []
    root, problems = read_nodes(path)
    reader = NodeReader(str(path), problems)
    pairs = reader.pairs(root, "文件") if root is not None else []
    return {pair.key: reader.texts(pair.value, pair.key) for pair in pairs}, problems


def read_departments(
    path: Path, *, known: Collection[str] | None = None
) -> tuple[Mapping[str, DepartmentExamples], tuple[str, ...], list[Problem]]:
    """Read department key → examples, and the general questions; a missing file means none.

    ``known`` are the department keys of routing.yaml; None leaves the keys unchecked.
    """
    if not path.exists():
        return {}, (), []
    root, problems = read_nodes(path)
    reader = NodeReader(str(path), problems)
    departments: dict[str, DepartmentExamples] = {}
    general: tuple[str, ...] = ()
    for pair in reader.pairs(root, "文件") if root is not None else []:
        if known is not None and pair.key not in known and pair.key != GENERAL:
            reader.note(pair.line, f"routing.yaml 里没有部门“{pair.key}”", did_you_mean(pair.key, known))
        read: dict[str, tuple[str, ...]] = {}
        for part in reader.pairs(pair.value, pair.key):
            if part.key in _FIELDS:
                read[part.key] = reader.texts(part.value, f"{pair.key}/{part.key}")
            else:
                reader.note(part.line, f"“{pair.key}”里不认得“{part.key}”", did_you_mean(part.key, _FIELDS))
        examples = DepartmentExamples(read.get("words", ()), read.get("questions", ()))
        if pair.key == GENERAL:
            general = examples.questions
        else:
            departments[pair.key] = examples
    return departments, general, problems
