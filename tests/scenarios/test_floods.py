"""A flood from one room, from everywhere, or from one person with one sentence: little is said, and no question is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Curated
from bot.model import Case, Status
from tests.scenarios.stage import Stage
from tests.scenarios.transcript import BOT, ZONE

ROOMS = ("安全生产互助协会", "锋领企服联盟")
THINGS = ("测厚仪", "行车", "储气罐", "喷漆房", "危废间", "食堂", "宿舍", "配电房", "污水站", "门卫室", "地磅", "冷库")
ACTS = ("报备", "迁移", "扩建", "改造", "拆除", "外租", "封存", "备案", "验收", "抵押")


@pytest.fixture
def stage(tmp_path: Path, curated: Curated) -> Iterator[Stage]:
    start = datetime(2026, 11, 18, 9, 0, tzinfo=ZONE)
    made = Stage(tmp_path / "ledger.db", start, curated.knowledge, curated.routing)
    yield made
    made.close()


def _unknown(stage: Stage, count: int) -> list[str]:
    """Return questions of which the FAQ knows none."""
    asked = (f"厂里的{thing}要{act}，得找哪个部门批" for act in ACTS for thing in THINGS)
    judge = stage.knowledge.matcher.judge
    found = [each for each in asked if {judge(each).verdict, judge(each, mentioned=True).verdict} == {"unknown"}]
    assert len(found) >= count
    return found[:count]


def _cases(stage: Stage) -> list[Case]:
    with stage.ledger.transaction() as transaction:
        return transaction.cases(open_only=False, limit=1000)


def _said_in(stage: Stage, room: str) -> int:
    return sum(spoken.room == room and spoken.id.startswith("sent:") for spoken in stage.spoken)


def _kept(stage: Stage) -> str:
    return "\n".join("\n".join([case.question, *case.notes, *(asker.words for asker in case.askers)]) for case in _cases(stage))


@pytest.mark.parametrize("called", [True, False], ids=["calling the bot", "not calling it"])
def test_many_people_in_one_room(stage: Stage, called: bool) -> None:
    asked = _unknown(stage, 50)
    for number, question in enumerate(asked):
        stage.say(ROOMS[0], f"企业{number}-行政", f"@{BOT} {question}" if called else question)
    stage.play("过 16分钟")
    limit = stage.routing.rooms[ROOMS[0]].replies_per_room
    assert _said_in(stage, ROOMS[0]) <= 2 * 2 * limit + 1, "two spans of ten minutes, twice the share at most in each"
    kept = _kept(stage)
    assert [question for question in asked if question not in kept] == []
    assert all(case.due is not None and case.due.at > stage.clock.now() for case in _cases(stage) if not case.status.terminal)
    assert not any(case.status is Status.WAITING for case in _cases(stage)), "every one of them is with somebody by now"


def test_everywhere_at_once(stage: Stage) -> None:
    asked = _unknown(stage, 50)
    for number, question in enumerate(asked):
        room = (*ROOMS, "")[number % 3]
        stage.say(room, f"企业{number}-行政", f"@{BOT} {question}")
    kept = _kept(stage)
    assert [question for question in asked if question not in kept] == []
    for room in ROOMS:
        assert _said_in(stage, room) <= 2 * stage.routing.rooms[room].replies_per_room


def test_one_sentence_a_hundred_times(stage: Stage) -> None:
    for _ in range(100):
        stage.say(ROOMS[0], "恒锐模具-人事", f"@{BOT} 厂里的测厚仪要报备，得找哪个部门批")
    assert len(_cases(stage)) == 1
    assert _said_in(stage, ROOMS[0]) <= 2 * stage.routing.rooms[ROOMS[0]].replies_per_person


def test_one_question_of_many_people_is_one_case(stage: Stage) -> None:
    for number in range(40):
        stage.say(ROOMS[0], f"企业{number}-行政", "厂里的测厚仪要报备，得找哪个部门批")
    (case,) = _cases(stage)
    assert len(case.askers) == 40
    assert _said_in(stage, ROOMS[0]) == 0
    stage.play("过 16分钟")
    assert _said_in(stage, ROOMS[0]) == 1
    with stage.ledger.transaction() as transaction:
        assignee = transaction.cases()[0].assignee
    stage.say("", assignee, "#1 报备找生态环境分局窗口")
    assert _said_in(stage, ROOMS[0]) == 2


def test_known_questions_held_back_are_answered_when_the_room_is_quiet_again(stage: Stage) -> None:
    limit = stage.routing.rooms[ROOMS[0]].replies_per_room
    for number in range(limit):
        stage.say(ROOMS[0], f"企业{number}-行政", f"@{BOT}")
    stage.say(ROOMS[0], "泰准金属-财务", "发票弄丢了怎么办")
    (case,) = _cases(stage)
    assert (case.status, case.entry) == (Status.WAITING, "invoice-lost")
    assert _said_in(stage, ROOMS[0]) == limit
    stage.clock.at += timedelta(minutes=10)
    stage.play("过 1分钟")
    (case,) = _cases(stage)
    assert case.status is Status.CLOSED
    assert _said_in(stage, ROOMS[0]) == limit + 1
