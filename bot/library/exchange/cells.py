"""One value of an entry ↔ the text of one Excel cell, and what Excel makes of what people type."""

from __future__ import annotations

import re
import typing
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from bot.errors import XiaoshaoError
from bot.library.exchange.columns import Column
from bot.library.yaml_lines import did_you_mean, parse_duration

CELL_LIMIT = 32_767
"""Most characters that Excel keeps in a cell."""

BREAK = "↵"
"""Stands in a cell for a line break within one item of a list, since there a new line is a new item."""

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_LINE_END = re.compile(r"\r\n?|\n")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{4})(\d\d)(\d\d)", re.ASCII)
_DAYS = re.compile(r"(\d{1,6})\s*(?:天|日|d)?", re.ASCII)
_PLAIN_FORMATS = ("General", "@", "0")
_AS_TEXT = "把这一格的格式改成“文本”，重新输入"


class CellFault(XiaoshaoError):
    """A cell that cannot be used: what is wrong, and how to mend it."""

    def __init__(self, message: str, mend: str = "") -> None:
        self.mend = mend
        super().__init__(message)


def show(column: Column, value: Any) -> str:
    """Return what a cell says for a value; ``""`` for None."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(_LINE_END.sub(BREAK, item) for item in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, timedelta):
        return f"{value.days}天" if value == timedelta(days=value.days) else spell_duration(value)
    text = value.value if isinstance(value, StrEnum) else str(value)
    return f"{text} {column.choices[text]}" if column.choices.get(text) else text


def read(column: Column, text: str, old: Any = None) -> Any:
    """Return the value that a cell's text means, None for an empty cell.

    ``old`` is the entry's present value, whose items are recognised as they were shown. Raises ``CellFault``, and TypeError for
    a field of a type that no cell can hold yet: teach it here together with the new field.
    """
    if not text.replace(BREAK, "").strip():
        if column.required:
            raise CellFault(f"“{column.header}”不能是空的", "填上内容")
        return None
    if column.choices:
        text = _chosen(column, text.strip())
    if typing.get_origin(column.kind) is tuple:
        return _items(text, old or ())
    return _READERS[_base(column.kind)](column, text.strip())


def spell_duration(length: timedelta) -> str:
    """Return a length of time as the curated files have it, such as 180d or 1d12h."""
    minutes = length // timedelta(minutes=1)
    units = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return "".join(f"{count}{unit}" for count, unit in units if count)


def escape(text: str) -> str:
    """Return a text as a workbook's XML holds it: characters that XML cannot carry become ``_x0007_``."""
    return _UNSAFE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def unescape(text: str) -> str:
    """Return what a text in a workbook's XML says, the other way round."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def normal(text: str) -> str:
    """Return a text without what no cell keeps: kinds of line breaks, blanks around it."""
    return _LINE_END.sub("\n", text).strip()


def raw_text(value: Any, kind: str, number_format: str, column: Column) -> str:
    """Return the text of a cell as somebody or Excel left it, line breaks as ``\\n``, no blanks around it.

    ``kind`` is openpyxl's data type: f formula, e error, b boolean, n number, d date, s text. Raises ``CellFault`` for what
    Excel may have changed beyond recovery; a formula is never computed.
    """
    if value is None:
        return ""
    if isinstance(value, str) and kind not in ("f", "e"):
        return normal(unescape(value))
    if kind == "e":
        raise CellFault(f"这一格是 Excel 的出错标记 {value}", "改成正确的内容")
    if kind == "f" or not isinstance(value, bool | int | float | date | time | timedelta):
        shown = f"（{value[:40]}）" if isinstance(value, str) else ""
        raise CellFault(f"这一格是公式{shown}，小哨不计算公式", "改成要写的内容；真要以 = 开头，在最前面加一个半角单引号 '")
    return _typed_text(value, number_format, column)


def _typed_text(value: bool | float | date | time | timedelta, number_format: str, column: Column) -> str:
    base = _base(column.kind)
    if isinstance(value, bool):
        if base is bool:
            return "是" if value else "否"
        raise CellFault("这一格被 Excel 当成了逻辑值 TRUE/FALSE", _AS_TEXT)
    if isinstance(value, date) and base is date:
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    if isinstance(value, date | time | timedelta):
        raise CellFault(f"这一格被 Excel 当成了日期或时间（{value}），原来写的看不出来了", _AS_TEXT)
    return _number_text(value, number_format)


def _number_text(value: float, number_format: str) -> str:
    if number_format not in _PLAIN_FORMATS:
        raise CellFault(f"这一格被 Excel 当成了带格式的数字（{value}），原来写的看不出来了", _AS_TEXT)
    if abs(value) >= 1e8:
        raise CellFault(f"这一格是长数字（{value:.15g}），Excel 可能去掉了开头的 0 或改了末尾几位", _AS_TEXT)
    return str(int(value)) if value == int(value) else repr(value)


def _base(kind: Any) -> Any:
    return StrEnum if isinstance(kind, type) and issubclass(kind, StrEnum) else kind


def _chosen(column: Column, text: str) -> str:
    """Return the value behind “samr 市场监管局”, “samr” or “市场监管局”."""
    for value, name in column.choices.items():
        if text.split() in ([value], name.split(), [value, *name.split()]) or text == f"{value} {name}":
            return value
    value = text.split()[0]
    if value in column.choices:
        mend = f"从下拉框里选；{value} 是“{column.choices[value]}”"
    else:
        names = {name or value: value for value, name in column.choices.items()}
        mend = did_you_mean(text, names) or "从下拉框里选"
    raise CellFault(f"“{column.header}”不认得“{text[:40]}”", mend)


def _items(text: str, old: Sequence[str]) -> tuple[str, ...]:
    known = {_LINE_END.sub(BREAK, item): item for item in old}
    lines = (line.strip() for line in text.split("\n"))
    return tuple(known.get(line, line.replace(BREAK, "\n").strip()) for line in lines if line.replace(BREAK, "").strip())


def _read_day(column: Column, text: str) -> date:
    match = _DAY.fullmatch(text)
    if not match:
        raise CellFault(f"“{column.header}”不是日期：{text[:40]}", "写成 2026-11-20 的样子")
    try:
        return date(*(int(digits) for digits in match.groups() if digits))
    except ValueError:
        raise CellFault(f"“{column.header}”没有这一天：{text}", "检查月份和日子") from None


def _read_duration(column: Column, text: str) -> timedelta:
    match = _DAYS.fullmatch(text)
    length = parse_duration(f"{match[1]}d" if match else text)
    if length is None:
        raise CellFault(f"“{column.header}”不是一段时间：{text[:40]}", "写多少天，例如 180天")
    return length


def _read_flag(column: Column, text: str) -> bool:
    words = {"是": True, "true": True, "否": False, "false": False}
    if text.lower() not in words:
        raise CellFault(f"“{column.header}”只能写“是”或“否”，现在是：{text[:40]}", "改成“是”或“否”")
    return words[text.lower()]


def _read_number(column: Column, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise CellFault(f"“{column.header}”应当是整数，现在是：{text[:40]}", "用半角数字")
    return int(text)


_READERS: dict[Any, Any] = {
    str: lambda column, text: text,
    StrEnum: lambda column, text: column.kind(text),
    date: _read_day,
    timedelta: _read_duration,
    bool: _read_flag,
    int: _read_number,
}
