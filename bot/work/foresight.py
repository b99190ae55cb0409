"""Judging what came in before its turn in the ledger: nobody waits for that meanwhile, and one text after the other is quicker.

A judgement depends on the library and the text alone, so it may be made at any time; the rules find it when they ask for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, cast

from bot.desk.scene import Knowledge, words_of
from bot.matching.engine import Judgement, Matcher
from bot.model import Said

KEPT = 1_000
"""Judgements that are kept until they are asked for: a message that was seen before never asks."""

log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What is to be judged; see ``Matcher.judge``."""

    text: str
    mentioned: bool


def asked_by(said: Said) -> Asked:
    """Return what the rules will have judged of a message that stands alone."""
    return Asked(words_of(said), said.mentions_bot or said.direct)


class Foresight(Protocol):
    """Has judgements before they are asked for."""

    def judgement(self, matcher: Matcher, asked: Asked) -> Judgement | None:
        """Return once what a matcher was found to judge; None if it has to be judged now."""


class JudgedBefore:
    """Judges messages when they are handed over, in the thread that hands them over."""

    def __init__(self) -> None:
        self._over: tuple[Knowledge, Knowledge, dict[Asked, Judgement]] | None = None

    def over(self, knowledge: Knowledge) -> Knowledge:
        """Return the same knowledge with a matcher that knows what was judged before; begin anew for a new matcher."""
        if self._over is None or self._over[0] is not knowledge:
            self._over = (knowledge, over(knowledge, self), {})
        return self._over[1]

    def begin(self, messages: Iterable[Said]) -> None:
        """Judge messages; what fails is left to their turn, where the fault is kept with the message."""
        known = self._over
        if known is None:
            return
        knowledge, _, judged = known
        for asked in map(asked_by, messages):
            if asked.text and asked not in judged:
                try:
                    judged[asked] = knowledge.matcher.judge(asked.text, mentioned=asked.mentioned)
                except Exception as fault:
                    log.debug("没有判断成（%s），轮到时再判断", type(fault).__name__)
        for asked in list(judged)[: max(0, len(judged) - KEPT)]:
            judged.pop(asked, None)

    def judgement(self, matcher: Matcher, asked: Asked) -> Judgement | None:
        """Return once what a matcher was found to judge; None if it has to be judged now."""
        known = self._over  # once: another thread may be taking up new knowledge
        return known[2].pop(asked, None) if known is not None and known[0].matcher is matcher else None


def over(knowledge: Knowledge, foresight: Foresight) -> Knowledge:
    """Return the same knowledge with a matcher that looks first whether a text was judged before."""
    return Knowledge(knowledge.library, cast(Matcher, _Foreseeing(knowledge.matcher, foresight)), knowledge.ranker)


class _Foreseeing:
    def __init__(self, matcher: Matcher, foresight: Foresight) -> None:
        self._matcher = matcher
        self._foresight = foresight

    def __getattr__(self, name: str) -> Any:
        return getattr(self._matcher, name)

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        found = self._foresight.judgement(self._matcher, Asked(text, mentioned))
        return self._matcher.judge(text, mentioned=mentioned) if found is None else found
