"""The entries of the FAQ files: each field read by the type that ``model.Entry`` declares, and what must be unique among all."""

from __future__ import annotations

import dataclasses
import re
import typing
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from bot.errors import Problem
from bot.library.curated_nodes import CuratorReader, lost_bar, open_curated, strange_key, swallowed_keys
from bot.library.entry_layout import explain_layout
from bot.library.places import Place
from bot.library.yaml_lines import NodeReader, Pair, did_you_mean, is_null, line_of, nearest
from bot.model import Entry

ANSWER_LIMIT = 350
"""Most characters of an answer: what one phone screen shows."""

PART_NAMES = ("材料", "地点", "时限", "费用", "依据", "条件", "流程", "罚则")
"""The parts of an answer that a follow-up question can ask for (``bot.matching.followup``)."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SEVERAL = 3
"""Phrasings shared with one other entry from which the whole entry is called a copy."""
_CHINESE_KEYS = {
    **dict.fromkeys(("编号", "代号"), "id"),
    **dict.fromkeys(("标题", "题目", "名称"), "title"),
    **dict.fromkeys(("部门", "归口部门", "负责部门"), "department"),
    **dict.fromkeys(("问题", "问法", "提问", "问"), "questions"),
    **dict.fromkeys(("反例", "不答", "不该答"), "not_this"),
    **dict.fromkeys(("答案", "回答", "答复", "答"), "answer"),
    **dict.fromkeys(("分项", "细节"), "parts"),
    **dict.fromkeys(("来源", "出处"), "source"),
    **dict.fromkeys(("核实日期", "核实", "日期"), "verified_on"),
    **dict.fromkeys(("复核周期", "复核", "周期"), "review_every"),
    **dict.fromkeys(("社区", "适用社区"), "communities"),
    **dict.fromkeys(("代替", "代替哪一条", "替代", "替换", "取代"), "replaces"),
    **dict.fromkeys(("待办", "待核实"), "todo"),
}


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


@dataclass(frozen=True, slots=True)
class Outline:
    """What matters of an entry to the others, whatever else is wrong with it.

    ``communities`` is None where something is written that could not be read, or where half of the entry is missing.
    """

    title: str
    replaces: str
    communities: tuple[str, ...] | None


class Entries:
    """Collects the entries of several files, and what must be unique among all of them.

    ``departments`` are the keys of routing.yaml, if possible with what they stand for: then a department's Chinese name is known.
    """

    def __init__(self, departments: Collection[str] | None) -> None:
        self.departments = departments
        self.entries: dict[str, Entry] = {}
        self.places: dict[str, Place] = {}
        self.parts: dict[tuple[str, str], Place] = {}
        self.texts: dict[tuple[str, str], Place] = {}
        self.phrasings: dict[str, tuple[str, Place]] = {}
        self.outlines: dict[str, Outline] = {}
        self.problems: list[Problem] = []
        self._contents: dict[str, object] = {}
        self._stand_ins: list[tuple[str, str, Pair]] = []

    def read_file(self, path: Path) -> None:
        """Read one file's entries; what is wrong with it goes to ``problems``."""
        root, reader = open_curated(path, salvage=True)
        problems = reader.problems
        if root is None and not problems:
            problems.append(Problem(str(path), 0, "文件里没有条目", "写上条目，或删掉这个文件"))
        if isinstance(root, yaml.SequenceNode) and self._is_copy(root):
            first = next(iter(_ids(root)))
            other = self.places[first].file
            problems.append(
                Problem(
                    str(path), 0, f"整个文件与 {other} 重复，条目都一样", "多半是复制出来的备份：留一个，另一个移到别的文件夹"
                )
            )
            root = None
        for node in _entry_nodes(reader, root):
            self._read_entry(reader, node, path.stem)
        self.problems += explain_layout(str(path), reader.lines, problems)

    def _is_copy(self, root: yaml.SequenceNode) -> bool:
        ids = _ids(root)
        files = {self.places[name].file if name in self.places else "" for name in ids}
        return len(ids) > 1 and len(files) == 1 and "" not in files

    def _read_entry(self, reader: CuratorReader, node: yaml.Node, theme: str) -> None:
        pairs = {pair.key: pair for pair in reader.pairs(node, "条目")}
        if not pairs:
            return
        before = len(reader.problems)
        misspelt = _note_unknown_keys(reader, pairs)
        said = {key for pair in pairs.values() for key in swallowed_keys(reader, pair.key, pair.value, SCHEMA, PART_NAMES)}
        values = {key: _value(reader, pairs[key], SCHEMA[key].kind) for key in SCHEMA if key in pairs}
        name = values.get("id") or ""
        called = f"条目 {name} " if name else "这一条"
        there = pairs.keys() | misspelt | said
        missing = [key for key, declared in SCHEMA.items() if declared.required and key not in there]
        if "questions" in missing and "replaces" in there:
            missing.remove("questions")
            values["questions"] = ()
        for key in missing:
            reader.note(node, f"{called}缺少“{key}”", f"加一行“{key}: …”，写法见 knowledge/写法.md")
        fresh = "id" not in pairs or values["id"] is None or self._check_id(reader, name, pairs, node)
        if fresh and name:
            unread = None if missing or "communities" in there else ()
            self.outlines[name] = Outline(
                values.get("title") or "", values.get("replaces") or "", values.get("communities") or unread
            )
        self._check_values(reader, name, values, pairs, fresh=fresh)
        if len(reader.problems) == before:
            self.entries[name] = Entry(theme=theme, **values)

    def _check_id(self, reader: NodeReader, name: str, pairs: Mapping[str, Pair], node: yaml.Node) -> bool:
        """Note what is wrong with an id and remember where the entry stands; tell whether it is a new one."""
        if not _ID.fullmatch(name):
            reader.note(pairs["id"].line, f"id“{name}”不合规定", "只用小写字母、数字和减号，例如 forklift-plate")
        here = Place(reader.file, pairs["id"].line)
        if name in self.places:
            same = self._contents.get(name) == _content(node)
            what = "用了两次，内容也一样" if same else "用了两次"
            mend = "多半是粘贴了两遍，删掉其中一条" if same else "给其中一条换一个 id"
            reader.note(here.line, f"id“{name}”{what}，另一处在 {self.places[name]}", mend)
            return False
        self.places[name] = here
        self._contents[name] = _content(node)
        for pair in pairs.values():
            self._remember(reader.file, name, pair)
        return True

    def _remember(self, file: str, name: str, pair: Pair) -> None:
        """Remember where a field, its items and its parts stand, and where their texts begin."""
        self.parts[name, pair.key] = Place(file, pair.line)
        if isinstance(pair.value, yaml.ScalarNode):
            self.texts[name, pair.key] = Place(file, _first_line(pair.value))
        for item in pair.value.value if isinstance(pair.value, yaml.SequenceNode) else ():
            if isinstance(item, yaml.ScalarNode):
                self.parts.setdefault((name, item.value.strip()), Place(file, line_of(item)))
        for key, value in pair.value.value if isinstance(pair.value, yaml.MappingNode) else ():
            self.parts[name, f"{pair.key}/{key.value}"] = Place(file, line_of(key))
            if isinstance(value, yaml.ScalarNode):
                self.texts[name, f"{pair.key}/{key.value}"] = Place(file, _first_line(value))

    def _check_values(
        self, reader: NodeReader, name: str, values: Mapping[str, Any], pairs: Mapping[str, Pair], *, fresh: bool
    ) -> None:
        department = values.get("department")
        if department is not None and self.departments is not None and department not in self.departments:
            mend = meant_department(department, self.departments)
            reader.note(pairs["department"].line, f"routing.yaml 里没有部门“{department}”", mend)
        answer = values.get("answer")
        if answer is not None and len(answer) > ANSWER_LIMIT:
            message = f"条目 {name} 的答案有 {len(answer)} 个字，超过 {ANSWER_LIMIT} 个，手机上一屏放不下"
            reader.note(pairs["answer"].line, message, "删短，或把细节移到 parts 里")
        own = _own_phrasings(reader, pairs["questions"]) if "questions" in pairs else set()
        if own and fresh and "replaces" not in pairs:
            self._check_others(reader, name, pairs["questions"])
        elif own and fresh and values.get("replaces"):
            self._stand_ins.append((reader.file, name, pairs["questions"]))
        for item in _items(pairs.get("not_this")):
            if bare(item.value) in own:
                reader.note(item, f"“{item.value.strip()}”同时写在 questions 和 not_this 里", "只留一处")

    def check_stand_ins(self) -> None:
        """Note, once all files are read, the phrasings that stand-ins share with others than the entry that they replace."""
        for file, name, pair in self._stand_ins:
            replaced = self.outlines.get(self.outlines[name].replaces)
            if replaced and not replaced.replaces:
                self._check_others(NodeReader(file, self.problems), name, pair)

    def _check_others(self, reader: NodeReader, name: str, pair: Pair) -> None:
        """Remember an entry's phrasings and note those that stand elsewhere already."""
        shared: list[tuple[yaml.ScalarNode, str, Place]] = []
        for words, item in _by_words(pair).items():
            here = Place(reader.file, line_of(item))
            other, place = self.phrasings.setdefault(words, (name, here))
            if place != here and self._matched_as(other) != self._matched_as(name):
                shared.append((item, other, place))
        counted = Counter(other for _, other, _ in shared)
        for item, other, place in shared:
            if counted[other] < _SEVERAL:
                message = f"问法“{item.value.strip()}”与条目 {other} 的重复，另一处在 {place}"
                reader.note(item, message, "删掉其中一处")
        for other, count in counted.items():
            if count >= _SEVERAL:
                message = f"条目 {name} 有 {count} 句问法与条目 {other} 的一样，另一处在 {self.places.get(other, '别处')}"
                reader.note(pair.line, message, "多半是整条复制的：两条合成一条，或把问法改成各自的")

    def _matched_as(self, name: str) -> str:
        return self.outlines[name].replaces or name if name in self.outlines else name


def _own_phrasings(reader: NodeReader, pair: Pair) -> set[str]:
    """Return an entry's phrasings, bare, and note those that stand in it twice."""
    own = _by_words(pair)
    for item in _items(pair):
        words = bare(item.value)
        if words and own[words] is not item:
            place = Place(reader.file, line_of(own[words]))
            reader.note(item, f"问法“{item.value.strip()}”与本条的重复，另一处在 {place}", "删掉其中一处")
    return set(own)


def _by_words(pair: Pair) -> dict[str, yaml.ScalarNode]:
    """Return bare phrasing → where it stands first."""
    found: dict[str, yaml.ScalarNode] = {}
    for item in _items(pair):
        found.setdefault(bare(item.value), item)
    found.pop("", None)
    return found


def _entry_nodes(reader: NodeReader, root: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode) and {key.value for key, _ in root.value} & SCHEMA.keys():
        reader.note(root, "这一条的开头少了“- ”", "第一行写成“- id: …”，下面各行前面空两格")
        return [root]
    return [] if root is None else reader.items(root, "文件")


def _ids(root: yaml.SequenceNode) -> list[str]:
    found: list[str] = []
    for node in root.value:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found += [value.value for key, value in pairs if key.value == "id" and isinstance(value, yaml.ScalarNode)]
    return found


def meant_department(word: str, departments: Collection[str]) -> str:
    """Return the mend for an unknown department: the key of the one so named, else the nearest key, else all keys."""
    named = {name: key for key, name in _department_names(departments) if name}
    found = named.get(word) or next((key for name, key in named.items() if word in name or name in word), "")
    if found:
        return f"这里要写部门代号“{found}”"
    guess = nearest(word, departments)
    if guess:
        return f"是不是想写“{guess}”？"
    listed = "、".join(f"{key}（{named_key}）" for key, named_key in _department_names(departments) if named_key)
    return f"可用的有：{listed}" if listed else did_you_mean(word, departments)


def _department_names(departments: Collection[str]) -> list[tuple[str, str]]:
    """Return (key, Chinese name) of each department as far as the names were given."""
    values = departments if isinstance(departments, Mapping) else {}
    return [(key, str(getattr(values.get(key), "name", ""))) for key in departments]


def _note_unknown_keys(reader: NodeReader, pairs: dict[str, Pair]) -> set[str]:
    """Note the keys that no entry has, and return the keys that were probably meant."""
    meant: set[str] = set()
    strayed = [key for key in pairs if key in PART_NAMES]
    if strayed:
        names = "、".join(f"“{key}”" for key in strayed)
        reader.note(pairs[strayed[0]].line, f"{names}没有放在“parts:”下面", "往右缩进两格，放到“parts:”的下面")
        if "parts" in pairs and is_null(pairs["parts"].value):
            del pairs["parts"]
    for key in pairs.keys() - SCHEMA.keys() - set(strayed):
        guess = _CHINESE_KEYS.get(key) or nearest(key, SCHEMA)
        meant.add(guess)
        if strange_key(key):
            reader.note(pairs[key].line, f"“{guess or key}”这个名称里有看不见的字符", "删掉这个名称，用键盘重新输入")
            continue
        mend = f"是不是想写“{guess}”？" if guess else did_you_mean(key, SCHEMA)
        reader.note(pairs[key].line, f"条目里没有“{key}”这一项", mend)
    return meant


def _items(pair: Pair | None) -> list[yaml.ScalarNode]:
    if pair is None or not isinstance(pair.value, yaml.SequenceNode):
        return []
    return [item for item in pair.value.value if isinstance(item, yaml.ScalarNode)]


def _content(node: yaml.Node) -> object:
    """Return what a node says, without where it says it."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.MappingNode):
        return tuple((_content(key), _content(value)) for key, value in node.value)
    return tuple(_content(item) for item in node.value)


def _first_line(node: yaml.ScalarNode) -> int:
    """Return the line on which a text's first words stand."""
    leading = len(node.value) - len(node.value.lstrip("\n"))
    return line_of(node) + (1 + leading if node.style == "|" else 0)


def bare(phrasing: str) -> str:
    """Return what makes two phrasings the same: letters and digits without width, case, blanks and punctuation."""
    folded = unicodedata.normalize("NFKC", phrasing).casefold()
    return "".join(char for char in folded if char.isalnum())


def _value(reader: CuratorReader, pair: Pair, kind: Any) -> Any:
    """Read one field by the type that the dataclass declares; None when a problem was noted.

    Raises TypeError for a type that no curator's file can hold yet: teach it here together with the new field.
    """
    if kind is str:
        return None if lost_bar(reader, pair.key, pair.line, pair.value) else reader.text(pair.value, pair.key)
    if kind is date:
        return reader.day(pair.value, pair.key)
    if kind is timedelta:
        return reader.duration(pair.value, pair.key)
    if kind is bool:
        return reader.flag(pair.value, pair.key)
    if kind is int:
        return reader.number(pair.value, pair.key)
    return _compound(reader, pair, kind)


def _compound(reader: CuratorReader, pair: Pair, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        word = reader.choice(pair.value, pair.key, [member.value for member in kind])
        return None if word is None else kind(word)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and arguments == (str, ...):
        return None if _swallowed_entry(reader, pair) else reader.texts(pair.value, pair.key)
    if origin is Mapping and arguments == (str, str):
        return _texts_by_name(reader, pair)
    raise TypeError(f"no reader for Entry.{pair.key}: {kind}")


def _swallowed_entry(reader: NodeReader, pair: Pair) -> bool:
    """Note the entries that stand so far to the right that they became items of a list; tell whether there were any."""
    found = False
    for item in pair.value.value if isinstance(pair.value, yaml.SequenceNode) else ():
        keys = {key.value for key, _ in item.value} if isinstance(item, yaml.MappingNode) else set()
        if len(keys & SCHEMA.keys()) > 1:
            reader.note(item, f"从这一行起的一条缩进多了，被并进了上一条的“{pair.key}”", "整条往左移，让“- ”顶格")
            found = True
    return found


def _texts_by_name(reader: CuratorReader, pair: Pair) -> dict[str, str]:
    read: dict[str, str] = {}
    inline = isinstance(pair.value, yaml.MappingNode) and bool(pair.value.flow_style)
    for part in reader.pairs(pair.value, pair.key):
        if inline and is_null(part.value):
            message = f"“{pair.key}”的花括号里有半角逗号，“{part.key}”被当成了另一项"
            reader.note(part.line, message, "句子里的逗号改成全角“，”，或每项另起一行")
            continue
        if lost_bar(reader, f"{pair.key}/{part.key}", part.line, part.value):
            continue
        value = reader.text(part.value, f"{pair.key}/{part.key}")
        if value is not None:
            read[part.key] = value
    return read
