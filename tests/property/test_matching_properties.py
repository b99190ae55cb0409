"""Whatever is typed: a judgement in bounded time, never an exception."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.danger import find_danger
from bot.matching.engine import Matcher
from bot.matching.followup import find_part
from bot.matching.similarity import content_words, similarity
from bot.model import Library
from bot.text import LIMIT, clip, essence, mask_personal, mentioned_names, normalise
from tests.unit.test_matching import PLATE, SMALL

MATCHER = Matcher(SMALL)
ANYTHING = st.text(st.characters(), max_size=200)
CHINESE = st.text(
    st.sampled_from("叉车上牌去哪里考证多少钱吗呢？，。@「」[]语音 谢谢了0123456789abcAＮ１車證😀\u200b\u202e\n"), max_size=80
)
TYPED = ANYTHING | CHINESE


@settings(max_examples=150, deadline=None)
@given(TYPED)
def test_judging_never_fails(text: str) -> None:
    for judged in (MATCHER.judge(text), MATCHER.judge(text, mentioned=True)):
        assert judged.verdict in ("answer", "offer", "unknown", "ignore")
        assert 0 <= judged.ask <= 1
        confidences = [candidate.confidence for candidate in judged.candidates]
        assert all(0 <= confidence <= 1 for confidence in confidences)
        assert len({candidate.entry_id for candidate in judged.candidates}) == len(confidences) <= 5
        assert set(judged.offered) <= {candidate.entry_id for candidate in judged.candidates}
        assert bool(judged.offered) == (judged.verdict == "offer")


@settings(max_examples=150, deadline=None)
@given(TYPED)
def test_being_called_never_makes_it_less_of_an_ask(text: str) -> None:
    assert MATCHER.judge(text, mentioned=True).ask >= MATCHER.judge(text).ask


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["怎么办", "多少钱", "依据是什么", "这个", "找谁", "吗", "那", "？", "要", "的"]), max_size=6))
def test_words_that_only_ask_are_never_answered(parts: list[str]) -> None:
    assert MATCHER.judge("".join(parts)).verdict == "ignore"
    assert MATCHER.judge("".join(parts), mentioned=True).verdict in ("unknown", "ignore")


@settings(max_examples=300, deadline=None)
@given(TYPED)
def test_normalising_is_total_bounded_and_settles(text: str) -> None:
    once = normalise(text)
    assert len(once) <= LIMIT + 2
    assert "\u200b" not in once
    assert "\u202e" not in once
    assert len(clip(text)) <= LIMIT + 1
    assert bool(essence(once)) == bool(once)
    assert isinstance(mentioned_names(text), tuple)


@settings(max_examples=300, deadline=None)
@given(TYPED, st.integers(13_000_000_000, 19_999_999_999), TYPED)
def test_a_mobile_number_never_survives_masking(before: str, number: int, after: str) -> None:
    masked = mask_personal(f"{before} {number} {after}")
    assert f" {number} " not in masked
    assert mask_personal(masked) == masked


@settings(max_examples=200, deadline=None)
@given(TYPED, TYPED)
def test_similarity_is_symmetric_and_bounded(first: str, second: str) -> None:
    alike = similarity(first, second)
    assert 0 <= alike <= 1
    assert alike == similarity(second, first)
    assert isinstance(content_words(first), frozenset)


@settings(max_examples=300, deadline=None)
@given(TYPED)
def test_danger_and_follow_ups_never_fail(text: str) -> None:
    danger = find_danger(text)
    assert danger is None or danger.words
    assert find_part(text) in (None, "材料", "时限", "费用", "地点", "依据", "条件", "流程", "罚则")


PHRASES = st.lists(
    st.sampled_from(("叉车上牌", "叉车证", "叉车证", "谢谢", "plc", "１", "", "？？", "\u200b", "灭火器多久换一次")), max_size=4
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(PHRASES, PHRASES, st.text(max_size=20)), max_size=4), PHRASES, ANYTHING)
def test_any_faq_judges_anything(entries: list[tuple[list[str], list[str], str]], chatter: list[str], text: str) -> None:
    """An FAQ without entries, with one, with identical ones, with empty phrasings: an answer or silence, never an exception."""
    made = {
        f"e{place}": replace(PLATE, id=f"e{place}", title=title, questions=tuple(asks), not_this=tuple(near), answer=title)
        for place, (asks, near, title) in enumerate(entries)
    }
    matcher = Matcher(Library(made, chatter={"thanks": tuple(chatter)} if chatter else {}))
    for asked in (text, "叉车上牌去哪里", *(phrase for asks, _, _ in entries for phrase in asks)):
        judged = matcher.judge(asked)
        assert judged.verdict in ("answer", "offer", "unknown", "ignore")
        assert {candidate.entry_id for candidate in judged.candidates} <= made.keys()
