"""Messages a second through the whole intake, durably, with the whole FAQ; how long one takes; how late deadlines come meanwhile.

Run ``python -m benchmarks.intake``: the real bot (intake, timers, sender) on SQLite in a file, and a channel that is quick.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.traffic import CHANNEL, COMMUNITIES, Nowhere, Traffic, district
from bot.app import Bot, Curated, bind_everybody, build_bot, load_curated
from bot.channels.wechaty.inbox import Inbox
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Decision, Reason, Said
from bot.settings import Settings
from bot.work.clock import SystemClock

WARM = 3_000
"""Messages said before the measuring begins; some two hundred cases are open after them."""
READY = 60.0
"""Seconds for the process that judges ahead to come up."""
DEADLINES = 2_000
"""Cases at most that fall due while the load runs, evenly spread."""


@dataclass
class Measured:
    """What one load gave: seconds of each message, what was decided, how late deadlines were, and the processor's seconds."""

    took: list[float] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0

    def told(self, name: str) -> str:
        """Return one line about it."""
        number, share = self.actions.total(), self.processor / self.seconds
        line = f"{name}：{number / self.seconds:.0f} 条/秒"
        line += f"，每条 p50 {_ms(self.took, 0.5)}、p99 {_ms(self.took, 0.99)}" if self.took else ""
        line += f"，处理器 {self.processor / number * 1000:.2f} 毫秒/条（占 {share:.0%} 个核）"
        if self.late:
            line += f"；到期的 {len(self.late)} 件晚 p50 {_ms(self.late, 0.5)}、p99 {_ms(self.late, 0.99)}"
        return line


def _ms(values: list[float], share: float) -> str:
    return f"{1000 * sorted(values)[min(int(len(values) * share), len(values) - 1)]:.1f} 毫秒"


@contextmanager
def opened(curated: Curated, folder: Path, *, judge_ahead: bool = False) -> Iterator[Bot]:
    """Open a bot on a new ledger in a folder, everybody bound, its threads running."""
    ledger = SqliteLedger(folder / "ledger.db")
    bot = build_bot(ledger, curated.knowledge, curated.routing, SystemClock(), [Nowhere()], lambda: None, judge_ahead=judge_ahead)
    bind_everybody(bot.ledger, curated.routing, CHANNEL, f"{CHANNEL}:", bot.clock.now())
    bot.start()
    if bot.ahead is not None and not bot.ahead.ready.wait(READY):
        raise TimeoutError("the process that judges ahead did not come up")
    try:
        yield bot
    finally:
        bot.close()


def as_fast_as_possible(bot: Bot, traffic: Traffic, number: int) -> Measured:
    """Hand over messages as soon as those before are taken in."""
    return handed_over(bot, [(0.0, message) for message in traffic.messages(number, bot.clock.now())])


def at_a_rate(bot: Bot, traffic: Traffic, number: int, rate: float) -> Measured:
    """Hand over messages at the times at which they come in, whether those before are done or not."""
    at = time.perf_counter() + 0.1
    coming: list[tuple[float, Said]] = []
    for message in traffic.messages(number, bot.clock.now()):
        coming.append((at, message))
        at += traffic.gap(rate)
    return handed_over(bot, coming)


def handed_over(bot: Bot, coming: Sequence[tuple[float, Said]]) -> Measured:
    """Hand over messages through WeChat's inbox.

    Each message comes with the time at which it is there, and is timed from then; 0 is at once, and is not timed.
    """
    measured, came = Measured(), {message.message_id: at for at, message in coming if at}

    def deliver(messages: Sequence[Said]) -> list[bool]:
        outcomes = bot.intake.handle_all(messages)
        done = time.perf_counter()
        measured.took += [done - came[message.message_id] for message in messages if message.message_id in came]
        measured.actions.update(outcome.action if isinstance(outcome, Decision) else "seen" for outcome in outcomes)
        return [True] * len(messages)

    async def hand_over() -> None:
        inbox = Inbox(deliver)
        for at, message in coming:
            if (ahead := at - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            await inbox.put(message.room, message)
        await inbox.drain()
        await inbox.close()

    start, processor = time.perf_counter(), time.process_time()
    asyncio.run(hand_over())
    measured.seconds, measured.processor = time.perf_counter() - start, time.process_time() - processor
    return measured


def let_fall_due(bot: Bot, traffic: Traffic, within: timedelta) -> None:
    """Spread the deadlines of the cases that are open over the time to come."""
    with bot.ledger.transaction() as transaction:
        cases, now = transaction.cases(limit=DEADLINES), bot.clock.now()
        message = traffic.message(now)
        transaction.record(message)
        due = [now + within * (place + 1) / len(cases) for place in range(len(cases))]
        moved = tuple(replace(case, due=replace(case.due, at=at)) for case, at in zip(cases, due, strict=True) if case.due)
        transaction.apply(message, Decision(Action.CASE, (Reason("bench", "到期时间摊开"),), cases=moved), now)


def lateness(ledger: Path, since: float) -> list[float]:
    """Return by how many seconds each deadline was handled late that was handled since a time."""
    with closing(sqlite3.connect(ledger)) as db:
        late = db.execute(
            """
            SELECT decisions.at - events.at FROM events JOIN decisions ON decisions.event = events.position
            WHERE events.channel = '@timer' AND decisions.at >= ?
            """,
            (int(since * 1e6),),
        )
        return [micros / 1e6 for (micros,) in late]


def main(
    number: Annotated[int, typer.Option(help="一共多少条")] = 20_000,
    rate: Annotated[float, typer.Option(help="第二轮每秒来多少条")] = 300.0,
    communities: Annotated[int, typer.Option(help="多少个社区（每个 5 个群）在说话")] = 20 * COMMUNITIES,
    folder: Annotated[Path | None, typer.Option(help="账本放在哪个盘上（默认系统的临时文件夹）")] = None,
    ahead: Annotated[bool, typer.Option(help="在另一个进程里先行判断")] = False,
) -> None:
    """量全速时每秒能登记多少条、每秒 300 条时一条要多久、其间到期的步骤晚多久。"""
    curated = district(load_curated(Settings()), communities)
    loads: dict[str, Callable[[Bot, Traffic], Measured]] = {
        "全速": lambda bot, traffic: as_fast_as_possible(bot, traffic, number),
        f"每秒 {rate:.0f} 条": lambda bot, traffic: at_a_rate(bot, traffic, number // 2, rate),
    }
    for name, load in loads.items():
        with tempfile.TemporaryDirectory(dir=folder) as here, opened(curated, Path(here), judge_ahead=ahead) as bot:
            traffic = Traffic(curated)
            bot.intake.handle_all(list(traffic.messages(WARM, bot.clock.now())))
            let_fall_due(bot, traffic, timedelta(seconds=number / 1000))
            since = time.time()
            measured = load(bot, traffic)
            measured.late = lateness(Path(here) / "ledger.db", since)
            typer.echo(measured.told(name))
            typer.echo("  " + "、".join(f"{action} {count}" for action, count in measured.actions.most_common()))


if __name__ == "__main__":
    typer.run(main)
