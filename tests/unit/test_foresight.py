"""Judging before the turn: the rules find what was judged, once, and only what the knowledge in force judged."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from benchmarks.traffic import CHANNEL, Nowhere, Traffic, district
from bot.app import Curated, bind_everybody, build_bot
from bot.desk.scene import Knowledge
from bot.ledger.sqlite import SqliteLedger
from bot.matching.engine import Judgement, Matcher
from bot.model import Action, Decision, Library
from bot.routing.departments import DepartmentRanker
from bot.work.foresight import KEPT, Asked, JudgedBefore
from tests.samples import HandClock, said


class Recorded:
    """A matcher that judges nothing and remembers what it was asked; some texts are too much for it."""

    def __init__(self, *bad: str) -> None:
        self.asked: list[str] = []
        self._bad = bad

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        self.asked.append(text)
        if text in self._bad:
            raise KeyError(text)
        return Judgement("ignore", (), 0.0, "statement", ())


def knowledge(matcher: Recorded) -> Knowledge:
    return Knowledge(Library(entries={}), cast(Matcher, matcher), cast(DepartmentRanker, None))


def test_what_is_to_come_is_judged_at_once_and_given_once() -> None:
    matcher, before = Recorded(), JudgedBefore()
    known = before.over(knowledge(matcher))
    before.begin([said("叉车上牌"), said("@小哨 社保"), said("叉车上牌")])
    assert matcher.asked == ["叉车上牌", "社保"]
    known.matcher.judge("叉车上牌")
    assert len(matcher.asked) == 2
    known.matcher.judge("叉车上牌")
    known.matcher.judge("社保", mentioned=True)  # called the bot: another question to the matcher
    assert matcher.asked[2:] == ["叉车上牌", "社保"]


def test_new_knowledge_judges_for_itself() -> None:
    old, new, before = knowledge(Recorded()), knowledge(Recorded()), JudgedBefore()
    before.over(old)
    before.begin([said("叉车上牌")])
    before.over(new).matcher.judge("叉车上牌")
    assert cast(Recorded, new.matcher).asked == ["叉车上牌"]
    assert before.judgement(old.matcher, Asked("叉车上牌", False)) is None


def test_a_text_that_cannot_be_judged_spoils_no_other() -> None:
    matcher, before = Recorded("坏"), JudgedBefore()
    known = before.over(knowledge(matcher))
    before.begin([said("坏"), said("叉车上牌")])
    known.matcher.judge("叉车上牌")
    assert matcher.asked == ["坏", "叉车上牌"]
    with pytest.raises(KeyError):
        known.matcher.judge("坏")


def test_what_nobody_asks_for_is_forgotten() -> None:
    matcher, before = Recorded(), JudgedBefore()
    before.over(knowledge(matcher))
    before.begin([said(f"问题{number}") for number in range(KEPT + 2)])
    given = [before.judgement(cast(Matcher, matcher), Asked(f"问题{number}", False)) for number in range(KEPT + 2)]
    assert given[:2] == [None, None]
    assert None not in given[2:]


def test_a_bot_decides_about_many_at_once_as_about_one_after_the_other(curated: Curated, tmp_path: Path) -> None:
    everywhere = district(curated)
    decisions: list[list[object]] = []
    for together in (False, True):
        ledger = SqliteLedger(tmp_path / f"{together}.db")
        bot = build_bot(ledger, everywhere.knowledge, everywhere.routing, HandClock(), [Nowhere()], lambda: None)
        bind_everybody(ledger, everywhere.routing, CHANNEL, f"{CHANNEL}:", bot.clock.now())
        now: datetime = bot.clock.now()
        messages = list(Traffic(everywhere, seed=6).messages(150, now))
        decisions.append(bot.intake.handle_all(messages) if together else [bot.intake.handle(each) for each in messages])
        bot.close()
    assert decisions[0] == decisions[1]
    answered = [one for one in decisions[1] if isinstance(one, Decision) and one.action is Action.ANSWER]
    assert answered
