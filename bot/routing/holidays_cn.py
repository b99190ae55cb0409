"""China's public holidays with the make-up workdays (调休), as the State Council announces them each autumn for the next year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

# Month and day; a range includes both ends. Source: the yearly 国务院办公厅关于部分节假日安排的通知.
HOLIDAYS: Mapping[int, tuple[str, ...]] = {
    2024: ("0101", "0210-0217", "0404-0406", "0501-0505", "0610", "0915-0917", "1001-1007"),
    2025: ("0101", "0128-0204", "0404-0406", "0501-0505", "0531-0602", "1001-1008"),
    2026: ("0101-0103", "0215-0223", "0404-0406", "0501-0505", "0619-0621", "0925-0927", "1001-1007"),
}

MAKE_UP_WORKDAYS: Mapping[int, tuple[str, ...]] = {
    2024: ("0204", "0218", "0407", "0428", "0511", "0914", "0929", "1012"),
    2025: ("0126", "0208", "0427", "0928", "1011"),
    2026: ("0104", "0214", "0228", "0509", "0920", "1010"),
}


def _days(year: int, spans: tuple[str, ...]) -> set[date]:
    days: set[date] = set()
    for span in spans:
        first, _, last = span.partition("-")
        day, end = _day(year, first), _day(year, last or first)
        while day <= end:
            days.add(day)
            day += timedelta(days=1)
    return days


def _day(year: int, month_day: str) -> date:
    return date(year, int(month_day[:2]), int(month_day[2:]))


_OFF = frozenset(day for year, spans in HOLIDAYS.items() for day in _days(year, spans))
_ON = frozenset(day for year, spans in MAKE_UP_WORKDAYS.items() for day in _days(year, spans))


def known_year(year: int) -> bool:
    """Tell whether a year's announcement is in the table; for other years only the fixed days are known."""
    return year in HOLIDAYS


def is_holiday(day: date) -> bool:
    """Tell whether a day is a public holiday; of a year not in the table only those that don't follow the moon."""
    return day in _OFF if known_year(day.year) else (day.month, day.day) in _fixed_days(day.year)


def is_make_up_workday(day: date) -> bool:
    """Tell whether a weekend day is worked to make up for a holiday; never in a year not in the table."""
    return day in _ON


def _fixed_days(year: int) -> set[tuple[int, int]]:
    """Return the statutory days by the solar calendar (《全国年节及纪念日放假办法》, as amended in 2024)."""
    return {(1, 1), (4, _qingming(year)), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}


def _qingming(year: int) -> int:
    """Return the day in April of 清明; right for 2000–2099, a day off at most elsewhere."""
    in_century = year % 100
    return int(in_century * 0.2422 + 4.81) - in_century // 4
