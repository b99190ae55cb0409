"""``xiaoshao run``: the bot with its group-chat page, or in a terminal."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import webbrowser
from dataclasses import replace
from typing import Annotated

import typer

from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, with_data
from bot.serving import serve_page, talk
from bot.settings import Settings


def run(
    terminal: Annotated[bool, typer.Option("--terminal", help="不开页面，在终端里说话")] = False,
    wechaty: Annotated[bool, typer.Option("--wechaty", help="不开群聊页面，通过 Wechaty 网关进真的微信群")] = False,
    port: Annotated[int | None, typer.Option("--port", help="页面的端口，0 表示任选一个空的")] = None,
    host: Annotated[str | None, typer.Option("--host", help="页面监听的地址")] = None,
    data: DataOption = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="启动后打开浏览器")] = True,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """启动小哨，打开群聊页面（Ctrl-C 结束，数据都在账本里）。"""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    chosen = with_data(find_settings(settings, knowledge, routing), data)
    chosen = replace(chosen, port=chosen.port if port is None else port, host=host or chosen.host)
    if terminal:
        talk(chosen, sys.stdin, sys.stdout)
        return
    if wechaty or chosen.channel == "wechaty":
        _in_wechat(chosen)
        return

    def ready(address: str) -> None:
        typer.echo(f"小哨已启动：{address}（Ctrl-C 结束）")
        sys.stdout.flush()
        if browser:
            webbrowser.open(address)

    serve_page(chosen, on_ready=ready)
    typer.echo("小哨已停止，数据都在账本里。")


def _in_wechat(settings: Settings) -> None:
    from bot.live import serve_wechaty  # the protocol takes a while to load, which no other command should pay for

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    typer.echo("小哨正在连微信网关……（Ctrl-C 结束）")
    sys.stdout.flush()

    def tell(words: str) -> None:
        typer.echo(words)
        sys.stdout.flush()

    serve_wechaty(
        settings,
        stopping,
        on_pages=lambda address: tell(f"社工的页面：{address}"),
        on_ready=lambda address: tell(f"小哨已在微信里：网关 {address}"),
    )
    typer.echo("小哨已停止，数据都在账本里。")
