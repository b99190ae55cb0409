"""Which columns a sheet has: derived from ``model.Entry``, so that a new field is a new column by itself."""

from __future__ import annotations

import dataclasses
import re
import typing
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.library.faq_file import SCHEMA
from bot.model import Entry, Library

ID = ("id", "")
"""The name of the column that says which entry a row is."""

GUIDE, CHOICES = "填写说明", "选项"
"""Titles of the two sheets that hold no entries: the instructions, and the words of the drop-downs."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a field is presented in Excel: its header, its width in characters, and what the instructions say about it."""

    header: str
    width: int = 24
    meaning: str = ""


WORDINGS: Mapping[str, Wording] = {
    "id": Wording("编号", 24, "条目的编号：小写字母、数字、减号，如 forklift-plate。定了就不能改；新条目自己起一个"),
    "title": Wording("标题", 20, "几条答案供人挑选时给人看的名称"),
    "department": Wording("部门", 22, "归哪个部门，从下拉框里选"),
    "questions": Wording("问法", 56, "群里会怎么问，一行一种（格内换行按 Alt+Enter），最好十种以上，越不一样越好"),
    "not_this": Wording("不该答的话", 36, "看着像、其实不该由本条回答的话，一行一句"),
    "answer": Wording("答案", 60, "群里一字不改地发出去的话，不超过 350 个字，可以分行"),
    "parts": Wording("追问", 34, "追问“{part}”时的回答；不知道就空着"),
    "source": Wording("来源", 28, "依据的法规或文件，写到第几条"),
    "verified_on": Wording("核实日期", 12, "哪天核实过内容，写成 2026-11-20"),
    "review_every": Wording("复核周期", 10, "多少天复核一次，如 180天、90天"),
    "communities": Wording("适用社区", 14, "只在哪些社区适用，一行一个；空着就是全部"),
    "replaces": Wording("代替哪一条", 24, "社区自己的说法：写区里那一条的编号，“适用社区”里就只发本条；“问法”可以空着"),
    "todo": Wording("待办", 36, "还没核实的事，一行一件，只给自己看"),
    "stale": Wording("过期以后", 26, "过了复核日期怎么办，从下拉框里选"),
}
"""What is said about the fields known today, in the order of the columns; any other field comes last, under its own name."""

CHOICE_NAMES: Mapping[str, str] = {"notice": "照答，提示可能过时", "route": "不答，转给部门"}
"""What the values of the enumerations are called in the drop-downs; one without a name stands alone."""

USUAL_PARTS = ("材料", "地点", "时限", "费用", "条件", "流程", "罚则", "依据")
_PART_PREFIX = "追问："


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a field of an entry, or one ``part`` of a field that maps names to texts.

    ``choices`` maps each allowed value to its Chinese name (which may be ``""``); empty means that anything may be written.
    """

    field: str
    header: str
    kind: Any
    required: bool
    part: str = ""
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str]:
        """Return what tells this column from all others."""
        return self.field, self.part

    @property
    def width(self) -> int:
        """Return the width in characters."""
        return WORDINGS[self.field].width if self.field in WORDINGS else 24

    @property
    def meaning(self) -> str:
        """Return what the instructions say about it."""
        return WORDINGS[self.field].meaning.replace("{part}", self.part) if self.field in WORDINGS else ""

    def value_of(self, entry: Entry) -> Any:
        """Return an entry's value, or None for a part that it does not have."""
        value = getattr(entry, self.field)
        return value.get(self.part) if self.part else value

    def default(self) -> Any:
        """Return the value of an entry that says nothing here: None for a part or a required field."""
        declared = _DECLARED[self.field]
        if self.part or self.required:
            return None
        return declared.default if declared.default is not dataclasses.MISSING else typing.cast(Any, declared.default_factory)()


_DECLARED = {declared.name: declared for declared in dataclasses.fields(Entry)}


def find_columns(library: Library, departments: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the columns of every sheet; ``departments`` maps the keys of routing.yaml to the departments' names."""
    order = [*(name for name in WORDINGS if name in SCHEMA), *(name for name in SCHEMA if name not in WORDINGS)]
    columns: list[Column] = []
    for name in order:
        kind = SCHEMA[name].kind
        if typing.get_origin(kind) is Mapping:
            columns += [_part_column(name, part) for part in _parts_in_use(library, name)]
        else:
            choices = departments if name == "department" else _choices(kind)
            columns.append(Column(name, header_of(name), kind, SCHEMA[name].required, choices=choices))
    return tuple(columns)


def header_of(name: str) -> str:
    """Return the header of a field, which is its own name if nobody has given it a Chinese one."""
    return WORDINGS[name].header if name in WORDINGS else name


def column_under(header: str, columns: Iterable[Column]) -> Column | None:
    """Return the column that a header in a workbook means: one of those given, or a part that no entry has had so far."""
    flat = flatten(header)
    found = next((column for column in columns if column.header == header or flatten(column.header) == flat), None)
    if found or "parts" not in SCHEMA:
        return found
    if flat in USUAL_PARTS:
        return _part_column("parts", flat)
    prefix = flatten(_PART_PREFIX)
    return _part_column("parts", flat.removeprefix(prefix)) if flat.startswith(prefix) and flat != prefix else None


def flatten(header: str) -> str:
    """Return a header without what people change by accident: width and blanks."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", header))


def sheet_titles(library: Library) -> dict[str, str]:
    """Return theme → title of its sheet, in the order of the files; Excel allows 31 characters and no ``[]:*?/\\``."""
    titles: dict[str, str] = {}
    taken = {GUIDE, CHOICES}
    for theme in dict.fromkeys(entry.theme for entry in library.entries.values()):
        base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", theme)[:31].strip("'") or "_"
        title, number = base, 1
        while title.casefold() in taken:
            number += 1
            title = f"{base[:27]} {number}"
        taken.add(title.casefold())
        titles[theme] = title
    return titles


def _choices(kind: Any) -> Mapping[str, str]:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {member.value: CHOICE_NAMES.get(member.value, "") for member in kind}
    return {}


def _parts_in_use(library: Library, name: str) -> list[str]:
    used = dict.fromkeys(part for entry in library.entries.values() for part in getattr(entry, name))
    return [*(part for part in USUAL_PARTS if part in used), *(part for part in used if part not in USUAL_PARTS)]


def _part_column(name: str, part: str) -> Column:
    clashes = flatten(part) in {flatten(header_of(other)) for other in SCHEMA} or flatten(part).startswith(flatten(_PART_PREFIX))
    plain = name == "parts" and not clashes
    return Column(name, part if plain else f"{_PART_PREFIX}{part}", str, required=False, part=part)
