"""``xiaoshao history``: every version of an FAQ entry, the newest first, with what changed each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated

import typer

from bot.app import read_curated
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, with_data
from bot.errors import XiaoshaoError
from bot.ledger.port import EntryVersion
from bot.library.versions import differences, whole
from bot.library.yaml_lines import did_you_mean


def history(
    entry: Annotated[str, typer.Argument(metavar="条目", help="条目的 id，例如 forklift-plate", show_default=False)],
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="条数", help="最多列出几版")] = 20,
    data: DataOption = None,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """列出一个条目的历次修改：什么时候、谁改的、改了哪几处，最近的在前。"""
    chosen = with_data(find_settings(settings, knowledge, routing), data)
    with opened_ledger(chosen) as ledger, ledger.transaction() as transaction:
        versions = transaction.versions(entry)
        known = transaction.latest_versions()
    if not versions:
        hint = did_you_mean(entry, known) or "条目的 id 写在知识文件里“id:”的后面"
        raise XiaoshaoError(f"账本里没有条目“{entry}”的记录（{hint}）")
    rules, loaded, _ = read_curated(chosen)
    names = {} if rules is None else {key: department.name for key, department in rules.departments.items()}
    for line in _told(versions, names, limit):
        typer.echo(line)
    now = loaded.library.entries.get(entry)
    if now is not None and versions[0].content is not None and now != versions[0].content:
        typer.echo("知识文件里还有没登记的修改（小哨运行时会自动登记）：")
        for line in differences(versions[0].content, now, names):
            typer.echo(f"  {line}")


def _told(versions: Sequence[EntryVersion], names: Mapping[str, str], limit: int) -> Iterator[str]:
    last = next(version.content for version in versions if version.content is not None)
    yield f"{last.id}　{last.title}　共 {len(versions)} 版"
    pairs = [*pairwise(versions), (versions[-1], None)]
    for version, before in pairs[:limit]:
        yield f"{version.at:%Y-%m-%d %H:%M}　{version.who}{_what(version, before)}"
        yield from (f"  {line}" for line in _changes(version, before, names))
    if len(pairs) > limit:
        yield f"还有更早的 {len(pairs) - limit} 版，用 --limit {len(pairs)} 全部列出"


def _what(version: EntryVersion, before: EntryVersion | None) -> str:
    if version.content is None:
        return "　删除了条目，删除前是："
    if before is not None and before.content is None:
        return "　恢复了条目"
    return "" if before is not None else "　最早的一版"


def _changes(version: EntryVersion, before: EntryVersion | None, names: Mapping[str, str]) -> Iterator[str]:
    old = before.content if before is not None else None
    if version.content is None:
        yield from whole(old, names) if old is not None else ()
    elif old is not None:
        yield from differences(old, version.content, names) if old != version.content else ["（没有变化）"]
