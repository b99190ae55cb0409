"""One text as YAML: plain where that is safe, in double quotes or as a ``|`` block where it is not."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Any

import yaml
from yaml.reader import Reader

from bot.library.exchange.cells import spell_duration
from bot.library.slips import is_wide_quoted

_ENDLESS = 1 << 30
_ODD_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def spell(value: Any) -> str:
    """Return a value of an entry as the text that the loader types again."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return spell_duration(value)
    return value.value if isinstance(value, StrEnum) else str(value)


def inline(value: Any, *, flow: bool = False, style: str = "") -> str:
    """Return a value on one line; ``flow``: within brackets; ``style``: the quotes that it should have if it can."""
    text = spell(value)
    if not isinstance(value, str) or isinstance(value, StrEnum):
        return text if not style else f"{style}{text}{style}"
    if style == "'" and is_printable(text) and "\n" not in text:
        return "'" + text.replace("'", "''") + "'"
    plain = _dumped(text, None, flow)
    if style or plain[:1] in "'\"|>?" or "\n" in plain or is_wide_quoted(text):
        return _dumped(text, '"', flow)
    return plain


def block(text: str, indent: int) -> str:
    """Return a text's lines for a ``|`` block (without the line that has the ``|``); see ``fits_block``."""
    return "\n".join(" " * indent + line if line else "" for line in text.split("\n"))


def fits_block(text: str) -> bool:
    """Tell whether a ``|`` block gives the text back exactly."""
    return is_printable(text) and not text[:1].isspace()


def is_printable(text: str) -> bool:
    """Tell whether YAML can hold the text without escapes."""
    return not _ODD_BREAKS.search(text) and not Reader.NON_PRINTABLE.search(text)


def _dumped(text: str, style: str | None, flow: bool) -> str:
    dumped: str = yaml.dump(
        [text], Dumper=yaml.SafeDumper, default_style=style, default_flow_style=flow, allow_unicode=True, width=_ENDLESS
    )
    bare = dumped.rstrip("\n")
    return bare[1:-1] if flow else bare.removeprefix("- ")
