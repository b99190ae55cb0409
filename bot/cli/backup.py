"""``xiaoshao backup``: the ledger as it is now, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.carrying import bars
from bot.cli.curated import SettingsOption
from bot.cli.opened import DataOption, there_is, with_data
from bot.errors import XiaoshaoError
from bot.settings import load_settings


def backup(
    file: Annotated[Path, typer.Argument(metavar="文件", help="备份写到哪里，例如 备份-20261121.db；不能是已有的文件")],
    data: DataOption = None,
    settings: SettingsOption = None,
) -> int:
    """把账本备份成一个文件，小哨照常运行；写完自动核对。PostgreSQL 的账本也备份成一个 SQLite 文件。"""
    from bot.ledger import safekeeping

    chosen = with_data(load_settings(settings), data)
    if not there_is(chosen.data):
        raise XiaoshaoError(f"{chosen.data}：还没有账本，没有可备份的")
    with bars() as starting:
        faults = safekeeping.backup(chosen.data, file, starting)
    for fault in faults:
        typer.echo(fault)
    if faults:
        typer.echo(f"备份写在 {file} 里了，但账本本身有 {len(faults)} 处问题（上面列出）：先别删旧的备份。")
        return 1
    typer.echo(f"备份好了，已核对：{file}（{file.stat().st_size / 1_000_000:.1f} MB）。恢复：xiaoshao restore {file}")
    return 0
