"""Normalising what people type, and masking personal data."""

from __future__ import annotations

import pytest

from bot.text import LIMIT, clip, essence, mask_personal, mentioned_names, normalise


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ＦＯＲＫＬＩＦＴ　Ｎ１證，去哪考？", "forklift n1证,去哪考?"),
        ("請問廠房的環評要重做嗎", "请问厂房的环评要重做吗"),
        ("叉车😀上牌[捂脸]去哪🚜", "叉车 上牌 去哪"),
        ("叉\u200b车\u202e上\u0007牌\ufeff", "叉车上牌"),
        ("@小哨 叉车上牌去哪", "叉车上牌去哪"),
        ("@小哨叉车上牌去哪", "叉车上牌去哪"),
        ("@泰准金属-安全员\u2005叉车上牌去哪", "叉车上牌去哪"),
        ("「泰准金属-安全员：叉车去哪上牌」\n- - - - - - - - - -\n这个我也想知道", "这个我也想知道"),
        ("[语音 14秒] 转文字：那个叉车怎么上牌", "那个叉车怎么上牌"),
        ("好的！！！！！！哈哈哈哈哈哈", "好的!!哈哈"),
        ("6:00-14:00停电，电话 13800001234，100000元", "6:00-14:00停电,电话 13800001234,100000元"),
        ("邮箱是 a@b.com", "邮箱是 a@b.com"),
        ("叉车证\n到期\t去哪弄", "叉车证 到期 去哪弄"),
        ("①带②㎡", "1带2m2"),
        ("\ud83d叉车\udc00", "叉车"),
        ("[图片]", ""),
        ("", ""),
    ],
)
def test_normalise(typed: str, meant: str) -> None:
    assert normalise(typed) == meant


def test_a_very_long_message_keeps_its_head_and_its_tail() -> None:
    text = "开头" + "废" * 100_000 + "结尾"
    assert clip(text).startswith("开头")
    assert clip(text).endswith("结尾")
    assert len(clip(text)) <= LIMIT + 1
    assert len(normalise(text)) <= LIMIT + 2


def test_essence_drops_openings_and_particles_but_never_everything() -> None:
    assert essence("请问那个叉车上牌去哪办呀") == "叉车上牌去哪办"
    assert essence("啊啊") == "啊啊"
    assert essence("") == ""


def test_mentioned_names_leaves_the_bot_out() -> None:
    assert mentioned_names("@张工 @小哨 @李会计，发票呢") == ("张工", "李会计")
    assert mentioned_names("a@b.com") == ()


@pytest.mark.parametrize(
    ("open_text", "masked"),
    [
        ("打我 13800001234 谢谢", "打我 138****1234 谢谢"),
        ("138-0000-1234", "138****1234"),
        ("+86 13800001234", "138****1234"),
        ("１３８００００１２３４", "138****1234"),
        ("身份证330206199001011234。", "身份证330206****34。"),
        ("33020619900101123X", "330206****3X"),
        ("卡号6222021234567890123", "卡号6222****0123"),
        ("卡号 6222 0212 3456 7890", "卡号 6222****7890"),
        ("4111 1111 1111 1111", "4111****1111"),
    ],
)
def test_personal_numbers_are_masked(open_text: str, masked: str) -> None:
    assert mask_personal(open_text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026年要交1234567.89元",
        "发票号码24332000000123456789",
        "发票号12345678",
        "0574-86781234 是窗口电话",
        "打 12345 或者 12366",
        "统一社会信用代码91330206MA2AGX1234",
        "订单20261118093000123",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_personal(text) == text


def test_plain_characters_read_the_same_whatever_stands_beside_them() -> None:
    plain = "".join(map(chr, (*range(0x4E00, 0xA000), *range(0x20, 0x7F)))) + "、。"
    for start in range(0, len(plain), 100):
        part = plain[start : start + 100]
        assert normalise(part + "\u200b") == normalise(part)
