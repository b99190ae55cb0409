"""``xiaoshao check``: both curated places checked whole, every problem with file:line, in Chinese."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import TracebackType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from bot.app import prepared_knowledge, read_curated
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.errors import Problem
from bot.library.check import Findings, check_library, check_texts
from bot.library.routing_outlook import look_ahead, unknown_entries
from bot.library.routing_tests import run_tests
from bot.model import Library
from bot.routing.config import Routing
from bot.routing.foresight import DAYS
from bot.settings import Settings

PATIENCE = 1.0
"""Seconds after which a progress bar is shown."""


def check(
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
    todo: Annotated[bool, typer.Option("--todo", help="把条目里的待办（todo）也逐条列出")] = False,
) -> None:
    """检查知识文件夹和 routing.yaml，列出全部问题：哪个文件、哪一行、怎么改。有问题时退出码为 1。"""
    with DelayedBar(Console(stderr=True), PATIENCE) as bar:
        survey = survey_files(find_settings(settings, knowledge, routing), bar=bar)
        survey, waits = with_outlook(survey)
    for problem in survey.found.errors:
        typer.echo(f"{problem}")
    for problem in survey.found.warnings:
        typer.echo(f"提醒 {problem}")
    for problem in survey.found.notices if todo else ():
        typer.echo(f"待办 {problem}")
    if survey.found.errors:
        if not survey.complete:
            typer.echo("改好以后请再运行一次：每种问法能不能找到本条，要等文件都读得通才能查。", err=True)
        typer.echo(f"共 {len(survey.found.errors)} 个问题要改。")
        raise typer.Exit(1)
    typer.echo("\n".join((f"往后 {DAYS} 天，每个钟头都当有人来问过一遍：", *waits)))
    typer.echo(_passed(survey))


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything found in both curated places; ``complete`` if the matcher was asked as well, which needs files that load."""

    found: Findings
    library: Library
    routing: Routing | None
    complete: bool


class DelayedBar:
    """A progress bar on a terminal that shows itself only if the work takes longer than a while (seconds)."""

    def __init__(self, console: Console, patience: float) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task("准备检查…", total=None)
        self._timer = threading.Timer(patience, self.show)
        self._timer.daemon = True

    def __enter__(self) -> DelayedBar:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        self._timer.join()
        self._progress.stop()

    def show(self) -> None:
        """Show the bar from now on; nothing happens where there is no terminal."""
        self._progress.start()

    def begin(self, total: int) -> None:
        """Say how many steps there will be."""
        self._progress.update(self._task, description="逐句检查…", total=total, completed=0)

    def step(self) -> None:
        """Count one step."""
        self._progress.advance(self._task)


def survey_files(settings: Settings, *, today: date | None = None, bar: DelayedBar | None = None) -> Survey:
    """Check both curated places; ``today`` is the day for review dates (None: today in the time zone of routing.yaml)."""
    rules, loaded, problems = read_curated(settings)
    library = loaded.library
    communities = None if rules is None else rules.communities
    if today is None and rules is not None:
        today = datetime.now(rules.timezone).date()
    if rules is None or loaded.problems:
        found = check_texts(library, places=loaded.places, today=today, communities=communities)
        return Survey(_with(found, list(problems)), library, rules, complete=False)
    knowledge = prepared_knowledge(settings, library, rules)
    if bar is not None:
        bar.begin(sum(len(entry.questions) + len(entry.not_this) for entry in library.entries.values()))
    found = check_library(
        library,
        knowledge.matcher,
        places=loaded.places,
        today=today,
        communities=communities,
        judged=bar.step if bar is not None else lambda: None,
    )
    failing = run_tests(rules, knowledge.ranker)
    return Survey(_with(found, [*problems, *failing]), library, rules, complete=True)


def with_outlook(survey: Survey, *, start: datetime | None = None, days: int = DAYS) -> tuple[Survey, list[str]]:
    """Add what the days from ``start`` (None: today) on will bring, and what routes ask of the knowledge in vain.

    Returns the longest wait of each ladder as lines.
    """
    if survey.routing is None:
        return survey, []
    if start is None:
        start = datetime.now(survey.routing.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    outlook = look_ahead(survey.routing, start, days)
    errors = [*outlook.errors, *(unknown_entries(survey.routing, survey.library) if survey.complete else ())]
    return replace(survey, found=_with(survey.found, errors, outlook.warnings)), outlook.waits


def _with(found: Findings, errors: Sequence[Problem], warnings: Sequence[Problem] = ()) -> Findings:
    return found._replace(errors=sorted([*errors, *found.errors]), warnings=sorted([*warnings, *found.warnings]))


def _passed(survey: Survey) -> str:
    entries = survey.library.entries.values()
    phrasings = sum(len(entry.questions) for entry in entries)
    near_misses = sum(len(entry.not_this) for entry in entries)
    warnings, notices = len(survey.found.warnings), len(survey.found.notices)
    more = [f"{warnings} 条提醒"] if warnings else []
    more += [f"{notices} 条待办（--todo 可逐条列出）"] if notices else []
    tail = f"；{'，'.join(more)}" if more else ""
    tests = len(survey.routing.tests) if survey.routing else 0
    return f"全部通过：{len(entries)} 个条目、{phrasings} 种问法、{near_misses} 句不该答的、{tests} 个路由用例{tail}"
