"""This project's engine in the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from benchmarks.engines.port import Ranked
from bot.matching.engine import ANSWER, Matcher
from bot.model import Entry, Library


class ThisEngine:
    """小哨's matcher; whatever ``base`` knows besides phrasings (answers, words, examples of chatter) is used too."""

    def __init__(self, base: Library) -> None:
        self._base = base
        self._matcher = Matcher(Library({}))

    def build(self, texts: Sequence[str], owners: Sequence[str]) -> None:
        """Build the matcher for the phrasings."""
        phrasings: dict[str, list[str]] = {}
        for text, owner in zip(texts, owners, strict=True):
            phrasings.setdefault(owner, []).append(text)
        entries = {owner: with_phrasings(self._base.entries, owner, those) for owner, those in phrasings.items()}
        self._matcher = Matcher(replace(self._base, entries=entries))

    def rank(self, question: str) -> Ranked:
        """Judge the question; an entry's score is the probability that it answers it, 0 where a veto stands above that."""
        judged = self._matcher.judge(question)
        vetoed = judged.verdict != "answer" and judged.confidence >= ANSWER
        ask = 0.0 if vetoed else judged.ask
        return tuple((one.entry_id, ask * one.confidence) for one in judged.candidates)


def with_phrasings(entries: Mapping[str, Entry], owner: str, phrasings: Sequence[str]) -> Entry:
    """Return the entry with these phrasings only, a bare one where it isn't among the entries."""
    known = entries.get(owner)
    if known is None:
        return Entry(owner, "", "", tuple(phrasings), "", "", date(2026, 1, 1), timedelta(days=365))
    return replace(known, questions=tuple(phrasings))
