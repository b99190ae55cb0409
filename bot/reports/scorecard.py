"""The scorecard (三率): what was asked, who answered, how fast, and how content people were, counted from facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.model import AnswerFact, CaseFact, Facts, Status, Stay, StayEnd

CONTENT_FROM = 4
"""The least rating (1–5) that counts as content: 满意."""

NO_THEME = "其他"

_Fact = TypeVar("_Fact")
_Key = TypeVar("_Key", str, date)


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a whole, both counted; ``share`` is None where there was nothing to count."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """Return the part as a fraction (0–1)."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was asked about one thing, and who answered it."""

    name: str
    asked: int
    by_faq: int
    by_peers: int
    by_departments: int
    open: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """One department's stays: how many came to it, how many were acknowledged and answered in time, and what became of them.

    ``median_hours`` is wall time from the message to the answer, None where nothing was answered.
    """

    department: str
    received: int
    acknowledged: Rate
    answered: Rate
    transferred: int
    reopened: int
    median_hours: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """What happened in a day or a week; ``start`` is its first day."""

    start: date
    tally: Tally
    response: Rate
    satisfaction: Rate


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All figures of a span of days, both ends included.

    ``response`` (响应率): of the stays whose time to acknowledge is over or that were acknowledged or answered, those in time.
    ``solution`` (解决率): of the cases that are not withdrawn and whose time is over or that were answered, those whose answer
    stood. ``satisfaction`` (满意率): of the ratings given to cases and FAQ answers, those of 4 or 5. ``unrated``: of the
    answered, those without a rating.
    """

    first: date
    last: date
    total: Tally
    response: Rate
    solution: Rate
    satisfaction: Rate
    unrated: Rate
    departments: tuple[DepartmentRow, ...]
    themes: tuple[Tally, ...]
    communities: tuple[Tally, ...]
    days: tuple[Period, ...]
    weeks: tuple[Period, ...]


def scorecard(
    facts: Facts, first: date, last: date, now: datetime, zone: ZoneInfo, community_of: Callable[[str], str]
) -> Scorecard:
    """Count the facts of a span of days; ``community_of`` tells the community of a group by its name."""
    themes = facts.themes

    def theme(fact: AnswerFact | CaseFact) -> str:
        return themes.get(fact.entry or "", NO_THEME) or NO_THEME

    def place(fact: AnswerFact | CaseFact) -> str:
        return fact.community if isinstance(fact, CaseFact) else community_of(fact.room)

    def day(fact: AnswerFact | CaseFact | Stay) -> date:
        at = fact.at if isinstance(fact, AnswerFact) else fact.opened_at if isinstance(fact, CaseFact) else fact.dispatched_at
        return at.astimezone(zone).date()

    def monday(fact: AnswerFact | CaseFact | Stay) -> date:
        return day(fact) - timedelta(days=day(fact).weekday())

    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    weeks = sorted({it - timedelta(days=it.weekday()) for it in days})
    return Scorecard(
        first=first,
        last=last,
        total=_tally("合计", facts.answers, facts.cases),
        response=_response(facts.stays, now),
        solution=_solution(facts, now),
        satisfaction=_satisfaction(facts.answers, facts.cases),
        unrated=_unrated(facts.answers, facts.cases),
        departments=_departments(facts, now),
        themes=_tallies(facts, theme),
        communities=_tallies(facts, place),
        days=_periods(facts, days, day, now),
        weeks=_periods(facts, weeks, monday, now),
    )


def _tally(name: str, answers: Sequence[AnswerFact], cases: Sequence[CaseFact]) -> Tally:
    by_peers = sum(case.by_peers for case in cases)
    by_departments = sum(case.answered_at is not None for case in cases)
    withdrawn = sum(case.status is Status.WITHDRAWN for case in cases)
    still_open = sum(not case.status.terminal and case.answered_at is None for case in cases)
    return Tally(name, len(answers) + len(cases), len(answers), by_peers, by_departments, still_open, withdrawn)


def _tallies(facts: Facts, key: Callable[[AnswerFact | CaseFact], str]) -> tuple[Tally, ...]:
    answers, cases = _grouped(facts.answers, key), _grouped(facts.cases, key)
    rows = [_tally(name, answers.get(name, []), cases.get(name, [])) for name in answers.keys() | cases.keys()]
    return tuple(sorted(rows, key=lambda row: (-row.asked, row.name)))


def _grouped(facts: Iterable[_Fact], key: Callable[[_Fact], _Key]) -> dict[_Key, list[_Fact]]:
    groups: dict[_Key, list[_Fact]] = {}
    for fact in facts:
        groups.setdefault(key(fact), []).append(fact)
    return groups


def _in_time(done: datetime | None, by: datetime) -> bool:
    return done is not None and done <= by


def _reacted_at(stay: Stay) -> datetime | None:
    known = [at for at in (stay.acknowledged_at, stay.answered_at) if at is not None]
    if not known and stay.end is StayEnd.TRANSFERRED:
        return stay.ended_at
    return min(known, default=None)


def _due(stays: Iterable[Stay], now: datetime) -> list[tuple[datetime | None, Stay]]:
    """Return the stays that tell something about reacting in time, each with when its assignee first reacted."""
    told = ((_reacted_at(stay), stay) for stay in stays)
    return [(at, stay) for at, stay in told if at is not None or min(stay.ended_at or now, now) >= stay.acknowledge_by]


def _response(stays: Iterable[Stay], now: datetime) -> Rate:
    due = _due(stays, now)
    return Rate(sum(_in_time(at, stay.acknowledge_by) for at, stay in due), len(due))


def _solution(facts: Facts, now: datetime) -> Rate:
    last_stay = {stay.case: stay for stay in sorted(facts.stays, key=lambda it: it.dispatched_at)}
    judged = []
    for case in facts.cases:
        if case.status is Status.WITHDRAWN:
            continue
        stay = last_stay.get(case.number)
        running = not case.status.terminal and case.answered_at is None and (stay is None or stay.answer_by > now)
        if not running:
            judged.append(case)
    solved = [
        case
        for case in judged
        if (case.by_peers or case.answered_at is not None) and case.status in (Status.ANSWERED, Status.CLOSED)
    ]
    return Rate(len(solved), len(judged))


def _satisfaction(answers: Sequence[AnswerFact], cases: Sequence[CaseFact]) -> Rate:
    given = [fact.rating for fact in answers] + [case.rating for case in cases]
    ratings = [rating for rating in given if rating is not None]
    return Rate(sum(rating >= CONTENT_FROM for rating in ratings), len(ratings))


def _unrated(answers: Sequence[AnswerFact], cases: Sequence[CaseFact]) -> Rate:
    ratings = [fact.rating for fact in answers] + [case.rating for case in cases if case.answered_at is not None]
    return Rate(ratings.count(None), len(ratings))


def _departments(facts: Facts, now: datetime) -> tuple[DepartmentRow, ...]:
    reopened = Counter(case.department for case in facts.cases if case.reopened)
    rows = []
    for name, own in _grouped(facts.stays, lambda stay: stay.department).items():
        # Who answers before the office opens has taken no time.
        hours = [max((stay.answered_at - stay.dispatched_at) / timedelta(hours=1), 0.0) for stay in own if stay.answered_at]
        judged = [stay for stay in own if stay.answered_at or min(stay.ended_at or now, now) >= stay.answer_by]
        rows.append(
            DepartmentRow(
                department=name,
                received=len(own),
                acknowledged=_response(own, now),
                answered=Rate(sum(_in_time(stay.answered_at, stay.answer_by) for stay in judged), len(judged)),
                transferred=sum(stay.end is StayEnd.TRANSFERRED for stay in own),
                reopened=reopened[name],
                median_hours=median(hours) if hours else None,
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.received, row.department)))


def _periods(
    facts: Facts, starts: Sequence[date], key: Callable[[AnswerFact | CaseFact | Stay], date], now: datetime
) -> tuple[Period, ...]:
    answers, cases, stays = _grouped(facts.answers, key), _grouped(facts.cases, key), _grouped(facts.stays, key)
    periods = []
    for start in starts:
        said, opened = answers.get(start, []), cases.get(start, [])
        tally = _tally(start.isoformat(), said, opened)
        periods.append(Period(start, tally, _response(stays.get(start, []), now), _satisfaction(said, opened)))
    return tuple(periods)
