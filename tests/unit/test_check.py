"""The library's checks: phrasings reach their entry, near misses don't, dates and numbers are sound; each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.library.check import Findings, check_library, odd_numbers
from bot.library.faq_file import Places, read_library
from bot.matching.engine import Candidate, EntryText, Judgement, Matcher, Standing
from bot.model import Entry, Library, WhenStale

FIXTURE = Path(__file__).parent.parent / "fixtures" / "knowledge"
LOADED = read_library(FIXTURE)
TODAY = date(2026, 11, 21)


class Scripted:
    """A matcher that answers every phrasing with its own entry, ignores all else, and follows a script first."""

    def __init__(self, library: Library, script: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.script = dict(script or {})
        self.own = {phrasing: entry.id for entry in library.entries.values() for phrasing in entry.questions}

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        verdict, *entries = self.script.get(text) or (("answer", self.own[text]) if text in self.own else ("ignore",))
        candidates = tuple(Candidate(entry, 0.9) for entry in entries)
        return Judgement(verdict, candidates, ask=0.9, kind="", reasons=(), offered=tuple(entries[:3]))

    def standings(self) -> Mapping[EntryText, Standing]:
        return {EntryText(entry, text): Standing(contested=text in self.script) for text, entry in self.own.items()}


def check(library: Library = LOADED.library, **script: tuple[str, ...]) -> Findings:
    return check_library(library, Scripted(library, script), places=LOADED.places, today=TODAY)


def changed(entry: str, **fields: object) -> Library:
    """Return the fixture's library with one entry changed."""
    entries = dict(LOADED.library.entries)
    entries[entry] = replace(entries[entry], **fields)  # type: ignore[arg-type]
    return replace(LOADED.library, entries=entries)


def test_a_sound_library_has_only_its_stale_entry_and_its_todo() -> None:
    findings = check()
    assert findings.errors == []
    (stale,) = findings.warnings
    assert stale.message == "条目 forklift-licence 已过复核日期 2026-04-05，不再直接回答，改为转办"
    assert (Path(stale.file).name, stale.line) == ("叉车.yaml", 31)
    (todo,) = findings.notices
    assert (todo.message, todo.line) == ("条目 forklift-plate 待办：窗口电话待核实", 23)


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (("ignore",), "被当成不是提问，不会理会"),
        (("unknown",), "没有把握，会转给人工"),
        (("unknown", "forklift-licence"), "没有把握，会转给人工（最像的是“叉车证怎么考” forklift-licence）"),
        (("answer", "forklift-licence"), "会被当成“叉车证怎么考”（forklift-licence）"),
        (("answer", "forklift-licence", "forklift-plate"), "会被当成“叉车证怎么考”（forklift-licence）"),
        (("offer", "forklift-licence", "invoice-quota"), "会被当成“叉车证怎么考”（forklift-licence）"),
    ],
)
def test_a_phrasing_that_misses_its_entry_is_an_error(verdict: tuple[str, ...], says: str) -> None:
    (error,) = check(叉车怎么上牌=verdict).errors
    assert error.message == f"问法“叉车怎么上牌”找不到本条 forklift-plate：{says}"
    assert (Path(error.file).name, error.line) == ("叉车.yaml", 6)
    assert error.mend


def test_a_phrasing_offered_with_its_entry_will_do() -> None:
    assert check(叉车怎么上牌=("offer", "forklift-licence", "forklift-plate")).errors == []


def test_a_near_miss_answered_with_its_own_entry_is_an_error() -> None:
    (error,) = check(哪里有便宜的二手叉车=("answer", "forklift-plate")).errors
    assert error.message == "不该答的“哪里有便宜的二手叉车”会被用本条 forklift-plate 回答"
    assert error.line == 10


@pytest.mark.parametrize("verdict", [("answer", "forklift-licence"), ("offer", "forklift-plate"), ("unknown", "forklift-plate")])
def test_a_near_miss_that_goes_elsewhere_will_do(verdict: tuple[str, ...]) -> None:
    assert check(哪里有便宜的二手叉车=verdict).errors == []


def test_review_dates() -> None:
    on_time = changed("forklift-licence", verified_on=date(2026, 8, 24))
    assert check(on_time).warnings == []
    due = changed("forklift-licence", verified_on=date(2026, 8, 23), stale=WhenStale.NOTICE)
    assert [problem.message for problem in check(due).warnings] == [
        "条目 forklift-licence 已过复核日期 2026-11-21，回答时会提示可能过时"
    ]
    ahead = changed("forklift-licence", verified_on=date(2026, 11, 22))
    assert [problem.message for problem in check(ahead).warnings] == ["条目 forklift-licence 的核实日期 2026-11-22 还没到"]


def test_without_today_dates_are_left_alone() -> None:
    assert check_library(LOADED.library, Scripted(LOADED.library)).warnings == []


def test_long_texts_are_warnings() -> None:
    long = changed("invoice-quota", answer="长" * 331, parts={"材料": "长" * 221})
    said = {problem.message for problem in check(long).warnings if "invoice-quota" in problem.message}
    assert said == {"条目 invoice-quota 的答案有 331 个字，加上来源和日期一屏放不下", "条目 invoice-quota 的“材料”有 221 个字"}


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("电话 1380013800 找老王", "1380013800"),
        ("电话 138001380001", "138001380001"),
        ("电话 138 0013 800", "138 0013 800"),
        ("座机 0574-8678123", "0574-8678123"),
        ("座机 (0574)867812345", "(0574)867812345"),
        ("座机 010-1234567", "010-1234567"),
        ("拨 １２３６６", "１２３６６"),
    ],
)
def test_a_number_that_cannot_be_right_is_an_error(text: str, odd: str) -> None:
    assert [number for number, _ in odd_numbers(text)] == [odd]
    (error,) = check(changed("forklift-plate", parts={"地点": text})).errors
    assert f"号码“{odd}”" in error.message
    assert error.line == 15


@pytest.mark.parametrize(
    "text",
    [
        "手机 13800138000",
        "手机 138 0013 8000",
        "座机 0574-86781234，或 (0574)86781234",
        "外地座机 0580-2345678",
        "拨 12366、12345、110、119",
        "服务热线 400-123-4567",
        "GB 18597-2023、GB 18599-2020",
        "2024年第11号公告，罚款 1500000 元",
        "信用代码 91330206MA2821XXXX，身份证 330206199001011234",
        "账号 6222021234567890123",
        "每年 1-3 月，增值税 13%",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert list(odd_numbers(text)) == []


def test_without_places_the_folder_is_named() -> None:
    entry: Entry = LOADED.library.entries["forklift-plate"]
    findings = check_library(Library({entry.id: entry}), Scripted(Library({})), places=Places())
    assert {(problem.file, problem.line) for problem in findings.errors} == {("knowledge", 0)}


def test_with_the_real_matcher_a_phrasing_in_the_wrong_entry_is_found() -> None:
    plate = LOADED.library.entries["forklift-plate"]
    library = changed("invoice-quota", questions=("新买的叉车去哪里上牌呀", *LOADED.library.entries["invoice-quota"].questions))
    library = replace(library, entries={**library.entries, plate.id: plate})
    findings = check_library(library, Matcher(library), places=LOADED.places)
    assert any("新买的叉车去哪里上牌" in problem.message for problem in findings.errors)
