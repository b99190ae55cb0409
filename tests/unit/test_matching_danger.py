"""Danger that is happening, told apart from danger as a topic."""

from __future__ import annotations

import pytest

from bot.matching.danger import find_danger


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("着火了", "fire"),
        ("车间着火了怎么办！！", "fire"),
        ("电瓶车棚在冒黑烟", "fire"),
        ("二楼仓库燒起來了快來人", "fire"),
        ("厂里锅炉炸了", "fire"),
        ("抛光间的铝粉着火了", "metal-fire"),
        ("除尘管道里起火了，快！", "metal-fire"),
        ("食堂煤气味很重嘶嘶响", "gas"),
        ("闻到一股煤气味", "gas"),
        ("储罐漏了", "chemical"),
        ("氨气泄漏了大家快跑", "chemical"),
        ("有人触电倒地", "electric"),
        ("电工被电晕了", "electric"),
        ("手卷到机器里了流好多血", "injury"),
        ("师傅从梯子上摔下来了，头上都是血", "injury"),
        ("叉车把人撞了，腿动不了", "injury"),
        ("小王晕倒了叫不醒", "injury"),
        ("人晕在污水池里", "confined"),
        ("有人掉进污水池了", "confined"),
        ("货梯里有人被困", "trapped"),
    ],
)
def test_an_event_is_danger(text: str, kind: str) -> None:
    danger = find_danger(text)
    assert danger is not None
    assert danger.kind == kind
    assert danger.words


@pytest.mark.parametrize(
    "text",
    [
        "灭火器多久换",
        "动火作业怎么批",
        "触电事故演练",
        "以前着过火",
        "去年隔壁厂着火了，损失很大",
        "工伤怎么认定",
        "昨天受伤的师傅出院了",
        "员工受伤了怎么申请工伤认定",
        "火已经扑灭了，没有人受伤",
        "万一着火怎么办",
        "如果有人触电了应该怎么救",
        "防爆电器怎么选",
        "空压机储气罐漏气了找谁修",
        "屋顶漏水了",
        "客户信息泄露了怎么办",
        "群里炸了",
        "天气热得要着火",
        "手机被偷了",
        "他手艺压得住",
        "这批货砸手里了",
        "危化品仓库泄漏应急演练安排在周四",
        "请各企业检查储罐有没有泄漏隐患",
        "",
        "。。。",
    ],
)
def test_a_topic_is_no_danger(text: str) -> None:
    assert find_danger(text) is None
