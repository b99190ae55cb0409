"""``xiaoshao replay``: a case from beginning to end, each step with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from bot.cli.curated import SettingsOption
from bot.cli.opened import DataOption, opened_ledger, with_data
from bot.desk.phrases import STATUS_WORDS, moment
from bot.errors import XiaoshaoError
from bot.ledger.port import HistoryLine
from bot.model import Case
from bot.settings import load_settings


def replay(
    number: Annotated[int, typer.Argument(metavar="编号", help="工单编号")],
    data: DataOption = None,
    settings: SettingsOption = None,
) -> None:
    """把一件工单从头到尾念一遍：谁、什么时候、做了什么、为什么。"""
    with opened_ledger(with_data(load_settings(settings), data)) as ledger, ledger.transaction() as transaction:
        case, history = transaction.case(number), transaction.history(number)
    if case is None:
        raise XiaoshaoError(f"账本里没有工单 #{number}")
    for line in _told(case, history):
        typer.echo(line)


def _told(case: Case, history: list[HistoryLine]) -> Iterator[str]:
    yield f"#{case.number}　{STATUS_WORDS[case.status.value]}　{case.outcome}".rstrip()
    yield f"问题：{case.question}"
    yield "提问：" + "、".join(f"{asker.person.name}（{asker.room or '私聊'}）" for asker in case.askers)
    if case.due and case.assignee:
        yield f"现在：{case.assignee}，下一步 {case.due.name} 在 {moment(case.due.at, case.opened_at)}"
    for line in history:
        yield f"{line.at:%Y-%m-%d %H:%M:%S}　{line.what}　{line.who}"
        yield from (f"    · {reason.detail}" for reason in line.reasons)
