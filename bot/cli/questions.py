"""``xiaoshao questions``: what was asked and not known, grouped, the most frequent first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from bot.cli.curated import RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, time_now, with_data
from bot.errors import XiaoshaoError
from bot.library.harvest.asked import Group, endings, grouped, most_asked_first, unknown_questions
from bot.library.routing_file import load_routing
from bot.library.yaml_lines import parse_duration
from bot.routing.config import Routing

_NUMBERS_SHOWN = 6


def questions(
    since: Annotated[str, typer.Option("--since", metavar="多久", help="从多久以前算起：30d、12h，或一个日期 2026-11-01")] = "",
    department: Annotated[str, typer.Option("--department", metavar="部门", help="只看一个部门：税务局，或 tax")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="条数", help="最多列出几条")] = 30,
    data: DataOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """列出问了、知识库答不上来的问题：相近的并在一起，问得多的在前，附结果。"""
    chosen = with_data(find_settings(settings, None, routing), data)
    rules = load_routing(chosen.routing)
    wanted = _department(department, rules)
    with opened_ledger(chosen) as ledger:
        start = _start(since, time_now(chosen, ledger))
        with ledger.transaction() as transaction:
            cases = transaction.opened_since(start)
            rules = rules.knowing(tuple(transaction.enterprises()))
    groups = most_asked_first(grouped(unknown_questions(cases)))
    groups = [group for group in groups if wanted in ("", group.department)]
    if not groups:
        typer.echo("这段时间没有答不上来的问题。" if since or department else "还没有答不上来的问题。")
        return
    typer.echo(f"答不上来的问题 {len(groups)} 种，共问了 {sum(group.asked for group in groups)} 次")
    for group in groups[:limit]:
        for line in _lines(group, rules):
            typer.echo(line)
    if len(groups) > limit:
        typer.echo(f"还有 {len(groups) - limit} 种，用 --limit {len(groups)} 全部列出")


def _lines(group: Group, rules: Routing) -> list[str]:
    department = rules.departments.get(group.department)
    wordings = group.wordings(rules)
    numbers = " ".join(f"#{case.number}" for case in group.cases[:_NUMBERS_SHOWN])
    more = f" 等 {len(group.cases)} 件" if len(group.cases) > _NUMBERS_SHOWN else ""
    ended = "、".join(f"{word} {count}" if count > 1 else word for word, count in endings(group))
    others = [f"    也有人问：{wording}" for wording in wordings[1:4]]
    return [
        f"{group.asked} 次　{wordings[0] if wordings else '（没有文字）'}",
        f"    {department.name if department else group.department}　{ended}　最近 {group.last:%Y-%m-%d}　{numbers}{more}",
        *others,
    ]


def _department(text: str, rules: Routing) -> str:
    if not text:
        return ""
    key = rules.department_named(text)
    if key is None:
        raise XiaoshaoError(f"没有部门“{text}”（可用的有：{'、'.join(each.name for each in rules.departments.values())}）")
    return key


def _start(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    length: timedelta | None = parse_duration(text)
    if length is not None:
        try:
            return now - length
        except OverflowError:
            return None
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=now.tzinfo)
    except ValueError:
        raise XiaoshaoError(f"看不懂“{text}”，写成 30d（30 天）、12h（12 小时），或一个日期 2026-11-01") from None
