"""Times and lengths of time in Chinese words."""

from __future__ import annotations

from datetime import datetime, timedelta

WEEKDAYS = "一二三四五六日"


def moment_in_words(at: datetime) -> str:
    """Word an instant as in “2026-11-18 周三 09:55”."""
    return f"{at:%Y-%m-%d} 周{WEEKDAYS[at.weekday()]} {at:%H:%M}"


def length_in_words(length: timedelta, *, days: bool = True) -> str:
    """Word a length of time in days, hours and minutes; of working time, where a day means nothing, without ``days``."""
    whole = length.days if days else 0
    minutes = (length - timedelta(days=whole)) // timedelta(minutes=1)
    parts = ((whole, "天"), (minutes // 60, "小时"), (minutes % 60, "分钟"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 分钟"
