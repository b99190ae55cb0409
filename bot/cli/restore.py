"""``xiaoshao restore``: a backup in the place of the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.carrying import bars
from bot.cli.curated import SettingsOption
from bot.cli.opened import DataOption, with_data
from bot.ledger.codec import ZONE
from bot.settings import load_settings
from bot.work.clock import SystemClock


def restore(
    file: Annotated[Path, typer.Argument(metavar="文件", help="xiaoshao backup 写的备份")],
    replace: Annotated[bool, typer.Option("--replace", help="已有的账本改名留在旁边，换成备份")] = False,
    data: DataOption = None,
    settings: SettingsOption = None,
) -> None:
    """用备份恢复账本：先停下小哨。备份先核对，坏的不用；已有的账本不会被盖掉。"""
    from bot.ledger import safekeeping

    chosen = with_data(load_settings(settings), data)
    now = SystemClock().now().astimezone(ZONE)
    with bars() as starting:
        aside = safekeeping.restore(file, chosen.data, now, starting, replace=replace)
    typer.echo(f"恢复好了：{chosen.data if isinstance(chosen.data, Path) else '数据库'}里现在是 {file} 的内容。")
    if aside is not None:
        typer.echo(f"原来的账本留在 {aside}。")
