"""Changing single values in a curated file's text: everything else stays byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.library.exchange.importing import ORDER
from bot.library.exchange.yaml_edit import UnusualLayout, append_entries, edit_entries

ENTRY = """\
# 头
- id: a
  title: 标题   # 行尾
  questions:
    # 一组
    - '一'
    -   "二"   # 常问
    - |
      三
      行
  not_this: [甲, '乙', "丙"]
  answer: |-   # 多行
     第一
       缩进

     第二


  # 中间
  parts: {材料: '证', "地点": 窗口}
  source: >
    折叠
    的
  verified_on: "2026-01-01"
  review_every: 90d  # 三个月

- id: b
  title: 别的
"""


def edited(changes: dict[str, Any], text: str = ENTRY) -> str:
    return edit_entries(text, {"a": changes}, ORDER)


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"title": "新"}, "标题   # 行尾", "新   # 行尾"),
        ({"title": "甲: 乙 #1"}, "标题   # 行尾", '"甲: 乙 #1"   # 行尾'),
        ({"title": "两\n行"}, "标题   # 行尾", '"两\\n行"   # 行尾'),
        ({"title": "“全角引号”"}, "标题 ", "“全角引号” ".replace("“全角引号”", '"“全角引号”"')),
        ({"questions": ("一", "2", "三\n行")}, '"二"   # 常问', '"2"   # 常问'),
        ({"questions": ("二", "三\n行")}, "    - '一'\n", ""),
        ({"questions": ("零", "一", "二", "三\n行")}, "    - '一'", "    - 零\n    - '一'"),
        ({"questions": ("一", "二", "三\n行", "@四")}, "      行\n", '      行\n    - "@四"\n'),
        ({"questions": ("一's", "二", "三\n行")}, "'一'", "'一''s'"),
        ({"not_this": ("甲", "丙", "丁, 戊")}, "[甲, '乙', \"丙\"]", '[甲, "丙", "丁, 戊"]'),
        ({"answer": "新的\n\n  缩进"}, "     第一\n       缩进\n\n     第二\n", "     新的\n\n       缩进\n"),
        ({"answer": "一行: #"}, "     第一\n       缩进\n\n     第二\n", "     一行: #\n"),
        ({"answer": "响\x07铃"}, "|-   # 多行\n     第一\n       缩进\n\n     第二\n", '"响\\a铃"\n'),
        ({"parts": {"材料": "证", "地点": "新窗口", "a, b": "x"}}, '"地点": 窗口}', '地点: 新窗口, "a, b": x}'),
        ({"source": "平"}, ">\n    折叠\n    的", "平"),
        ({"source": "平\n行"}, ">\n    折叠\n    的", "|\n    平\n    行"),
        ({"verified_on": "2026-02-02"}, '"2026-01-01"', '"2026-02-02"'),
        ({"review_every": "180d"}, "90d  # 三个月", "180d  # 三个月"),
        ({"todo": ("问一下",)}, "# 三个月\n", "# 三个月\n  todo:\n  - 问一下\n"),
        ({"not_this": None}, "  not_this: [甲, '乙', \"丙\"]\n", ""),
        ({"answer": None}, "  answer: |-   # 多行\n     第一\n       缩进\n\n     第二\n", ""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_one_value_changes_and_nothing_else(changes: dict[str, Any], before: str, after: str, newline: str, mark: str) -> None:
    assert ENTRY.count(before) == 1
    text = mark + ENTRY.replace("\n", newline)
    assert edited(changes, text) == mark + ENTRY.replace(before, after).replace("\n", newline)


def test_several_changes_at_once_and_no_newline_at_the_end() -> None:
    text = "- id: a\n  title: x\n  todo:\n  - 一\n  - 二"
    new = edited({"communities": ("灵峰",), "todo": ("二", "三"), "title": "y", "parts": {"材料": "多\n行"}}, text)
    assert new == (
        "- id: a\n  title: y\n  parts:\n    材料: |\n      多\n      行\n  communities:\n  - 灵峰\n  todo:\n  - 二\n  - 三"
    )
    assert edited({"todo": None}, text) == "- id: a\n  title: x"


def test_block_maps_keep_their_comments() -> None:
    text = "- id: a\n  parts:\n    # 常问\n    材料: 证   # 原件\n    地点: 窗口\n    时限: 三天\n"
    new = edited({"parts": {"材料": "新证", "时限": "三天", "费用": "0"}}, text)
    assert new == '- id: a\n  parts:\n    # 常问\n    材料: 新证   # 原件\n    时限: 三天\n    费用: "0"\n'


def test_a_list_of_entries_that_is_itself_indented() -> None:
    text = "  - id: a\n    title: x\n"
    assert edited({"todo": ("一",)}, text) == "  - id: a\n    title: x\n    todo:\n    - 一\n"
    appended = append_entries(text, [{"id": "b", "answer": "两\n\n行", "questions": ("- 一", "2"), "parts": {"费用": "甲\n乙"}}])
    assert appended == (
        text + '\n  - id: b\n    answer: |\n      两\n\n      行\n    questions:\n    - "- 一"\n    - "2"\n'
        "    parts:\n      费用: |\n        甲\n        乙\n"
    )
    assert yaml.safe_load(appended)[1]["questions"] == ["- 一", "2"]


@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        ("- {id: a, title: x}\n", {"title": "y"}, "花括号"),
        ("[{id: a, title: x}]\n", {"title": "y"}, "方括号"),
        ("- id: a\n  title: &t x\n  answer: *t\n", {"title": "y"}, "引用"),
        ("- communities: [x]\n  id: a\n", {"communities": None}, "同一行"),
        ("- id: a\r\n  title: x\n", {"title": "y"}, "换行符"),
    ],
)
def test_what_cannot_be_changed_piece_by_piece_is_said(text: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusualLayout, match=said):
        edited(changes, text)
