"""The checks of what loads: does each entry get its own phrasings, is anything stale, odd, or too close to something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Set
from datetime import date
from typing import NamedTuple, Protocol

from bot.errors import Problem
from bot.library.closeness import close_entries, likeness, nearly_twins, too_close
from bot.library.places import Places
from bot.library.text_check import LONG_ANSWER, LONG_PART, odd_numbers, problem_at, text_errors, text_warnings
from bot.matching.engine import KIND_NAMES, Judgement, Standing
from bot.model import Entry, Library

__all__ = ["LONG_ANSWER", "LONG_PART", "Findings", "Judge", "check_library", "check_texts", "odd_numbers"]


class Judge(Protocol):
    """What the checks ask of the matcher (``bot.matching.engine.Matcher``)."""

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        """Say what the bot would do with a message."""
        ...

    def standing(self, text: str, entry_id: str, *, near_miss: bool = False) -> Standing:
        """Say how a phrasing or near miss of an entry stands among the other curated texts."""
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
    for entry in library.entries.values():
        missed, astray = _check_phrasings(entry, library, matcher, places, judged, close)
        findings.errors.extend(problem for problem in missed if (problem.file, problem.line) not in told)
        findings.warnings.extend(problem for problem in astray if (problem.file, problem.line) not in told)
        findings.errors.extend(_answered_near_misses(entry, matcher, places, judged))
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


def _check_phrasings(
    entry: Entry, library: Library, matcher: Judge, places: Places, judged: Callable[[], None], close: Set[frozenset[str]]
) -> tuple[list[Problem], list[Problem]]:
    """Return a problem for each phrasing that misses its entry, and one for each that looks as if it stood in the wrong place.

    Of two entries in ``close``, which lie too close to each other as a whole, no single phrasing is told.
    """
    missed, astray = [], []
    for phrasing in entry.questions:
        judged()
        standing = matcher.standing(phrasing, entry.matched_as)
        judgement = matcher.judge(phrasing) if standing.contested else None
        if judgement is not None and not _finds(judgement, entry.matched_as):
            message = f"问法“{phrasing}”找不到本条 {entry.id}：{_instead(judgement, library)}"
            mend = "换成更像提问的说法、补一个关键词，或把它移到该回答它的条目"
            missed.append(problem_at(places, entry, phrasing, message, mend))
        elif standing.nearer and {entry.matched_as, standing.nearer} not in close:
            other = library.entries[standing.nearer]
            message = f"问法“{phrasing}”不像本条 {entry.id} 的别的问法，更像“{other.title}”（{other.id}）的"
            mend = "放错了就移过去；确实归本条，就再补两三句和它差不多的问法"
            astray.append(problem_at(places, entry, phrasing, message, mend))
        elif standing.chatter:
            message = f"问法“{phrasing}”不像提问，更像群里的{KIND_NAMES.get(standing.chatter, standing.chatter)}"
            astray.append(problem_at(places, entry, phrasing, message, "换成真的会问出来的话，或删掉"))
    return missed, astray


def _finds(judgement: Judgement, entry_id: str) -> bool:
    names = [candidate.entry_id for candidate in judgement.candidates]
    answered = judgement.verdict == "answer" and names[:1] == [entry_id]
    return answered or (judgement.verdict == "offer" and entry_id in judgement.offered)


def _instead(judgement: Judgement, library: Library) -> str:
    best = judgement.candidates[0].entry_id if judgement.candidates else ""
    title = library.entries[best].title if best in library.entries else ""
    if judgement.verdict in ("answer", "offer"):
        return f"会被当成“{title}”（{best}）"
    if judgement.verdict == "ignore":
        return "被当成不是提问，不会理会"
    return "没有把握，会转给人工" + (f"（最像的是“{title}” {best}）" if best else "")


def _answered_near_misses(entry: Entry, matcher: Judge, places: Places, judged: Callable[[], None]) -> Iterator[Problem]:
    for message in entry.not_this:
        judged()
        if not matcher.standing(message, entry.matched_as, near_miss=True).contested:
            continue
        judgement = matcher.judge(message)
        if judgement.verdict == "answer" and judgement.candidates and judgement.candidates[0].entry_id == entry.matched_as:
            mend = "检查 questions 里有没有与它几乎一样的句子"
            yield problem_at(places, entry, message, f"不该答的“{message}”会被用本条 {entry.id} 回答", mend)
