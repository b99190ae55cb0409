"""The scorecard's figures from facts that are written out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.model import AnswerFact, CaseFact, Facts, Status, Stay, StayEnd
from bot.reports.scorecard import Rate, scorecard

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 16)
NINE = datetime(2026, 11, 16, 9, tzinfo=ZONE)
NOW = datetime(2026, 11, 20, 18, tzinfo=ZONE)
HOUR = timedelta(hours=1)


def case(number: int, **more: object) -> CaseFact:
    given = {"status": Status.CLOSED, "community": "灵峰", "department": "tax", "entry": None, "opened_at": NINE, **more}
    return CaseFact(number, **given)  # type: ignore[arg-type]


def stay(number: int, *, at: datetime = NINE, department: str = "tax", **more: object) -> Stay:
    return Stay(number, "灵峰", department, "税务局联络员", at, at + HOUR, at + 8 * HOUR, **more)  # type: ignore[arg-type]


def card(**facts: object):
    return scorecard(Facts(**facts), MONDAY, MONDAY + timedelta(days=6), NOW, ZONE, lambda room: "灵峰")  # type: ignore[arg-type]


def test_empty_week_has_no_rates_but_all_its_days():
    empty = card()
    assert [rate.share for rate in (empty.response, empty.solution, empty.satisfaction, empty.unrated)] == [None] * 4
    assert [it.start.day for it in empty.days] == [16, 17, 18, 19, 20, 21, 22]
    assert [it.start for it in empty.weeks] == [MONDAY]


def test_who_answered_what_was_asked():
    answers = [AnswerFact("forklift-plate", "群", NINE), AnswerFact("forklift-plate", "群", NINE, rating=5)]
    cases = [
        case(1, answered_at=NINE + HOUR, rating=4),
        case(2, by_peers=True),
        case(3, status=Status.OPEN),
        case(4, status=Status.WITHDRAWN),
    ]
    total = card(answers=answers, cases=cases).total
    assert (total.asked, total.by_faq, total.by_peers, total.by_departments, total.open, total.withdrawn) == (6, 2, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("stays", "rate"),
    [
        ([stay(1, acknowledged_at=NINE + HOUR)], Rate(1, 1)),
        ([stay(1, acknowledged_at=NINE + 2 * HOUR)], Rate(0, 1)),
        ([stay(1, answered_at=NINE + HOUR / 2)], Rate(1, 1)),  # answering is reacting
        ([stay(1, ended_at=NINE + HOUR / 2, end=StayEnd.TRANSFERRED)], Rate(1, 1)),
        ([stay(1, ended_at=NINE + 8 * HOUR, end=StayEnd.ESCALATED)], Rate(0, 1)),
        ([stay(1, at=NOW - HOUR / 2)], Rate(0, 0)),  # there is still time
        ([stay(1, ended_at=NINE + HOUR / 2, end=StayEnd.ENDED)], Rate(0, 0)),  # withdrawn before the time was over
    ],
)
def test_response_counts_only_what_was_due_or_done(stays, rate):
    assert card(stays=stays).response == rate


@pytest.mark.parametrize(
    ("cases", "stays", "rate"),
    [
        ([case(1, answered_at=NINE)], [], Rate(1, 1)),
        ([case(1, by_peers=True)], [], Rate(1, 1)),
        ([case(1)], [], Rate(0, 1)),  # closed without an answer
        ([case(1, status=Status.WITHDRAWN)], [], Rate(0, 0)),
        ([case(1, status=Status.OPEN)], [stay(1, at=NOW - HOUR)], Rate(0, 0)),
        ([case(1, status=Status.OPEN)], [stay(1)], Rate(0, 1)),
        ([case(1, status=Status.OPEN, answered_at=NINE, reopened=1)], [stay(1, at=NOW - HOUR)], Rate(0, 1)),
    ],
)
def test_solution_counts_answers_that_stood(cases, stays, rate):
    assert card(cases=cases, stays=stays).solution == rate


def test_satisfaction_counts_cases_and_answers_and_shows_the_unrated():
    answers = [AnswerFact("a", "群", NINE, rating=5), AnswerFact("a", "群", NINE)]
    cases = [case(1, answered_at=NINE, rating=1), case(2, answered_at=NINE, rating=4), case(3, by_peers=True)]
    found = card(answers=answers, cases=cases)
    assert (found.satisfaction, found.unrated) == (Rate(2, 3), Rate(1, 4))


def test_departments_with_times_and_transfers():
    stays = [
        stay(1, acknowledged_at=NINE + HOUR / 2, answered_at=NINE + 2 * HOUR, end=StayEnd.ANSWERED),
        stay(2, answered_at=NINE + 4 * HOUR, end=StayEnd.ANSWERED),
        stay(3, department="samr", ended_at=NINE + HOUR / 2, end=StayEnd.TRANSFERRED),
    ]
    tax, samr = card(stays=stays, cases=[case(1, reopened=1)]).departments
    assert (tax.department, tax.received, tax.median_hours, tax.reopened) == ("tax", 2, 3.0, 1)
    assert (tax.acknowledged, tax.answered) == (Rate(1, 2), Rate(2, 2))
    assert (samr.transferred, samr.median_hours, samr.answered) == (1, None, Rate(0, 0))


def test_days_and_weeks_follow_local_midnight():
    late = datetime(2026, 11, 17, 16, 30, tzinfo=ZoneInfo("UTC"))  # half past midnight on the 18th
    found = card(answers=[AnswerFact("a", "群", late)], themes={"a": "特种设备"})
    assert [it.tally.asked for it in found.days] == [0, 0, 1, 0, 0, 0, 0]
    assert [it.tally.asked for it in found.weeks] == [1]
    assert [(it.name, it.asked) for it in found.themes] == [("特种设备", 1)]


def test_answered_before_the_office_opened_took_no_time():
    early = stay(1, at=NINE, answered_at=NINE - HOUR, end=StayEnd.ANSWERED)
    assert card(stays=[early]).departments[0].median_hours == 0
