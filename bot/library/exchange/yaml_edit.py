"""Changes single values in the text of a curated file and leaves every other byte as it stands.

The parser's marks say where a value begins and ends; only that stretch is replaced. Comments, order, blank lines and the quotes
of everything else are never parsed and written again, so they cannot change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import yaml

from bot.errors import XiaoshaoError
from bot.library.exchange.yaml_scalars import block, fits_block, inline, spell

_PLAIN_HEADER = re.compile(r"\|[+-]?[ \t]*(?:#.*)?")


class UnusualLayout(XiaoshaoError):
    """An entry is written in a way that cannot be changed piece by piece; its text says what, in Chinese."""


class _Splice(NamedTuple):
    """Replace ``text[start:end]``."""

    start: int
    end: int
    new: str


def edit_entries(text: str, changes: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> str:
    """Return a file's text with fields of entries changed: entry id → field → its new value, None to take the field out.

    ``order`` names the fields in the order in which a new one finds its place. Raises ``UnusualLayout``.
    """
    mark, body, newline = _taken_apart(text)
    ended = body.endswith("\n")
    body = body if ended else body + "\n"
    splices: list[_Splice] = []
    for node in _entry_nodes(body):
        entry = _Entry(body, node, order)
        if entry.id in changes:
            splices += entry.splices(changes[entry.id])
    edited = _spliced(body, splices)
    return mark + (edited if ended else edited[:-1]).replace("\n", newline)


def append_entries(text: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """Return a file's text with further entries at its end, each a mapping of field → value in the order to be written."""
    mark, body, newline = _taken_apart(text)
    indent = " " * _root(body).start_mark.column
    body = body if body.endswith("\n") else body + "\n"
    for entry in entries:
        lines = (line for name, value in entry.items() for line in _field(name, value))
        body += f"\n{indent}- {_indented(lines, len(indent) + 2).lstrip(' ')}"
    return mark + body.replace("\n", newline)


def _taken_apart(text: str) -> tuple[str, str, str]:
    """Return the byte-order mark if there is one, the text with plain line ends, and the line end that the file uses."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix("\ufeff")
    newline = "\r\n" if "\r\n" in body else "\n"
    plain = body.replace("\r\n", "\n")
    if "\r" in plain or (newline == "\r\n" and plain.replace("\n", newline) != body):
        raise UnusualLayout("文件里混着几种换行符，请在文本编辑器里统一以后再试")
    return mark, plain, newline


def _root(body: str) -> yaml.SequenceNode:
    try:
        root = yaml.compose(body, Loader=yaml.SafeLoader)  # the C parser's marks are not promised to be these
    except yaml.YAMLError:
        raise UnusualLayout("文件的写法特别，不能从 Excel 改，请直接改这个文件") from None
    if not isinstance(root, yaml.SequenceNode) or root.flow_style:
        raise UnusualLayout("整个文件写在方括号里，不能从 Excel 改，请直接改这个文件")
    return root


def _entry_nodes(body: str) -> list[yaml.MappingNode]:
    return [node for node in _root(body).value if isinstance(node, yaml.MappingNode)]


def _spliced(body: str, splices: Iterable[_Splice]) -> str:
    pieces: list[str] = []
    done = 0
    for splice in sorted(splices, key=lambda each: (each.start, each.end)):
        pieces += [body[done : splice.start], splice.new]
        done = splice.end
    return "".join([*pieces, body[done:]])


def _field(name: str, value: Any) -> Iterator[str]:
    """Yield the lines of one ``name: value``, not indented."""
    if isinstance(value, tuple):
        yield f"{name}:\n"
        yield from (f"- {inline(item)}\n" for item in value)
    elif isinstance(value, Mapping):
        yield f"{name}:\n"
        yield _indented((line for key, text in value.items() for line in _field(inline(key), text)), 2)
    elif isinstance(value, str) and "\n" in value and fits_block(value):
        yield f"{name}: |\n{block(value, 2)}\n"
    else:
        yield f"{name}: {inline(value)}\n"


def _indented(lines: Iterable[str], indent: int) -> str:
    return re.sub("^(?=[^\n])", " " * indent, "".join(lines), flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Pair:
    key: yaml.ScalarNode
    value: yaml.Node


class _Entry:
    """One entry in a file's text, and the splices that change it."""

    def __init__(self, body: str, node: yaml.MappingNode, order: Sequence[str]) -> None:
        self.body, self.node, self.order = body, node, order
        self.pairs = {key.value: _Pair(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        self.id = self.pairs["id"].value.value.strip() if "id" in self.pairs else ""

    def splices(self, changes: Mapping[str, Any]) -> Iterator[_Splice]:
        self._check(self.node)
        places = {name: place for place, name in enumerate(self.order)}
        for name, value in sorted(changes.items(), key=lambda change: places.get(change[0], len(places))):
            pair = self.pairs.get(name)
            if pair is None:
                if value is not None:
                    yield self._added(name, value, removed={key for key, each in changes.items() if each is None})
            elif value is None:
                yield self._removed(pair.key, pair.value)
            else:
                yield from self._changed(pair, value)

    def _check(self, node: yaml.Node) -> None:
        if self.node.flow_style:
            raise UnusualLayout("整条写在花括号里，不能从 Excel 改，请直接改知识文件")
        last = self.node.start_mark.index
        for each in _leaves(node):
            if each.start_mark.index < last:
                raise UnusualLayout("里面用了 & 和 * 引用，不能从 Excel 改，请直接改知识文件")
            last = each.start_mark.index

    def _added(self, name: str, value: Any, removed: set[str]) -> _Splice:
        before = self.order[: self.order.index(name)] if name in self.order else self.order
        anchor = next(each for each in (*reversed(before), "id") if each in self.pairs and each not in removed)
        lines = _indented(_field(name, value), self.node.start_mark.column)
        at = self._line_after(self._end(self.pairs[anchor].value))
        return _Splice(at, at, lines)

    def _removed(self, first: yaml.Node, last: yaml.Node, *, dash: bool = False) -> _Splice:
        start = self.body.rfind("\n", 0, first.start_mark.index) + 1
        lead = self.body[start : first.start_mark.index]
        if lead.strip() != ("-" if dash else ""):
            raise UnusualLayout("要删掉的内容和别的写在同一行，不能从 Excel 改，请直接改知识文件")
        return _Splice(start, self._line_after(self._end(last)), "")

    def _changed(self, pair: _Pair, value: Any) -> Iterator[_Splice]:
        if isinstance(value, tuple) and isinstance(pair.value, yaml.SequenceNode):
            yield from self._changed_list(pair.value, value)
        elif isinstance(value, Mapping) and isinstance(pair.value, yaml.MappingNode):
            yield from self._changed_map(pair.value, value)
        elif isinstance(pair.value, yaml.ScalarNode):
            yield self._changed_text(pair.value, value, pair.key.start_mark.column + 2)

    def _changed_list(self, node: yaml.SequenceNode, new: tuple[str, ...]) -> Iterator[_Splice]:
        old = [item.value.strip() for item in node.value]
        steps = SequenceMatcher(None, old, list(new), autojunk=False).get_opcodes()
        if node.flow_style:
            kept = {
                step[3] + n: node.value[step[1] + n] for step in steps if step[0] == "equal" for n in range(step[2] - step[1])
            }
            yield self._flow(
                node, [self._source(kept[n]) if n in kept else inline(item, flow=True) for n, item in enumerate(new)]
            )
            return
        column = node.start_mark.column
        for kind, start, end, new_start, new_end in steps:
            if kind == "equal":
                continue
            both = min(end - start, new_end - new_start)
            replaced: list[yaml.ScalarNode] = node.value[start : start + both]
            for item, text in zip(replaced, new[new_start : new_start + both], strict=True):
                yield self._changed_text(item, text, column + 2)
            for gone in node.value[start + both : end]:
                yield self._removed(gone, gone, dash=True)
            added = "".join(f"{' ' * column}- {inline(text)}\n" for text in new[new_start + both : new_end])
            if added:
                at = self._line_after(self._end(node.value[start + both - 1])) if start + both else self._line_of(node.value[0])
                yield _Splice(at, at, added)

    def _changed_map(self, node: yaml.MappingNode, new: Mapping[str, str]) -> Iterator[_Splice]:
        old = {key.value: _Pair(key, value) for key, value in node.value}
        if node.flow_style:
            yield self._flow(
                node,
                [
                    f"{self._source(old[key].key)}: {self._source(old[key].value)}"
                    if key in old and old[key].value.value.strip() == text
                    else f"{inline(key, flow=True)}: {inline(text, flow=True)}"
                    for key, text in new.items()
                ],
            )
            return
        column = node.start_mark.column
        for key, pair in old.items():
            if key not in new:
                yield self._removed(pair.key, pair.value)
            elif isinstance(pair.value, yaml.ScalarNode) and pair.value.value.strip() != new[key]:
                yield self._changed_text(pair.value, new[key], column + 2)
        kept = [pair for key, pair in old.items() if key in new]
        lines = (line for key, text in new.items() if key not in old for line in _field(inline(key), text))
        added = _indented(lines, column)
        if added:
            at = self._line_after(self._end(kept[-1].value)) if kept else self._line_of(node)
            yield _Splice(at, at, added)

    def _changed_text(self, node: yaml.ScalarNode, value: Any, indent: int) -> _Splice:
        text, start, end = spell(value), node.start_mark.index, self._end(node)
        in_blocks = isinstance(value, str) and fits_block(text)
        if node.style == "|" and in_blocks:
            head = self.body.index("\n", start)
            if _PLAIN_HEADER.fullmatch(self.body, start, head):
                first = re.search(r"^ *(?=[^ \n])", self.body[head + 1 : end], re.MULTILINE)
                return _Splice(head + 1, end, block(text, len(first[0]) if first else indent))
        alone = not self.body[end : self.body.index("\n", end)].strip()
        if in_blocks and "\n" in text and (alone or node.style in ("|", ">")):
            return _Splice(start, end, f"|\n{block(text, indent)}")
        return _Splice(start, end, inline(value, style=node.style if node.style in ("'", '"') else ""))

    def _flow(self, node: yaml.Node, items: Sequence[str]) -> _Splice:
        left, right = "[]" if isinstance(node, yaml.SequenceNode) else "{}"
        return _Splice(node.start_mark.index, node.end_mark.index, f"{left}{', '.join(items)}{right}")

    def _source(self, node: yaml.Node) -> str:
        return self.body[node.start_mark.index : node.end_mark.index]

    def _line_of(self, node: yaml.Node) -> int:
        return self.body.rfind("\n", 0, node.start_mark.index) + 1

    def _line_after(self, place: int) -> int:
        return self.body.index("\n", place) + 1

    def _end(self, node: Any) -> int:
        """Return where a value's last character ends; the parser's own mark may lie behind the comments that follow."""
        if isinstance(node, yaml.ScalarNode):
            end: int = node.end_mark.index
            return len(self.body[:end].rstrip("\n ")) if node.style in ("|", ">") else end
        if node.flow_style or not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        return self._end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _leaves(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _leaves(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _leaves(key)
            yield from _leaves(value)
    else:
        yield node
