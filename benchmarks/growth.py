"""What a message costs with a million finished cases in the ledger, beside the same messages with a thousand.

Run ``python -m benchmarks.growth``: two ledgers side by side, filled by SQL from one real case, the same messages in turns.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.intake import opened
from benchmarks.traffic import CHANNEL, COMMUNITIES, PEOPLE_EACH, ROOMS_EACH, Traffic, district
from bot.app import Bot, load_curated
from bot.model import Action, Decision, Reason, Status
from bot.settings import Settings

FEW = 1_000
TOGETHER = 32
ROUNDS = 60
CHUNK = 50_000

ROOM = f"'社区' || (n % {COMMUNITIES}) || '群' || (n / {COMMUNITIES} % {ROOMS_EACH})"
PERSON = f"'{CHANNEL}:' || {ROOM} || '-' || (n / {COMMUNITIES * ROOMS_EACH} % {PEOPLE_EACH})"
COPIES: Mapping[str, Mapping[str, str]] = {
    "events": {
        "position": "position + n * {step}",
        "message_id": "message_id || '/' || n",
        "room": ROOM,
        "person": PERSON,
        "at": "at - (n % 31536000) * 1000000",
    },
    "decisions": {"event": "event + n * {step}", "at": "at - (n % 31536000) * 1000000"},
    "cases": {
        "number": "number + n",
        "community": f"'社区' || (n % {COMMUNITIES})",
        "room": ROOM,
        "opened_at": "opened_at - (n % 31536000) * 1000000",
        "body": "json_set(body, '$.number', number + n)",
    },
    "askers": {
        "case_number": "case_number + n",
        "person": PERSON,
        "message_id": "message_id || '/' || n",
        "finished_at": "finished_at - (n % 31536000) * 1000000 - 86400000000",
    },
    "history": {"id": "id + n * {step}", "case_number": "case_number + n", "event": "event + n * {step}"},
    "outbox": {
        "id": "id + n * {step}",
        "key": "key || '/' || n",
        "name": ROOM,
        "case_number": "case_number + n",
        "created_at": "created_at - (n % 31536000) * 1000000 - 86400000000",
        "receipt": "receipt || '/' || n",
        "position": "position + n * {step}",
    },
}
"""What differs from copy to copy, as SQL over the number ``n`` of the copy; ``step`` keeps the copies' numbers apart."""


def finish_one(bot: Bot, traffic: Traffic) -> None:
    """Let one question be asked, registered, told of and finished."""
    now = bot.clock.now()
    asked = replace(traffic.message(now), message_id="first", text="@小哨 外地客户的大巴明天停在哪里", mentions_bot=True)
    decision = bot.intake.handle(asked)
    assert decision is not None and decision.cases
    bot.loop.settle()
    done = tuple(replace(case, status=Status.CLOSED, due=None) for case in decision.cases)
    closing_words = replace(asked, message_id="last", text="好的")
    why = (Reason("bench", "办结"),)
    with bot.ledger.transaction() as transaction:
        transaction.record(closing_words)
        transaction.apply(closing_words, Decision(Action.CASE, why, cases=done, cancel=tuple(case.number for case in done)), now)


def fill(path: Path, cases: int) -> None:
    """Copy the one case of a ledger, with everything that belongs to it, until there are so many."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -500000")
        for start in range(1, cases, CHUNK):
            end = min(start + CHUNK, cases)
            db.execute("BEGIN")
            for table, differs in COPIES.items():
                names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                values = ", ".join(differs.get(name, name).format(step=100) for name in names)
                first = "position < 100" if table == "events" else "event < 100" if table == "decisions" else None
                first = first or ("number = 1" if table == "cases" else "case_number = 1")
                db.execute(
                    f"""
                    WITH RECURSIVE copies (n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM copies WHERE n + 1 < {end})
                    INSERT INTO {table} ({", ".join(names)}) SELECT {values} FROM {table}, copies WHERE {first}
                    """
                )
            db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main(
    cases: Annotated[int, typer.Option(help="多的那本账里有多少件")] = 1_000_000,
    folder: Annotated[Path | None, typer.Option(help="账本放在哪个盘上，一百万件要 5 GB")] = None,
) -> None:
    """同样的消息，在一千件和一百万件办结诉求的账本里各要多少时间。"""
    curated = district(load_curated(Settings()))
    with tempfile.TemporaryDirectory(dir=folder) as here, ExitStack() as stack:
        bots: dict[int, Bot] = {}
        for number in (FEW, cases):
            place = Path(here) / str(number)
            place.mkdir()
            with opened(curated, place) as bot:
                finish_one(bot, Traffic(curated))
            start = time.perf_counter()
            fill(place / "ledger.db", number)
            size = (place / "ledger.db").stat().st_size / 1e6
            typer.echo(f"{number} 件：{size:.0f} MB，{time.perf_counter() - start:.0f} 秒写成")
            bots[number] = stack.enter_context(opened(curated, place))
        traffics = {number: Traffic(curated, seed=2) for number in bots}
        spent = dict.fromkeys(bots, 0.0)
        for turn in range(2 * ROUNDS):
            for number, bot in bots.items():
                messages = list(traffics[number].messages(TOGETHER, bot.clock.now()))
                start = time.thread_time()
                bot.intake.handle_all(messages)
                if turn >= ROUNDS:  # the first half fills the caches
                    spent[number] += time.thread_time() - start
        for number, seconds in spent.items():
            typer.echo(f"{number} 件：处理器 {1000 * seconds / ROUNDS / TOGETHER:.3f} 毫秒/条")
        typer.echo(f"倍数：{spent[cases] / spent[FEW]:.2f}（目标 1.2 以内）")


if __name__ == "__main__":
    typer.run(main)
