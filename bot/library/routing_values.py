"""The small written forms of routing.yaml: times of day, shifts, weekdays, instants, shares."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from yaml import Node

from bot.library.yaml_lines import NodeReader
from bot.routing.calendar import Shift

_WEEKDAYS = {name: day for day, names in enumerate(("一", "二", "三", "四", "五", "六", "日天")) for name in names}
_DAY = r"(?:周|星期|礼拜)([一二三四五六日天])"
_RANGE = re.compile(rf"{_DAY}\s*(?:至|到|-|—|~)\s*{_DAY}")
_SHIFT = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d))?", re.ASCII)


def parse_weekdays(text: str) -> tuple[int, ...] | None:
    """Return the weekdays (Monday is 0) that “周一至周五”, “周一、周三” or “每天” names, or None."""
    if text.strip() == "每天":
        return tuple(range(7))
    days: list[int] = []
    for part in re.split(r"[、,，和]\s*", text.strip()):
        if span := _RANGE.fullmatch(part):
            first, last = _WEEKDAYS[span[1]], _WEEKDAYS[span[2]]
            days += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
        elif single := re.fullmatch(_DAY, part):
            days.append(_WEEKDAYS[single[1]])
        else:
            return None
    return tuple(dict.fromkeys(days))


def parse_shift(text: str) -> Shift | None:
    """Return the shift that “09:00-12:00” names; one that ends before it starts runs over midnight; else None."""
    match = _SHIFT.fullmatch(text.strip())
    if not match:
        return None
    first_hour, first_minute, last_hour, last_minute = (int(part) for part in match.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if max(first_minute, last_minute) > 59 or start >= 1440 or end > 1440 or start == end:
        return None
    return Shift(start, end if end > start else end + 1440)


def read_shifts(reader: NodeReader, node: Node, what: str) -> tuple[Shift, ...]:
    """Return the shifts of a list; an empty list is a day off."""
    shifts: list[Shift] = []
    for item in reader.items(node, what):
        text = reader.text(item, what)
        if text is None:
            continue
        shift = parse_shift(text)
        if shift is None:
            reader.note(item, f"“{what}”的时段写得不对：{text}", '写成 "09:00-12:00"，冒号和减号用半角，小时 0 到 24')
        else:
            shifts.append(shift)
    shifts.sort()
    for earlier, later in pairwise(shifts):
        if later.start < earlier.end:
            reader.note(node, f"“{what}”的时段 {earlier} 和 {later} 重叠了", "改成不重叠的时段")
    return tuple(shifts)


def read_span(reader: NodeReader, node: Node, what: str) -> tuple[time, time] | None:
    """Return the start and end of a nightly span such as “22:00-07:00”."""
    text = reader.text(node, what)
    shift = parse_shift(text) if text is not None else None
    if text is not None and shift is None:
        reader.note(node, f"“{what}”写得不对：{text}", '写成 "22:00-07:00"，冒号和减号用半角')
    if shift is None:
        return None
    end = shift.end % 1440
    return time(shift.start // 60, shift.start % 60), time(end // 60, end % 60)


def read_time(reader: NodeReader, node: Node, what: str) -> time | None:
    """Return a time of day written as 17:00."""
    text = reader.text(node, what)
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text, re.ASCII) if text is not None else None
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return time(int(match[1]), int(match[2]))
    if text is not None:
        reader.note(node, f"“{what}”不是几点几分：{text}", '写成 "17:00"，冒号用半角')
    return None


def read_instant(reader: NodeReader, node: Node, what: str, zone: ZoneInfo, *, whole_day: bool = False) -> datetime | None:
    """Return an instant written as 2026-11-18 09:55 or 2026-11-18; with ``whole_day`` a bare date means its end."""
    text = reader.text(node, what)
    if text is None:
        return None
    match = _INSTANT.fullmatch(text)
    try:
        if match:
            at = datetime.strptime(f"{match[1]} {match[2] or '00'}:{match[3] or '00'}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)
            return at + timedelta(days=1) if whole_day and match[2] is None else at
    except (ValueError, OverflowError):
        reader.note(node, f"“{what}”没有这个时间：{text}", "检查月、日、时、分")
        return None
    reader.note(node, f"“{what}”不是时间：{text}", '写成 "2026-11-18 09:55" 或 2026-11-18，数字和冒号用半角')
    return None


def read_share(reader: NodeReader, node: Node, what: str) -> float | None:
    """Return a share between 0 and 1, written as 50% or 0.5."""
    text = reader.text(node, what)
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?)(%?)", text, re.ASCII)
    share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if 0 < share < 1:
        return share
    reader.note(node, f"“{what}”应当在 0 和 100% 之间：{text}", "写成 50%")
    return None
