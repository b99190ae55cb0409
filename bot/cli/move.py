"""``xiaoshao move``: carry a ledger over to another engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.carrying import bars
from bot.errors import XiaoshaoError
from bot.settings import ledger_at

_FILE = "sqlite:"


def move(
    source: Annotated[str, typer.Argument(metavar="来源", help="sqlite:data/xiaoshao.db 或 postgresql://…")],
    target: Annotated[str, typer.Argument(metavar="目标", help="空的：sqlite:新文件.db 或 postgresql://…")],
) -> None:
    """把整个账本搬到另一种数据库，逐行核对；先停下小哨。来源不动，目标要是空的，中途断了可以重来。"""
    from bot.ledger import moving

    old, new = _place(source), _place(target)
    if isinstance(old, Path) and not old.exists():
        raise XiaoshaoError(f"{old}：找不到这个账本")
    if old == new:
        raise XiaoshaoError("来源和目标是同一个")
    with bars() as starting:
        moved = moving.move(old, new, starting)
    said = "早就搬好了，逐行核对一致" if moved.before else "搬好了，逐行核对一致"
    rows = moved.rows
    typer.echo(f"{said}：{len(rows)} 张表，{sum(rows.values())} 行（工单 {rows['cases']} 件，消息 {rows['events']} 条）。")
    typer.echo("接着把设置 data 改成新的地方，再启动小哨；旧的留着，确认没问题再删。")


def _place(text: str) -> Path | str:
    return ledger_at(text.removeprefix(_FILE))
