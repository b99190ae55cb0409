"""What a workbook's rows would change in the library: entry by entry, field by field."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.library.exchange.cells import CellFault, normal, read, show
from bot.library.exchange.columns import ID, Column, sheet_titles
from bot.library.exchange.workbook_in import Refusal, Row, Rows
from bot.library.exchange.workbook_out import row_digest
from bot.library.faq_file import SCHEMA
from bot.model import Entry, Library

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_QUESTIONS, _REPLACES = ("questions", ""), ("replaces", "")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, or one part of a field, before and after; None: nothing written there."""

    column: Column
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One entry that a row changes or adds (``old`` is None); ``overtaken``: its file was changed after the export."""

    row: Row
    old: Entry | None
    new: Entry
    fields: tuple[FieldChange, ...]
    overtaken: bool = False

    def values(self) -> dict[str, Any]:
        """Return field → its new value for the curated file, None where the field is to go."""
        names = dict.fromkeys(change.column.field for change in self.fields)
        values = {name: getattr(self.new, name) for name in names}
        gone = {change.column.field for change in self.fields if change.new is None and not change.column.part}
        return {name: None if name in gone or value in ({}, ()) else value for name, value in values.items()}


@dataclass(slots=True)
class Changes:
    """All changes that a workbook asks for, what of it was refused, and what the curator should know."""

    entries: list[EntryChange] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    overtaken: list[str] = field(default_factory=list)


def find_changes(found: Rows, library: Library, columns: Sequence[Column], exported: Mapping[str, str]) -> Changes:
    """Compare the rows with the library; ``exported`` maps entry ids to the digests that the workbook was written with."""
    changes = Changes([], list(found.refusals), list(found.notices))
    counted = Counter(row.id for row in found.rows if row.id)
    themes = {title: theme for theme, title in sheet_titles(library).items()}
    lost = {name: entry for name, entry in library.entries.items() if name not in counted}
    for row in found.rows:
        reader = _RowReader(row, library, columns, exported)
        if row.faults:
            changes.refusals += row.faults
        elif not row.id:
            changes.refusals.append(row.refuse(ID, *_without_id(row, lost)))
        elif counted[row.id] > 1:
            others = "、".join(
                f"“{other.sheet}”第 {other.number} 行" for other in found.rows if other.id == row.id and other is not row
            )
            changes.refusals.append(
                row.refuse(ID, f"编号 {row.id} 用了两次，另一处在{others}", "给新的那条换一个编号，或只留一行")
            )
        elif row.id in library.entries:
            reader.change(changes, library.entries[row.id], themes.get(row.sheet))
        else:
            reader.add(changes, themes.get(row.sheet), lost)
    _tell_kept(changes, lost, themes, found)
    if changes.overtaken:
        listed = "、".join(changes.overtaken)
        changes.notices.append(
            f"导出以后在知识文件里改过、而表里没有动过的条目 {len(changes.overtaken)} 个，保持现在的内容：{listed}"
        )
    return changes


def _tell_kept(changes: Changes, lost: Mapping[str, Entry], themes: Mapping[str, str], found: Rows) -> None:
    """Note the entries that the workbook does not have, unless a notice about their sheet has said so."""
    with_rows = {themes.get(row.sheet) for row in found.rows}
    kept = [name for name, entry in lost.items() if entry.theme in with_rows]
    if kept:
        changes.notices.append(f"工作簿里没有、原样保留的条目 {len(kept)} 个：{'、'.join(kept)}")


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads one row as a change of the library."""

    row: Row
    library: Library
    columns: Sequence[Column]
    exported: Mapping[str, str]

    def change(self, changes: Changes, entry: Entry, theme: str | None) -> None:
        present = {column.header: show(column, column.value_of(entry)) for column in self.columns}
        overtaken = entry.id in self.exported and row_digest(present) != self.exported[entry.id]
        if overtaken and self._untouched():
            changes.overtaken.append(entry.id)
            return
        if theme != entry.theme:
            changes.notices.append(f"条目 {entry.id} 写在“{self.row.sheet}”表里，但它属于“{entry.theme}”，不会搬过去")
        fields, refusals = self._fields(entry)
        changes.refusals += refusals
        if fields and not refusals:
            changes.entries.append(EntryChange(self.row, entry, _changed(entry, fields), fields, overtaken))

    def add(self, changes: Changes, theme: str | None, lost: Mapping[str, Entry]) -> None:
        row = self.row
        like = _alike(row, lost)
        if like:
            mend = f"把编号改回 {like}；真是另一条，就换掉标题和问法"
            changes.refusals.append(row.refuse(ID, f"编号从 {like} 改成了 {row.id}，编号定了不能改", mend))
            return
        if not _ID.fullmatch(row.id):
            message = f"编号“{row.id[:40]}”不合规定"
            changes.refusals.append(row.refuse(ID, message, "只用小写字母、数字和减号，例如 forklift-plate"))
        if theme is None:
            mend = f"新条目写到这些表里：{'、'.join(sheet_titles(self.library).values())}；新主题请管理员先建文件"
            changes.refusals.append(row.refuse(None, f"新条目 {row.id} 所在的表没有对应的知识文件", mend))
        fields, refusals = self._fields(None)
        missing = [column for column in self.columns if column.required and column.name not in row.columns]
        refusals += [row.refuse(None, f"新条目 {row.id} 缺少“{column.header}”列", "补上这一列") for column in missing]
        changes.refusals += refusals
        if theme is not None and _ID.fullmatch(row.id) and not refusals:
            changes.entries.append(EntryChange(row, None, _new_entry(theme, fields), fields))

    def _untouched(self) -> bool:
        texts = {self.row.columns[name].header: text for name, text in self.row.texts.items()}
        return row_digest(texts) == self.exported[self.row.id]

    def _fields(self, entry: Entry | None) -> tuple[tuple[FieldChange, ...], list[Refusal]]:
        changed: list[FieldChange] = []
        refusals: list[Refusal] = []
        stands_in = bool(self.row.texts.get(_REPLACES, entry.replaces if entry else ""))
        for name, column in self.row.columns.items():
            old = column.value_of(entry) if entry else None
            text = self.row.texts[name]
            if entry and text == normal(show(column, old)):
                continue
            try:
                new = () if name == _QUESTIONS and not text and stands_in else read(column, text, old)
            except CellFault as fault:
                refusals.append(self.row.refuse(name, str(fault), fault.mend))
                continue
            if new != old and not (new is None and old == column.default()) and not (new == () and entry is None):
                changed.append(FieldChange(column, old, new))
        return tuple(changed), refusals


def _changed(entry: Entry, fields: Iterable[FieldChange]) -> Entry:
    values: dict[str, Any] = {}
    for change in fields:
        column = change.column
        if column.part:
            parts = {**values.get(column.field, getattr(entry, column.field)), column.part: change.new}
            values[column.field] = {part: text for part, text in parts.items() if text is not None}
        else:
            values[column.field] = column.default() if change.new is None else change.new
    return dataclasses.replace(entry, **values)


def _new_entry(theme: str, fields: Iterable[FieldChange]) -> Entry:
    values: dict[str, Any] = {"questions": ()}  # a stand-in needs none; for any other entry an empty cell is refused
    for change in fields:
        if change.column.part:
            values.setdefault(change.column.field, {})[change.column.part] = change.new
        else:
            values[change.column.field] = change.new
    return Entry(theme=theme, **{name: values[name] for name in SCHEMA if name in values})


def _without_id(row: Row, lost: Mapping[str, Entry]) -> tuple[str, str]:
    like = _alike(row, lost)
    if like:
        return "编号不见了", f"这一行看着是 {like}，把编号填回去"
    return "没有编号", "新条目自己起一个没有用过的编号：小写字母、数字、减号，例如 forklift-plate"


def _alike(row: Row, lost: Mapping[str, Entry]) -> str:
    """Return the id of an entry that the workbook no longer has and that this row seems to be, or ``""``."""
    questions = {line.strip() for line in row.texts.get(("questions", ""), "").split("\n")} - {""}
    for name, entry in lost.items():
        same = questions & set(entry.questions)
        if row.texts.get(("title", "")) == entry.title or 2 * len(same) >= max(len(entry.questions), 1):
            return name
    return ""
