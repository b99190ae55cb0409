"""An import's plan in Chinese: entry by entry, field by field, what is there and what would be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.library.exchange.cells import BREAK, show
from bot.library.exchange.changes import EntryChange, FieldChange
from bot.library.exchange.importing import Plan

_LONG = 60
_NOTHING = "（空）"


def describe(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan: changes, then what was refused, then what the curator should know."""
    for change in plan.changes:
        yield from _entry_lines(change)
    for refusal in plan.refusals:
        yield f"没有读：{refusal}"
    for notice in plan.notices:
        yield f"提示：{notice}"


def summary(plan: Plan) -> str:
    """Return one line that counts what a plan does."""
    added = sum(change.old is None for change in plan.changes)
    counts = [
        (len(plan.changes) - added, "改 {} 条"),
        (added, "新增 {} 条"),
        (len(plan.refusals), "{} 处有错没有读"),
    ]
    said = [words.format(count) for count, words in counts if count]
    return "，".join(said) if said else "没有要改的内容"


def _entry_lines(change: EntryChange) -> Iterator[str]:
    head = "新增" if change.old is None else "修改"
    yield f"{head} {change.new.id}　{change.new.title}　（“{change.row.sheet}”第 {change.row.number} 行）"
    if change.overtaken:
        yield "  注意：这一条在导出以后又在知识文件里改过，写入会以表格为准；拿不准就先重新导出"
    for field in change.fields:
        if change.old is None and field.column.field == "id":
            continue
        yield from _field_lines(field, new_entry=change.old is None)


def _field_lines(change: FieldChange, *, new_entry: bool) -> Iterator[str]:
    header = change.column.header
    if isinstance(change.old, tuple) or isinstance(change.new, tuple):
        yield f"  {header}："
        old, new = change.old or (), change.new or ()
        yield from (f"    － {_one_line(item)}" for item in old if item not in new)
        yield from (f"    ＋ {_one_line(item)}" for item in new if item not in old)
        if set(old) == set(new):
            yield f"    顺序：{'｜'.join(map(_one_line, old))} → {'｜'.join(map(_one_line, new))}"
        return
    old, new = _shown(change, change.old), _shown(change, change.new)
    if new_entry:
        yield from _text_lines(header, new)
    elif len(old) + len(new) <= _LONG and "\n" not in old + new:
        yield f"  {header}：{old} → {new}"
    else:
        yield from _text_lines(f"{header}（旧）", old)
        yield from _text_lines(f"{header}（新）", new)


def _text_lines(head: str, text: str) -> Iterator[str]:
    if "\n" not in text:
        yield f"  {head}：{text}"
        return
    yield f"  {head}："
    yield from (f"    {line}" for line in text.split("\n"))


def _shown(change: FieldChange, value: Any) -> str:
    return show(change.column, value) or _NOTHING


def _one_line(text: str) -> str:
    return text.replace("\n", BREAK)
