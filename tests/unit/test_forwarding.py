"""Chat that a worker copies out of a group and sends to the bot directly, with the real desk, ledger and relay."""

from __future__ import annotations

import pytest

from bot.model import Person, Said
from tests.browser.relay_world import WORKER, relayed, until
from tests.samples import ROOM

SAFETY, HR = "泰准金属-安全员", "恒锐模具-人事"
KNOWN = "新买的叉车去哪里上牌？"
UNKNOWN = "@小哨 个人股东转让股权的个人所得税怎么申报"
COPIED = f"{SAFETY} 09:50\n{KNOWN}\n{HR} 09:51\n大家早\n{HR} 09:52\n{UNKNOWN}\n"


@pytest.fixture
def world(tmp_path, curated):
    with relayed(tmp_path, curated) as running:
        yield running


def send(world, text: str, *, who: str = WORKER, message_id: str = "m1", room: str = "") -> list[str]:
    """Say something on the page's channel and return what the bot says to the same person about it."""
    said = Said("page", message_id, room, Person(f"page:{who}", who), text, world.bot.clock.now())
    decision = world.bot.receive(said)
    return [] if decision is None else [say.text for say in decision.says]


def test_forwarded_stretch_is_taken_in_and_its_replies_come_one_by_one(world):
    summary, answer, registered = send(world, f"{ROOM}\n{COPIED}")
    assert summary.splitlines() == [
        f"「{ROOM}」读到 3 条。",
        f"· {SAFETY}：{KNOWN} → 直接回答",
        f"· {HR}：大家早 → 不插话",
        f"· {HR}：@小哨 个人股东转让股权的个人所得税怎么申报 → 已登记 #1",
        "下面 2 条请逐条复制，贴回群里；贴好了回“已贴”。",
    ]
    assert answer.startswith(f"@{SAFETY} ") and "江南路1588号" in answer
    assert registered.startswith(f"@{HR} ") and "已登记 #1" in registered
    assert [case.asker.room for case in world.cases()] == [ROOM]


@pytest.mark.parametrize("head", [f"「{ROOM}」\n", f"{ROOM}：\n", f"{ROOM} "])
def test_group_is_named_in_several_ways(world, head):
    assert send(world, f"{head}{SAFETY}：{KNOWN}")[0].startswith(f"「{ROOM}」读到 1 条")


def test_same_stretch_forwarded_again_creates_nothing_twice(world):
    send(world, f"{ROOM}\n{COPIED}")
    assert send(world, f"{ROOM}\n{COPIED}") == []  # the gateway delivers the very message again
    (again,) = send(world, f"{ROOM}\n{COPIED}", message_id="m2")
    assert again.splitlines() == [f"「{ROOM}」读到 3 条，新的 0 条。", "现在没有要贴回的；以后有了答复，会列在转贴页面上。"]
    assert len(world.cases()) == 1


def test_pasted_back_by_word(world):
    send(world, f"{ROOM}\n{COPIED}")
    assert until(lambda: len(world.waiting()) == 2)
    assert send(world, "已贴", message_id="m2") == ["好的，2 条记为已贴回。"]
    assert world.waiting() == []
    assert [it.sender for it in world.said(room=ROOM)].count(None) == 2


def test_without_the_group_nothing_is_taken_in_and_it_is_asked_for(world):
    (hint,) = send(world, COPIED)
    assert "没写是哪个群" in hint and ROOM in hint
    assert world.cases() == [] and world.said(room=ROOM) == []


def test_nameless_line_is_not_put_into_anybodys_mouth(world):
    (summary,) = send(world, f"{ROOM}\n{KNOWN}")
    assert "第 1 行看不出是谁说的" in summary
    assert world.said(room=ROOM) == []


@pytest.mark.parametrize("who", ["税务局联络员", SAFETY])
def test_only_workers_may_forward(world, who):
    send(world, f"{ROOM}\n{COPIED}", who=who)
    assert world.said(room=ROOM) == []


def test_a_copy_in_a_group_is_an_ordinary_message(world):
    send(world, f"{ROOM}\n{COPIED}", room=ROOM)
    assert [it.sender.name for it in world.said(room=ROOM) if it.sender] == [WORKER]


def test_contacts_answer_with_a_list_is_no_copy(world):
    send(world, UNKNOWN, who=SAFETY, message_id="q", room=ROOM)
    answer = "#1 材料：\n营业执照\n地址：\n行政服务中心"
    send(world, answer, message_id="a")
    assert world.cases()[0].status.value == "answered"
