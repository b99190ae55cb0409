"""Reading what was copied out of WeChat: each form as a fixture, and odd pastes of which nothing may be lost."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.relay.reader import Pasted, Quote, Reading, read
from bot.channels.relay.stamps import read_stamp

FIXTURES = Path(__file__).parents[1] / "fixtures" / "relay"
TODAY = date(2026, 11, 18)  # a Wednesday
YESTERDAY = TODAY - timedelta(days=1)
SAFETY, HR = "泰准金属-安全员", "恒锐模具-人事"
ASKED = "新买的叉车去哪里上牌？"


def fixture(name: str) -> Reading:
    return read((FIXTURES / f"{name}.txt").read_bytes().decode(), TODAY)


def said(reading: Reading) -> list[tuple[str, str]]:
    return [(it.name, it.text) for it in reading.messages]


def times(reading: Reading) -> list[tuple[date | None, time | None]]:
    return [(it.day, it.clock) for it in reading.messages]


def test_blocks_of_the_desktop_copy():
    reading = fixture("电脑多选复制")
    assert said(reading) == [
        (SAFETY, ASKED),
        (HR, "同问\n我们也刚买了一台"),
        ("甬固紧固件-仓管", "带上这些：\n材料如下:\n合格证、发票"),
        (SAFETY, "收到，谢谢"),
    ]
    assert [it.line for it in reading.messages] == [1, 4, 8, 13]
    assert set(times(reading)) == {(None, None)}


def test_headers_with_date_and_time():
    reading = fixture("电脑带日期时间")
    assert said(reading) == [(SAFETY, ASKED), (HR, "同问"), ("联昌汽配 老板😀", "上次我是去江南路办的")]
    assert times(reading) == [(TODAY, time(9, 55)), (TODAY, time(9, 56)), (TODAY, time(10, 1))]


def test_dates_as_people_see_them():
    assert times(fixture("各种日期写法")) == [
        (YESTERDAY, time(21, 3)),
        (date(2026, 11, 16), time(9, 55)),
        (date(2026, 11, 12), time(15, 5)),
        (None, time(9, 40)),
    ]


def test_forwarded_record_of_the_phone():
    reading = fixture("手机合并转发")
    assert said(reading) == [
        (SAFETY, ASKED),
        (HR, "同问\n[图片]"),
        ("甬固:仓管", "我上个月办过\n材料: 合格证、发票"),
        ("海立塑业-财务", '[语音] 8"'),
    ]
    assert times(reading) == [(TODAY, None), (TODAY, None), (TODAY, time(10, 20)), (TODAY, None)]
    assert [it.text for it in reading.notices] == ["群聊的聊天记录", f"“{HR}”撤回了一条消息"]


def test_mail_export_with_a_quote():
    reading = fixture("邮件导出")
    assert said(reading) == [(SAFETY, ASKED), (HR, "我也想知道")]
    assert times(reading) == [(YESTERDAY, time(21, 3)), (TODAY, time(9, 55))]
    assert reading.messages[1].quote == Quote(SAFETY, ASKED)


def test_single_line_waits_for_its_sender():
    assert fixture("一句没有名字").messages == (Pasted(1, "", ASKED),)


def test_system_lines_are_notices():
    reading = fixture("系统提示")
    assert said(reading) == [("宏达五金-安全员", "大家好"), (SAFETY, "欢迎")]
    assert len(reading.notices) == 4


def test_traditional_script():
    reading = fixture("繁体")
    assert said(reading) == [("泰準金屬-安全員", "新買的堆高機去哪裡上牌？"), ("恆銳模具-人事", "[圖片]")]
    assert times(reading)[0] == (YESTERDAY, time(9, 5))
    assert len(reading.notices) == 1


def test_windows_line_ends_and_invisible_marks():
    assert said(fixture("换行和看不见的字符")) == [(SAFETY, "新买的\u200b叉车\n去哪里上牌？"), (HR, "同问")]


def test_what_cannot_be_read_is_kept_with_a_way_to_mend_it():
    reading = fixture("掐头")
    assert said(reading) == [(SAFETY, "去哪里上牌？"), (HR, "同问")]
    assert [(it.line, it.text) for it in reading.unread] == [(1, "上半句在前一屏\n还有一行"), (6, "空着的人")]
    assert "第 1 行" in reading.unread[0].mend
    assert "补一行“名字:”" in reading.unread[0].mend


@pytest.mark.parametrize(
    "paste",
    [
        f"{SAFETY}:\n「{HR}：两行\n原话」\n- - - - - - - -\n办了",
        f"{SAFETY}: 「{HR}：两行\n原话」\n——————\n办了",
        f"{SAFETY} 09:55\n「{HR}: 两行\n原话」\n－－－－\n办了",
    ],
)
def test_quotes_in_every_form(paste):
    (message,) = read(paste, TODAY).messages
    assert (message.name, message.text, message.quote) == (SAFETY, "办了", Quote(HR, "两行\n原话"))


@pytest.mark.parametrize(
    ("paste", "expected"),
    [
        ("老李：仓管:\n第一", [("老李：仓管", "第一")]),
        ("A  B 😀:\n第一\nC 👨‍👩‍👧:\n第二", [("A  B 😀", "第一"), ("C 👨‍👩‍👧", "第二")]),
        ("甲：第一\n乙：第二：还有", [("甲", "第一"), ("乙", "第二：还有")]),
        ("甲: 看 http://a.b/c?d=1\nhttps://e.f\n乙: 好", [("甲", "看 http://a.b/c?d=1\nhttps://e.f"), ("乙", "好")]),
        ("2026-11-18 09:55:12 甲\n第一\n2026-11-18 09:56 乙\n第二", [("甲", "第一"), ("乙", "第二")]),
        ("[09:55] 甲: 第一\n[09:56] 乙: 第二", [("甲", "第一"), ("乙", "第二")]),
        ("甲 09:55\n第一\n\n第三行\n\n乙 09:56\n第二", [("甲", "第一\n\n第三行"), ("乙", "第二")]),
        ("甲 09:55\n培训\n培训时间 11月18日 09:55\n请到\n\n乙 09:56\n好\n\n丙 09:57\n好", [
            ("甲", "培训\n培训时间 11月18日 09:55\n请到"), ("乙", "好"), ("丙", "好"),
        ]),
        ("昨天 21:03\n甲: 第一\n09:55\n乙: 第二", [("甲", "第一"), ("乙", "第二")]),
    ],
)  # fmt: skip
def test_names_and_messages(paste, expected):
    assert said(read(paste, TODAY)) == expected


def test_time_lines_without_a_date_do_not_stay_on_yesterday():
    assert times(read("昨天 21:03\n甲: 第一\n09:55\n乙: 第二", TODAY)) == [(YESTERDAY, time(21, 3)), (None, time(9, 55))]


def test_quote_without_words_of_its_own_stays_text():
    (message,) = read(f"{SAFETY}:\n「{HR}：原话」\n- - - - -", TODAY).messages
    assert (message.text, message.quote) == (f"「{HR}：原话」\n- - - - -", None)


MONSTERS = [
    " " * 50_000 + "x",
    "「甲：乙」" + " " * 50_000 + "x",
    "—" * 50_000,
    "— " * 25_000 + "x",
    "甲 " * 25_000 + "09:55",
    "：" * 50_000,
]


@pytest.mark.parametrize("line", MONSTERS, ids=range(len(MONSTERS)))
def test_monstrous_lines_are_read_in_a_moment(line):
    begun = process_time()
    read(f"甲:\n{line}\n{line}", TODAY)
    read(line, TODAY)
    assert process_time() - begun < 2


@pytest.mark.parametrize(
    ("written", "day", "clock"),
    [
        ("2026/11/18 9:55:12", TODAY, time(9, 55)),
        ("2026年11月18日 星期三 下午 3:05", TODAY, time(15, 5)),
        ("星期三 09:55", TODAY - timedelta(days=7), time(9, 55)),
        ("週二 09:55", YESTERDAY, time(9, 55)),
        ("12月31日 23:59", date(2025, 12, 31), time(23, 59)),
        ("前天 凌晨12:01", date(2026, 11, 16), time(0, 1)),
        ("中午12:30", None, time(12, 30)),
        ("3:05 PM", None, time(15, 5)),
        ("晚上 21：03", None, time(21, 3)),
    ],
)
def test_stamps(written, day, clock):
    stamp = read_stamp(written, TODAY)
    assert stamp is not None
    assert (stamp.day, stamp.clock) == (day, clock)


@pytest.mark.parametrize("written", ["", " ", "2月30日 09:55", "25:00", "09:61", "叉车", "13800001234", "2026", "明天 9:00"])
def test_no_stamps(written):
    assert read_stamp(written, TODAY) is None


def test_long_paste_without_any_name_is_shown_as_unread():
    (unread,) = read("\n".join(f"第{number}句" for number in range(30)), TODAY).unread
    assert "没有一个名字" in unread.mend
    assert unread.text.count("\n") == 29


def test_five_hundred_messages():
    paste = "\n\n".join(f"企业{number % 40}-安全员:\n第 {number} 个问题\n第二行" for number in range(500))
    reading = read(paste, TODAY)
    assert len(reading.messages) == 500
    assert reading.messages[499].text == "第 499 个问题\n第二行"


LINES = st.sampled_from(
    [
        "甲:",
        "乙: 好",
        "甲 09:55",
        "—— 2026-11-18 ——",
        "昨天 21:03",
        "“甲”撤回了一条消息",
        "",
        "文本",
        "「甲：话」",
        "- - - -",
        "：",
        "\u200b",
        "#",
        "a:b:c",
    ]
)


@given(st.lists(LINES, max_size=25))
def test_no_line_is_lost(lines):
    reading = read("\n".join(lines), TODAY)
    kept = "\n".join(
        [
            *(
                f"{it.name}\n{it.quote.name if it.quote else ''}{it.quote.words if it.quote else ''}\n{it.text}"
                for it in reading.messages
            ),
            *(it.text for it in (*reading.notices, *reading.unread)),
        ]
    )
    for word in ("文本", "好", "b:c", "#"):
        assert kept.count(word) >= sum(word in line for line in lines), word


@given(st.text(max_size=300))
def test_garbage_never_fails(text):
    reading = read(text, TODAY)
    assert isinstance(reading, Reading)
    if text.strip().isalpha():
        assert reading.messages
