"""Messages that a gateway brings twice, late, or in another order than they were said in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from bot.app import Curated
from bot.model import Case, Said, Status
from tests.scenarios import transcript
from tests.scenarios.stage import Stage
from tests.scenarios.transcript import ZONE

ROOM = "安全生产互助协会"
SAID = (
    f"群「{ROOM}」联昌汽配-财务：@小哨 个人股东转让股权的个人所得税怎么申报",
    "私聊「税务局联络员」税务局联络员：#1 在电子税务局办个税申报，拿到完税证明再变更",
    f"群「{ROOM}」联昌汽配-财务：满意",
)


@pytest.fixture
def stage(tmp_path: Path, curated: Curated) -> Iterator[Stage]:
    made = Stage(tmp_path / "ledger.db", datetime(2026, 11, 18, 9, 0, tzinfo=ZONE), curated.knowledge, curated.routing)
    yield made
    made.close()


def _events(stage: Stage) -> list[Said]:
    """Return what is said, a minute apart."""
    events = []
    for minute, line in enumerate(SAID):
        message = transcript.message(line)
        assert message is not None
        event = stage._event(message)
        assert isinstance(event, Said)
        events.append(replace(event, at=stage.clock.now() + timedelta(minutes=minute)))
    return events


def _take_in(stage: Stage, events: list[Said]) -> Case:
    stage.clock.at += timedelta(minutes=len(SAID))
    for event in events:
        stage.intake.handle(event)
        stage.clock.at += timedelta(seconds=1)
    stage.play("过 1秒")
    with stage.ledger.transaction() as transaction:
        [case] = transaction.cases(open_only=False)
    return case


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_in_whatever_order_they_come_the_question_is_kept_and_nothing_is_answered_twice(
    stage: Stage, order: tuple[int, ...]
) -> None:
    events = _events(stage)
    case = _take_in(stage, [events[place] for place in order])
    answered = order.index(0) < order.index(1)
    rated = answered and order.index(1) < order.index(2)
    assert case.status is (Status.CLOSED if rated else Status.ANSWERED if answered else Status.OPEN)
    assert len(case.replies) == answered
    assert case.status.terminal or (case.due is not None and case.due.at > stage.clock.now())


def test_a_day_later_the_same_messages_once_more_change_nothing(stage: Stage) -> None:
    events = _events(stage)
    before = _take_in(stage, events)
    sent = len(stage.spoken)
    stage.clock.at += timedelta(days=1)
    assert _take_in(stage, events[::-1]) == before
    assert len(stage.spoken) == sent
