"""Working-time calendars: weekends, holidays with make-up workdays, single days, shifts over midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
import pytest

from bot.routing.calendar import Calendar, Shift, always
from bot.routing.holidays_cn import HOLIDAYS, LUNAR, _qingming, is_holiday, is_make_up_workday, known_year

ZONE = ZoneInfo("Asia/Shanghai")
DAY = (Shift(9 * 60, 12 * 60), Shift(13 * 60 + 30, 17 * 60 + 30))
WEEK = dict.fromkeys(range(5), DAY)
OFFICE = Calendar("工作时间", ZONE, weekly=WEEK, holidays="cn")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-18 09:55", 8, "2026-11-19 10:55"),  # seven working hours a day
        ("2026-11-18 10:00", 2, "2026-11-18 12:00"),
        ("2026-11-18 12:30", 1, "2026-11-18 14:30"),
        ("2026-11-20 17:30", 1, "2026-11-23 10:00"),  # over a weekend
        ("2026-02-14 09:00", 7, "2026-02-14 17:30"),  # a Saturday worked to make up
        ("2026-02-14 17:00", 1, "2026-02-24 09:30"),  # over Spring Festival
        ("2026-11-18 20:00", 0, "2026-11-18 20:00"),
    ],
)
def test_working_time_runs_only_in_shifts(start: str, hours: int, due: str) -> None:
    assert OFFICE.add(at(start), timedelta(hours=hours)) == at(due)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-18 09:00", "2026-11-18 09:00"),
        ("2026-11-18 12:00", "2026-11-18 13:30"),
        ("2026-11-21 10:00", "2026-11-23 09:00"),
        ("2026-10-01 10:00", "2026-10-08 09:00"),
        ("2026-10-10 08:00", "2026-10-10 09:00"),
    ],
)
def test_next_open(moment: str, opens: str) -> None:
    assert OFFICE.next_open(at(moment)) == at(opens)
    assert OFFICE.is_open(at(moment)) == (moment == opens)


def test_a_single_day_wins_over_the_holiday_table() -> None:
    local = {date(2026, 2, 14): (Shift(540, 720),), date(2026, 5, 8): (), date(2026, 5, 1): DAY}
    calendar = Calendar("本地", ZONE, weekly=WEEK, days=local, holidays="cn")
    assert calendar.add(at("2026-02-14 11:00"), timedelta(hours=2)) == at("2026-02-24 10:00")
    assert calendar.is_open(at("2026-05-01 10:00"))
    assert calendar.next_open(at("2026-05-08 09:00")) == at("2026-05-09 09:00")  # 05-09 is a make-up Saturday


def test_a_part_week_calendar_does_not_work_make_up_days() -> None:
    calendar = Calendar("周三", ZONE, weekly={2: DAY}, holidays="cn")
    assert calendar.next_open(at("2026-10-09 09:00")) == at("2026-10-14 09:00")


def test_a_shift_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    night = Calendar("夜班", ZONE, weekly={4: (Shift(22 * 60, 30 * 60),)})
    assert night.is_open(at("2026-11-21 05:59"))  # Saturday morning, Friday's shift
    assert not night.is_open(at("2026-11-21 06:00"))
    assert night.add(at("2026-11-20 23:00"), timedelta(hours=8)) == at("2026-11-27 23:00")


def test_around_the_clock() -> None:
    calendar = always(ZONE)
    moment = at("2026-02-17 03:04")
    assert calendar.is_open(moment) and calendar.next_open(moment) == moment
    assert calendar.add(moment, timedelta(hours=30)) == at("2026-02-18 09:04")


def test_a_calendar_that_never_runs_says_so() -> None:
    never = Calendar("从不", ZONE)
    assert not never.is_open(at("2026-11-18 10:00"))
    with pytest.raises(ValueError, match="从不"):
        never.next_open(at("2026-11-18 10:00"))
    with pytest.raises(ValueError, match="从不"):
        never.add(at("2026-11-18 10:00"), timedelta(minutes=1))


def test_a_zone_with_summer_time_counts_real_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    calendar = Calendar("夜", zone, weekly={5: (Shift(0, 6 * 60),), 6: (Shift(0, 6 * 60),)})
    start = datetime(2026, 3, 29, 1, 0, tzinfo=zone)  # the clock jumps from two to three
    assert calendar.add(start, timedelta(hours=2)) == datetime(2026, 3, 29, 4, 0, tzinfo=zone)


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", sorted(HOLIDAYS))
def test_the_table_agrees_with_chinese_calendar(year: int) -> None:
    for day in _days(year):
        assert chinese_calendar.is_workday(day) == ((day.weekday() < 5 or is_make_up_workday(day)) and not is_holiday(day)), day


@pytest.mark.parametrize("year", sorted(HOLIDAYS))
def test_the_table_agrees_with_holidays(year: int) -> None:
    other = holidays.country_holidays("CN", years=year)
    for day in _days(year):
        if day.weekday() < 5:
            assert is_holiday(day) == (day in other), day
        elif is_make_up_workday(day):
            assert other.is_working_day(day), day


def test_an_unknown_year_has_its_statutory_days_and_no_make_up_days() -> None:
    assert known_year(2026) and not known_year(2030) and not known_year(1999)
    off = [f"{day:%m%d}" for day in _days(2030) if is_holiday(day)]
    assert off == ["0101", "0202", "0203", "0204", "0205", "0405", "0501", "0502", "0605", "0912", "1001", "1002", "1003"]
    assert not any(is_make_up_workday(day) for day in _days(2030))
    assert Calendar("x", ZONE, weekly=WEEK, holidays="cn").next_open(at("2030-10-01 09:00")) == at("2030-10-04 09:00")


@pytest.mark.parametrize("year", sorted(LUNAR))
def test_the_statutory_days_agree_with_holidays(year: int) -> None:
    other = holidays.country_holidays("CN", years=year, observed=False)
    assert {day for day in _days(year) if is_holiday(day)} == set(other) | ({date(year, 5, 2)} - set(other))


def test_years_beyond_the_table_keep_the_days_by_the_sun() -> None:
    assert {(day.month, day.day) for day in _days(2070) if is_holiday(day)} == {
        (1, 1), (4, 4), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3),
    }  # fmt: skip


@pytest.mark.parametrize("year", range(2008, 2027))
def test_qingming_by_formula_is_the_announced_day(year: int) -> None:
    assert chinese_calendar.is_holiday(date(year, 4, _qingming(year)))
