"""What a puppet brings, read without any gateway: quotes, calls, types, times, addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechaty.address import CA_CERT, ENDPOINT, NO_TLS, SERVER_NAME, TOKEN, community_ca, read_address
from bot.channels.wechaty.mapping import Echo, Incoming, MessageType, moment, read, recalled_id
from bot.channels.wechaty.mentions import call, calls_bot, in_house_name, mentioned
from bot.channels.wechaty.quotes import Quotable, find_quoted, read_quote
from bot.errors import InvalidSettings
from bot.model import Recalled, Said
from tests.samples import NOW

DASHES = "- - - - - - - - - - - - - - -"
PLAIN = Incoming(
    message_id="m1",
    type=MessageType.TEXT,
    text="在哪里办",
    filename="",
    timestamp=int(NOW.timestamp() * 1000),
    talker="wxid_a",
    talker_name="泰准金属-安全员",
    listener="",
    room="安全生产互助协会",
    mention_ids=(),
    own_id="wxid_bot",
    own_names=("园区小哨", "小哨"),
    members={"老王": "wxid_wang"},
)


def test_text_becomes_a_message_of_the_channels_person() -> None:
    said = read(PLAIN, NOW)
    assert isinstance(said, Said)
    assert (said.channel, said.message_id, said.room, said.sender.id) == ("wechaty", "m1", "安全生产互助协会", "wechaty:wxid_a")
    assert (said.text, said.at, said.mentions, said.mentions_bot, said.wordless) == ("在哪里办", NOW, (), False, False)


@pytest.mark.parametrize("kind", [*(set(range(40)) - {MessageType.TEXT, MessageType.RECALLED, MessageType.AUDIO})])
def test_every_other_type_survives_without_words(kind: int) -> None:
    said = read(replace(PLAIN, type=kind, text="<msg>车间着火了</msg>"), NOW)
    assert isinstance(said, Said) and said.wordless
    assert said.text.startswith("[") and said.text.endswith("]")


def test_own_message_is_an_echo_and_an_own_recall_is_a_recall() -> None:
    own = replace(PLAIN, talker="wxid_bot")
    assert read(own, NOW) == Echo("m1", "安全生产互助协会", "", "在哪里办")
    assert read(replace(own, room="", listener="wxid_a"), NOW) == Echo("m1", "", "wechaty:wxid_a", "在哪里办")
    assert isinstance(read(replace(own, type=MessageType.RECALLED, text="m0"), NOW), Recalled)


def test_recalled_id_is_found_in_both_forms() -> None:
    assert recalled_id(" 7712 ") == "7712"
    assert recalled_id("<sysmsg><revokemsg><msgid>12</msgid><newmsgid>7712</newmsgid></revokemsg></sysmsg>") == "7712"


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_timestamps_of_every_unit(unit: int) -> None:
    said_at = NOW - timedelta(hours=3)
    assert moment(int(said_at.timestamp() * unit), NOW) == said_at


@pytest.mark.parametrize("timestamp", [0, -5, int((NOW + timedelta(days=400)).timestamp())])
def test_nonsense_timestamp_counts_as_now(timestamp: int) -> None:
    assert moment(timestamp, NOW) == NOW


def test_slightly_fast_clock_is_never_ahead_of_ours() -> None:
    assert moment(int((NOW + timedelta(minutes=1)).timestamp()), NOW) == NOW


def test_calls_by_id_by_marked_name_and_of_everybody() -> None:
    assert mentioned("@老王\u2005来一下", ["wxid_x", "wxid_x"], {"老王": "wxid_wang"}) == ("wxid_x",)
    assert mentioned("@老王\u2005@路人\u2005来一下", [], {"老王": "wxid_wang"}) == ("wxid_wang",)
    assert mentioned("@所有人\u2005开会", ["announcement@all"], {}) == ()


def test_bot_is_called_by_its_nickname_in_the_group_and_reads_as_the_desk_knows_it() -> None:
    said = read(replace(PLAIN, text="@园区小哨\u2005在哪里办", mention_ids=("wxid_bot", "wxid_wang")), NOW)
    assert isinstance(said, Said)
    assert (said.text, said.mentions_bot, said.mentions) == ("@小哨 在哪里办", True, ("wechaty:wxid_wang",))
    assert calls_bot("请问@小哨，在哪里办", ["小哨"])
    assert not calls_bot("@小哨兵\u2005在吗", ["小哨"])
    assert in_house_name("@园区小哨兵\u2005好", ["园区小哨"]) == "@园区小哨兵\u2005好"


def test_name_in_a_call_ends_where_the_separator_stands() -> None:
    assert call("泰准\u2005金属", "好") == "@泰准 金属\u2005好"


def test_quote_is_taken_apart() -> None:
    quote = read_quote(f"「园区小哨：【工单 #1】第一行\n第二行「里面的」」\n{DASHES}\n在电子税务局\n申报")
    assert quote is not None
    assert quote.quoted == "园区小哨：【工单 #1】第一行\n第二行「里面的」"
    assert quote.said == "在电子税务局\n申报"


@pytest.mark.parametrize(
    "text", ["「好」", "「甲：乙」", f"「没有冒号」\n{DASHES}\n好", f"甲：乙\n{DASHES}\n好", "「甲：乙」\n- -\n好", ""]
)
def test_what_only_looks_like_a_quote_is_left_alone(text: str) -> None:
    assert read_quote(text) is None


def found(quoted: str, *candidates: Quotable) -> str | None:
    quote = read_quote(f"「{quoted}」\n{DASHES}\n好")
    assert quote is not None
    return find_quoted(quote, candidates)


def test_quoted_message_is_found_by_name_and_text() -> None:
    first, second = Quotable("m1", "甲", "车间地磅"), Quotable("m2", "乙：丙", "车间地磅")
    assert found("甲：车间地磅", second, first) == "m1"
    assert found("乙：丙：车间 地磅".replace(" 地", "地"), first, second) == "m2"
    assert found("改了名的人：车间地磅", second, first) == "m2"
    assert found("甲：别的话", first, second) is None


def test_own_message_is_found_with_its_call_cut_short_and_masked() -> None:
    own = Quotable("m9", "", "【工单 #1】泰准金属问：\n电话 138****1234 打不通怎么办")
    assert found("园区小哨：@李工\u2005【工单 #1】泰准金属问：\n电话 13800001234 打不通怎么办", own) == "m9"
    assert found("园区小哨：【工单 #1】泰准金属问：\n电话…", own) == "m9"
    assert found("园区小哨：【工…", own) is None


@given(st.text(min_size=1).filter(lambda text: text.strip() and "」" not in text), st.text(min_size=1, max_size=9))
def test_any_text_that_is_quoted_whole_is_found(text: str, name: str) -> None:
    name = name.replace("」", "").replace("\n", " ").strip() or "甲"
    quote = read_quote(f"「{name}：{text}」\n{DASHES}\n好")
    assert quote is not None
    from bot.text import mask_personal

    assert find_quoted(quote, [Quotable("m1", name, mask_personal(text))]) == "m1"


GOOD = {TOKEN: "insecure_abc", ENDPOINT: "gateway.example:8788"}


def test_address_is_read_and_never_shows_its_token() -> None:
    address = read_address(GOOD)
    assert (address.host, address.port, address.tls, address.server_name) == ("gateway.example", 8788, True, "insecure")
    assert "insecure_abc" not in f"{address} {address!r}"
    plain = read_address({**GOOD, TOKEN: "puppet-x", NO_TLS: "true", ENDPOINT: "http://127.0.0.1:18788/"})
    assert (plain.host, plain.port, plain.tls) == ("127.0.0.1", 18788, False)
    own = community_ca()
    assert read_address({**GOOD, CA_CERT: own.replace("\n", "\\n"), SERVER_NAME: "n"}).ca_cert == own


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, [TOKEN, ENDPOINT]),
        ({**GOOD, ENDPOINT: "gateway.example"}, [ENDPOINT, "地址:端口"]),
        ({**GOOD, ENDPOINT: "gateway.example:99999"}, [ENDPOINT]),
        ({**GOOD, TOKEN: "令牌 一"}, ["复制"]),
        ({**GOOD, TOKEN: "puppet-x"}, [NO_TLS, SERVER_NAME]),
        ({**GOOD, CA_CERT: "/etc/ssl/own-ca.pem"}, [CA_CERT, "PEM"]),
    ],
)
def test_everything_wrong_with_an_address_is_said_at_once(environment: dict[str, str], words: list[str]) -> None:
    with pytest.raises(InvalidSettings) as refusal:
        read_address(environment)
    assert all(word in str(refusal.value) for word in words)
    assert "令牌 一" not in str(refusal.value)
