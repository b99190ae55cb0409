"""A progress bar for what takes long with a whole ledger."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot.ledger import moving


@contextmanager
def bars() -> Generator[Callable[[int], moving.Progress], None, None]:
    """Yield what ``bot.ledger.moving`` wants to tell of its progress: a bar for copying and one for comparing."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def starting(rows: int) -> moving.Progress:
            tasks = {step: progress.add_task(step, total=rows) for step in (moving.COPY, moving.COMPARE)}
            return lambda step, done: progress.advance(tasks[step], done)

        yield starting
