"""knowledge/chatter.yaml and knowledge/departments.yaml: examples of what isn't asked, and of what each department is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml

from bot.errors import Problem
from bot.library.curated_nodes import CuratorReader, open_curated
from bot.library.faq_entries import meant_department
from bot.library.yaml_lines import Pair, did_you_mean
from bot.matching.engine import KIND_NAMES
from bot.model import DepartmentExamples

GENERAL = "general"
"""The key in departments.yaml for questions that belong to no single department."""

_FIELDS = ("words", "questions")


def read_chatter(path: Path) -> tuple[Mapping[str, tuple[tuple[str, int], ...]], list[Problem]]:
    """Read kind → messages, each with its line; a missing file means none."""
    if not path.exists():
        return {}, []
    root, reader = open_curated(path)
    read: dict[str, tuple[tuple[str, int], ...]] = {}
    for pair in _sections(reader, root, "greeting"):
        if pair.key not in KIND_NAMES:
            reader.note(pair.line, f"没有“{pair.key}”这一种", did_you_mean(pair.key, KIND_NAMES))
        read[pair.key] = tuple(reader.lined_texts(pair.value, pair.key))
    return read, reader.problems


def read_departments(
    path: Path, *, known: Collection[str] | None = None
) -> tuple[Mapping[str, DepartmentExamples], tuple[str, ...], list[Problem]]:
    """Read department key → examples, and the general questions; a missing file means none.

    ``known`` are the department keys of routing.yaml; None leaves the keys unchecked.
    """
    if not path.exists():
        return {}, (), []
    root, reader = open_curated(path)
    departments: dict[str, DepartmentExamples] = {}
    general: tuple[str, ...] = ()
    for pair in _sections(reader, root, "tax"):
        if known is not None and pair.key not in known and pair.key != GENERAL:
            reader.note(pair.line, f"routing.yaml 里没有部门“{pair.key}”", meant_department(pair.key, known))
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
    return departments, general, reader.problems


def _sections(reader: CuratorReader, root: yaml.Node | None, example: str) -> list[Pair]:
    if isinstance(root, yaml.SequenceNode):
        reader.note(root, "这里的句子没有写在哪一种的下面", f"在它们上面加一行名称，例如“{example}:”")
        return []
    return reader.pairs(root, "文件") if root is not None else []
