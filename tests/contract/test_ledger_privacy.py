"""What every ledger engine must do to take people out: nobody and nothing said is left, what was counted stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ledger.port import Ledger
from bot.ledger.privacy import NOBODY
from bot.ledger.privacy_port import KnownPerson
from bot.model import Action, Decision, Reason, Reply, Said, Status, Target, Thread
from tests.contract.test_ledger_people import everything_in
from tests.samples import HR, NOW, ROOM, SAFETY, decided, opened, said, say, snapshot_for, take_in

DAY = timedelta(days=1)
QUESTION = "公司车间要做税务注销清算去哪办"


def case_of_safety(ledger: Ledger, *, status: Status = Status.CLOSED, message: Said | None = None) -> Said:
    """Let 泰准金属-安全员 ask, a colleague add a word, the contact be told, and the case end."""
    message = message or said(QUESTION)
    case = opened(1, message, status=status, peers=(Reply(HR.name, "去办税厅", NOW),), rating=5)
    why = (Reason("asked", f"{SAFETY.name}在群里问的"),)
    says = (
        say("case/1/dispatch", Target("contact", "税务局联络员"), f"{SAFETY.name} 在「{ROOM}」问：{QUESTION}", case=1),
        say(f"case/1/answer/{SAFETY.id}", text="答复：去办税厅", mention=SAFETY, case=1),
    )
    take_in(ledger, message, Decision(Action.OPEN, why, says=says, cases=(case,), thread=Thread()))
    return message


def known(ledger: Ledger, called: str = SAFETY.name) -> KnownPerson:
    with ledger.transaction() as work:
        (person,) = work.privacy.people(called)
    return person


def forget(ledger: Ledger, called: str = SAFETY.name) -> str:
    person = known(ledger, called)
    with ledger.transaction() as work:
        return work.privacy.forget(person, NOW + DAY)


def test_people_are_found_by_nickname_and_id_with_what_there_is_of_them(ledger: Ledger) -> None:
    case_of_safety(ledger, status=Status.OPEN)
    take_in(ledger, said("早", by=replace(SAFETY, name="泰准小王")))
    found = known(ledger)
    assert (found.id, found.names, found.messages, found.cases, found.open_cases) == (
        SAFETY.id,
        ("泰准小王", SAFETY.name),
        2,
        (1,),
        (1,),
    )
    assert known(ledger, SAFETY.id) == known(ledger, "泰准小王") == found
    with ledger.transaction() as work:
        assert work.privacy.people("没有这个人") == []


def test_nothing_is_left_of_somebody_forgotten_but_the_case(ledger: Ledger) -> None:
    case_of_safety(ledger)
    take_in(ledger, said("我的手机修好了", room=""))
    take_in(ledger, said(f"@{SAFETY.name} 你好", by=HR, mentions=(SAFETY.id,)))
    other = forget(ledger)
    left = everything_in(ledger)
    for gone in (SAFETY.name, SAFETY.id, "我的手机修好了"):
        assert gone not in left, gone
    with ledger.transaction() as work:
        case = work.case(1)
        assert work.history(1)[-1].what == "提问人已匿名"
        bubbles = work.conversation(room=ROOM)
    assert case is not None
    assert (case.question, case.rating, case.status) == (QUESTION, 5, Status.CLOSED)
    assert (case.asker.person.id, case.asker.person.name, case.asker.enterprise) == (other, NOBODY, "")
    assert case.peers[0].by == HR.name
    assert [it.text for it in bubbles if it.sender] == ["", f"@{NOBODY} 你好"]


def test_somebody_whose_case_is_open_cannot_be_forgotten(ledger: Ledger) -> None:
    case_of_safety(ledger, status=Status.OPEN)
    with pytest.raises(ValueError, match="没办结"):
        forget(ledger)


def test_figures_stay_when_askers_are_forgotten(ledger: Ledger) -> None:
    case_of_safety(ledger)
    with ledger.transaction() as work:
        before = work.reports.facts(NOW - DAY, NOW + DAY)
    forget(ledger)
    with ledger.transaction() as work:
        assert work.reports.facts(NOW - DAY, NOW + DAY) == before
        assert before.cases


def test_bots_that_keep_read_cases_see_the_change(ledger: Ledger) -> None:
    message = case_of_safety(ledger)
    about = said("#1 怎么样了", by=HR)
    assert snapshot_for(ledger, about).case(1) is not None
    forget(ledger)
    seen = snapshot_for(ledger, about).case(1)
    assert seen is not None and seen.asker.person.name == NOBODY
    assert message.sender == SAFETY


def test_askers_of_old_finished_cases_become_anonymous_the_others_stay(ledger: Ledger) -> None:
    case_of_safety(ledger)
    fresh = said("新问题", by=HR, at=NOW + 10 * DAY)
    take_in(ledger, fresh, decided(cases=(opened(2, fresh, status=Status.CLOSED),)), NOW + 10 * DAY)
    still = said("还没办完", by=HR)
    take_in(ledger, still, decided(cases=(opened(3, still),)))
    with ledger.transaction() as work:
        assert work.privacy.forget_askers(NOW + DAY, NOW + 11 * DAY, 100) == 1
        assert work.privacy.forget_askers(NOW + DAY, NOW + 11 * DAY, 100) == 0
        names = [case.asker.person.name for number in (1, 2, 3) if (case := work.case(number))]
        (peer,) = (case.peers[0].by for case in (work.case(1),) if case)
    assert (names, peer) == ([NOBODY, HR.name, HR.name], NOBODY)


def test_old_words_are_emptied_unless_their_case_is_open(ledger: Ledger) -> None:
    case_of_safety(ledger)
    still = said("还没办完", by=HR)
    take_in(ledger, still, decided(cases=(opened(2, still),)))
    take_in(ledger, said("昨天的闲话", by=HR), decided(action=Action.IGNORE, thread=Thread()))
    take_in(ledger, said("新的闲话", by=HR, at=NOW + 10 * DAY))
    with ledger.transaction() as work:
        assert work.privacy.forget_words(NOW + DAY, 1) == 1
        assert work.privacy.forget_words(NOW + DAY, 100) == 1
        assert work.privacy.forget_words(NOW + DAY, 100) == 0
        assert [it.text for it in work.conversation(room=ROOM) if it.sender] == ["", "还没办完", "", "新的闲话"]
    left = everything_in(ledger)
    assert "昨天的闲话" not in left and "还没办完" in left


def test_name_that_is_a_common_word_is_not_taken_out_of_what_others_say(ledger: Ledger) -> None:
    common = replace(SAFETY, id="page:叉车", name="叉车")
    take_in(ledger, said("早", by=common))
    take_in(ledger, said("叉车去哪里上牌", by=HR))
    forget(ledger, "叉车")
    with ledger.transaction() as work:
        assert [it.text for it in work.conversation(room=ROOM)] == ["", "叉车去哪里上牌"]
