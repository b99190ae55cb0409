"""``xiaoshao channels``: what each way into a group can do, its limits and its risk."""

from __future__ import annotations

from dataclasses import fields

import typer
from rich.console import Console
from rich.table import Table

from bot.channels.page import PageChannel
from bot.channels.port import Abilities
from bot.channels.relay.channel import RelayChannel
from bot.channels.terminal import TerminalChannel

_TITLES_FIRST = (PageChannel.abilities, TerminalChannel.abilities, RelayChannel.abilities)
_WORDS = {
    "receives": "收",
    "sends": "发",
    "mentions": "@人",
    "reads_quotes": "读引用",
    "sends_quotes": "发引用",
    "reads_recalls": "知撤回",
    "files": "文件",
    "groups": "群",
    "direct": "私聊",
}


def channels() -> None:
    """列出小哨进群的几种办法：能做什么、限制、风险。"""
    can = Table(title="能做什么", title_justify="left", padding=0, pad_edge=False)
    can.add_column("渠道", no_wrap=True)
    for word in _WORDS.values():
        can.add_column(word, justify="center", no_wrap=True)
    told = Table(title="限制和风险", title_justify="left", show_lines=True)
    for heading in ("渠道", "限制", "风险"):
        told.add_column(heading, overflow="fold")
    from bot.channels.wechaty.channel import WechatyChannel  # its protocol takes a quarter of a second to load

    for abilities in (*_TITLES_FIRST, WechatyChannel.abilities):
        can.add_row(abilities.title, *(_mark(abilities, name) for name in _WORDS))
        told.add_row(abilities.title, abilities.limits, abilities.risk)
    console = Console()
    console.print(can)
    console.print(told)
    typer.echo("启动：xiaoshao run（网页）、xiaoshao run --terminal（终端）、xiaoshao run --wechaty（微信）")


def _mark(abilities: Abilities, name: str) -> str:
    return "✓" if getattr(abilities, name) else "－"


assert {field.name for field in fields(Abilities)} == {"title", "limits", "risk", *_WORDS}
