"""A login code that cannot be delivered is brought to nobody else."""

from __future__ import annotations

from bot.desk.decide import decide
from bot.model import Action, SendGivenUp, Snapshot, Target
from tests.samples import NOW


def test_login_code_is_nobody_elses_business(knowledge, routing):
    lost = SendGivenUp("pages/code/00ff", None, Target("contact", "税务局联络员"), "验证码 123456", "渠道没有运行：wechat", NOW)
    decision = decide(lost, Snapshot(next_number=1), knowledge, routing, NOW)
    assert (decision.action, decision.says) == (Action.IGNORE, ())


def test_other_messages_are(knowledge, routing):
    lost = SendGivenUp("bulletin/1", None, Target("contact", "税务局联络员"), "每日一报", "渠道没有运行：wechat", NOW)
    decision = decide(lost, Snapshot(next_number=1), knowledge, routing, NOW)
    assert [say.target.name for say in decision.says] and "每日一报" in decision.says[0].text
