"""When two questions count as the same."""

from __future__ import annotations

import pytest

from bot.matching.similarity import content_words, similarity

SAME = 0.75


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("公司车间要做税务注销清算去哪办", "税务注销去哪里办"),
        ("新买的叉车去哪里上牌", "叉车怎么上牌"),
        ("有没有地方可以做动平衡检测", "动平衡检测哪里能做"),
        ("新買的叉車去哪裡上牌", "新买的插车去哪里上排"),
    ],
)
def test_the_same_question_in_other_words(first: str, second: str) -> None:
    assert similarity(first, second) >= SAME
    assert similarity(second, first) == similarity(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("叉车上牌去哪", "叉车年检去哪"),
        ("产假几天", "年假几天"),
        ("3吨叉车要证吗", "5吨叉车要证吗"),
        ("你好", "谢谢"),
        ("去哪办", "厂房出租备案去哪办"),
        ("", ""),
        ("", "叉车"),
    ],
)
def test_different_questions_stay_apart(first: str, second: str) -> None:
    assert similarity(first, second) < SAME


def test_equal_texts_are_the_same() -> None:
    assert similarity("叉车上牌去哪", "请问叉车上牌去哪呀") == 1.0


def test_content_words_leave_out_what_carries_nothing() -> None:
    assert content_words("请问你们怎么去的呀") == frozenset()
    assert "路灯" in content_words("东门的路灯坏了")
    assert content_words("路灯不亮") & content_words("那排路灯坏了")
