"""knowledge/*.yaml → model.Library, checked whole: every fault at once, file:line, in Chinese, with the mend."""

from __future__ import annotations

import dataclasses
import re
import typing
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from bot.errors import InvalidFiles, Problem
from bot.library.examples_file import read_chatter, read_departments
from bot.library.words_file import Words, read_words
from bot.library.yaml_lines import NodeReader, Pair, did_you_mean, line_of, nearest, read_nodes
from bot.model import Entry, Library

ANSWER_LIMIT = 350
"""Most characters of an answer: what one phone screen shows."""

WORDS, CHATTER, DEPARTMENTS = "words.yaml", "chatter.yaml", "departments.yaml"

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the curated files; ``line`` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where each entry stands, and each of its fields, phrasings and near misses."""

    entries: Mapping[str, Place] = field(default_factory=dict)
    parts: Mapping[tuple[str, str], Place] = field(default_factory=dict)

    def at(self, entry: str, part: str = "") -> Place:
        """Return the place of an entry, or of a field's name or a phrasing's text in it where that is known."""
        return self.parts.get((entry, part)) or self.entries.get(entry) or Place("knowledge", 0)


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
    entries = _Entries(departments)
    files = [path for path in sorted(folder.glob("*.y*ml")) if path.name not in (WORDS, CHATTER, DEPARTMENTS)]
    for path in files:
        entries.read_file(path)
    if not files:
        problems.append(
            Problem(str(folder), 0, "知识文件夹里没有任何条目文件", "放入例如“税务.yaml”的文件，写法见 knowledge/README.md")
        )
    library = _library(entries.entries, words, chatter, examples, general)
    return Loaded(library, Places(entries.places, entries.parts), tuple(sorted(problems + entries.problems)))


def _library(entries: Mapping[str, Entry], words: Words, chatter: Any, examples: Any, general: tuple[str, ...]) -> Library:
    return Library(
        entries=entries,
        synonyms=words.synonyms,
        dictionary=words.dictionary,
        confusions=words.confusions,
        chatter=chatter,
        departments=examples,
        general_questions=general,
    )


@dataclass(frozen=True, slots=True)
class _Field:
    """One key of an entry as the dataclass declares it."""

    name: str
    kind: Any
    required: bool


def _schema() -> Mapping[str, _Field]:
    """Return the keys of an entry; ``theme`` is the file's name, not a key."""
    hints = typing.get_type_hints(Entry)
    return {
        declared.name: _Field(
            declared.name,
            hints[declared.name],
            declared.default is dataclasses.MISSING and declared.default_factory is dataclasses.MISSING,
        )
        for declared in dataclasses.fields(Entry)
        if declared.name != "theme"
    }


SCHEMA = _schema()
"""The keys of an entry, derived from ``model.Entry``."""


class _Entries:
    """Collects the entries of several files, and what must be unique among all of them."""

    def __init__(self, departments: Collection[str] | None) -> None:
        self.departments = departments
        self.entries: dict[str, Entry] = {}
        self.places: dict[str, Place] = {}
        self.parts: dict[tuple[str, str], Place] = {}
        self.phrasings: dict[str, tuple[str, Place]] = {}
        self.problems: list[Problem] = []

    def read_file(self, path: Path) -> None:
        if path.suffix != ".yaml":
            self.problems.append(Problem(str(path), 0, "文件名的后缀不是 .yaml，不会被读取", f"改名为 {path.stem}.yaml"))
            return
        root, problems = read_nodes(path, salvage=True)
        if root is None and not problems:
            problems.append(Problem(str(path), 0, "文件里没有条目", "写上条目，或删掉这个文件"))
        reader = NodeReader(str(path), problems)
        for node in reader.items(root, "文件") if root is not None else []:
            self._read_entry(reader, node, path.stem)
        self.problems += problems

    def _read_entry(self, reader: NodeReader, node: yaml.Node, theme: str) -> None:
        pairs = {pair.key: pair for pair in reader.pairs(node, "条目")}
        if not pairs:
            return
        before = len(reader.problems)
        unknown = pairs.keys() - SCHEMA.keys()
        for key in unknown:
            reader.note(pairs[key].line, f"条目里没有“{key}”这一项", did_you_mean(key, SCHEMA))
        values = {key: _value(reader, pairs[key], SCHEMA[key].kind) for key in SCHEMA if key in pairs}
        name = values.get("id") or "（没有 id）"
        misspelt = {nearest(key, SCHEMA) for key in unknown}  # said already
        required = {key for key, declared in SCHEMA.items() if declared.required}
        for missing in required - pairs.keys() - misspelt:
            reader.note(node, f"条目 {name} 缺少“{missing}”", f"加一行“{missing}: …”，写法见 knowledge/README.md")
        if "id" in pairs and values["id"] is not None:
            self._check_id(reader, values["id"], pairs, line_of(node))
        self._check_values(reader, name, values, pairs)
        if len(reader.problems) == before:
            self.entries[name] = Entry(theme=theme, **values)

    def _check_id(self, reader: NodeReader, name: str, pairs: Mapping[str, Pair], line: int) -> None:
        if not _ID.fullmatch(name):
            reader.note(pairs["id"].line, f"id“{name}”不合规定", "只用小写字母、数字和减号，例如 forklift-plate")
        here = Place(reader.file, pairs["id"].line)
        if name in self.places:
            reader.note(here.line, f"id“{name}”用了两次，另一处在 {self.places[name]}", "给其中一条换一个 id")
            return
        self.places[name] = here
        for pair in pairs.values():
            self.parts[name, pair.key] = Place(reader.file, pair.line)
            for item in pair.value.value if isinstance(pair.value, yaml.SequenceNode) else ():
                if isinstance(item, yaml.ScalarNode):
                    self.parts.setdefault((name, item.value.strip()), Place(reader.file, line_of(item)))

    def _check_values(self, reader: NodeReader, name: str, values: Mapping[str, Any], pairs: Mapping[str, Pair]) -> None:
        department = values.get("department")
        if department is not None and self.departments is not None and department not in self.departments:
            mend = did_you_mean(department, self.departments)
            reader.note(pairs["department"].line, f"routing.yaml 里没有部门“{department}”", mend)
        answer = values.get("answer")
        if answer is not None and len(answer) > ANSWER_LIMIT:
            message = f"条目 {name} 的答案有 {len(answer)} 个字，超过 {ANSWER_LIMIT} 个，手机上一屏放不下"
            reader.note(pairs["answer"].line, message, "删短，或把细节移到 parts 里")
        own = set()
        if "questions" in pairs:
            own = self._check_phrasings(reader, name, pairs["questions"])
        for item in _items(pairs.get("not_this")):
            if _bare(item.value) in own:
                reader.note(item, f"“{item.value.strip()}”同时写在 questions 和 not_this 里", "只留一处")

    def _check_phrasings(self, reader: NodeReader, name: str, pair: Pair) -> set[str]:
        own: set[str] = set()
        for item in _items(pair):
            bare = _bare(item.value)
            if not bare:
                continue
            here = Place(reader.file, line_of(item))
            other, place = self.phrasings.setdefault(bare, (name, here))
            if place != here:
                where = "本条" if other == name else f"条目 {other} "
                reader.note(item, f"问法“{item.value.strip()}”与{where}的重复，另一处在 {place}", "删掉其中一处")
            own.add(bare)
        return own


def _items(pair: Pair | None) -> list[yaml.ScalarNode]:
    if pair is None or not isinstance(pair.value, yaml.SequenceNode):
        return []
    return [item for item in pair.value.value if isinstance(item, yaml.ScalarNode)]


def _bare(phrasing: str) -> str:
    """Return what makes two phrasings the same: letters and digits without width, case, blanks and punctuation."""
    folded = unicodedata.normalize("NFKC", phrasing).casefold()
    return "".join(char for char in folded if char.isalnum())


def _value(reader: NodeReader, pair: Pair, kind: Any) -> Any:
    """Read one field by the type that the dataclass declares; None when a problem was noted.

    Raises TypeError for a type that no curator's file can hold yet: teach it here together with the new field.
    """
    if kind is str:
        return reader.text(pair.value, pair.key)
    if kind is date:
        return reader.day(pair.value, pair.key)
    if kind is timedelta:
        return reader.duration(pair.value, pair.key)
    if kind is bool:
        return reader.flag(pair.value, pair.key)
    if kind is int:
        return reader.number(pair.value, pair.key)
    return _compound(reader, pair, kind)


def _compound(reader: NodeReader, pair: Pair, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        word = reader.choice(pair.value, pair.key, [member.value for member in kind])
        return None if word is None else kind(word)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and arguments == (str, ...):
        return reader.texts(pair.value, pair.key)
    if origin is Mapping and arguments == (str, str):
        return reader.text_pairs(pair.value, pair.key)
    raise TypeError(f"no reader for Entry.{pair.key}: {kind}")
