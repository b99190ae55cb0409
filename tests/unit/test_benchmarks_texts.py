"""The texts that the benchmarks make: a grown FAQ, and noise. The same every time, and what they say they are."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest

from benchmarks.engines.growth import PHRASINGS, counted, cut, grown, made
from benchmarks.noise import Tally, fewer, lost, traditional, voiced
from bot.model import DepartmentExamples, Entry, Library

FOREIGN = ("路灯", "会议室", "快递柜", "失物招领", "班车")


def entry(name: str, *questions: str) -> Entry:
    return Entry(name, name, "samr", questions, "答案", "依据", date(2026, 1, 1), timedelta(days=365), not_this=("闲话",))


@pytest.fixture
def library() -> Library:
    entries = [
        entry("plate", "新买的叉车怎么上牌，要带什么", "叉车上牌去哪里", "叉车牌照什么时候发"),
        entry("lift", "电梯年检什么时候做", "电梯多久检一次，要带什么"),
        *(entry(f"other-{number}", f"第{number}种表格去哪里拿，填什么") for number in range(18)),
    ]
    return Library(
        {one.id: one for one in entries},
        synonyms={"叉车": ("电叉",), "电梯": (), "什么": ("啥", "啥子")},
        departments={"community": DepartmentExamples(words=(*FOREIGN, "叉车"))},
    )


def test_a_grown_library_has_the_size_and_holds_the_smaller_ones(library: Library) -> None:
    large = grown(library, 100)
    assert counted(large) == 100
    assert {"plate", "lift"} < large.entries.keys()
    for size in (1, 4, 20, 40):
        assert cut(large, size) == grown(library, size)
        assert counted(cut(large, size)) == size


def test_growing_is_the_same_every_time(library: Library) -> None:
    assert grown(library, 200) == grown(library, 200)


def test_no_phrasing_comes_twice(library: Library) -> None:
    questions = [question for one in grown(library, 300).entries.values() for question in one.questions]
    assert len(questions) == len(set(questions)) == 300


def test_a_made_entry_is_about_something_else(library: Library) -> None:
    for one in islice(made(library), 5):
        assert 0 < len(one.questions) <= PHRASINGS
        assert one.not_this == ()
        for question in one.questions:
            assert any(word in question for word in FOREIGN), question
            assert "叉车" not in question
            assert "电梯" not in question


def test_a_library_that_gives_nothing_to_make_entries_of_stays_as_it_is() -> None:
    alone = Library({"plate": entry("plate", "叉车上牌")})
    assert counted(grown(alone, 50)) == 1


def test_one_character_is_lost() -> None:
    text = "叉车怎么上牌abc"
    found = {lost(text, seed) for seed in range(20)}
    assert len(found) > 1
    assert all(len(one) == len(text) - 1 and one.endswith("abc") for one in found)
    assert lost(text, 3) == lost(text, 3)
    assert lost("牌", 0) == "牌"


def test_traditional_script() -> None:
    assert traditional("叉车怎么上牌") == "叉車怎麼上牌"


def test_fillers_stand_around_the_question() -> None:
    found = {voiced("叉车怎么上牌，去哪里？", seed) for seed in range(20)}
    assert len(found) > 5
    for one in found:
        assert "叉车怎么上牌" in one
        assert "去哪里" in one
        assert not one.startswith("叉车")


def test_fewer_phrasings_are_drawn_from_each_entry(library: Library) -> None:
    draws = [fewer(library, 2, seed) for seed in range(8)]
    assert all(len(one.entries["plate"].questions) == len(one.entries["lift"].questions) == 2 for one in draws)
    assert all(set(one.entries["plate"].questions) < set(library.entries["plate"].questions) for one in draws)
    assert len({one.entries["plate"].questions for one in draws}) > 1
    assert draws[0] == fewer(library, 2, 0)


def test_tallies_add_up() -> None:
    assert sum((Tally(1, 1, 1, 0), Tally(1, 0, 0, 1)), Tally()) == Tally(2, 1, 1, 1)
