"""What every ledger engine must tell reports: stays read off the changes of cases, facts of a span, kept bulletins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.ledger.port import EntryVersion, Ledger
from bot.ledger.report_port import KeptBulletin
from bot.model import Action, AnswerFact, Case, Facts, Feedback, Reply, Status, Stay, StayEnd, Step, Ticked
from tests.samples import NOW, ROOM, decided, opened, plan, said, take_in

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def facts(ledger: Ledger, since=NOW - DAY, until=NOW + 7 * DAY) -> Facts:
    with ledger.transaction() as transaction:
        return transaction.reports.facts(since, until)


def change(ledger: Ledger, case: Case, at) -> None:
    with ledger.transaction() as transaction:
        tick = Ticked(case.number, f"step-{at.timestamp()}", at)
        transaction.record(tick)
        transaction.apply(tick, decided(action=Action.CASE, cases=(case,)), at)


@pytest.fixture
def case(ledger: Ledger) -> Case:
    message = said()
    it = opened(1, message)
    take_in(ledger, message, decided(action=Action.OPEN, cases=(it,)))
    return it


def test_a_case_that_is_handed_over_begins_a_stay(ledger: Ledger, case: Case) -> None:
    has = case.plan
    assert has is not None
    expected = Stay(1, "灵峰", case.department, "税务局联络员", has.dispatch_at, has.acknowledge_by, has.answer_by)
    assert facts(ledger).stays == (expected,)


def test_waiting_for_colleagues_is_no_stay(ledger: Ledger) -> None:
    message = said()
    waiting = opened(1, message, status=Status.WAITING, plan=None, due=Step("peers", "peers", NOW + HOUR))
    take_in(ledger, message, decided(action=Action.OPEN, cases=(waiting,)))
    assert facts(ledger).stays == ()


def test_acknowledged_answered_and_rated(ledger: Ledger, case: Case) -> None:
    held = replace(case, status=Status.ACKNOWLEDGED)
    change(ledger, held, NOW + HOUR)
    change(ledger, replace(held, notes=("补充",)), NOW + 2 * HOUR)  # acknowledged once
    reply = Reply("税务局联络员", "去电子税务局", NOW + 3 * HOUR)
    done = replace(held, status=Status.ANSWERED, replies=(reply,), due=Step("rating", "rating", NOW + DAY))
    change(ledger, done, NOW + 3 * HOUR)
    change(ledger, replace(done, status=Status.CLOSED, due=None, rating=5), NOW + 4 * HOUR)
    found = facts(ledger)
    (stay,) = found.stays
    assert (stay.acknowledged_at, stay.answered_at, stay.end) == (NOW + HOUR, NOW + 3 * HOUR, StayEnd.ANSWERED)
    assert [(it.number, it.answered_at, it.rating, it.status) for it in found.cases] == [(1, NOW + 3 * HOUR, 5, Status.CLOSED)]


@pytest.mark.parametrize(
    ("more", "tier", "end"),
    [
        ({"transfers": 1, "department": "samr"}, 0, StayEnd.TRANSFERRED),
        ({}, 1, StayEnd.ESCALATED),
    ],
)
def test_handed_on_ends_one_stay_and_begins_another(ledger: Ledger, case: Case, more, tier, end) -> None:
    there = plan("市场监管局联络员", tier=tier, at=NOW + HOUR)
    change(ledger, replace(case, plan=there, due=there.steps[0], **more), NOW + HOUR)
    first, second = facts(ledger).stays
    assert (first.ended_at, first.end, second.assignee, second.end) == (NOW + HOUR, end, "市场监管局联络员", None)


def test_reopened_case_begins_another_stay_with_the_same_contact(ledger: Ledger, case: Case) -> None:
    done = replace(case, status=Status.ANSWERED, due=Step("rating", "rating", NOW + DAY))
    change(ledger, done, NOW + HOUR)
    again = plan(at=NOW + 2 * HOUR)
    change(ledger, replace(done, status=Status.OPEN, reopened=1, plan=again, due=again.steps[0]), NOW + 2 * HOUR)
    assert [stay.end for stay in facts(ledger).stays] == [StayEnd.ANSWERED, None]


def test_withdrawn_case_ends_its_stay(ledger: Ledger, case: Case) -> None:
    change(ledger, replace(case, status=Status.WITHDRAWN, due=None), NOW + HOUR)
    assert [stay.end for stay in facts(ledger).stays] == [StayEnd.ENDED]


def test_reminder_changes_no_stay(ledger: Ledger, case: Case) -> None:
    assert case.plan is not None
    change(ledger, replace(case, due=case.plan.steps[1]), NOW + HOUR)
    assert [stay.end for stay in facts(ledger).stays] == [None]


def test_answers_with_the_rating_of_the_one_who_asked(ledger: Ledger) -> None:
    message = said("叉车上牌")
    take_in(ledger, message, decided(action=Action.ANSWER, entry="forklift-plate"))
    given = decided(action=Action.REPLY, feedback=Feedback("forklift-plate", "叉车上牌", 4))
    take_in(ledger, said("4"), given)
    assert facts(ledger).answers == (AnswerFact("forklift-plate", ROOM, NOW, 4),)


def test_a_span_ends_before_its_end(ledger: Ledger, case: Case) -> None:
    assert len(facts(ledger, NOW, NOW + HOUR).cases) == 1
    assert facts(ledger, NOW - HOUR, NOW) == Facts()


def test_cases_to_tell_about_are_those_opened_answered_or_open(ledger: Ledger, case: Case) -> None:
    def numbers(since, until) -> list[int]:
        with ledger.transaction() as transaction:
            return [it.number for it in transaction.reports.told_about(since, until)]

    assert numbers(NOW + DAY, NOW + 2 * DAY) == [1]  # still open
    done = replace(case, status=Status.ANSWERED, due=Step("rating", "rating", NOW + 3 * DAY))
    change(ledger, done, NOW + DAY)
    change(ledger, replace(done, status=Status.CLOSED, due=None), NOW + 3 * DAY)
    assert (numbers(NOW + DAY, NOW + 2 * DAY), numbers(NOW, NOW + HOUR), numbers(NOW + 3 * DAY, NOW + 4 * DAY)) == ([1], [1], [])


def test_versions_of_a_span_and_what_there_was_before(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.keep_version(EntryVersion("a", NOW - DAY, "社区", None))
        transaction.keep_version(EntryVersion("b", NOW, "社区", None))
        assert [it.entry for it in transaction.reports.versions(NOW, NOW + DAY)] == ["b"]
        assert transaction.reports.known_before(NOW) == {"a"}


def test_one_bulletin_a_kind_and_day_is_kept(ledger: Ledger) -> None:
    day = date(2026, 11, 18)
    held = KeptBulletin("daily", day, "灵峰", "held", "每日一报", "{}", NOW)
    with ledger.transaction() as transaction:
        assert transaction.reports.bulletin("daily", day, "灵峰") is None
        transaction.reports.keep_bulletin(held)
        transaction.reports.keep_bulletin(replace(held, kind="weekly"))
        transaction.reports.keep_bulletin(replace(held, state="sent", who="社区值班"))
        assert [(it.kind, it.state) for it in transaction.reports.bulletins()] == [("daily", "sent"), ("weekly", "held")]
