"""The main story through a real gateway: ask and answer; ask, carry, the contact's answer by quote, back, rate."""

from __future__ import annotations

from tests.gateway.world import FINANCE, HELP_ID, SAFETY, STRANGER, TAXMAN, WechatBot, WechatGateway, until


def test_question_is_answered_in_the_group_with_a_proper_mention(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(SAFETY, "新买的叉车去哪里上牌？")
    sent = until(lambda: gateway.sent)[0]
    assert sent["to"] == HELP_ID
    assert sent["text"].startswith("@泰准金属-安全员\u2005")
    assert sent["mentions"] == [SAFETY]
    assert bot.heard() == ["新买的叉车去哪里上牌？"]


def test_known_name_under_a_new_id_is_nobody_and_a_worker_is_warned(gateway: WechatGateway, bot: WechatBot) -> None:
    bot.bind(TAXMAN, "税务局联络员")
    bot.bind(STRANGER, "社区值班")
    gateway.say(TAXMAN, "在吗", room="")
    gateway.say(FINANCE, "@小哨 个人股东转让股权的个人所得税怎么申报")
    until(lambda: gateway.texts(TAXMAN))
    gateway.say("wxid_tax_again", "#1 在电子税务局申报", room="")
    assert "税务局小李" in until(lambda: gateway.texts(STRANGER))[0]
    assert bot.cases()[0].status == "open"


def test_main_story(gateway: WechatGateway, bot: WechatBot) -> None:
    bot.bind(TAXMAN, "税务局联络员")
    gateway.say(FINANCE, "@园区小哨\u2005个人股东转让股权的个人所得税怎么申报", mentions=["wxid_bot"])
    work_order = until(lambda: gateway.texts(TAXMAN))[0]
    assert work_order.startswith("【工单 #1】")
    assert until(lambda: gateway.texts())[0].startswith("@海立塑业-财务\u2005这个我没有现成答案，已登记 #1")

    gateway.say(TAXMAN, f"「园区小哨：{work_order}」\n- - - - - - - - - - - - - - -\n在电子税务局申报", room="")
    answer = until(lambda: gateway.texts()[1:])[0]
    assert answer.startswith("@海立塑业-财务\u2005税务局答复（#1）：\n在电子税务局申报")

    gateway.say(FINANCE, "满意")
    assert "#1 已办结" in until(lambda: gateway.texts()[2:])[0]
    assert [case.status for case in bot.cases()] == ["closed"]
    assert bot.cases()[0].replies[0].text == "在电子税务局申报"
