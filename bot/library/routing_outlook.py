"""What ``check`` says about the time to come: when a rung of a ladder reaches nobody, how long a question may have to wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.errors import Problem
from bot.library.yaml_lines import did_you_mean
from bot.model import Library
from bot.routing.config import Routing
from bot.routing.foresight import DAYS, Gap, Wait, find_gaps, find_waits
from bot.routing.holidays_cn import known_year
from bot.routing.wording import length_in_words, moment_in_words

LONG = timedelta(days=14)
"""A wait for the last tier longer than this is told as a warning."""


class Outlook(NamedTuple):
    """What was found: ``errors`` must be mended, ``warnings`` should be; ``waits`` are the longest of each ladder, as lines."""

    errors: list[Problem]
    warnings: list[Problem]
    waits: list[str]


def look_ahead(routing: Routing, start: datetime, days: int = DAYS) -> Outlook:
    """Walk every ladder through the days to come, as if nobody answered."""
    waits = find_waits(routing, start, days)
    errors = [_gap(gap, routing) for gap in _by_person(find_gaps(routing, start, days))]
    errors += [problem for wait in waits for problem in _late_alarm(wait, routing)]
    warnings = [problem for wait in waits for problem in _long_wait(wait, routing)]
    lines = [line for wait in waits for line in (f"  {wait.ladder}：{_told(wait)}", f"{'　' * len(wait.ladder)}    {_top(wait)}")]
    return Outlook(errors, warnings, [*lines, *_unknown_years(start, days)])


def _unknown_years(start: datetime, days: int) -> Iterator[str]:
    for year in range(start.year, (start + timedelta(days=days)).year + 1):
        if not known_year(year):
            yield f"  {year} 年的放假和调休还没有装进程序，先按法定节日算"


def unknown_entries(routing: Routing, library: Library) -> Iterator[Problem]:
    """Yield the entries and themes that routes ask for, though the knowledge has none of that name."""
    themes = {entry.theme for entry in library.entries.values() if entry.theme}
    for route in routing.routes:
        for name, known, kind in (
            *((entry, library.entries, "条目") for entry in route.match.entries),
            *((theme, themes, "主题") for theme in route.match.themes),
        ):
            if name not in known:
                message = f"路由“{route.name}”的 match 写了{kind}“{name}”，知识库里没有"
                yield Problem(*routing.place("routes", route.name), message, did_you_mean(name, known) or "改成已有的，或删掉")


def _by_person(gaps: tuple[Gap, ...]) -> list[Gap]:
    """Return one gap for each person and time, whatever ladders it is on."""
    return list({(gap.person, gap.start, gap.end): gap for gap in reversed(gaps)}.values())[::-1]


def _gap(gap: Gap, routing: Routing) -> Problem:
    span = f"{moment_in_words(gap.start)} 到 {moment_in_words(gap.end)}"
    message = f"{span}，梯子“{gap.ladder}”的“{gap.tier}”找不到人：{gap.person}和代他的人都不在"
    return Problem(*routing.place("contacts", gap.person), message, "给请假的人写上 cover，或把几个人的假期错开")


def _late_alarm(wait: Wait, routing: Routing) -> Iterator[Problem]:
    ladder = routing.ladders[wait.ladder]
    if ladder.urgent and wait.told > timedelta(0):
        late = f"{moment_in_words(wait.told_from)} 的危险要等 {length_in_words(wait.told)}"
        message = f"紧急的梯子“{wait.ladder}”不是马上通知：{late}"
        place = routing.place("tiers", f"{wait.ladder}/{ladder.tiers[0].name}")
        yield Problem(*place, message, "第一级的 clock 用 always: true 的日历")


def _long_wait(wait: Wait, routing: Routing) -> Iterator[Problem]:
    if wait.top > LONG:
        mend = "给前面几级写上 max_wait，或缩短时限"
        yield Problem(*routing.place("ladders", wait.ladder), f"梯子“{wait.ladder}”太慢：{_top(wait)}", mend)


def _told(wait: Wait) -> str:
    if wait.told <= timedelta(0):
        return "随时问，随时有人收到"
    return f"最久要等 {length_in_words(wait.told)}才有人收到（{moment_in_words(wait.told_from)} 问的）"


def _top(wait: Wait) -> str:
    if wait.top <= timedelta(0):
        return "一开始就在最后一级"
    return f"谁都不回时，最久 {length_in_words(wait.top)}报到最后一级（{moment_in_words(wait.top_from)} 问的）"
