"""The checks of what loads: does each entry get its own phrasings, is anything stale, odd, or too close to something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from bot.errors import Problem
from bot.library.closeness import close_entries, likeness, nearly_twins, too_close
from bot.library.places import Places
from bot.library.text_check import LONG_ANSWER, LONG_PART, odd_numbers, problem_at, text_errors, text_warnings
from bot.matching.engine import KIND_NAMES, EntryText, Judgement, Standing
from bot.model import Entry, Library

__all__ = ["LONG_ANSWER", "LONG_PART", "Findings", "Judge", "check_library", "check_texts", "odd_numbers"]


class Judge(Protocol):
    """What the checks ask of the matcher (``bot.matching.engine.Matcher``)."""

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        """Say what the bot would do with a message."""
        ...

    def standings(self) -> Mapping[EntryText, Standing]:
        """Say how each phrasing and near miss stands among the other curated texts; one that is left out has to be judged."""
        ...


class Findings(NamedTuple):
    """What the checks found: ``errors`` must be mended, ``warnings`` should be, ``notices`` are the curators' own todo lines."""

    errors: list[Problem]
    warnings: list[Problem]
    notices: list[Problem]


def check_library(
    library: Library,
    matcher: Judge,
    *,
    places: Places | None = None,
    today: date | None = None,
    communities: Collection[str] | None = None,
    judged: Callable[[], None] = lambda: None,
) -> Findings:
    """Run every entry's phrasings and near misses through the matcher and look over its text and dates.

    ``places`` gives problems their file and line; without ``today`` the review dates are left alone, without ``communities``
    those of the entries. ``judged`` is called after each message that the matcher has judged.
    """
    places = places or Places()
    findings = check_texts(library, places=places, today=today, communities=communities)
    told = {(problem.file, problem.line) for problem in findings.errors if problem.line}
    matched = library.for_matching()
    similar = likeness(matched)
    close = {frozenset((pair.entry, pair.other)) for pair in close_entries(matched, similar)}
    asked = _Asked(library, matcher, matcher.standings(), places, close, judged)
    for entry in library.entries.values():
        missed, astray = asked.phrasings(entry)
        findings.errors.extend(problem for problem in missed if (problem.file, problem.line) not in told)
        findings.warnings.extend(problem for problem in astray if (problem.file, problem.line) not in told)
        findings.errors.extend(asked.near_misses(entry))
    findings.warnings.extend(too_close(matched, similar, places))
    for found in findings:
        found.sort()
    return findings


def check_texts(
    library: Library, *, places: Places | None = None, today: date | None = None, communities: Collection[str] | None = None
) -> Findings:
    """Look over the entries' texts and dates; this needs no matcher, so that it can be done while other entries are broken."""
    places = places or Places()
    findings = Findings([], [], [])
    for entry in library.entries.values():
        findings.errors.extend(text_errors(entry, places, communities))
        findings.warnings.extend(text_warnings(entry, places, today))
        for line in entry.todo:
            findings.notices.append(problem_at(places, entry, line, f"条目 {entry.id} 待办：{line}"))
    findings.errors.extend(nearly_twins(library, places))
    for found in findings:
        found.sort()
    return findings


@dataclass(frozen=True, slots=True)
class _Asked:
    """The library's own sentences as if they were asked; of two entries in ``close`` no single phrasing is told as astray."""

    library: Library
    matcher: Judge
    standings: Mapping[EntryText, Standing]
    places: Places
    close: Set[frozenset[str]]
    judged: Callable[[], None]

    def phrasings(self, entry: Entry) -> tuple[list[Problem], list[Problem]]:
        """Return a problem for each phrasing that misses its entry, and one for each that looks out of place."""
        missed, astray = [], []
        for phrasing in entry.questions:
            self.judged()
            standing = self._standing(entry, phrasing, near_miss=False)
            judgement = self.matcher.judge(phrasing) if standing.contested else None
            if judgement is not None and not _finds(judgement, entry.matched_as):
                message = f"问法“{phrasing}”找不到本条 {entry.id}：{self._instead(judgement)}"
                mend = "换成更像提问的说法、补一个关键词，或把它移到该回答它的条目"
                missed.append(problem_at(self.places, entry, phrasing, message, mend))
            elif standing.nearer and {entry.matched_as, standing.nearer} not in self.close:
                other = self.library.entries[standing.nearer]
                message = f"问法“{phrasing}”不像本条 {entry.id} 的别的问法，更像“{other.title}”（{other.id}）的"
                mend = "放错了就移过去；确实归本条，就再补两三句和它差不多的问法"
                astray.append(problem_at(self.places, entry, phrasing, message, mend))
            elif standing.chatter:
                message = f"问法“{phrasing}”不像提问，更像群里的{KIND_NAMES.get(standing.chatter, standing.chatter)}"
                astray.append(problem_at(self.places, entry, phrasing, message, "换成真的会问出来的话，或删掉"))
        return missed, astray

    def near_misses(self, entry: Entry) -> Iterator[Problem]:
        """Yield a problem for each near miss that its entry would answer."""
        for message in entry.not_this:
            self.judged()
            if not self._standing(entry, message, near_miss=True).contested:
                continue
            judgement = self.matcher.judge(message)
            if judgement.verdict == "answer" and judgement.candidates and judgement.candidates[0].entry_id == entry.matched_as:
                mend = "检查 questions 里有没有与它几乎一样的句子"
                yield problem_at(self.places, entry, message, f"不该答的“{message}”会被用本条 {entry.id} 回答", mend)

    def _standing(self, entry: Entry, text: str, *, near_miss: bool) -> Standing:
        return self.standings.get(EntryText(entry.matched_as, text, near_miss), Standing(contested=True))

    def _instead(self, judgement: Judgement) -> str:
        best = judgement.candidates[0].entry_id if judgement.candidates else ""
        title = self.library.entries[best].title if best in self.library.entries else ""
        if judgement.verdict in ("answer", "offer"):
            return f"会被当成“{title}”（{best}）"
        if judgement.verdict == "ignore":
            return "被当成不是提问，不会理会"
        return "没有把握，会转给人工" + (f"（最像的是“{title}” {best}）" if best else "")


def _finds(judgement: Judgement, entry_id: str) -> bool:
    names = [candidate.entry_id for candidate in judgement.candidates]
    answered = judgement.verdict == "answer" and names[:1] == [entry_id]
    return answered or (judgement.verdict == "offer" and entry_id in judgement.offered)
