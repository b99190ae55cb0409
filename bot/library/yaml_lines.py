"""YAML as nodes with line numbers: scalars stay the strings that were typed, and every fault is a Problem with file:line.

How to use it::

    root, problems = read_nodes(path)             # parse; syntax slips and duplicate keys are in problems
    reader = NodeReader(str(path), problems)      # collects further problems into the same list
    for pair in reader.pairs(root, "文件"):        # a mapping: pair.key, pair.line, pair.value (a node)
        name = reader.text(pair.value, pair.key)  # str, or None when a problem was noted
    if problems: raise InvalidFiles(tuple(problems))

A reading method returns None (or an empty list) exactly when it has noted a problem, so callers just go on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from bot.errors import Problem
from bot.library import slips

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufffe\uffff]")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")
_NULL = "tag:yaml.org,2002:null"
_DEEPEST = 1000


def read_nodes(path: Path, *, salvage: bool = False) -> tuple[yaml.Node | None, list[Problem]]:
    """Parse one YAML file into nodes and find all faults of form in it; never raises.

    A file with several broken places is reported whole: each top-level item is tried by itself. The node is None for an empty,
    unreadable or broken file; with ``salvage`` a broken file yields its sound top-level items (good for lists of independent
    entries). ``Problem.file`` is ``str(path)``; lines count from 1.
    """
    name = str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None, [Problem(name, 0, "找不到这个文件", "检查文件名和所在的文件夹")]
    except OSError as error:
        return None, [Problem(name, 0, f"读不了这个文件（{error.strerror}）", "检查它是不是文件、有没有读的权限")]
    text, problems = _decode(name, raw)
    if text is None:
        return None, problems
    text = _without_control_characters(name, text, problems)
    node, broken = _parse(name, text, salvage)
    problems += broken
    if node is not None:
        problems += _duplicate_keys(name, node)
    return node, problems


def parse_duration(text: str) -> timedelta | None:
    """Return ``180d``, ``2h``, ``15m``, ``1h30m`` as a positive timedelta, or None if it is not of that form."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups())
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes)
    except OverflowError:
        return None
    return length or None


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known word that was probably meant, or ``""``."""
    found = process.extractOne(word, list(known), scorer=fuzz.ratio, processor=str.lower, score_cutoff=60)
    return str(found[0]) if found else ""


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the mend for an unknown word: the nearest known one, or all of them if they are few."""
    guess = nearest(word, known)
    if guess:
        return f"是不是想写“{guess}”？"
    return f"可用的有：{'、'.join(sorted(known))}" if 0 < len(known) <= 30 else ""


def line_of(node: yaml.Node) -> int:
    """Return the line on which a node starts, from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: yaml.Node) -> bool:
    """Tell whether nothing (or ``~``) was written after the key."""
    return isinstance(node, yaml.ScalarNode) and node.tag == _NULL


@dataclass(frozen=True, slots=True)
class Pair:
    """One ``key: value`` of a mapping; ``line`` is the key's."""

    key: str
    line: int
    value: yaml.Node


@dataclass(slots=True)
class NodeReader:
    """Reads typed values from nodes of one file and notes every problem in ``problems``.

    ``what`` is always the Chinese or YAML name of the thing read, as the curator knows it (“questions”, “条目”).
    """

    file: str
    problems: list[Problem]

    def note(self, place: yaml.Node | int, message: str, mend: str = "") -> None:
        """Note a problem at a node, or at a line (from 1; 0: the whole file)."""
        line = place if isinstance(place, int) else line_of(place)
        self.problems.append(Problem(self.file, line, message, mend))

    def pairs(self, node: yaml.Node, what: str) -> list[Pair]:
        """Return the pairs of a mapping in the order of the file, the first of duplicate keys only."""
        if not isinstance(node, yaml.MappingNode):
            slip = slips.slip_in_text(node.value) if isinstance(node, yaml.ScalarNode) else None
            self.note(node, *(slip or (f"“{what}”应当是“名称: 内容”的形式，现在是{_kind(node)}", "检查冒号、空格和缩进")))
            return []
        found: dict[str, Pair] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                found.setdefault(key.value, Pair(key.value, line_of(key), value))
            else:
                self.note(key, f"“{what}”里的名称不是一个词", "以 [ 或 { 开头的句子要用半角双引号括起来")
        return list(found.values())

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """Return the items of a list."""
        if not isinstance(node, yaml.SequenceNode):
            self.note(node, f"“{what}”应当是列表，现在是{_kind(node)}", "每项另起一行，写成“- 内容”")
            return []
        items: list[yaml.Node] = node.value
        if node.flow_style and len(items) == 1 and isinstance(items[0], yaml.ScalarNode) and not items[0].style:
            mark = next((mark for mark in "，、" if mark in items[0].value), "")
            if mark:
                self.note(
                    node, f"“{what}”的方括号里用了全角“{mark}”，几项被当成了一项", "各项之间用半角逗号；确实是一句话就加半角引号"
                )
        return items

    def text(self, node: yaml.Node, what: str) -> str | None:
        """Return a non-empty string without blanks around it, exactly as typed."""
        if not isinstance(node, yaml.ScalarNode):
            mend = "句子里有“: ”，或以 [ { 开头时，要把整句用半角双引号括起来"
            self.note(node, f"“{what}”应当是一段文字，现在是{_kind(node)}", mend)
            return None
        value: str = node.value.strip()
        if node.tag.startswith("!"):
            self.note(node, f"“{what}”以 ! 开头", '把整句话用半角双引号 "…" 括起来')
        elif not value or is_null(node):
            self.note(node, f"“{what}”是空的", "填上内容，或删掉这一行")
        elif any(mark in value for mark in slips.INVISIBLE):
            self.note(node, f"“{what}”里有看不见的字符（多半是复制粘贴带来的）", "删掉这一句，用键盘重新输入")
        elif not node.style and node.end_mark.line > node.start_mark.line and re.search(r"\s-\s?\S", value):
            self.note(node, f"“{what}”的下一行缩进多了，两行被连成了一句：{value[:30]}", "把“- ”与上一行的“- ”左对齐")
        elif not node.style and slips.is_wide_quoted(value):
            self.note(node, f"“{what}”整句包在全角引号里：{value[:20]}", "去掉引号，或改成半角双引号")
        else:
            return value
        return None

    def lined_texts(self, node: yaml.Node, what: str) -> list[tuple[str, int]]:
        """Return the strings of a list, each with its line; an empty list is a problem."""
        items = self.items(node, what)
        if isinstance(node, yaml.SequenceNode) and not items:
            self.note(node, f"“{what}”是空的列表", "至少写一项，或删掉这一行")
        read = ((self.text(item, what), line_of(item)) for item in items)
        return [(value, line) for value, line in read if value is not None]

    def texts(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        """Return the strings of a list."""
        return tuple(value for value, _ in self.lined_texts(node, what))

    def duration(self, node: yaml.Node, what: str) -> timedelta | None:
        """Return a length of time such as 180d, 2h, 15m, 1h30m."""
        value = self.text(node, what)
        length = parse_duration(value) if value is not None else None
        if value is not None and length is None:
            self.note(node, f"“{what}”不是一段时间：{value}", "写成 180d（天）、2h（小时）、15m（分钟）或 1h30m")
        return length

    def day(self, node: yaml.Node, what: str) -> date | None:
        """Return a date written as 2026-11-20."""
        value = self.text(node, what)
        if value is None:
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                return date.fromisoformat(value)
        except ValueError:
            self.note(node, f"“{what}”没有这一天：{value}", "检查月份和日子")
            return None
        self.note(node, f"“{what}”不是日期：{value}", "写成 2026-11-20 的样子")
        return None

    def number(self, node: yaml.Node, what: str, *, least: int = 0) -> int | None:
        """Return a whole number that is not less than ``least``."""
        value = self.text(node, what)
        if value is None:
            return None
        if re.fullmatch(r"\d{1,9}", value, re.ASCII) and int(value) >= least:
            return int(value)
        self.note(node, f"“{what}”应当是不小于 {least} 的整数，现在是：{value}", "用半角数字")
        return None

    def flag(self, node: yaml.Node, what: str) -> bool | None:
        """Return true or false."""
        value = self.text(node, what)
        if value is None:
            return None
        if value not in ("true", "false"):
            self.note(node, f"“{what}”只能是 true 或 false，现在是：{value}", "是写 true，否写 false")
            return None
        return value == "true"

    def choice(self, node: yaml.Node, what: str, among: Collection[str]) -> str | None:
        """Return one of the given words."""
        value = self.text(node, what)
        if value is not None and value not in among:
            self.note(node, f"“{what}”不认得“{value}”", did_you_mean(value, among))
            return None
        return value


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "列表"
    if isinstance(node, yaml.MappingNode):
        return "“名称: 内容”"
    return "空的" if is_null(node) else f"一段文字（{node.value.strip()[:20]}）"


def _decode(name: str, raw: bytes) -> tuple[str | None, list[Problem]]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Problem(name, 0, "文件是 UTF-16（Unicode）编码", "另存为 UTF-8 编码")]
    if b"\x00" in raw:
        return None, [Problem(name, 0, "这不是文本文件", "检查是不是放错了文件（例如 Excel 或图片）")]
    try:
        return raw.decode("utf-8-sig"), []  # Windows Notepad's byte-order mark does no harm
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return None, [Problem(name, line, "文件不是 UTF-8 编码，这一行有乱码", "另存为 UTF-8 编码")]
    return None, [Problem(name, line, "文件是 GBK（ANSI）编码，不是 UTF-8", "在记事本里“另存为”，编码选 UTF-8")]


def _without_control_characters(name: str, text: str, problems: list[Problem]) -> str:
    if not _CONTROL.search(text):
        return text
    for number, line in enumerate(text.split("\n"), start=1):
        if _CONTROL.search(line):
            problems.append(Problem(name, number, "这一行有看不见的控制字符", "删掉这一行，用键盘重新输入"))
    return _CONTROL.sub(" ", text)


def _parse(name: str, text: str, salvage: bool) -> tuple[yaml.Node | None, list[Problem]]:
    if _nesting(text) > _DEEPEST:
        return None, [Problem(name, 0, "括号套得太深", "检查 [ ] { } 是否配对")]
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        whole = _problem(name, text.split("\n"), error, 1)
    else:
        return node, []
    nodes: list[yaml.Node] = []
    problems: list[Problem] = []
    for first, chunk in _top_level_items(text):
        try:
            part = yaml.compose("\n" * (first - 1) + chunk, Loader=_Loader)
        except yaml.YAMLError as error:
            problems.append(_problem(name, [""] * (first - 1) + chunk.split("\n"), error, first))
        else:
            nodes += [part] if part is not None else []
    return (_joined(nodes) if salvage else None), problems or [whole]


def _nesting(text: str) -> int:
    """Return about how deep brackets or dashes nest, so that the parser's recursion stays bounded."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    dashes = max((len(run) // 2 for run in re.findall(r"(?:[-?] +)+", text)), default=0)
    return max(deepest, dashes)


def _top_level_items(text: str) -> Iterator[tuple[int, str]]:
    lines = text.split("\n")
    heads = [(number, line) for number, line in enumerate(lines) if line and line[0] not in " \t#\r\u3000"]
    as_list = bool(heads) and heads[0][1].startswith("-") and not heads[0][1].startswith("---")
    starts = [number for number, line in heads if line.startswith("-") == as_list or line.startswith("---")]
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        yield start + 1, "\n".join(lines[start:end])


def _joined(nodes: Sequence[yaml.Node]) -> yaml.Node | None:
    """Return one node of all the items, if they are all lists or all mappings."""
    for kind in (yaml.SequenceNode, yaml.MappingNode):
        same = [node for node in nodes if isinstance(node, kind)]
        if same:
            values = [value for node in same for value in node.value]
            return kind(same[0].tag, values, same[0].start_mark, same[-1].end_mark, flow_style=False)
    return None


def _problem(name: str, lines: Sequence[str], error: yaml.YAMLError, first: int) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(name, first, *slips.explain(str(error).split("\n")[0]))
    mark, context = error.problem_mark, error.context_mark
    last = min(mark.line + 1 if mark else len(lines), len(lines))
    start = max(first, min(context.line + 1 if context else last, last) - 1)
    found = slips.find_slip(lines, start, last)
    if found:
        return Problem(name, *found)
    says = f"{error.context or ''} {error.problem or ''}".strip()
    if context and ("simple key" in says or "quoted scalar" in says):
        last = context.line + 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return Problem(name, last, *slips.explain(says))


def _duplicate_keys(name: str, root: yaml.Node) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                waiting.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value not in lines:
                    lines[key.value] = line_of(key)
                else:
                    mend = "只留一个；如果这里本来是新的一条，检查上面是不是漏了“- ”"
                    problems.append(Problem(name, line_of(key), f"“{key.value}”写了两遍，第一遍在第 {lines[key.value]} 行", mend))
    return problems
