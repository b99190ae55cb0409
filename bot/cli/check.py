"""``xiaoshao check``: both curated places checked whole, every problem with file:line, in Chinese."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from bot.app import build_knowledge, read_curated
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.errors import Problem
from bot.library.check import check_library
from bot.library.faq_file import Loaded
from bot.library.routing_tests import run_tests


def check(
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
    todo: Annotated[bool, typer.Option("--todo", help="把条目里的待办（todo）也逐条列出")] = False,
) -> None:
    """检查知识文件夹和 routing.yaml，列出全部问题：哪个文件、哪一行、怎么改。有问题时退出码为 1。"""
    chosen = find_settings(settings, knowledge, routing)
    rules, loaded, found = read_curated(chosen)
    errors, warnings, notices = list(found), list[Problem](), list[Problem]()
    if rules is not None and not loaded.problems:
        built = build_knowledge(loaded.library, rules)
        checked = check_library(loaded.library, built.matcher, places=loaded.places, today=datetime.now(rules.timezone).date())
        errors += [*run_tests(rules, built.ranker), *checked.errors]
        warnings, notices = checked.warnings, checked.notices
    for problem in sorted(errors):
        typer.echo(f"{problem}")
    for problem in warnings:
        typer.echo(f"提醒 {problem}")
    for problem in notices if todo else ():
        typer.echo(f"待办 {problem}")
    if errors:
        typer.echo(f"共 {len(errors)} 个问题要改。")
        raise typer.Exit(1)
    assert rules is not None
    typer.echo(_passed(loaded, len(rules.tests), len(warnings), len(notices)))


def _passed(loaded: Loaded, tests: int, warnings: int, notices: int) -> str:
    entries = loaded.library.entries.values()
    phrasings = sum(len(entry.questions) for entry in entries)
    near_misses = sum(len(entry.not_this) for entry in entries)
    more = [f"{warnings} 条提醒"] if warnings else []
    more += [f"{notices} 条待办（--todo 可逐条列出）"] if notices else []
    tail = f"；{'，'.join(more)}" if more else ""
    return f"全部通过：{len(entries)} 个条目、{phrasings} 种问法、{near_misses} 句不该答的、{tests} 个路由用例{tail}"
