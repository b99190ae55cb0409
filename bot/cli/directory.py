"""``xiaoshao directory``: the enterprises and their people, kept in the ledger, edited in Excel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.curated import RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, with_data
from bot.library.directory.planning import describe, place_of, plan_directory, summary
from bot.library.directory.workbook_in import read_directory
from bot.library.directory.workbook_out import with_those_of_the_file, write_directory
from bot.library.routing_file import load_routing
from bot.model import Enterprise
from bot.routing.config import Routing

directory = typer.Typer(help="企业名录：简称、网格、人员；存在账本里，用 Excel 改。", no_args_is_help=True)


@directory.command("import")
def import_directory(
    workbook: Annotated[Path, typer.Argument(metavar="工作簿", help="填好的 Excel 文件，例如 企业.xlsx", show_default=False)],
    write: Annotated[bool, typer.Option("--write", help="真的写入；不加就只预览")] = False,
    replace_all: Annotated[bool, typer.Option("--replace", help="工作簿里没有的企业，从名录里删掉")] = False,
    data: DataOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """把填好的 Excel 工作簿读进企业名录：先逐条列出会改什么，加 --write 才写入。有一处错就什么也不写，退出码为 1。"""
    chosen = with_data(find_settings(settings, None, routing), data)
    rules = load_routing(chosen.routing)
    rows = read_directory(workbook)
    with opened_ledger(chosen) as ledger, ledger.transaction() as transaction:
        plan = plan_directory(rows, transaction.enterprises(), rules.communities, replace_all=replace_all)
        writes = write and not plan.refusals and not plan.empty
        if writes:
            changed = [*plan.added, *(new for _, new in plan.changed)]
            transaction.put_enterprises(changed, [enterprise.name for enterprise in plan.gone])
    for line in describe(plan):
        typer.echo(line)
    if plan.refusals:
        typer.echo(f"有 {len(plan.refusals)} 处错，什么也没有写；改好再导入。")
        raise typer.Exit(1)
    if writes:
        typer.echo(f"已写入：{summary(plan)}。下一条消息起就按新的名录认。")
    elif plan.empty:
        typer.echo(f"{summary(plan)}。")
    else:
        typer.echo(f"预览：{summary(plan)}。什么也没有写；看着没错，加 --write 写入。")


@directory.command("export")
def export_directory(
    workbook: Annotated[Path, typer.Argument(metavar="工作簿", help="要写的 Excel 文件，例如 企业.xlsx", show_default=False)],
    data: DataOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """把企业名录导出成 Excel 工作簿；routing.yaml 里写着、名录里还没有的企业也一并列出。已有同名文件时先改名留底。"""
    chosen = with_data(find_settings(settings, None, routing), data)
    rules = load_routing(chosen.routing)
    with opened_ledger(chosen) as ledger, ledger.transaction() as transaction:
        known = transaction.enterprises()
    listed = with_those_of_the_file(known, rules.communities)
    kept = write_directory(workbook, listed)
    if kept:
        typer.echo(f"原来的 {workbook.name} 改名为 {kept.name}，没有动它。")
    more = f"，其中 {len(listed) - len(known)} 家只在 routing.yaml 里" if len(listed) > len(known) else ""
    typer.echo(f"已导出 {len(listed)} 家企业{more}：{workbook}")
    typer.echo(f"改好以后：xiaoshao directory import {workbook} 预览，加 --write 写入。")


@directory.command("list")
def list_directory(
    word: Annotated[str, typer.Argument(metavar="词", help="只列简称、叫法、网格、昵称里有这个词的", show_default=False)] = "",
    data: DataOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """列出企业名录：每家归哪个网格、由谁联系、有哪些人。"""
    chosen = with_data(find_settings(settings, None, routing), data)
    rules = load_routing(chosen.routing)
    with opened_ledger(chosen) as ledger, ledger.transaction() as transaction:
        known = transaction.enterprises()
    shown = [enterprise for enterprise in known if word in _searched(enterprise)]
    if not shown:
        hint = "名录是空的（先 xiaoshao directory export 企业.xlsx，填好再 import）" if not known else f"名录里没有“{word}”"
        typer.echo(f"{hint}。")
        return
    knowing = rules.knowing(tuple(known))
    for enterprise in shown:
        typer.echo(_line(enterprise, knowing))
        for person in enterprise.people:
            typer.echo(f"    {person.role}　{person.nickname}")
    typer.echo(f"共 {len(shown)} 家。")


def _searched(enterprise: Enterprise) -> str:
    people = (f"{person.role} {person.nickname}" for person in enterprise.people)
    return " ".join((*enterprise.names, enterprise.community, enterprise.grid, *people))


def _line(enterprise: Enterprise, rules: Routing) -> str:
    also = f"（{'、'.join(enterprise.names[1:])}）" if len(enterprise.names) > 1 else ""
    community = rules.communities.get(enterprise.community)
    if community is None or (enterprise.grid and enterprise.grid not in community.grids):
        return f"{enterprise.name}{also}　{place_of(enterprise)}　（routing.yaml 里已经没有这个社区或网格，请改）"
    return f"{enterprise.name}{also}　{place_of(enterprise)}　{rules.grid_worker(community.name, enterprise.name)}"
