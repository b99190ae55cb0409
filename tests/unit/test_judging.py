"""Judging in a process of its own: the same judgements, whatever becomes of that process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psutil
import pytest

from benchmarks.traffic import CHANNEL, Nowhere, Traffic, district
from bot.app import Bot, Curated, bind_everybody, build_bot
from bot.desk.scene import Knowledge
from bot.ledger.sqlite import SqliteLedger
from bot.matching.engine import Judgement, Matcher
from bot.model import Entry, Library
from bot.routing.departments import DepartmentRanker
from bot.work import judging
from bot.work.foresight import Asked
from bot.work.judging import JudgingAhead
from tests.samples import HandClock, said

ROOT = Path(__file__).parents[2]
UP = 60
"""Seconds for a process to come up on a machine that is busy."""


def library(*titles: str) -> Library:
    entries = {
        f"entry-{place}": Entry(
            f"entry-{place}",
            title,
            "safety",
            (title, f"请问{title}去哪里办"),
            f"{title}的答案",
            "规定",
            date(2026, 1, 1),
            timedelta(365),
        )
        for place, title in enumerate(titles)
    }
    return Library(entries=entries)


@pytest.fixture(scope="module")
def small(curated: Curated) -> Knowledge:
    known = library("叉车上牌", "社保转移", "公积金提取")
    return Knowledge(known, Matcher(known), DepartmentRanker(known, curated.routing))


@pytest.fixture
def ahead(small: Knowledge) -> Iterator[JudgingAhead]:
    ahead = JudgingAhead()
    ahead.over(small)
    assert ahead.ready.wait(UP)
    yield ahead
    ahead.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PATIENCE", float(UP))


def rounded(judged: Judgement | None) -> Judgement | None:
    """Return a judgement without the last digits, which depend on the order of sums, and that on the process's hashes."""
    return judged and replace(judged, ask=round(judged.ask, 9))


def the_process() -> psutil.Process:
    [process] = [one for one in psutil.Process().children() if "spawn_main" in " ".join(one.cmdline())]
    return process


@pytest.mark.usefixtures("patient")
def test_what_was_begun_is_judged_there_as_it_would_be_here(ahead: JudgingAhead, small: Knowledge) -> None:
    texts = ["叉车上牌去哪里办", "社保怎么转移", "收到", "@小哨 公积金提取", "今天天气不错", "？"]
    ahead.begin([said(text, mentions_bot=text.startswith("@")) for text in texts])
    for text in texts:
        asked = Asked(text.removeprefix("@小哨 "), text.startswith("@"))
        assert rounded(ahead.judgement(small.matcher, asked)) == rounded(
            small.matcher.judge(asked.text, mentioned=asked.mentioned)
        )
        assert ahead.judgement(small.matcher, asked) is None  # it is given once


def test_what_was_not_begun_is_judged_here(ahead: JudgingAhead, small: Knowledge) -> None:
    ahead.begin([said("叉车" * judging.LONGEST), said("")])
    assert ahead.judgement(small.matcher, Asked("叉车" * judging.LONGEST, False)) is None
    assert ahead.judgement(small.matcher, Asked("", False)) is None
    judged = ahead.over(small).matcher.judge("叉车上牌去哪里办")
    assert judged == small.matcher.judge("叉车上牌去哪里办")


def test_a_process_that_is_killed_costs_no_judgement(ahead: JudgingAhead, small: Knowledge) -> None:
    process = the_process()
    process.kill()
    process.wait(UP)
    ahead.begin([said("叉车上牌去哪里办")])
    assert ahead.over(small).matcher.judge("叉车上牌去哪里办") == small.matcher.judge("叉车上牌去哪里办")
    ahead.begin([said("社保怎么转移")])
    assert ahead.over(small).matcher.judge("社保怎么转移") == small.matcher.judge("社保怎么转移")


def test_a_process_that_stands_still_is_waited_for_only_once(
    ahead: JudgingAhead, small: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "PATIENCE", 0.0)
    process = the_process()
    process.suspend()
    ahead.begin([said("叉车上牌去哪里办"), said("社保怎么转移")])
    assert ahead.judgement(small.matcher, Asked("叉车上牌去哪里办", False)) is None
    monkeypatch.setattr(judging, "PATIENCE", None)  # for ever: nothing more is waited for
    assert ahead.judgement(small.matcher, Asked("社保怎么转移", False)) is None
    process.resume()


@pytest.mark.usefixtures("patient")
def test_new_knowledge_is_judged_by_as_soon_as_it_is_in_force(ahead: JudgingAhead, small: Knowledge, curated: Curated) -> None:
    known = library("排污许可证变更", "员工体检")
    fresh = Knowledge(known, Matcher(known), DepartmentRanker(known, curated.routing))
    ahead.over(fresh)
    assert ahead.ready.wait(UP)
    ahead.begin([said("排污许可证变更去哪里办")])
    assert ahead.judgement(small.matcher, Asked("排污许可证变更去哪里办", False)) is None
    ahead.begin([said("排污许可证变更去哪里办")])
    judged = ahead.judgement(fresh.matcher, Asked("排污许可证变更去哪里办", False))
    assert judged is not None and judged.candidates[0].entry_id == "entry-0"
    assert rounded(judged) == rounded(fresh.matcher.judge("排污许可证变更去哪里办"))


PARENT = """
from bot.model import Library
from bot.desk.scene import Knowledge
from bot.matching.engine import Matcher
from bot.work.judging import JudgingAhead

if __name__ == "__main__":
    library = Library(entries={})
    ahead = JudgingAhead()
    ahead.over(Knowledge(library, Matcher(library), None))
    assert ahead.ready.wait(60)
    print("up", flush=True)
    input()
"""


def test_the_process_ends_with_a_bot_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, "utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None and parent.stdin is not None
    assert parent.stdout.readline() == "up\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    parent.send_signal(signal.SIGKILL)
    parent.wait(UP)
    _, left = psutil.wait_procs(children, timeout=UP)
    assert left == []
    parent.stdin.close()
    parent.stdout.close()


def decided(bot: Bot, traffic: Traffic) -> list[object]:
    return bot.intake.handle_all(list(traffic.messages(150, bot.clock.now())))


@pytest.mark.usefixtures("patient")
def test_a_bot_decides_the_same_with_it(curated: Curated, tmp_path: Path) -> None:
    everywhere = district(curated)
    outcomes = []
    for judge_ahead in (False, True):
        ledger = SqliteLedger(tmp_path / f"{judge_ahead}.db")
        bot = build_bot(
            ledger, everywhere.knowledge, everywhere.routing, HandClock(), [Nowhere()], lambda: None, judge_ahead=judge_ahead
        )
        bind_everybody(ledger, everywhere.routing, CHANNEL, f"{CHANNEL}:", bot.clock.now())
        if bot.ahead is not None:
            bot.ahead.over(bot.knowledge)
            assert bot.ahead.ready.wait(UP)
        outcomes.append(decided(bot, Traffic(everywhere, seed=5)))
        bot.close()
    assert outcomes[0] == outcomes[1]
