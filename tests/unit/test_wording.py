"""The word for what happened to a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ledger.wording import what_changed
from bot.model import Asker, Reply, Status, Step, Ticked
from tests.samples import HR, NOW, ROOM, opened, plan, said

MESSAGE = said()
CASE = opened(1, MESSAGE)
WAITING = replace(CASE, status=Status.WAITING, plan=None, due=Step("peers", "peers", NOW))
ANSWERED = replace(CASE, status=Status.ANSWERED, replies=(Reply("税务局联络员", "到大厅", NOW),))
WITHHELD = Reply("税务局备班", "去窗口", NOW, withheld=True)
JOINED = replace(CASE, askers=(*CASE.askers, Asker(HR, "page", ROOM, "m")))
TICK = Ticked(1, "0/remind-1", NOW)


@pytest.mark.parametrize(
    ("old", "new", "event", "word"),
    [
        (None, CASE, MESSAGE, "登记"),
        (None, WAITING, MESSAGE, "等待同行"),
        (WAITING, replace(WAITING, peers=(Reply("某", "去大厅", NOW),)), MESSAGE, "同行回答"),
        (WAITING, CASE, TICK, "转出"),
        (CASE, replace(CASE, status=Status.ACKNOWLEDGED), MESSAGE, "签收"),
        (CASE, ANSWERED, MESSAGE, "答复"),
        (CASE, replace(CASE, replies=(Reply("某", "我问一下", NOW, partial=True),)), MESSAGE, "先行回复"),
        (CASE, replace(CASE, plan=plan(tier=1)), TICK, "升级"),
        (CASE, replace(CASE, transfers=1, plan=plan("环保联络员", tier=1)), MESSAGE, "转办"),
        (CASE, replace(CASE, moves=1, plan=plan("环保备班")), MESSAGE, "换人办理"),
        (CASE, replace(CASE, merged_into=2, status=Status.CLOSED, due=None), MESSAGE, "合并、办结"),
        (ANSWERED, replace(ANSWERED, replies=(*ANSWERED.replies, WITHHELD)), MESSAGE, "又有人答"),
        (JOINED, CASE, MESSAGE, "一家退出"),
        (CASE, replace(CASE, due=CASE.plan.steps[1]), TICK, "催办"),
        (CASE, replace(CASE, notes=("补充",)), MESSAGE, "补充"),
        (CASE, replace(CASE, askers=(*CASE.askers, Asker(HR, "page", ROOM, "m"))), MESSAGE, "加入"),
        (ANSWERED, replace(ANSWERED, rating=5, status=Status.CLOSED, due=None), MESSAGE, "评价、办结"),
        (ANSWERED, replace(CASE, rating=1, reopened=1, replies=ANSWERED.replies), MESSAGE, "评价、重开"),
        (ANSWERED, replace(ANSWERED, status=Status.OPEN, reopened=2, supervised=True), MESSAGE, "重开、督办"),
        (CASE, replace(CASE, status=Status.WITHDRAWN, due=None), MESSAGE, "撤回"),
        (CASE, replace(CASE, outcome="记一笔"), MESSAGE, "更新"),
    ],
)
def test_the_change_has_its_word(old, new, event, word: str) -> None:
    assert what_changed(old, new, event) == word
