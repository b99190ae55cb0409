"""What every ledger engine must do for the pages: records that end, tries, the audit trail, and messages about the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.ledger.page_port import AuditLine, CaseSearch
from bot.ledger.port import Ledger
from bot.model import Action, Status, Target
from tests.contract.conftest import Open
from tests.samples import NOW, decided, opened, plan, recalled, said, say, take_in

HOUR = timedelta(hours=1)


def test_record_is_kept_until_it_ends_and_over_a_restart(open_ledger: Open) -> None:
    with open_ledger().transaction() as work:
        work.pages.keep("session", "a", "甲", NOW + HOUR)
    with open_ledger().transaction() as work:
        assert work.pages.kept("session", "a", NOW) == "甲"
        assert work.pages.kept("code", "a", NOW) is None
        assert work.pages.kept("session", "a", NOW + HOUR) is None


def test_newer_record_takes_the_place_of_the_older(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.pages.keep("session", "a", "甲", NOW + HOUR, owner="网格员一")
        work.pages.keep("session", "a", "乙", NOW + 2 * HOUR, owner="网格员二")
        assert work.pages.kept_of("session", NOW + HOUR) == [("a", "乙")]
        work.pages.drop_of("session", "网格员一")
        assert work.pages.kept("session", "a", NOW) == "乙"


def test_records_are_dropped_by_name_by_owner_and_when_ended(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for name, owner in (("a", "甲"), ("b", "甲"), ("c", "乙"), ("d", "丙")):
            work.pages.keep("session", name, "", NOW + HOUR, owner=owner)
        work.pages.keep("session", "old", "", NOW, owner="丙")
        work.pages.keep("code", "a", "", NOW + HOUR, owner="甲")
        work.pages.drop_of("session", "甲")
        work.pages.drop("session", "c")
        work.pages.sweep(NOW)
        assert [name for name, _ in work.pages.kept_of("session", NOW - HOUR)] == ["d"]
        assert work.pages.kept("code", "a", NOW) == ""


def test_tries_are_counted_by_scope_and_time(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for minutes in (0, 10, 50):
            work.pages.note_try("login/甲", NOW + timedelta(minutes=minutes))
        work.pages.note_try("login/乙", NOW)
    with ledger.transaction() as work:
        assert work.pages.tries("login/甲", NOW - HOUR) == 3
        assert work.pages.tries("login/甲", NOW) == 2
        work.pages.sweep(NOW + timedelta(days=3))
        assert work.pages.tries("login/甲", NOW - HOUR) == 0


def test_audit_trail_comes_newest_first_and_in_pieces(ledger: Ledger) -> None:
    lines = [AuditLine(NOW + n * HOUR, "甲" if n % 2 else "乙", "验证码", "登录", f"#{n}", "细节") for n in range(5)]
    with ledger.transaction() as work:
        for line in lines:
            work.pages.note(line)
        newest = work.pages.trail(limit=2)
        assert [line for _, line in newest] == [lines[4], lines[3]]
        assert [line for _, line in work.pages.trail(before=newest[-1][0])] == [lines[2], lines[1], lines[0]]
        assert [line.about for _, line in work.pages.trail(who="甲")] == ["#3", "#1"]


def test_message_about_the_pages_goes_out_like_any_other(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for _ in range(2):
            work.pages.send((say("pages/code/1", Target("contact", "网格员一"), "验证码 123456"),), NOW)
        (row,) = work.claim(NOW, HOUR, 10)
    assert (row.target.name, row.text) == ("网格员一", "验证码 123456")


def test_cases_are_found_by_what_is_asked_the_newest_first_and_in_pieces(ledger: Ledger) -> None:
    told = [("个税怎么报 100%", "税务局联络员"), ("叉车上牌\n在哪", "社区值班"), ("个税_年报", "社区值班")]
    for number, (text, who) in enumerate(told, 1):
        message = said(text)
        case = opened(number, message, plan=plan(who), status=Status.CLOSED if number == 3 else Status.OPEN)
        take_in(ledger, message, decided(cases=(case,)))

    def found(limit: int = 10, **wanted: Any) -> list[int]:
        with ledger.transaction() as work:
            return [case.number for case in work.pages.search(CaseSearch(**wanted), limit)]

    assert found() == [3, 2, 1]
    assert found(limit=2) == [3, 2]
    assert found(before=2) == [1]
    assert found(words="个税") == [3, 1]
    assert (found(words="0%"), found(words="税_"), found(words="税%"), found(words="\\")) == ([1], [3], [], [])
    assert found(words="上牌\n在哪") == [2]
    assert (found(finished=False), found(finished=True), found(status="open")) == ([2, 1], [3], [2, 1])
    assert (found(assignee="社区值班"), found(department="tax"), found(department="hrss")) == ([3, 2], [3, 2, 1], [])
    assert found(community="灵峰", words="叉车", assignee="社区值班", finished=False) == [2]


def test_what_was_said_comes_with_what_was_decided_and_without_what_was_taken_back(ledger: Ledger) -> None:
    first, gone, last = said("第一句"), said("说错了"), said("私下问一句", room="")
    for message in (first, gone, last):
        take_in(ledger, message, decided(action=Action.IGNORE))
    take_in(ledger, recalled(gone))
    with ledger.transaction() as work:
        heard = work.pages.heard()
        assert [(it.text, it.room, it.decision.action) for it in heard] == [
            ("私下问一句", "", Action.IGNORE),
            ("第一句", first.room, Action.IGNORE),
        ]
        assert [it.text for it in work.pages.heard(before=heard[0].position)] == ["第一句"]
        assert len(work.pages.heard(limit=1)) == 1
