"""``xiaoshao channels``: an honest table of all ways into a group."""

from __future__ import annotations

import pytest

from bot.channels.page import PageChannel
from bot.channels.relay.channel import RelayChannel
from bot.channels.terminal import TerminalChannel
from bot.channels.wechaty.channel import WechatyChannel
from bot.cli import main


def test_every_channel_stands_there_with_its_limits_and_risk(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["channels"]) == 0
    shown = capsys.readouterr().out
    for channel in (PageChannel, TerminalChannel, RelayChannel, WechatyChannel):
        told = channel.abilities
        assert all(words and words in shown for words in (told.title, told.limits, told.risk))
    (row,) = [line for line in shown.splitlines() if "微信（Wechaty）" in line and "✓" in line]
    assert row.count("✓") == 7
    assert row.count("－") == 2
