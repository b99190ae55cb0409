"""knowledge/*.yaml → model.Library, checked whole: every fault at once, file:line, in Chinese, with the mend."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import InvalidFiles, Problem
from bot.library.examples_file import read_chatter, read_departments
from bot.library.faq_entries import ANSWER_LIMIT, PART_NAMES, SCHEMA, Entries, bare
from bot.library.places import Place, Places
from bot.library.stand_ins import denied_phrasings, faulty_stand_ins
from bot.library.words_file import Words, read_words
from bot.model import Entry, Library

__all__ = ["ANSWER_LIMIT", "PART_NAMES", "SCHEMA", "Loaded", "Place", "Places", "load_library", "read_library"]

WORDS, CHATTER, DEPARTMENTS = "words.yaml", "chatter.yaml", "departments.yaml"

_COPY = re.compile(r"副本|复件|[Cc]opy|[(（]\d+[)）]$")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything found in a knowledge folder; ``library`` holds what is sound even if there are problems."""

    library: Library
    places: Places
    problems: tuple[Problem, ...]


def load_library(folder: Path, *, departments: Collection[str] | None = None) -> Library:
    """Return the library of a knowledge folder.

    ``departments`` are the keys of routing.yaml (None: any key is taken). Raises ``InvalidFiles`` with every problem found.
    """
    loaded = read_library(folder, departments=departments)
    if loaded.problems:
        raise InvalidFiles(loaded.problems)
    return loaded.library


def read_library(folder: Path, *, departments: Collection[str] | None = None) -> Loaded:
    """Return whatever can be read of a knowledge folder, the places of the entries, and all problems; never raises."""
    if not folder.is_dir():
        mend = "在项目文件夹里运行，或用 --knowledge 指明知识文件夹"
        return Loaded(Library({}), Places(), (Problem(str(folder), 0, "没有这个知识文件夹", mend),))
    words, problems = read_words(folder / WORDS)
    chatter, chatter_problems = read_chatter(folder / CHATTER)
    examples, general, example_problems = read_departments(folder / DEPARTMENTS, known=departments)
    problems += chatter_problems + example_problems
    entries = Entries(departments)
    files, misnamed = _entry_files(folder)
    for path in files:
        entries.read_file(path)
    if not files and not misnamed:
        problems.append(
            Problem(str(folder), 0, "知识文件夹里没有任何条目文件", "放入例如“税务.yaml”的文件，写法见 knowledge/写法.md")
        )
    places = Places(entries.places, entries.parts, entries.texts)
    entries.check_stand_ins()
    problems += misnamed + _answered_chatter(folder / CHATTER, chatter, entries)
    problems += [*faulty_stand_ins(entries.outlines, places), *denied_phrasings(entries.entries, places)]
    library = _library(entries.entries, words, chatter, examples, general)
    return Loaded(library, places, tuple(sorted(problems + entries.problems)))


def _entry_files(folder: Path) -> tuple[list[Path], list[Problem]]:
    """Return the entry files, copies last, and what is wrong with the names of files that look like one."""
    files: list[Path] = []
    problems: list[Problem] = []
    for path in sorted(folder.iterdir(), key=lambda path: (bool(_COPY.search(path.stem)), path.name)):
        suffix = path.suffix.lower()
        if path.name in (WORDS, CHATTER, DEPARTMENTS) or path.name.startswith((".", "~$")):
            continue
        if path.suffix == ".yaml":
            files.append(path)
        elif suffix in (".yaml", ".yml"):
            mend = f"改名为 {path.stem}.yaml"
            problems.append(Problem(str(path), 0, "文件名的后缀不是 .yaml，不会被读取", mend))
        elif ".yaml" in path.stem.lower() or ".yml" in path.stem.lower():
            mend = (
                f"改名为 {re.split(r'[.]ya?ml', path.stem, flags=re.IGNORECASE)[0]}.yaml（在资源管理器里先打开“显示文件扩展名”）"
            )
            problems.append(Problem(str(path), 0, f"文件名的末尾多了 {path.suffix}，不会被读取", mend))
    return files, problems


def _answered_chatter(path: Path, chatter: Mapping[str, tuple[tuple[str, int], ...]], entries: Entries) -> list[Problem]:
    """Return the messages that must stay unanswered and are phrasings of an entry at the same time."""
    problems: list[Problem] = []
    for kind, messages in chatter.items():
        for message, line in messages:
            entry, place = entries.phrasings.get(bare(message), ("", None))
            if entry:
                said = f"“{message}”写在不该理会的“{kind}”里，又是条目 {entry} 的问法，另一处在 {place}"
                problems.append(Problem(str(path), line, said, "只留一处"))
    return problems


def _library(entries: Mapping[str, Entry], words: Words, chatter: Any, examples: Any, general: tuple[str, ...]) -> Library:
    return Library(
        entries=entries,
        synonyms=words.synonyms,
        dictionary=words.dictionary,
        confusions=words.confusions,
        chatter={kind: tuple(text for text, _ in messages) for kind, messages in chatter.items()},
        departments=examples,
        general_questions=general,
    )
