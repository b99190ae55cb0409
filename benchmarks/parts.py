"""The processor's time of a message by part, where matching is free: every text was judged before.

Run ``python -m benchmarks.parts``: the real intake and sender on SQLite in a file, one thread, 64 messages a commit.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from benchmarks.traffic import CHANNEL, Nowhere, Traffic, district
from bot.app import Curated, bind_everybody, build_bot, load_curated
from bot.ledger.codec import ZONE
from bot.ledger.port import Ledger, Transaction
from bot.ledger.sqlite import SqliteLedger
from bot.settings import Settings
from bot.work.clock import MovableClock

MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE)
BATCH = 64
GAP = timedelta(seconds=BATCH / 300)
PARTS = {"record": "登记", "snapshot": "读快照", "apply": "写决定"}


class Remembered:
    """A matcher or ranker that works out each text once."""

    def __init__(self, inner: object) -> None:
        self._inner = inner
        self._known: dict[object, Any] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*given: Any, **named: Any) -> Any:
            key = (name, given, *named.items())
            if key not in self._known:
                self._known[key] = getattr(self._inner, name)(*given, **named)
            return self._known[key]

        return ask


class Timed:
    """A ledger, or one of its transactions, that counts the processor's seconds spent in each part."""

    def __init__(self, inner: Any, seconds: dict[str, float]) -> None:
        self._inner = inner
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in PARTS:
            return found

        def work(*given: Any) -> Any:
            start = time.process_time()
            result = found(*given)
            self._seconds[name] += time.process_time() - start
            return result

        return work

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Begin a transaction of the inner ledger."""
        with self._inner.transaction() as transaction:
            yield cast(Transaction, Timed(transaction, self._seconds))


class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return the same moment."""
        return MORNING


def measured(curated: Curated, folder: Path, before: int, number: int) -> dict[str, float]:
    """Return the processor's seconds a message by part, of messages that come after others."""
    seconds: dict[str, float] = defaultdict(float)
    ledger, clock = Timed(SqliteLedger(folder / "ledger.db"), seconds), MovableClock(Still())
    bot = build_bot(cast(Ledger, ledger), curated.knowledge, curated.routing, clock, [Nowhere()], lambda: None)
    bind_everybody(bot.ledger, curated.routing, CHANNEL, f"{CHANNEL}:", clock.now())
    traffic, done = Traffic(curated), 0
    while done < before + number:
        if done < before:
            seconds.clear()
        batch = list(traffic.messages(BATCH, clock.now()))
        start = time.process_time()
        bot.intake.handle_all(batch)
        handled = time.process_time()
        bot.loop.settle()
        seconds["whole"] += handled - start
        seconds["sending"] += time.process_time() - handled
        seconds["messages"] += BATCH
        clock.advance(GAP)
        done += BATCH
    bot.close()
    return {name: spent / seconds["messages"] for name, spent in seconds.items()}


def told(spent: Mapping[str, float]) -> str:
    """Return one line about it."""
    millis = {name: seconds * 1000 for name, seconds in spent.items()}
    parts = "、".join(f"{word} {millis[part]:.3f}" for part, word in PARTS.items())
    rest = millis["whole"] - sum(millis[part] for part in PARTS)
    return f"每条 {millis['whole']:.3f} 毫秒：{parts}、判断和提交 {rest:.3f}；另外发送 {millis['sending']:.3f}"


def main(
    before: Annotated[int, typer.Option(help="先说多少条，让工单多起来")] = 16_000,
    number: Annotated[int, typer.Option(help="量多少条")] = 4_000,
) -> None:
    """量不算匹配时一条消息花多少处理器时间、花在哪里：先跑一遍记住每条的判断，再跑一遍来量。"""
    curated = district(load_curated(Settings()))
    matcher, ranker = Remembered(curated.knowledge.matcher), Remembered(curated.knowledge.ranker)
    curated = replace(curated, knowledge=replace(curated.knowledge, matcher=cast(Any, matcher), ranker=cast(Any, ranker)))
    for again in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            spent = measured(curated, Path(folder), before, number)
        if again:
            typer.echo(told(spent))


if __name__ == "__main__":
    typer.run(main)
