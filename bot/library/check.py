"""The checks that need the matcher or today's date: does each entry get its own phrasings, and is anything stale or odd."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, Protocol

from bot.errors import Problem
from bot.library.faq_file import Places
from bot.matching.engine import Judgement
from bot.model import Entry, Library, WhenStale

LONG_ANSWER = 330
"""Characters from which an answer is called long (``faq_file.ANSWER_LIMIT`` refuses it)."""

LONG_PART = 220
"""Characters from which a part of an answer is called long."""

_MOBILE_LIKE = re.compile(r"(?<![\d.])1[3-9]\d(?:\d{6,9}|[ -]\d{3,5}[ -]\d{3,5})(?!\d)")
_LANDLINE_LIKE = re.compile(r"(?<![\d.])\(?(0\d{2,3})\)?[- ]?(\d{5,9})(?!\d)")
_WIDE_DIGITS = re.compile(r"[０-９]{3,}")


class Judge(Protocol):
    """What the checks ask of the matcher (``bot.matching.engine.Matcher``)."""

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        """Say what the bot would do with a message."""
        ...


class Findings(NamedTuple):
    """What the checks found: ``errors`` must be mended, ``warnings`` should be, ``notices`` are the curators' own todo lines."""

    errors: list[Problem]
    warnings: list[Problem]
    notices: list[Problem]


def check_library(library: Library, matcher: Judge, *, places: Places | None = None, today: date | None = None) -> Findings:
    """Run every entry's phrasings and near misses through the matcher and look over its text and dates.

    ``places`` gives problems their file and line; without ``today`` the review dates are left alone.
    """
    places = places or Places()
    findings = Findings([], [], [])
    for entry in library.entries.values():
        findings.errors.extend(_missed_phrasings(entry, library, matcher, places))
        findings.errors.extend(_answered_near_misses(entry, matcher, places))
        findings.errors.extend(_odd_numbers(entry, places))
        findings.warnings.extend(_long_texts(entry, places))
        findings.warnings.extend(_stale(entry, today, places) if today else ())
        for line in entry.todo:
            findings.notices.append(_problem(places, entry, line, f"条目 {entry.id} 待办：{line}"))
    for found in findings:
        found.sort()
    return findings


def _missed_phrasings(entry: Entry, library: Library, matcher: Judge, places: Places) -> Iterator[Problem]:
    for phrasing in entry.questions:
        judgement = matcher.judge(phrasing)
        names = [candidate.entry_id for candidate in judgement.candidates]
        if judgement.verdict == "answer" and names[:1] == [entry.id]:
            continue
        if judgement.verdict == "offer" and entry.id in judgement.offered:
            continue
        yield _problem(
            places, entry, phrasing, f"问法“{phrasing}”找不到本条 {entry.id}：{_instead(judgement, library)}", _MEND_MISSED
        )


_MEND_MISSED = "换成更像提问的说法、补一个关键词，或把它移到该回答它的条目"


def _instead(judgement: Judgement, library: Library) -> str:
    best = judgement.candidates[0].entry_id if judgement.candidates else ""
    title = library.entries[best].title if best in library.entries else ""
    if judgement.verdict in ("answer", "offer"):
        return f"会被当成“{title}”（{best}）"
    if judgement.verdict == "ignore":
        return "被当成不是提问，不会理会"
    return "没有把握，会转给人工" + (f"（最像的是“{title}” {best}）" if best else "")


def _answered_near_misses(entry: Entry, matcher: Judge, places: Places) -> Iterator[Problem]:
    for message in entry.not_this:
        judgement = matcher.judge(message)
        if judgement.verdict == "answer" and judgement.candidates and judgement.candidates[0].entry_id == entry.id:
            mend = "检查 questions 里有没有与它几乎一样的句子"
            yield _problem(places, entry, message, f"不该答的“{message}”会被用本条 {entry.id} 回答", mend)


def _odd_numbers(entry: Entry, places: Places) -> Iterator[Problem]:
    texts = [("answer", entry.answer), ("source", entry.source), *(("parts", text) for text in entry.parts.values())]
    for name, text in texts:
        for number, wrong in odd_numbers(text):
            yield _problem(places, entry, name, f"条目 {entry.id} 里的号码“{number}”{wrong}", "核对后改正")


def odd_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield (number, what is wrong with it) for the telephone numbers of a text that cannot be right."""
    for match in _MOBILE_LIKE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if len(digits) != 11:
            yield match[0], f"像手机号，却有 {len(digits)} 位（应为 11 位）"
    for match in _LANDLINE_LIKE.finditer(text):
        area, number = match[1], match[2]
        lengths = (8,) if area in ("010", "0574") or area.startswith("02") else (7, 8)
        if len(number) not in lengths:
            yield match[0], f"像座机号，区号后却有 {len(number)} 位（应为 {' 或 '.join(map(str, lengths))} 位）"
    for match in _WIDE_DIGITS.finditer(text):
        yield match[0], "是全角数字，手机上点不了"


def _long_texts(entry: Entry, places: Places) -> Iterator[Problem]:
    if len(entry.answer) > LONG_ANSWER:
        message = f"条目 {entry.id} 的答案有 {len(entry.answer)} 个字，加上来源和日期一屏放不下"
        yield _problem(places, entry, "answer", message, f"尽量不超过 {LONG_ANSWER} 个字")
    for name, text in entry.parts.items():
        if len(text) > LONG_PART:
            message = f"条目 {entry.id} 的“{name}”有 {len(text)} 个字"
            yield _problem(places, entry, "parts", message, f"尽量不超过 {LONG_PART} 个字")


def _stale(entry: Entry, today: date, places: Places) -> Iterator[Problem]:
    if entry.verified_on > today:
        yield _problem(
            places, entry, "verified_on", f"条目 {entry.id} 的核实日期 {entry.verified_on} 还没到", "改成实际核实的日子"
        )
    elif today >= entry.review_due():
        what = "不再直接回答，改为转办" if entry.stale is WhenStale.ROUTE else "回答时会提示可能过时"
        message = f"条目 {entry.id} 已过复核日期 {entry.review_due()}，{what}"
        yield _problem(places, entry, "verified_on", message, "重新核实内容，再改 verified_on")


def _problem(places: Places, entry: Entry, part: str, message: str, mend: str = "") -> Problem:
    place = places.at(entry.id, part)
    return Problem(place.file, place.line, message, mend)
