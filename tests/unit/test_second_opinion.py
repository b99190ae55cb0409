"""What a second opinion changes about a judgement, and what it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.desk.second_opinion import SECONDED, weigh
from bot.matching.engine import Candidate, Judgement
from bot.model import Entry, Opinion, Reason

QUESTION = "叉车的证怎么办"


def entry(name: str) -> Entry:
    return Entry(name, f"标题{name}", "samr", (), "先到窗口。", "某法", date(2026, 1, 1), timedelta(days=90))


def judged(verdict: str, *confidences: float, ask: float = 0.9) -> Judgement:
    """Return a judgement with candidates a, b, c … of these confidences, the first three offered if it offers."""
    candidates = tuple(Candidate(name, confidence) for name, confidence in zip("abcde", confidences, strict=False))
    offered = tuple(candidate.entry_id for candidate in candidates[:3]) if verdict == "offer" else ()
    return Judgement(verdict, candidates, ask, "statement", (Reason("own", "自己的理由"),), offered)


def weighed(judgement: Judgement, choice: str | None, **more: float) -> Judgement:
    return weigh(judgement, Opinion(QUESTION, choice, "small", **more), entry(choice) if choice else None)


def test_an_offer_of_what_the_own_engine_leans_to_becomes_an_answer() -> None:
    after = weighed(judged("offer", 0.55, 0.3), "a")
    assert (after.verdict, after.candidates[0].entry_id, after.offered) == ("answer", "a", ())
    assert [reason.detail for reason in after.reasons] == [
        "自己的理由",
        "第二意见（small）：选「标题a」，自己的把握 55%，过了 50%，两边一致就回答",
    ]


@pytest.mark.parametrize("judgement", [judged("offer", SECONDED, 0.3), judged("offer", 0.95, 0.02, ask=0.59)])
def test_too_little_confidence_of_its_own_stays_an_offer(judgement: Judgement) -> None:
    after = weighed(judgement, "a")
    assert (after.verdict, after.offered) == ("offer", ("a", "b"))
    assert "还不够直接回答" in after.reasons[-1].detail


def test_another_choice_is_offered_first() -> None:
    before = judged("offer", 0.45, 0.2, 0.15, 0.1)
    assert weighed(before, "c").offered == ("c", "a", "b")
    assert weighed(before, "d").offered == ("d", "a", "b")
    assert [candidate.entry_id for candidate in weighed(before, "d").candidates] == ["d", "a", "b", "c"]


@pytest.mark.parametrize(
    ("judgement", "choice"),
    [
        (judged("offer", 0.55, 0.3), None),
        (judged("unknown", 0.3, 0.2), None),
        (judged("offer", 0.55, 0.3), "e"),
        (judged("unknown", 0.99, 0.01), "a"),
        (judged("ignore", 0.9), "a"),
        (judged("answer", 0.9, 0.1), "b"),
    ],
)
def test_everything_else_changes_nothing_but_says_so(judgement: Judgement, choice: str | None) -> None:
    after = weighed(judgement, choice)
    assert replace(after, reasons=judgement.reasons) == judgement
    assert after.reasons[-1].detail.startswith("第二意见（small）：")


def test_an_entry_that_left_the_library_is_not_taken() -> None:
    before = judged("offer", 0.55, 0.3)
    assert weigh(before, Opinion(QUESTION, "a", "small"), None).verdict == "offer"
