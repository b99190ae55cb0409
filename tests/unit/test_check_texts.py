"""What check sees in the entries' own text, and in entries that say nearly the same; each finding with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.errors import Problem
from bot.library.check import check_texts
from bot.library.closeness import close_entries, likeness, same_in_other_words
from bot.library.faq_file import PART_NAMES, read_library
from bot.library.text_check import foreign_links
from bot.model import Entry, Library

LOADED = read_library(Path(__file__).parent.parent / "fixtures" / "knowledge")
PLATE, LICENCE, INVOICE = LOADED.library.entries.values()


def errors_of(**fields: object) -> list[Problem]:
    """Return the errors in the texts of one changed entry."""
    entry = replace(PLATE, **fields)  # type: ignore[arg-type]
    return check_texts(Library({entry.id: entry}), places=LOADED.places, communities=["灵峰", "大碶"]).errors


def entry_of(name: str, *questions: str, not_this: tuple[str, ...] = ()) -> Entry:
    return replace(PLATE, id=name, title=name, questions=questions, not_this=not_this)


def library_of(*entries: Entry, **words: object) -> Library:
    return Library({entry.id: entry for entry in entries}, **words)  # type: ignore[arg-type]


class TestTexts:
    def test_a_fault_in_a_block_is_told_at_its_own_line(self) -> None:
        (error,) = errors_of(answer=PLATE.answer.replace("领牌。", "领牌，打 1380013800。"))
        assert error.line == 14
        assert "1380013800" in error.message

    @pytest.mark.parametrize(
        "text",
        [
            "**先**检验",
            "# 材料",
            "见[指南](第三页)",
            "填 `A1` 表",
            "* 先检验",
            "> 先检验",
            "| 甲 | 乙 |",
            "先<b>检验</b>",
            "甲&nbsp;乙",
        ],
    )
    def test_marks_that_wechat_shows_raw(self, text: str) -> None:
        (error,) = errors_of(answer=text)
        assert "群里会原样显示" in error.message

    @pytest.mark.parametrize(
        "text", ["- 先检验", "1. 先检验", "A*B 型", "≥50分", "温度>60℃", "[首次检验]要做", "甲|乙", "第#3号"]
    )
    def test_other_marks_are_left_alone(self, text: str) -> None:
        assert errors_of(answer=text) == []

    @pytest.mark.parametrize(
        ("text", "links"),
        [
            ("点 https://t.cn/A6x，看", ["https://t.cn/A6x"]),
            ("看 www.example.com/a", ["www.example.com/a"]),
            ("上 example.cn 查", ["example.cn"]),
            ("假的 http://www.gov.cn.example.com", ["http://www.gov.cn.example.com"]),
            ("上 cx.mem.gov.cn 查", []),
            ("上 https://etax.ningbo.chinatax.gov.cn:8443/a 办", []),
            ("写信到 office@example.com", []),
            ("GB 50444.2008，第 3.5 条", []),
        ],
    )
    def test_links_lead_to_a_government_or_are_told(self, text: str, links: list[str]) -> None:
        assert list(foreign_links(text)) == links

    def test_part_names_are_those_that_a_follow_up_asks_for(self) -> None:
        assert errors_of(parts=dict.fromkeys(PART_NAMES, "有")) == []
        (error,) = errors_of(parts={"所需材料": "有"})
        assert error.mend == "是不是想写“材料”？"

    def test_communities_must_be_known(self) -> None:
        (error,) = errors_of(communities=("灵风",))
        assert (error.line, error.message.split("，")[0]) == (21, "routing.yaml 里没有社区“灵风”")
        assert errors_of(communities=("大碶",)) == []

    def test_an_unfinished_text_is_a_warning(self) -> None:
        entry = replace(PLATE, source="待补充")
        findings = check_texts(Library({entry.id: entry}), places=LOADED.places)
        assert findings.errors == []
        assert "“待补充”" in findings.warnings[0].message
        assert findings.warnings[0].line == 18

    def test_without_today_no_date_is_looked_at(self) -> None:
        assert check_texts(LOADED.library).warnings == []
        assert len(check_texts(LOADED.library, today=date(2026, 11, 21)).warnings) == 1


class TestTwins:
    @pytest.mark.parametrize(
        "other",
        ["请问叉车怎么上牌啊", "叉车如何上牌", "上牌叉车怎么", "叉车咋上牌呢", "杈车怎么上牌"],
    )
    def test_the_same_in_other_words(self, other: str) -> None:
        library = library_of(entry_of("a", "叉车怎么上牌"), entry_of("b", other), confusions={"杈车": "叉车"})
        assert [(entry.id, text, rival, said) for entry, text, rival, said in same_in_other_words(library)] == [
            ("b", other, "a", "叉车怎么上牌")
        ]

    @pytest.mark.parametrize("other", ["行车怎么上牌", "叉车不上牌怎么罚", "叉车怎么年检"])
    def test_one_word_that_matters_keeps_them_apart(self, other: str) -> None:
        assert list(same_in_other_words(library_of(entry_of("a", "叉车怎么上牌"), entry_of("b", other)))) == []

    def test_within_an_entry_only_against_its_near_misses(self) -> None:
        near = entry_of("a", "叉车怎么上牌", "叉车怎么上牌呢", not_this=("请问叉车咋上牌", "叉车多少钱"))
        ((_, text, rival, _),) = same_in_other_words(library_of(near))
        assert (text, rival) == ("请问叉车咋上牌", "a")


class TestCloseEntries:
    def test_an_entry_most_of_whose_phrasings_are_nearer_to_another(self) -> None:
        library = library_of(
            entry_of("a", "甲一", "甲二", "甲三", "甲四"),
            entry_of("b", "乙一", "乙二", "乙三", "乙四"),
            entry_of("c", "丙一", "丙二"),
        )
        similar = np.full((10, 10), 0.1, dtype=np.float32)
        similar[:4, :4] = similar[4:8, 4:8] = 0.5
        for mine, theirs in ((0, 4), (1, 5), (2, 4)):
            similar[mine, theirs] = 0.8
        ((pair),) = close_entries(library, similar)
        assert (pair.entry, pair.other) == ("a", "b")
        assert pair.strayed == {"甲一": "乙一", "甲二": "乙二", "甲三": "乙一"}

    def test_two_strays_or_faint_likeness_do_not_count(self) -> None:
        library = library_of(entry_of("a", "甲一", "甲二", "甲三"), entry_of("b", "乙一"))
        similar = np.full((4, 4), 0.05, dtype=np.float32)
        similar[:3, 3] = 0.25
        assert list(close_entries(library, similar)) == []
        similar[:2, 3] = 0.9
        assert list(close_entries(library, similar)) == []
        similar[:3, 3] = 0.9
        assert len(list(close_entries(library, similar))) == 1

    def test_likeness_is_in_the_order_of_the_library(self) -> None:
        similar = likeness(library_of(entry_of("a", "叉车怎么上牌", "发票额度"), entry_of("b", "叉车上牌")))
        assert similar.shape == (3, 3)
        assert similar[0, 2] > similar[1, 2]
        assert similar[0, 0] == pytest.approx(1.0, abs=1e-3)

    def test_one_entry_is_close_to_nothing(self) -> None:
        assert list(close_entries(library_of(entry_of("a", "叉车")), np.ones((1, 1), dtype=np.float32))) == []
