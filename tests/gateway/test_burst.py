"""Many messages at once: none lost, none twice, in order within each conversation."""

from __future__ import annotations

from tests.gateway.world import (
    ALLIANCE,
    ALLIANCE_ID,
    FINANCE,
    HELP_ID,
    HELP_ROOM,
    SAFETY,
    STRANGER,
    WechatBot,
    WechatGateway,
    until,
)

COUNT = 2_000


def test_burst_of_two_thousand(gateway: WechatGateway, bot: WechatBot) -> None:
    rooms, talkers = [HELP_ID, ALLIANCE_ID], [SAFETY, FINANCE, STRANGER]
    gateway.order("burst", count=COUNT, rooms=rooms, talkers=talkers)
    gateway.order("burst", count=50, rooms=rooms, talkers=talkers)  # the same ids once more
    until(lambda: bot.rows("SELECT count(*) FROM events WHERE kind = 'said'") == [(COUNT,)], seconds=120)
    for start, room in enumerate((HELP_ROOM, ALLIANCE)):
        assert bot.heard(room) == [f"第{turn}条" for turn in range(start, COUNT, 2)]
    assert bot.rows("SELECT count(*) FROM decisions WHERE fault = 1") == [(0,)]
