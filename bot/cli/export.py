"""``xiaoshao export``: the FAQ as an Excel workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.app import read_curated
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.errors import InvalidFiles
from bot.library.exchange.workbook_out import write_workbook


def export(
    workbook: Annotated[Path, typer.Argument(metavar="工作簿", help="要写的 Excel 文件，例如 faq.xlsx", show_default=False)],
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """把知识条目导出成 Excel 工作簿：一个主题一个表，一行一个条目。已有同名文件时先改名留底。"""
    rules, loaded, problems = read_curated(find_settings(settings, knowledge, routing))
    if problems or rules is None:
        raise InvalidFiles(problems)
    names = {key: department.name for key, department in rules.departments.items()}
    kept = write_workbook(workbook, loaded.library, names)
    if kept:
        typer.echo(f"原来的 {workbook.name} 改名为 {kept.name}，没有动它。")
    entries = loaded.library.entries.values()
    typer.echo(f"已导出 {len(entries)} 个条目、{len({entry.theme for entry in entries})} 个主题：{workbook}")
    typer.echo(f"改好以后：xiaoshao import {workbook} 预览，加 --write 写入。")
