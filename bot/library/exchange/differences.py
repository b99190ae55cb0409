"""An import's plan in Chinese: entry by entry, field by field, what is there and what would be."""

from __future__ import annotations

from collections.abc import Iterator

from bot.library.exchange.changes import EntryChange
from bot.library.exchange.importing import Plan
from bot.library.versions import differences, whole


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
    choices = (each.column.choices for each in change.fields if each.column.field == "department")
    departments = next(choices, {})
    lines = differences(change.old, change.new, departments) if change.old else whole(change.new, departments)
    yield from (f"  {line}" for line in lines)
