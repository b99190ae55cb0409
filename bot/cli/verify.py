"""``xiaoshao verify``: is the ledger whole?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.curated import SettingsOption
from bot.cli.opened import DataOption, there_is, with_data
from bot.errors import XiaoshaoError
from bot.settings import load_settings


def verify(
    file: Annotated[Path | None, typer.Argument(metavar="文件", help="一个备份；不写就是现在的账本")] = None,
    data: DataOption = None,
    settings: SettingsOption = None,
) -> int:
    """检查账本或备份是不是完好：文件、表、每件工单和每条待发的消息。只看不改，小哨照常运行。"""
    from bot.ledger import verifying

    place = file or with_data(load_settings(settings), data).data
    if not there_is(place):
        raise XiaoshaoError(f"{place}：找不到这个账本")
    faults = list(verifying.faults_at(place))
    for fault in faults:
        typer.echo(fault)
    if faults:
        typer.echo(f"账本有 {len(faults)} 处问题：停下小哨，用最近的备份恢复（xiaoshao restore），并把上面的话告诉开发的人。")
        return 1
    typer.echo("账本完好。")
    return 0
