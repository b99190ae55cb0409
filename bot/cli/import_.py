"""``xiaoshao import``: what a workbook would change in the FAQ, and with ``--write`` the changing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.check import PATIENCE, DelayedBar
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.opened import history_kept
from bot.library.exchange.differences import describe, summary
from bot.library.exchange.importing import plan_import, write_plan
from bot.library.routing_file import load_routing
from bot.matching.engine import Matcher


def import_(
    workbook: Annotated[Path, typer.Argument(metavar="工作簿", help="改好的 Excel 文件，例如 faq.xlsx", show_default=False)],
    write: Annotated[bool, typer.Option("--write", help="真的写入；不加就只预览")] = False,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """把改好的 Excel 工作簿读回知识文件：先逐条列出会改什么，加 --write 才写入。有错的行不写，退出码为 1。"""
    chosen = find_settings(settings, knowledge, routing)
    rules = load_routing(chosen.routing)
    names = {key: department.name for key, department in rules.departments.items()}
    with DelayedBar(Console(stderr=True), PATIENCE):
        plan = plan_import(workbook, chosen.knowledge, names, communities=rules.communities, matcher=Matcher)
    for line in describe(plan):
        typer.echo(line)
    if write and plan.changes:
        with history_kept(chosen, "Excel 导入", [change.new for change in plan.changes]):
            write_plan(plan)
        typer.echo(f"已写入：{summary(plan)}。接着运行 xiaoshao check 检查。")
    elif plan.changes:
        typer.echo(f"预览：{summary(plan)}。什么也没有写；看着没错，加 --write 写入。")
    else:
        typer.echo(f"{summary(plan)}。")
    if plan.refusals:
        raise typer.Exit(1)
