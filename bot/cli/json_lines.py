"""JSON lines in, the same objects with more keys out; a bad line is answered with ``error`` and the next one is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import XiaoshaoError

Line = dict[str, Any]


class BadLine(XiaoshaoError):
    """A line of input that cannot be used; its text says why, in Chinese."""


def answer_lines(answer: Callable[[Line], Mapping[str, Any]]) -> None:
    """Read standard input to its end and write one object a line, at once, so that a program at the other end can converse.

    ``answer`` returns the keys to add to a line's object and may raise ``BadLine``.
    """
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        if not raw.strip():
            continue
        line: Line = {}
        try:
            line = parse(raw.removeprefix(b"\xef\xbb\xbf"))
            added = answer(line)
        except BadLine as error:
            added = {"error": f"第 {number} 行：{error}"}
        print(json.dumps({**line, **added}, ensure_ascii=False), flush=True)


def parse(raw: bytes) -> Line:
    """Return one line's object; raises ``BadLine``."""
    try:
        line = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise BadLine("不是 UTF-8 编码") from None
    except (ValueError, RecursionError):
        raise BadLine('不是一个 JSON 对象，应写成 {"q": "问题"}') from None
    if not isinstance(line, dict):
        raise BadLine('不是一个 JSON 对象，应写成 {"q": "问题"}')
    return line


def text_of(line: Line, key: str, default: str | None = None) -> str:
    """Return a text of a line's object; without ``default`` it must be there. Raises ``BadLine``."""
    value = line.get(key, default)
    if value is None:
        raise BadLine(f"缺少“{key}”")
    if not isinstance(value, str):
        raise BadLine(f"“{key}”应当是文字")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
