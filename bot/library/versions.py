"""What changed between two versions of an entry, field by field, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from bot.library.exchange.cells import BREAK, show
from bot.library.exchange.columns import Column, find_columns, header_of
from bot.model import Entry, Library

NOTHING = "（空）"
_LONG = 60


def differences(old: Entry, new: Entry, departments: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines that say what changed; ``departments`` maps the keys of routing.yaml to the departments' names.

    Items of lists and lines of texts that went out are marked －, those that came in ＋.
    """
    if old.theme != new.theme:
        yield f"主题：{old.theme or NOTHING} → {new.theme or NOTHING}"
    for column in find_columns(Library({"old": old, "new": new}), departments):
        yield from _of_field(column, old, new)


def whole(entry: Entry, departments: Mapping[str, str]) -> Iterator[str]:
    """Yield all that an entry said, field by field."""
    for column in find_columns(Library({entry.id: entry}), departments):
        text = show(column, column.value_of(entry))
        if text and column.field != "id":
            yield from _listed(column.header, text.split("\n"), "")


def _of_field(column: Column, old: Entry, new: Entry) -> Iterator[str]:
    before, after = column.value_of(old), column.value_of(new)
    if before == after:
        return
    texts = show(column, before), show(column, after)
    lines = [text.split("\n") if text else [] for text in texts]
    header = column.header if column.part else header_of(column.field)
    if isinstance(before, tuple) or any(len(each) > 1 for each in lines):
        yield f"{header}："
        changes = list(_changed_lines(*lines))
        yield from changes or [f"  空行或空格有变（{texts[0].count(BREAK)}→{texts[1].count(BREAK)}）"]
    elif sum(map(len, texts)) <= _LONG:
        yield f"{header}：{texts[0] or NOTHING} → {texts[1] or NOTHING}"
    else:
        yield f"{header}："
        yield from (f"  {mark} {text or NOTHING}" for mark, text in zip("－＋", texts, strict=True))


def _changed_lines(old: list[str], new: list[str]) -> Iterator[str]:
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (f"  － {line}" for line in old[start:end])
            yield from (f"  ＋ {line}" for line in new[new_start:new_end])


def _listed(header: str, lines: list[str], mark: str) -> Iterator[str]:
    if len(lines) == 1:
        yield f"{header}：{lines[0]}"
        return
    yield f"{header}："
    yield from (f"  {mark}{line}" for line in lines)
