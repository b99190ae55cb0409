"""China's public holidays with the make-up workdays (调休), as the State Council announces them each autumn for the next year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

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

# New moon of spring (春节), Dragon Boat (端午) and Mid-Autumn (中秋) by the lunar calendar, for years not announced yet.
LUNAR: Mapping[int, tuple[str, str, str]] = {
    2027: ("0206", "0609", "0915"),
    2028: ("0126", "0528", "1003"),
    2029: ("0213", "0616", "0922"),
    2030: ("0203", "0605", "0912"),
    2031: ("0123", "0624", "1001"),
    2032: ("0211", "0612", "0919"),
    2033: ("0131", "0601", "0908"),
    2034: ("0219", "0620", "0927"),
    2035: ("0208", "0610", "0916"),
    2036: ("0128", "0530", "1004"),
    2037: ("0215", "0618", "0924"),
    2038: ("0204", "0607", "0913"),
    2039: ("0124", "0527", "1002"),
    2040: ("0212", "0614", "0920"),
    2041: ("0201", "0603", "0910"),
    2042: ("0122", "0622", "0928"),
    2043: ("0210", "0611", "0917"),
    2044: ("0130", "0531", "1005"),
    2045: ("0217", "0619", "0925"),
    2046: ("0206", "0608", "0915"),
    2047: ("0126", "0529", "1004"),
    2048: ("0214", "0615", "0922"),
    2049: ("0202", "0604", "0911"),
    2050: ("0123", "0623", "0930"),
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
    """Tell whether a year's announcement is in the table; for other years only the statutory days are known."""
    return year in HOLIDAYS


def is_holiday(day: date) -> bool:
    """Tell whether a day is a public holiday; of a year not in the table only the statutory days themselves."""
    return day in (_OFF if known_year(day.year) else _statutory_days(day.year))


def is_make_up_workday(day: date) -> bool:
    """Tell whether a weekend day is worked to make up for a holiday; never in a year not in the table."""
    return day in _ON


@cache
def _statutory_days(year: int) -> frozenset[date]:
    """Return the days off by law (《全国年节及纪念日放假办法》, as amended in 2024), those by the moon as far as is known."""
    days = {date(year, 1, 1), date(year, 4, _qingming(year)), date(year, 5, 1), date(year, 5, 2)}
    days |= {date(year, 10, day) for day in (1, 2, 3)}
    if year in LUNAR:
        spring, dragon_boat, mid_autumn = (_day(year, month_day) for month_day in LUNAR[year])
        days |= {spring + timedelta(days=offset) for offset in range(-1, 3)} | {dragon_boat, mid_autumn}
    return frozenset(days)


def _qingming(year: int) -> int:
    """Return the day in April of 清明; right for 2000–2099, a day off at most elsewhere."""
    in_century = year % 100
    return int(in_century * 0.2422 + 4.81) - in_century // 4
