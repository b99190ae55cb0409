"""``xiaoshao password``: a password for somebody who logs in to the pages without WeChat."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.curated import RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, user_at, with_data
from bot.errors import XiaoshaoError
from bot.library.routing_file import load_routing
from bot.library.yaml_lines import did_you_mean
from bot.web.credentials import drop_password, set_password
from bot.work.clock import SystemClock


def password(
    name: Annotated[str, typer.Argument(metavar="岗位", help="routing.yaml 里的名称，如 网格员一")],
    remove: Annotated[bool, typer.Option("--remove", help="取消这个岗位的密码，已经登录的也退出")] = False,
    data: DataOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """给一个岗位设网页登录的密码（多数人用微信验证码登录就够了）。设了新的，旧的登录全部退出。"""
    chosen = with_data(find_settings(settings, None, routing), data)
    contacts = load_routing(chosen.routing).contacts
    if name not in contacts and not remove:
        hint = did_you_mean(name, contacts) or "名称写在 routing.yaml 的 contacts 里"
        raise XiaoshaoError(f"没有岗位“{name}”（{hint}）")
    with opened_ledger(chosen) as ledger:
        now = SystemClock().now()
        if remove:
            with ledger.transaction() as work:
                there = drop_password(work, name, now, by=user_at("取消密码"))
            typer.echo(f"{name}的密码已取消，登录都已退出。" if there else f"{name}本来就没有密码。")
            return
        given = str(typer.prompt("密码（至少 10 个字符，打的时候不显示）", hide_input=True, confirmation_prompt="再打一遍"))
        try:
            with ledger.transaction() as work:
                set_password(work, name, given, now, by=user_at("设置密码"))
        except ValueError as fault:
            raise XiaoshaoError(str(fault)) from fault
    typer.echo(f"{name}的密码已设好，以前的登录都已退出。")
