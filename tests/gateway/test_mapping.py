"""What people do in WeChat, as it reaches the ledger through a real gateway."""

from __future__ import annotations

import json

import pytest

from tests.gateway.world import (
    ALLIANCE,
    ALLIANCE_ID,
    ATTACHMENT,
    AUDIO,
    BOT,
    FINANCE,
    HELP_ID,
    HELP_ROOM,
    IMAGE,
    OTHER_ID,
    RECALLED,
    SAFETY,
    STRANGER,
    TAXMAN,
    WechatBot,
    WechatGateway,
    until,
)

ASK = "新买的叉车去哪里上牌？"


def test_messages_without_words_are_kept_and_never_asked(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(SAFETY, "<msg><img /></msg>", type=IMAGE)
    gateway.say(SAFETY, "<msg><voicemsg /></msg>", type=AUDIO)
    gateway.say(SAFETY, "", type=ATTACHMENT, filename="新买的叉车去哪里上牌.docx")
    gateway.say(SAFETY, "什么东西", type=99)
    gateway.say(FINANCE, "早上好")
    until(lambda: len(bot.judged()) == 5)
    assert bot.heard() == ["[图片]", "[语音]", "[文件] 新买的叉车去哪里上牌.docx", "[其他消息] 什么东西", "早上好"]
    assert gateway.sent == []
    assert [judged.decision.reasons[0].code for judged in bot.judged()[1:]] == ["wordless"] * 4


def test_voice_with_a_transcript_is_read(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(SAFETY, "新买的叉车去哪里上牌", type=AUDIO)
    assert "叉车" in until(lambda: gateway.texts())[0]
    assert bot.heard() == ["[语音]转文字：新买的叉车去哪里上牌"]


def test_picture_from_a_contact_is_no_answer(gateway: WechatGateway, bot: WechatBot) -> None:
    bot.bind(TAXMAN, "税务局联络员")
    gateway.say(FINANCE, "@小哨 个人股东转让股权的个人所得税怎么申报")
    until(lambda: gateway.texts(TAXMAN))
    gateway.say(TAXMAN, "<msg />", room="", type=IMAGE)
    gateway.say(TAXMAN, "<msg />", room="", type=IMAGE)
    assert until(lambda: gateway.texts(TAXMAN)[1:]) == ["[图片]我看不了，请用文字说一下。"]
    until(lambda: len(bot.judged()) == 3)
    assert [case.status for case in bot.cases()] == ["open"]
    assert len(gateway.texts(TAXMAN)) == 2


def test_recall_withdraws_the_question(gateway: WechatGateway, bot: WechatBot) -> None:
    asked = gateway.say(SAFETY, "冷库氨机房的值班电话谁那里有备案要求")
    until(lambda: bot.cases())
    gateway.say(SAFETY, f"<revokemsg><newmsgid>{asked}</newmsgid></revokemsg>", type=RECALLED)
    gateway.say(SAFETY, asked, type=RECALLED)
    until(lambda: bot.cases()[0].status == "withdrawn")
    assert bot.heard() == [""]


def test_same_message_twice_and_own_messages_count_once(gateway: WechatGateway, bot: WechatBot) -> None:
    asked = gateway.say(SAFETY, ASK)
    gateway.order("again", id=asked)
    until(lambda: gateway.texts())
    gateway.order("again", id=gateway.sent[0]["id"])
    gateway.say(BOT, ASK)
    gateway.say(FINANCE, "好的")
    until(lambda: bot.heard() == [ASK, "好的"])
    assert len(gateway.sent) == 1


def test_calls_are_told_apart(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(FINANCE, "@泰准金属-安全员\u2005你们车间地磅多久强检一次", mentions=[SAFETY])
    gateway.say(FINANCE, "@泰准金属-安全员\u2005还有冷库氨机房呢要不要备案")  # a puppet that gives no ids
    gateway.say(FINANCE, "@所有人\u2005下午三点开会", mentions=["announcement@all"])
    gateway.say(SAFETY, "@园区小哨\u2005你好")
    until(lambda: len(bot.judged()) == 4)
    kept = [json.loads(body) for (body,) in bot.rows("SELECT body FROM events ORDER BY position")]
    assert [said["mentions"] for said in kept] == [[f"wechaty:{SAFETY}"], [f"wechaty:{SAFETY}"], [], []]
    assert [said["mentions_bot"] for said in kept] == [False, False, False, True]
    assert bot.heard()[-1] == "@小哨 你好"


def test_groups_that_are_not_ours_and_machines_are_left_alone(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(SAFETY, ASK, room=OTHER_ID)
    gateway.say("gh_news", ASK, room="")
    gateway.say(SAFETY, "早", room=ALLIANCE_ID)
    until(lambda: bot.heard(ALLIANCE) == ["早"])
    assert bot.rows("SELECT count(*) FROM events") == [(1,)]
    assert gateway.sent == []


@pytest.mark.parametrize("topic", ["安全生产互助协会（企业满员）", "安全生产互助协会\ud83d"], ids=["longer", "cut in an emoji"])
def test_renamed_group_keeps_its_place(gateway: WechatGateway, bot: WechatBot, topic: str) -> None:
    gateway.order("rename", room=HELP_ID, topic=topic, by=SAFETY)
    gateway.say(SAFETY, ASK)
    assert until(lambda: gateway.texts(HELP_ID))
    assert bot.heard(HELP_ROOM) == [ASK]
    bot.close()
    bot.open()
    gateway.say(FINANCE, "个体户怎么转成公司")
    until(lambda: len(bot.heard(HELP_ROOM)) == 2)


def test_what_is_cut_in_the_middle_of_an_emoji_is_heard(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(SAFETY, f"{ASK}\ud83d")
    assert until(lambda: gateway.texts(HELP_ID))
    assert [text.rstrip("\ufffd") for text in bot.heard(HELP_ROOM)] == [ASK]


def test_member_who_joins_is_known_by_the_group_nickname(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.order("leave", room=HELP_ID, who=STRANGER, by=FINANCE)
    gateway.order("join", room=HELP_ID, who=STRANGER, by=FINANCE)
    gateway.say(STRANGER, "大家好")
    gateway.say(SAFETY, "欢迎")
    until(lambda: len(bot.heard()) == 2)
    assert bot.rows("SELECT name FROM events ORDER BY position") == [("路人",), ("泰准金属-安全员",)]


def test_contact_is_called_by_the_remark_in_a_direct_chat(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(TAXMAN, "在吗", room="")
    until(lambda: bot.judged())
    assert bot.rows("SELECT room, person, name FROM events") == [("", f"wechaty:{TAXMAN}", "税务局小李")]


def test_requests_are_left_to_people_unless_switched_on(gateway: WechatGateway, bot: WechatBot) -> None:
    wishes = [("friendship", {"friendshipId": f"friendship-{STRANGER}"})]
    wishes += [("room-invite", {"roomInvitationId": f"{topic}|{FINANCE}"}) for topic in ("吃饭群", ALLIANCE)]
    for event, payload in wishes:
        gateway.order("emit", event=event, payload=payload)
    gateway.say(SAFETY, "早")
    until(lambda: bot.heard() == ["早"])
    assert gateway.accepted == []
    bot.close()
    bot.accepts = True
    bot.open()
    for event, payload in wishes:
        gateway.order("emit", event=event, payload=payload)
    assert until(lambda: len(gateway.accepted) == 2 and gateway.accepted) == [f"friendship-{STRANGER}", f"{ALLIANCE}|{FINANCE}"]


def test_quote_in_the_group_finds_the_quoted_message(gateway: WechatGateway, bot: WechatBot) -> None:
    asked = gateway.say(SAFETY, "车间地磅多久强检一次")
    until(lambda: bot.heard())
    dashes = "- - - - - - - - - - - - - - -"
    gateway.say(FINANCE, f"「泰准金属-安全员：车间地磅多久强检一次」\n{dashes}\n一年一次")
    gateway.say(FINANCE, f"「路人：没人说过的话」\n{dashes}\n是的")
    until(lambda: len(bot.judged()) == 3)
    quotes = bot.rows("SELECT quoted, text FROM events ORDER BY position")[1:]
    assert quotes == [(asked, "一年一次"), (None, f"「路人：没人说过的话」\n{dashes}\n是的")]
