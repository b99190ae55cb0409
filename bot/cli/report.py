"""``xiaoshao report``: the scorecard and the bulletins of a span of days, on the terminal or as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, time_now, with_data
from bot.errors import XiaoshaoError
from bot.library.faq_file import load_library
from bot.library.routing_file import load_routing
from bot.reports.bulletin import Bulletin, Kind
from bot.reports.bulletin_text import as_message, share
from bot.reports.gathering import bulletin_of, scorecard_of
from bot.reports.picture import draw
from bot.reports.scorecard import Scorecard
from bot.reports.scorecard_workbook import FORMULAS, TALLY, workbook
from bot.routing.config import Routing


def report(
    first: Annotated[str, typer.Option("--from", metavar="日期", help="从哪天起，例如 2026-11-16；不写是最近七天")] = "",
    last: Annotated[str, typer.Option("--to", metavar="日期", help="到哪天为止；不写是今天")] = "",
    daily: Annotated[bool, typer.Option("--daily", help="改为看这一天（--to）的每日一报")] = False,
    weekly: Annotated[bool, typer.Option("--weekly", help="改为看到这一天（--to）为止的一周小结")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="文件", help="存成文件：三率存 .xlsx，一报存 .png 长图")] = None,
    data: DataOption = None,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """看三率和各部门的办理情况，或每日一报、一周小结的内容；不含提问人的任何信息。"""
    if daily and weekly:
        raise XiaoshaoError("--daily 和 --weekly 两者选一个")
    chosen = with_data(find_settings(settings, knowledge, routing), data)
    rules = load_routing(chosen.routing)
    library = load_library(chosen.knowledge, departments=rules.departments)
    with opened_ledger(chosen) as ledger:
        now = time_now(chosen, ledger).astimezone(rules.timezone)
        until = _day(last, "--to") if last else now.date()
        if daily or weekly:
            kind = Kind.WEEKLY if weekly else Kind.DAILY
            _told(bulletin_of(kind, ledger, until, now, rules, library), out)
            return
        since = _day(first, "--from") if first else until - timedelta(days=6)
        if since > until:
            raise XiaoshaoError(f"--from {since} 在 --to {until} 之后，没有这样的日子")
        card = scorecard_of(ledger, since, until, now, rules, library)
    _counted(card, rules, out)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise XiaoshaoError(f"{option} {text}：看不懂这个日期，写成 2026-11-16 这样") from error


def _told(bulletin: Bulletin, out: Path | None) -> None:
    if out is None:
        typer.echo(as_message(bulletin))
        return
    _save(out, ".png", draw(bulletin))


def _counted(card: Scorecard, rules: Routing, out: Path | None) -> None:
    def name_of(key: str) -> str:
        return rules.departments[key].name if key in rules.departments else key

    if out is not None:
        _save(out, ".xlsx", workbook(card, name_of))
        return
    console = Console()
    console.print(f"{card.first} 至 {card.last}")
    rates = (card.response, card.solution, card.satisfaction, card.unrated)
    for (name, how), rate in zip(FORMULAS, rates, strict=True):
        console.print(f"{name} {share(rate)}　{how}", highlight=False)
    total = card.total
    counts = (total.asked, total.by_faq, total.by_peers, total.by_departments, total.open, total.withdrawn)
    console.print("　".join(f"{word} {count}" for word, count in zip(TALLY, counts, strict=True)), highlight=False)
    if card.departments:
        console.print(_department_table(card, name_of))


def _department_table(card: Scorecard, name_of: Callable[[str], str]) -> Table:
    table = Table("部门", "收到", "按时签收", "按时答复", "转办", "重开", "用时中位数")
    for row in card.departments:
        hours = "" if row.median_hours is None else f"{row.median_hours:.1f} 小时"
        cells = (str(row.received), share(row.acknowledged), share(row.answered), str(row.transferred), str(row.reopened), hours)
        table.add_row(name_of(row.department), *cells)
    return table


def _save(out: Path, suffix: str, content: bytes) -> None:
    if out.suffix.lower() != suffix:
        raise XiaoshaoError(f"{out}：文件名要以 {suffix} 结尾")
    out.write_bytes(content)
    typer.echo(f"已存到 {out}")
