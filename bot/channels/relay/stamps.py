"""Times as WeChat writes them beside messages: “2026/11/18 9:55:12”, “昨天 21:03”, “星期三 09:55”, “11月18日 下午 3:05”."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

_WEEKDAYS = {word: number for number, words in enumerate(("一", "二", "三", "四", "五", "六", "日天")) for word in words}
_WEEKDAY = r"(?:星期|周|週|礼拜|禮拜)(?P<{}>[一二三四五六日天])"
_DATE = (
    r"(?:(?:(?P<year>\d{4})\s*[-/.年]\s*)?(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    rf"(?:\s*{_WEEKDAY.format('extra')})?|(?P<ago>今天|昨天|前天)|{_WEEKDAY.format('weekday')})"
)
_PERIOD = r"(?P<period>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里|[AaPp][Mm])"
_CLOCK = (
    rf"(?:{_PERIOD}\s*)?(?P<hour>\d{{1,2}})\s*[:：]\s*(?P<minute>\d{{2}})(?:[:：]\d{{2}}(?:\.\d+)?)?(?:\s*(?P<half>[AaPp][Mm]))?"
)
STAMP_WITH_CLOCK = re.sub(r"\?P<\w+>", "?:", rf"(?:{_DATE}[\s,，]*)?{_CLOCK}")
"""A regular expression, without groups, for a time of day that may have a date before it."""

_STAMP = re.compile(rf"(?:{_DATE})?[\s,，]*(?:{_CLOCK})?")
_AGO = {"今天": 0, "昨天": 1, "前天": 2}
_AFTERNOON = ("下午", "傍晚", "晚上", "夜里", "pm")
_MORNING = ("凌晨", "清晨", "早上", "上午", "am")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a written time tells: the day, the time of day (minutes), or both."""

    day: date | None
    clock: time | None


def read_stamp(written: str, today: date) -> Stamp | None:
    """Read a text that is a time and nothing else; None if it isn't one. A date without a year is the last one gone by."""
    found = _STAMP.fullmatch(written.strip())
    if found is None or not written.strip():
        return None
    parts = found.groupdict()
    try:
        day = _day(parts, today)
        clock = _clock(parts)
    except ValueError:
        return None
    return Stamp(day, clock)


def _day(parts: dict[str, str | None], today: date) -> date | None:
    if parts["ago"]:
        return today - timedelta(days=_AGO[parts["ago"]])
    if parts["weekday"]:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS[parts["weekday"]]) % 7 or 7)
    if not parts["month"]:
        return None
    month, day = int(parts["month"]), int(parts["day"] or 0)
    if parts["year"]:
        return date(int(parts["year"]), month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year <= today + timedelta(days=1) else date(today.year - 1, month, day)


def _clock(parts: dict[str, str | None]) -> time | None:
    if not parts["hour"]:
        return None
    hour, minute = int(parts["hour"]), int(parts["minute"] or 0)
    period = (parts["period"] or parts["half"] or "").lower()
    if (period in _AFTERNOON and hour < 12) or (period == "中午" and hour < 11):
        hour += 12
    elif period in _MORNING and hour == 12:
        hour = 0
    return time(hour, minute)
