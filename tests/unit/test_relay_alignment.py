"""Pasting twice, overlapping, or in another time form brings nothing twice, and nothing new is taken for something heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.relay.alignment import Heard
from bot.channels.relay.reader import read
from bot.channels.relay.stretch import Carried, Item, Known, chat_order, in_order, knows_of, lay_out, named, person
from bot.desk.scene import JOIN_GAP
from bot.text import mask_personal
from tests.samples import NOW, ROOM

PEOPLE = ("泰准金属-安全员", "恒锐模具-人事", "海立塑业-财务")
Message = tuple[str, str, datetime]
FORMS = ("full", "relative", "clock", "mail", "inline", "blocks")


def shown(chat: Sequence[Message], form: str) -> str:
    """Write a chat as WeChat would copy it on the evening of the same day."""
    lines = []
    for name, text, at in chat:
        match form:
            case "full":
                lines.append(f"{name} {at:%Y/%m/%d %H:%M}:12\n{text}\n")
            case "relative":
                lines.append(f"{name}  {'昨天 ' if at.date() != NOW.date() else ''}{at:%H:%M}\n{text}\n")
            case "clock":
                lines.append(f"{name}  {at:%H:%M}\n{text}\n")
            case "mail":
                lines.append(f"—————  {at:%Y-%m-%d}  —————\n\n{name}  {at:%H:%M}\n\n{text}\n")
            case "inline":
                lines.append(f"{name}: {text}")
            case _:
                lines.append(f"{name}:\n{text}\n")
    return "\n".join(lines)


class Ears:
    """What a group's ledger has heard, in the order of taking in."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.ids: set[str] = set()
        self.order: list[str] = []

    def paste(self, text: str, *, now: datetime = NOW, carried: Sequence[Carried] = (), **more) -> list[Item]:
        chat = in_order(self.heard, self.order)
        items = lay_out(read(text, now.date()).messages, Known(ROOM, chat, tuple(carried)), now, bot_name="小哨", **more)
        self.order = chat_order(chat, items)
        for it in items:
            if it.said is not None and it.said.message_id not in self.ids:
                self.ids.add(it.said.message_id)
                kept = mask_personal(it.said.text)
                self.heard.append(Heard(it.said.message_id, it.said.sender.name, kept, it.said.at, knows_of(it.said.message_id)))
        return items

    def words(self) -> list[tuple[str, str]]:
        return [(it.name, it.text) for it in in_order(self.heard, self.order)]


@st.composite
def chats(draw, *, distinct: bool) -> list[Message]:
    """Chats of up to 30 messages that end before NOW; where not distinct, the same words come back in later minutes."""
    size = draw(st.integers(1, 30))
    at = NOW - timedelta(hours=20)
    chat = []
    for number in range(size):
        at += timedelta(minutes=draw(st.integers(0 if distinct else 1, 30)))
        text = f"第 {number} 句" if distinct else draw(st.sampled_from(["收到", "谢谢", "在吗", "好"]))
        chat.append((draw(st.sampled_from(PEOPLE)), text, at))
    return [message for message in chat if message[2] < NOW]


@st.composite
def stretches(draw, size: int) -> list[slice]:
    """Overlapping stretches that cover a chat of a size, in order."""
    cuts: list[slice] = []
    begin, end = 0, 0
    while end < size:
        end = draw(st.integers(end + 1, size))
        cuts.append(slice(begin, end))
        begin = draw(st.integers(max(0, end - 6), end - 1))
    return cuts


@given(st.data(), chats(distinct=True))
@settings(deadline=None)
def test_overlapping_stretches_in_any_forms_are_heard_as_the_whole(data, chat):
    ears = Ears()
    for cut in data.draw(stretches(len(chat))):
        ears.paste(shown(chat[cut], data.draw(st.sampled_from(FORMS))))
    assert ears.words() == [(name, text) for name, text, _ in chat]


@given(st.data(), chats(distinct=False))
@settings(deadline=None)
def test_the_same_words_at_other_times_are_other_messages(data, chat):
    ears = Ears()
    for cut in data.draw(stretches(len(chat))):
        ears.paste(shown(chat[cut], data.draw(st.sampled_from(["full", "relative", "mail"]))))
    assert ears.words() == [(name, text) for name, text, _ in chat]


@given(chats(distinct=False), st.sampled_from(FORMS), st.sampled_from(FORMS))
@settings(deadline=None)
def test_whole_chat_pasted_again_in_any_form_brings_nothing(chat, first, second):
    ears = Ears()
    ears.paste(shown(chat, first))
    before = ears.words()
    items = ears.paste(shown(chat, second), now=NOW + timedelta(minutes=7))
    assert ears.words() == before
    assert all(it.heard for it in items)


@given(st.data(), chats(distinct=True))
@settings(deadline=None)
def test_any_part_pasted_again_brings_nothing(data, chat):
    ears = Ears()
    ears.paste(shown(chat, data.draw(st.sampled_from(FORMS))))
    begin = data.draw(st.integers(0, max(0, len(chat) - 1)))
    part = chat[begin : data.draw(st.integers(begin, len(chat)))]
    ears.paste(shown(part, data.draw(st.sampled_from(FORMS[:4]))), now=NOW + timedelta(minutes=7))
    assert len(ears.words()) == len(chat)


@given(st.data(), chats(distinct=True))
@settings(deadline=None)
def test_a_gap_filled_later_brings_what_was_missing_once(data, chat):
    first, second = sorted((data.draw(st.integers(0, len(chat))), data.draw(st.integers(0, len(chat)))))
    ears = Ears()
    ends = data.draw(st.permutations([chat[: first + 2], chat[second:]]))
    for part in (*ends, chat, chat):
        ears.paste(shown(part, data.draw(st.sampled_from(["full", "mail", "relative"]))))
    assert sorted(ears.words()) == sorted((name, text) for name, text, _ in chat)


def test_a_copy_that_leaves_out_a_message_does_not_bring_the_rest_twice():
    chat = [(PEOPLE[number % 3], f"第 {number} 句", NOW - timedelta(hours=2)) for number in range(12)]
    ears = Ears()
    ears.paste(shown(chat, "blocks"))
    ears.paste(shown([*chat[3:6], *chat[7:], (PEOPLE[0], "新的", NOW)], "inline"))
    assert ears.words()[12:] == [(PEOPLE[0], "新的")]


def test_thanks_of_today_are_not_taken_for_thanks_of_before():
    ears = Ears()
    ears.paste("甲:\n问题一\n\n乙:\n谢谢\n\n甲:\n问题二\n\n丙:\n好")
    items = ears.paste("丁:\n问题三\n\n乙:\n谢谢\n\n丁:\n不客气", now=NOW + timedelta(hours=2))
    assert [it.heard for it in items] == [None, None, None]
    assert len(ears.words()) == 7


def test_undated_words_of_last_week_are_said_again():
    ears = Ears()
    ears.paste("甲:\n在吗")
    assert ears.paste("甲:\n在吗", now=NOW + timedelta(hours=1))[0].heard
    assert ears.paste("甲:\n在吗", now=NOW + timedelta(days=5))[0].said


def test_a_person_can_say_that_it_is_new():
    ears = Ears()
    ears.paste("甲 09:50\n在吗")
    (item,) = ears.paste("甲 09:50\n在吗", anew=[1])
    assert item.said
    assert len(ears.words()) == 2


def test_same_words_twice_in_one_minute_of_one_paste_are_two():
    ears = Ears()
    ears.paste("甲 09:50\n1\n甲 09:50\n1")
    assert len(ears.words()) == 2
    ears.paste("甲 2026-11-18 09:50\n1\n甲 2026-11-18 09:50\n1")
    assert len(ears.words()) == 2


def test_masked_numbers_are_recognised():
    ears = Ears()
    ears.paste("甲:\n我的电话13800001234，帮我查下")
    assert ears.paste("甲:\n我的电话13800001234，帮我查下")[0].heard


def test_nobody_is_known_by_more_than_a_name_in_a_group():
    (item,) = Ears().paste("税务局联络员:\n#1 已经办好了")
    assert item.said
    assert item.said.sender == person(ROOM, "税务局联络员")
    assert item.said.sender.id == f"relay:{ROOM}/税务局联络员"


def test_old_messages_are_left_alone_unless_asked_for():
    paste = "甲 2026-11-14 09:00\n车间着火了\n乙 09:50\n在吗"
    assert [it.old for it in Ears().paste(paste)] == [True, False]
    assert [it.old for it in Ears().paste(paste, with_old=True)] == [False, False]


def test_times_are_the_copys_own_or_now():
    items = Ears().paste("甲 昨天 21:03\n一\n乙 09:50\n二\n丙 10:30\n三")
    assert [it.said.at for it in items if it.said] == [
        NOW.replace(day=17, hour=21, minute=3),
        NOW.replace(hour=9, minute=50),
        NOW.replace(day=17, hour=10, minute=30),
    ]
    assert Ears().paste("甲:\n一")[0].said.at == NOW  # type: ignore[union-attr]


def test_undated_words_of_one_person_are_read_together_unless_others_spoke_in_between():
    items = Ears().paste("甲:\n请问\n\n甲:\n叉车去哪里上牌\n\n乙:\n早\n\n甲:\n年检呢")
    first, second, other, third = (it.said.at for it in items if it.said)
    assert first == second < other < third == NOW
    assert third - second > JOIN_GAP


def test_a_reply_of_the_bot_that_was_pasted_into_the_group_is_an_echo():
    reply = Carried("relay:case/1/a", "@甲 已登记 #1，转税务局")
    for text in ("@甲 已登记 #1，转税务局", "@甲\u2005已登记 #1，转税务局", "已登记 #1，转税务局"):
        (item,) = Ears().paste(f"网格员一:\n{text}", carried=[reply])
        assert item.echo == reply
    (item,) = Ears().paste("乙:\n已登记", carried=[reply])
    assert item.said


def test_a_reply_with_a_greeting_around_it_is_an_echo_too():
    reply = Carried("relay:case/1/a", "@甲 这个我没有现成答案，已登记 #1，转税务局（税务局联络员）")
    (item,) = Ears().paste(f"网格员一:\n您好！{reply.text}，请稍等", carried=[reply])
    assert item.echo == reply


@pytest.mark.parametrize("words", ["税务局答复（#1）：先去电子税务局", "@甲 税务局答复（#1）：先去…"])
def test_quote_of_a_reply_finds_it(words):
    reply = Carried("relay:case/1/a", "@甲 税务局答复（#1）：先去电子税务局")
    (item,) = Ears().paste(f"甲:\n「网格员一：{words}」\n- - - - -\n满意", carried=[reply])
    assert item.said
    assert (item.said.text, item.said.quoted) == ("满意", reply.receipt)


def test_quote_of_a_message_finds_it_in_the_same_paste_and_before():
    ears = Ears()
    ears.paste("甲:\n叉车去哪里上牌")
    items = ears.paste(
        "乙:\n充电桩要审批吗\n\n丙:\n「甲：叉车去哪里上牌」\n- - -\n江南路\n\n丙:\n「乙：充电桩要审批吗」\n- - -\n要的"
    )
    assert [it.said.quoted for it in items if it.said] == [None, ears.heard[0].message_id, items[0].said.message_id]  # type: ignore[union-attr]


def test_line_without_a_name_is_said_by_whoever_is_chosen():
    messages = read("叉车去哪里上牌", NOW.date()).messages
    empty = Known(ROOM, (), ())
    assert lay_out(named(messages, {}), empty, NOW, bot_name="小哨") == [Item(messages[0])]
    (item,) = lay_out(named(messages, {1: "甲"}), empty, NOW, bot_name="小哨")
    assert item.said
    assert item.said.sender.name == "甲"


def test_mentions_are_read_from_the_text():
    items = Ears().paste("甲:\n在吗\n\n乙:\n@甲 在的 @小哨 帮看下")
    assert items[1].said
    assert (items[1].said.mentions, items[1].said.mentions_bot) == ((f"relay:{ROOM}/甲",), True)
