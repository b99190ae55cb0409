"""Reads the curators' own files: besides what every YAML file is checked for, it sees what YAML swallows without a word."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from pathlib import Path

import yaml

from bot.errors import Problem
from bot.library import slips
from bot.library.yaml_lines import NodeReader, line_of, read_nodes

_DASH_INSIDE = re.compile(r"\s-\s?\S")
_DAY_PARTS = re.compile(r"(\d{4})\s*[-/.．年－—]\s*(\d{1,2})\s*[-/.．月－—]\s*(\d{1,2})\s*日?")
_LENGTHS = {"周": 7, "星期": 7, "个月": 30, "季度": 90, "半年": 180, "一年": 365, "年": 365, "天": 1, "日": 1, "": 1}
_FIGURES = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "六": 6, "九": 9}
_LENGTH = re.compile(r"每?(半年|季度|(?P<figure>\d{1,3}|[一两二三四六九])?\s*(?P<unit>周|星期|个月|年|天|日|))(?:一次)?")


def open_curated(path: Path, *, salvage: bool = False) -> tuple[yaml.Node | None, CuratorReader]:
    """Parse a curators' file; the problems found so far, and those to come, are in the reader's ``problems``."""
    root, problems = read_nodes(path, salvage=salvage)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        lines = []
    return root, CuratorReader(str(path), problems, lines)


class CuratorReader(NodeReader):
    """A NodeReader with the lines of its file, so that what stands behind a value can be seen."""

    def __init__(self, file: str, problems: list[Problem], lines: Sequence[str] = ()) -> None:
        super().__init__(file, problems)
        self.lines = lines

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """Return the items of a list; full-width brackets get their own hint."""
        if isinstance(node, yaml.ScalarNode) and not node.style and node.value.strip()[:1] in ("【", "［", "｛", "（"):
            self.note(node, f"“{what}”用了全角括号：{node.value.strip()[:20]}", "改成半角方括号，各项之间用半角逗号：[甲, 乙]")
            return []
        return super().items(node, what)

    def text(self, node: yaml.Node, what: str) -> str | None:
        """Return a text, unless YAML joined or cut lines that were meant otherwise."""
        found = self._joined(node, what) or self._cut_off(node, what)
        if found:
            self.problems.append(found)
            return None
        return super().text(node, what)

    def day(self, node: yaml.Node, what: str) -> date | None:
        """Return a date; one written otherwise gets its right form as the hint."""
        meant = _DAY_PARTS.fullmatch(node.value.strip()) if isinstance(node, yaml.ScalarNode) else None
        if meant and not re.fullmatch(r"\d{4}-\d\d-\d\d", node.value.strip(), re.ASCII):
            right = f"{int(meant[1]):04}-{int(meant[2]):02}-{int(meant[3]):02}"
            self.note(node, f"“{what}”不是日期：{node.value.strip()}", f"写成 {right}")
            return None
        return super().day(node, what)

    def duration(self, node: yaml.Node, what: str) -> timedelta | None:
        """Return a length of time; one in words gets the right form as the hint."""
        days = _days_in_words(node.value.strip()) if isinstance(node, yaml.ScalarNode) else 0
        if days:
            self.note(node, f"“{what}”不是一段时间：{node.value.strip()}", f"写成 {days}d（{days} 天）")
            return None
        return super().duration(node, what)

    def _joined(self, node: yaml.Node, what: str) -> Problem | None:
        """Notice a value that goes on over several lines, which YAML joins into one."""
        if not isinstance(node, yaml.ScalarNode) or node.style == "|":
            return None
        first, last = line_of(node), int(node.end_mark.line) + 1
        if node.style == ">":
            return Problem(self.file, first, f"“{what}”用了“>”，发出去各行会连成一行", "把“>”改成“|”")
        if last == first or (not node.style and _DASH_INSIDE.search(node.value)):
            return None
        if node.style:
            message = f"“{what}”的引号到第 {last} 行才配上对，这几行被连成了一句"
            return Problem(self.file, first, message, f"在第 {first} 行的句末补上半角引号，再看第 {last} 行多出来的那个")
        message = f"这一行没有“- ”，被连到了上一行“{what}”的后面：{node.value.strip()[:30]}"
        return Problem(self.file, first + 1, message, "另起一句就在行首加“- ”；本来是一句话就接回上一行")

    def _cut_off(self, node: yaml.Node, what: str) -> Problem | None:
        """Notice a sentence cut at " #", which YAML takes for the start of a comment."""
        if not isinstance(node, yaml.ScalarNode) or node.style or not self.lines:
            return None
        line = self.lines[node.end_mark.line] if node.end_mark.line < len(self.lines) else ""
        rest = line[node.end_mark.column :].strip()
        if not re.match(r"#[^\s#]", rest) or rest == line.strip():
            return None
        return Problem(
            self.file, line_of(node), f"“{what}”在“ #”处被截断，后面的“{rest[:20]}”会丢掉", '把整句话用半角双引号 "…" 括起来'
        )


def lost_bar(reader: NodeReader, key: str, line: int, node: yaml.Node) -> bool:
    """Note a text of several lines whose ``|`` was forgotten or mistyped; tell whether it was."""
    if not isinstance(node, yaml.ScalarNode) or node.style or node.end_mark.line == node.start_mark.line:
        return False
    first, name = node.value.strip(), key.split("/")[-1]
    if first.startswith("｜"):
        reader.note(line, f"“{key}”后面的“｜”是全角的", f"改成半角：“{name}: |”")
    elif line_of(node) > line:
        reader.note(line, f"“{key}”有好几行却没有“|”，发出去会连成一行", f"写成“{name}: |”，正文从下一行写起")
    elif _DASH_INSIDE.search(first):
        return False
    else:
        reader.note(line, f"“{key}”的下一行缩进多了，两行被连成了一句：{first[:30]}", f"接回一行，或写成“{name}: |”再换行")
    return True


def swallowed_keys(reader: NodeReader, key: str, node: yaml.Node, known: Collection[str], parts: Collection[str]) -> set[str]:
    """Note the lines of a text that were meant as fields of the entry but stand too far to the right; return those fields.

    ``known`` are the fields of an entry, ``parts`` the names of the parts of an answer.
    """
    if not isinstance(node, yaml.ScalarNode):
        return set()
    names = "|".join(sorted(known))
    if node.style in ("'", '"'):
        spread = node.end_mark.line > node.start_mark.line
        return {found[1] for found in re.finditer(rf"(?:^|\s)({names}):\s", node.value)} if spread else set()
    if node.style != "|":
        return set()
    found: list[tuple[int, str, bool]] = []
    part = re.compile(rf"({'|'.join(parts)}): ")
    for number, line in enumerate(node.value.split("\n"), start=line_of(node) + 1):
        strayed = part.match(line)
        if strayed and not found:
            message = f"“{strayed[1]}: ”被当成了“{key}”的正文"
            reader.note(number, message, "上面补一行“parts:”，与“answer:”左对齐；本来是正文就改成全角冒号“：”")
            return set()
        match = re.match(rf"\s*(- )?({names})[:：](?:\s|$)", line)
        if match:
            found.append((number, match[2], bool(match[1])))
    if found:
        number, name, entry = found[0]
        if entry:
            reader.note(number, f"从“- {name}:”起的一条缩进多了，被当成了“{key}”的正文", "整条往左移，让“- ”顶格")
        else:
            reader.note(number, f"“{name}:”缩进多了，被当成了“{key}”的正文", f"往左移，与“{key}:”左对齐")
    return {name for _, name, _ in found}


def _days_in_words(value: str) -> int:
    """Return the days meant by 半年, 180, 180天, 三个月 …, or 0."""
    match = _LENGTH.fullmatch(value)
    if not value or not match:
        return 0
    if match[1] in ("半年", "季度"):
        return _LENGTHS[match[1]]
    figure = match["figure"]
    if figure is None:
        return 0
    return (_FIGURES.get(figure) or int(figure)) * _LENGTHS[match["unit"]]


def strange_key(key: str) -> bool:
    """Tell whether a name holds characters that nobody sees."""
    return any(mark in key for mark in slips.INVISIBLE)
