"""From an entry to the words that are sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.desk import answers
from bot.model import Entry, WhenStale

ENTRY = Entry(
    id="forklift-plate",
    title="新叉车上牌",
    department="samr",
    questions=("叉车怎么上牌",),
    answer="先报检，后登记。\n",
    source="《特种设备安全法》第三十三条",
    verified_on=date(2026, 11, 20),
    review_every=timedelta(days=180),
    parts={"材料": "合格证\n"},
)
FRESH = datetime(2027, 5, 18, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
STALE = datetime(2027, 5, 19, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_text_is_sent_verbatim_with_source_and_date() -> None:
    assert answers.whole(ENTRY, FRESH) == "先报检，后登记。\n依据：《特种设备安全法》第三十三条｜核实于 2026-11-20"


def test_past_its_review_date_it_says_so() -> None:
    assert "已过复核日期" in answers.whole(ENTRY, STALE)
    assert answers.may_answer(ENTRY, STALE, "灵峰")


def test_an_entry_marked_so_is_routed_when_stale() -> None:
    routed = replace(ENTRY, stale=WhenStale.ROUTE)
    assert answers.may_answer(routed, FRESH, "灵峰")
    assert not answers.may_answer(routed, STALE, "灵峰")


def test_an_entry_of_one_community_is_not_sent_elsewhere() -> None:
    local = replace(ENTRY, communities=("灵峰",))
    assert answers.may_answer(local, FRESH, "灵峰")
    assert not answers.may_answer(local, FRESH, "大港")


def test_a_part_that_is_not_known_is_none() -> None:
    assert answers.part(ENTRY, "材料") == "【新叉车上牌】材料：合格证"
    assert answers.part(ENTRY, "费用") is None
