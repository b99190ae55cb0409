"""Follow-ups without a subject of their own."""

from __future__ import annotations

import pytest

from bot.matching.followup import find_part


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("那要带什么材料", "材料"),
        ("需要准备哪些资料", "材料"),
        ("材料呢", "材料"),
        ("多久能办好", "时限"),
        ("办下来大概要几天", "时限"),
        ("要多少钱", "费用"),
        ("收费吗", "费用"),
        ("去哪办", "地点"),
        ("网上能办吗", "地点"),
        ("依据是什么", "依据"),
        ("哪条规定的", "依据"),
        ("谁可以申请", "条件"),
        ("有什么条件", "条件"),
        ("怎么申请", "流程"),
        ("然后呢", "流程"),
        ("不办会罚吗", "罚则"),
        ("罚多少", "罚则"),
        ("好的谢谢，那要带什么", "材料"),
    ],
)
def test_the_part_is_found(text: str, part: str) -> None:
    assert find_part(text) == part


@pytest.mark.parametrize(
    "text",
    ["谢谢", "好的", "", "今天天气真好", "那叉车证在哪考", "灭火器多少钱一个", "哪里有卖", "二手叉车过户要带什么材料", "?"],
)
def test_thanks_and_questions_with_a_subject_are_no_follow_ups(text: str) -> None:
    assert find_part(text) is None
