"""The ledger of an installation, opened by commands that look into it while a bot may be running."""

from __future__ import annotations

import getpass
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import XiaoshaoError
from bot.ledger.opening import open_ledger
from bot.ledger.port import Ledger
from bot.model import Entry
from bot.settings import Settings, ledger_at
from bot.work.clock import MovableClock, SystemClock
from bot.work.revisions import edited_by

DataOption = Annotated[str | None, typer.Option("--data", metavar="账本", help="账本文件，或数据库地址 postgresql://…")]


def with_data(settings: Settings, data: str | None) -> Settings:
    """Return the settings with the ledger that a command's option names."""
    return replace(settings, data=ledger_at(data) if data else settings.data)


def there_is(data: Path | str) -> bool:
    """Tell whether there is a ledger yet; a database counts as one, empty as it may be."""
    return isinstance(data, str) or data.exists()


@contextmanager
def opened_ledger(settings: Settings) -> Generator[Ledger, None, None]:
    """Open the ledger; raises ``XiaoshaoError`` where there is none yet."""
    if not there_is(settings.data):
        raise XiaoshaoError(f"{settings.data}：还没有账本（先用 xiaoshao run 启动一次，或用 --data 指明文件）")
    ledger = open_ledger(settings.data)
    try:
        yield ledger
    finally:
        ledger.close()


def time_now(settings: Settings, ledger: Ledger) -> datetime:
    """Return the time by the installation's clock, which a demo may have pushed forward."""
    clock = SystemClock()
    return MovableClock.resumed(clock, ledger).now() if settings.demo else clock.now()


def user_at(command: str) -> str:
    """Return how the history names the person at this terminal, with the command that made the change."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = "不知名用户"
    return f"{name}（{command}）"


@contextmanager
def history_kept(settings: Settings, command: str, entries: Iterable[Entry]) -> Generator[None, None, None]:
    """Write curated files within this context so that they hold these entries: the history names the person and the command.

    Without a ledger there is no history yet, and the files are just written.
    """
    if not there_is(settings.data):
        yield
        return
    with opened_ledger(settings) as ledger, edited_by(ledger, user_at(command), entries, time_now(settings, ledger)):
        yield
