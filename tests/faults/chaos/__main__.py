"""Run it: ``python -m tests.faults.chaos --engine sqlite --kills 2000``; ends with 1 if anything did not hold."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.ledger.port import Ledger
from bot.routing.config import Routing
from bot.work.audit.ledger import GRACE
from tests.faults.chaos.arena import Arena
from tests.faults.chaos.nursery import Nursery, nursery
from tests.faults.chaos.people import PREFIX, People
from tests.faults.chaos.scene import CHANNEL, FastClock, curated, open_ledger
from tests.faults.chaos.verdict import Verdict, judge
from tests.postgres_server import running_server

SOON, LATER = 3600.0, 6 * 86400.0
"""How far the clock is set in the end, in seconds: all leases and windows are over, then nobody has answered for days."""


@contextmanager
def address_of(engine: str, keep: Path | None) -> Generator[str, None, None]:
    """Give the address of an empty ledger within the context."""
    if engine == "postgres":
        with running_server(durable=True) as server:
            yield server.empty_url()
        return
    if keep:
        yield str(keep)
        return
    with tempfile.TemporaryDirectory(prefix="xiaoshao-chaos-") as folder:
        yield str(Path(folder) / "xiaoshao.db")


def chaos(nursing: Nursery, routing: Routing, address: str, kills: int, seed: int, bots: int) -> Verdict:
    """Kill that many bots on one ledger, let the rest settle, and judge."""
    random, started = Random(seed), time.monotonic()
    contacts = frozenset(routing.contacts)
    people = People(random, FastClock(started), tuple(routing.rooms), contacts)
    ledger = open_ledger(address)
    with ledger.transaction() as work:
        for name in routing.contacts:
            work.bind(CHANNEL, f"{PREFIX}{name}", name, people.clock.now())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("kill -9", total=kills)
        arena = Arena(nursing, address, people, random, started, bots)
        arena.fight(kills, lambda done: progress.update(task, completed=done))
        arena.finish()
    people.stop_answering()
    for ahead in (SOON, LATER):
        clock = FastClock(started, timedelta(seconds=ahead))
        at = arena.settle(ahead, partial(_settled, ledger, clock))
    verdict = judge(people, ledger, arena.toll, at)
    ledger.close()
    return verdict


def _settled(ledger: Ledger, clock: FastClock) -> datetime | None:
    """Return the present time if nothing is overdue and nothing waits to be sent."""
    now = clock.now()
    with ledger.transaction() as work:
        tally = work.tally(now, GRACE)
    return None if tally.overdue or tally.waiting or tally.claimed else now


def main() -> int:
    """Run one engine or both, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos")
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--bots", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20261118)
    parser.add_argument("--keep", type=Path, help="where SQLite's ledger is to be, and to stay")
    given = parser.parse_args()
    routing = curated().routing
    sound = True
    for engine in ("sqlite", "postgres") if given.engine == "both" else (given.engine,):
        begun = time.monotonic()
        with address_of(engine, given.keep) as address, nursery() as nursing:
            verdict = chaos(nursing, routing, address, given.kills, given.seed, given.bots)
        figures = {"engine": engine, "seed": given.seed, "seconds": round(time.monotonic() - begun), **verdict.as_dict()}
        print(json.dumps(figures, ensure_ascii=False, indent=2), flush=True)
        sound = sound and not verdict.faults
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
