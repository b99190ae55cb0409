"""Several letters at once through a real gateway, and the echoes of what was sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import Curated
from bot.channels.port import Letter, SendsTogether
from bot.channels.wechaty import sending
from bot.channels.wechaty.connection import Gateway
from bot.errors import SendFailed
from tests.gateway.world import (
    ALLIANCE,
    ALLIANCE_ID,
    FINANCE,
    GENEROUS,
    HELP_ROOM,
    QUICK,
    SAFETY,
    WechatBot,
    WechatGateway,
    until,
)


def letter(number: int, room: str = HELP_ROOM) -> Letter:
    return Letter(f"case/1/{number}", room, "", f"第{number}条")


def test_letters_given_together_fare_like_letters_given_one_by_one(gateway: WechatGateway, bot: WechatBot) -> None:
    letters = [letter(number, ALLIANCE if number % 3 else HELP_ROOM) for number in range(20)]
    assert isinstance(bot.channel, SendsTogether)
    outcomes = bot.channel.send_all([*letters, letter(20, "别的群"), letters[0]])
    assert outcomes[:20] == [bot.channel.send(each) for each in letters]
    refusal = outcomes[20]
    assert isinstance(refusal, SendFailed) and refusal.permanent
    assert outcomes[21] == outcomes[0]
    gateway.order("ping")
    assert gateway.texts() == [each.text for each in letters[::3]]
    assert gateway.texts(ALLIANCE_ID) == [each.text for each in letters if each.room == ALLIANCE]


def test_a_letter_without_answer_holds_up_its_own_place_only(gateway: WechatGateway, tmp_path: Path, curated: Curated) -> None:
    patient = replace(QUICK, call=0.5, pings=1000)
    bot = WechatBot(tmp_path / "ledger.db", curated, gateway.address, patience=patient).open()
    try:
        gateway.order("fault", list=[{"silent": True}])
        silent, behind, elsewhere = bot.channel.send_all([letter(1), letter(2), letter(3, ALLIANCE)])
        assert [str(silent), str(behind)] == ["微信网关没有给回执", "微信网关没有回应"]
        assert isinstance(elsewhere, str)
        assert gateway.texts(ALLIANCE_ID) == ["第3条"]
    finally:
        bot.close()


def test_the_bots_own_messages_are_not_fetched(gateway: WechatGateway, bot: WechatBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetched(self: Gateway, message_id: str) -> Any:
        asked_for.append(message_id)
        return await really_fetched(self, message_id)

    asked_for: list[str] = []
    really_fetched = Gateway.message
    monkeypatch.setattr(Gateway, "message", fetched)
    monkeypatch.setattr(sending, "_RECEIPTS_TAKE", GENEROUS)
    assert all(isinstance(each, str) for each in bot.channel.send_all([letter(number) for number in range(9)]))
    said = [gateway.say(SAFETY, "早"), gateway.say(FINANCE, "早")]
    until(lambda: len(bot.heard()) == 2)
    assert asked_for == said
