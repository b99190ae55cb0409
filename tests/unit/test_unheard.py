"""What the desk does about time in which nothing was heard, and about messages without words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.decide import decide
from bot.model import Action, Snapshot, Unheard
from tests.samples import HR, NOW, said


def test_every_duty_worker_is_told_from_when_until_when(knowledge, routing) -> None:
    event = Unheard("wechaty/1", "wechaty", "微信（Wechaty）", NOW - timedelta(minutes=8), NOW, "微信网关断开")
    decision = decide(event, Snapshot(next_number=1), knowledge, routing, NOW)
    (say,) = decision.says
    assert (say.target.kind, say.target.name) == ("contact", "社区值班")
    assert "今天 09:47 到 09:55" in say.text and "微信网关断开" in say.text and "再发一次" in say.text


def test_nobody_is_woken_for_it(knowledge, routing) -> None:
    night = NOW.replace(hour=2)
    event = Unheard("wechaty/1", "wechaty", "微信", night - timedelta(hours=5), night, "断开")
    (say,) = decide(event, Snapshot(next_number=1), knowledge, routing, night).says
    assert say.not_before == night.replace(hour=7, minute=0)
    assert "11月17日（周二）21:55 到 今天 02:55" in say.text


@pytest.mark.parametrize("text", ["[文件] 车间着火了怎么办.docx", "[链接] 新买的叉车去哪里上牌", "[图片]"])
def test_wordless_message_is_never_a_question(text: str, knowledge, routing) -> None:
    message = said(text, wordless=True, mentions_bot=True)
    decision = decide(message, Snapshot(next_number=1), knowledge, routing, NOW)
    assert (decision.action, decision.says) == (Action.IGNORE, ())
    assert decision.thread is not None
    assert [piece.text for piece in decision.thread.pieces] == [text.partition(" ")[0]]


def test_words_that_follow_a_picture_keep_it_as_their_neighbour(knowledge, routing) -> None:
    picture = decide(said("[图片]", wordless=True), Snapshot(next_number=1), knowledge, routing, NOW)
    asks = said("这只狗归哪个部门管", at=NOW + timedelta(seconds=5))
    decision = decide(asks, Snapshot(next_number=1, thread=picture.thread), knowledge, routing, asks.at)
    assert [case.question for case in decision.cases] == ["[图片]，这只狗归哪个部门管"]


def test_direct_picture_is_answered_with_a_request_for_words_once(knowledge, routing) -> None:
    direct = said("[语音]", room="", by=HR, wordless=True)
    first = decide(direct, Snapshot(next_number=1), knowledge, routing, NOW)
    assert [say.text for say in first.says] == ["[语音]我看不了，请用文字说一下。"]
    again = decide(replace(direct, message_id="2"), Snapshot(next_number=1, replies_to_sender=1), knowledge, routing, NOW)
    assert again.says == ()
