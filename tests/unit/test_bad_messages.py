"""Messages that no person would type: each is taken in, none brings the bot down or makes it talk nonsense."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot.model import Action, Person, Said
from tests.scenarios.stage import CHANNEL, Stage
from tests.scenarios.transcript import ZONE

ROOM = "安全生产互助协会"
SILENT = {
    "empty": "",
    "blank": " \n\t ",
    "emoji only": "😀😀🎉",
    "code only": "[捂脸][捂脸]",
    "zero width": "\u200b\u200d\ufeff",
    "control characters": "\x00\x01\x02\x1b[31m",
    "binary": bytes(range(256)).decode("latin-1"),
    "lone surrogate": "\ud83d",
    "punctuation only": "？？？！！",
    "right to left": "\u202eabc\u202c",
}


@pytest.fixture
def stage(tmp_path: Path, knowledge, routing):
    stage = Stage(tmp_path / "ledger.db", datetime(2026, 11, 18, 9, 0, tzinfo=ZONE), knowledge, routing)
    yield stage
    stage.close()


def said(stage: Stage, text: str, *, sender: Person | None = None, message_id: str = "x1") -> Said:
    return Said(CHANNEL, message_id, ROOM, sender or stage.person("泰准金属-安全员"), text, stage.clock.now())


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT.keys())
def test_nothing_is_said_about_nothing(stage: Stage, text: str) -> None:
    decision = stage.intake.handle(said(stage, text))
    assert decision is not None and decision.action is Action.IGNORE
    assert decision.reasons


def test_a_question_in_disguise_is_still_read(stage: Stage) -> None:
    decision = stage.intake.handle(said(stage, "\u202e新\u200b买\u200d的叉车\ufeff去哪里\u200b上牌"))
    assert decision is not None and decision.entry == "forklift-plate"


def test_a_huge_message_is_kept_whole(stage: Stage) -> None:
    text = "叉车" * 50_000
    assert stage.intake.handle(said(stage, text)) is not None
    with stage.ledger.transaction() as transaction:
        assert transaction.conversation(room=ROOM)[-1].text == text


def test_a_sender_without_a_name_gets_an_answer(stage: Stage) -> None:
    decision = stage.intake.handle(said(stage, "新买的叉车去哪里上牌？", sender=Person("stage:?", "")))
    assert decision is not None and decision.action is Action.ANSWER


def test_the_same_id_twice_counts_once(stage: Stage) -> None:
    assert stage.intake.handle(said(stage, "新买的叉车去哪里上牌？")) is not None
    assert stage.intake.handle(said(stage, "新买的叉车去哪里上牌？")) is None
    assert stage.sender.send_due() == 1


def test_markup_and_sql_are_only_text(stage: Stage) -> None:
    text = "'; DROP TABLE cases; -- <script>alert(1)</script>"
    assert stage.intake.handle(said(stage, text)) is not None
    with stage.ledger.transaction() as transaction:
        assert transaction.conversation(room=ROOM)[-1].text == text
