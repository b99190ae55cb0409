"""``xiaoshao forget``: take somebody out of the ledger; what was counted stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from bot.cli.curated import SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, time_now, user_at, with_data
from bot.errors import XiaoshaoError
from bot.ledger.page_port import AuditLine
from bot.ledger.port import Transaction
from bot.ledger.privacy_port import KnownPerson


def forget(
    person: Annotated[str, typer.Argument(metavar="人", help="群昵称，如 泰准金属-安全员；同名的有几个时，写列出来的编号")],
    write: Annotated[bool, typer.Option("--write", help="真的抹掉；不写就只列出会抹掉什么")] = False,
    data: DataOption = None,
    settings: SettingsOption = None,
) -> None:
    """把一个人从账本里抹掉：编号、昵称、说过的话；工单的问题、答复和统计数字留着。抹了就找不回来。"""
    chosen = with_data(find_settings(settings, None, None), data)
    with opened_ledger(chosen) as ledger:
        now = time_now(chosen, ledger)
        with ledger.transaction() as work:
            found = work.privacy.people(person)
            for line in _listed(found):
                typer.echo(line)
            _check(person, found)
            if write:
                _forget(work, found[0], now)
    done = "已抹掉。" if write else "还没有抹。确定了就加 --write，抹了找不回来。"
    typer.echo(f"{done}以前的备份不会变，要另外处理。")


def _listed(found: list[KnownPerson]) -> Iterator[str]:
    for each in found:
        names = "、".join(each.names) or "没有昵称"
        cases = f"，工单 {' '.join(f'#{number}' for number in each.cases)}" if each.cases else ""
        yield f"{each.id}（{each.channel}，{names}）说过 {each.messages} 句{cases}"


def _check(called: str, found: list[KnownPerson]) -> None:
    if not found:
        raise XiaoshaoError(f"账本里没有“{called}”（昵称要和群里的一模一样；从来没说过话的人不在账本里）")
    if len(found) > 1:
        raise XiaoshaoError("有几个人叫过这个名字：写上面的编号，一次抹一个")
    person = found[0]
    if person.contact:
        raise XiaoshaoError(f"这个账号绑定着{person.contact}：先解除绑定 xiaoshao bind --remove {person.contact}")
    if person.open_cases:
        numbers = " ".join(f"#{number}" for number in person.open_cases)
        raise XiaoshaoError(f"还有没办结的工单 {numbers}，抹了答复就送不到：先办结")


def _forget(work: Transaction, person: KnownPerson, now: datetime) -> None:
    other = work.privacy.forget(person, now)
    changed = [
        replace(each, people=tuple(member for member in each.people if member.nickname not in person.names))
        for each in work.enterprises()
        if any(member.nickname in person.names for member in each.people)
    ]
    work.put_enterprises(changed)
    work.pages.note(AuditLine(now, user_at("抹掉一个人"), "命令", "抹掉一个人", other))
