"""Typists' slips in YAML: what a curator most likely mistyped where the parser gave up, in Chinese, with the mend."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Slip(NamedTuple):
    """One likely slip: the line (from 1), what is wrong, how to mend it."""

    line: int
    message: str
    mend: str


INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
"""Characters that nobody sees: byte-order mark, zero-width and direction marks."""

_BLOCK_START = re.compile(r"(?:^|[:\-]\s+)[|>][+\-]?\d?[+\-]?\s*(?:#.*)?$")
_WIDE_SPACE = re.compile(rf"^[ ]*[\u3000\xa0{INVISIBLE}]")
_WIDE_COLON_KEY = re.compile(r"^\s*(?:(?:-\s+)?(?P<ascii>[A-Za-z_][\w-]*)|(?P<chinese>[\u4e00-\u9fff\w]{1,12}))\s*：")
_TIGHT_COLON = re.compile(r"^\s*(?:-\s+)?(?P<key>[A-Za-z_\u4e00-\u9fff][\w-]{0,20}):(?!//)\S")
_TIGHT_DASH = re.compile(r"^\s*-[^\s\-\d]")
_WIDE_DASH = re.compile(r"^\s*[－—–•·]+\s*\S")
_ODD_SPACE_AFTER_DASH = re.compile(rf"^\s*-[\u3000\xa0\t{INVISIBLE}]")
_ODD_SPACE_AFTER_COLON = re.compile(rf"^\s*(?:-\s+)?(?P<key>[A-Za-z_\u4e00-\u9fff][\w-]{{0,20}}):[\u3000\xa0{INVISIBLE}]")
_STRUCTURE = re.compile(r"^\s*(?:-(?:\s|$)|[\w-]+\s*[:：])")
_VALUE = re.compile(r"^\s*(?:-\s+)*(?:[\w-]+:\s+)?(?P<value>\S.*)$")

_QUOTE_IT = '把整句话用半角双引号 "…" 括起来'

_PARSER_SAYS: tuple[tuple[str, str, str], ...] = (
    ("cannot start any token", "这一行开头的符号 YAML 不认", _QUOTE_IT),
    (
        "mapping values are not allowed",
        "这一行的缩进不对，或者句子里有半角冒号加空格",
        "与上一行对齐；句子里有“: ”时把整句用半角双引号括起来",
    ),
    (
        "could not find expected ':'",
        "这一行缺少半角冒号加空格",
        "写成“名称: 内容”；如果是列表里的一句，前面加“- ”；如果是上一句话的续行，缩进要更多",
    ),
    ("comment or line break", "“|”后面不能直接写字", "“|”后面换行，正文从下一行写起，缩进四格"),
    ("did not find expected key", "这一行的缩进不齐，或引号、括号没有配对", "与同级的行左对齐，只用空格"),
    ("did not find expected '-'", "这一行的缩进不齐，或少了开头的“- ”", "与同级的行左对齐，只用空格"),
    ("expected <block end>", "这一行的缩进不齐，或少了开头的“- ”", "与同级的行左对齐，只用空格"),
    ("block sequence entries are not allowed", "“- ”不能写在这里", "列表另起一行写，每句一行"),
    ("quoted scalar", "引号没有配对", "补上结尾的半角引号"),
    ("unexpected end of stream", "引号或括号没有配对", "补上结尾的半角引号或括号"),
    ("expected ',' or ']'", "方括号没有配对，或句子以 [ 开头", "补上 ]；如果是一句话，用半角双引号括起来"),
    ("expected ',' or '}'", "花括号没有配对，或句子以 { 开头", "补上 }；如果是一句话，用半角双引号括起来"),
    ("undefined alias", "句子以 * 开头", _QUOTE_IT),
    ("alphabetic or numeric character", "句子以 * 或 & 开头", _QUOTE_IT),
    ("unknown escape character", "双引号里的反斜杠 \\ 写法不对", "改用单引号 '…'，或把 \\ 写成 \\\\"),
    ("<document start>", "这一行与上面的内容接不上", "检查上一条的缩进，和它开头的“- ”"),
    ("expected a single document", "文件里有多余的分隔行 ---", "删掉这一行"),
    ("tab", "缩进里有制表符（Tab）", "改成空格"),
    ("invalid leading UTF-8", "文件里有乱码", "用 UTF-8 编码重新保存"),
)


def explain(message: str) -> tuple[str, str]:
    """Return what a parser's English message means and how to mend it, both in Chinese."""
    for part, wrong, mend in _PARSER_SAYS:
        if part in message:
            return wrong, mend
    return f"YAML 格式有误（{message}）", "对照旁边写对的条目检查缩进、冒号和引号"


def structural_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line) of the lines that are YAML structure: no comments, no blank lines, no text of ``|`` blocks."""
    block_indent: int | None = None
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if not bare:
            continue
        indent = len(line) - len(line.lstrip(" "))
        if block_indent is not None:
            if indent > block_indent:
                continue
            block_indent = None
        if bare.startswith("#"):
            continue
        yield number, line
        if _BLOCK_START.search(line):
            block_indent = indent


def find_slip(lines: Sequence[str], first: int, last: int) -> Slip | None:
    """Return the likely slip nearest before the place where the parser gave up, looking at lines ``first`` to ``last``."""
    outside = (_slip_out_of_block(lines, number) for number in range(last, first - 1, -1))
    found_outside = next((slip for slip in outside if slip), None)
    if found_outside:
        return found_outside
    candidates = [(number, line) for number, line in structural_lines(lines) if first <= number <= last]
    for number, line in reversed(candidates):
        found = slip_in(line)
        if found:
            return Slip(number, *found)
    return None


def _slip_out_of_block(lines: Sequence[str], number: int) -> Slip | None:
    """Tell whether a line was meant as text of the ``|`` block right above it."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if not line.strip() or _STRUCTURE.match(line) or line.startswith("---") or slip_in(line):
        return None
    start = next((place for place in range(number - 2, -1, -1) if _BLOCK_START.search(lines[place])), None)
    if start is None:
        return None
    text = [_indent(above) for above in lines[start + 1 : number - 1] if above.strip()]
    if not text or min(text) <= _indent(lines[start]) or _indent(line) >= text[0]:
        return None
    key = lines[start].strip().lstrip("- ").split(":")[0]
    return Slip(number, f"“{key}”的这一行缩进少了，掉到了“|”的正文外面", f"与正文的其他行左对齐，前面空 {text[0]} 格")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def slip_in(line: str) -> tuple[str, str] | None:
    """Return (what is wrong, how to mend it) if one line of YAML structure looks mistyped."""
    found = _slip_of_layout(line)
    match = _VALUE.match(line)
    return found or (_slip_of_value(match["value"].rstrip()) if match else None)


def _slip_of_layout(line: str) -> tuple[str, str] | None:
    return _slip_of_indent(line) or _slip_of_colon(line) or _slip_of_dash(line)


def _slip_of_indent(line: str) -> tuple[str, str] | None:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "缩进里有制表符（Tab）", "改成空格，每级两个"
    if _WIDE_SPACE.match(line):
        return "缩进里有全角空格或看不见的字符", "删掉，改成半角空格"
    return None


def _slip_of_colon(line: str) -> tuple[str, str] | None:
    wide = _WIDE_COLON_KEY.match(line)
    if wide:
        key = wide["ascii"] or wide["chinese"]
        return f"“{key}”后面是全角冒号“：”", f"改成半角冒号加一个空格：“{key}: ”"
    tight = _TIGHT_COLON.match(line)
    if tight:
        return f"“{tight['key']}:”后面少一个空格", f"写成“{tight['key']}: 内容”"
    odd = _ODD_SPACE_AFTER_COLON.match(line)
    if odd:
        return f"“{odd['key']}:”后面的空格不是半角空格", f"删掉重打，写成“{odd['key']}: 内容”"
    return None


def _slip_of_dash(line: str) -> tuple[str, str] | None:
    if _TIGHT_DASH.match(line):
        return "减号后面少一个空格", "写成“- 内容”"
    if _ODD_SPACE_AFTER_DASH.match(line):
        return "减号后面的空格不是半角空格", "删掉重打，写成“- 内容”"
    if _WIDE_DASH.match(line):
        return "行首的减号不是半角", "改成半角减号加一个空格：“- ”"
    return None


def _slip_of_value(value: str) -> tuple[str, str] | None:
    first = value[0]
    if first in "\"'":
        return _slip_of_quotes(value)
    if first in "[{":
        return _slip_of_brackets(value)
    if value.startswith("**"):
        return "句子以 ** 开头，群里显示不出粗体", "删掉两处 **"
    if first in "@`%*&!":
        return f"句子以 {first} 开头", _QUOTE_IT
    if first not in "|>#" and re.search(r":\s", value):
        return "句子里有半角冒号加空格“: ”", "改成全角冒号“：”，或把整句话用半角双引号括起来"
    return None


def _slip_of_quotes(value: str) -> tuple[str, str] | None:
    first = value[0]
    if len(value) > 1 and value[-1] in "“”‘’":
        return f"引号没有配对：开头是半角 {first}，结尾是全角 {value[-1]}", f"结尾改成半角 {first}"
    if value.count(first) == 1:
        return f"引号没有配对：只有开头的 {first}", f"在句末补上半角 {first}；如果只是内容里的引号，改用全角“”"
    if re.match(r'^"[^"\\]*"\s*[^\s#,\]}:]', value):
        return "半角双引号里面又有半角双引号，句子被截断", "里面的引号改成全角“”"
    return None


def _slip_of_brackets(value: str) -> tuple[str, str] | None:
    first, last = value[0], "]" if value[0] == "[" else "}"
    if last not in value and not value.endswith(","):
        return f"括号没有配对：只有开头的 {first}", f"在句末补上半角 {last}"
    if not value.endswith((last, ",")):
        return f"句子以 {first} 开头", _QUOTE_IT
    return None


def slip_in_text(value: str) -> tuple[str, str] | None:
    """Return (what is wrong, how to mend it) if a text that should have been ``key: value`` looks mistyped."""
    return _slip_of_layout(value.splitlines()[0]) if value.strip() else None


def is_wide_quoted(value: str) -> bool:
    """Tell whether a whole value stands in full-width quotes, as when somebody meant YAML's own."""
    return len(value) > 1 and any(
        value[0] in pair and value[-1] in pair and sum(map(value.count, pair)) == 2 for pair in ("“”", "‘’")
    )
