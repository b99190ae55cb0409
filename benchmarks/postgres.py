"""Messages a second through several bots on one PostgreSQL: does it grow with them, and what does a message cost?

Run ``python -m benchmarks.postgres``: a real server with durable commits, and for 1, 2 and 4 bots a process each, in groups of
its own. ``--url`` takes an empty database of another server instead.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Annotated

import psutil
import psycopg
import typer

from benchmarks.intake import handed_over
from benchmarks.traffic import CHANNEL, Nowhere, Traffic, district
from bot.app import Curated, bind_everybody, build_bot, load_curated
from bot.ledger.postgres import PostgresLedger
from bot.model import Said
from bot.settings import Settings
from bot.work.clock import SystemClock
from tests.postgres_server import PostgresServer, running_server

WARM = 600
"""Messages that each bot takes in before the measuring begins, so that it has its groups."""
PATIENCE = 120.0
"""Seconds that the bots wait for each other; if one has failed by then, all end."""
_HELD_LONG = "UPDATE room_leases SET since = since - interval '1 hour'"
"""Groups that have just changed hands are looked through for what their former owner handled, which is not what is measured."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one bot did: how many messages, from when to when, and the processor's seconds."""

    number: int
    begin: float
    end: float
    processor: float


def own_traffic(curated: Curated, place: int, bots: int) -> Traffic:
    """Return what is said in one bot's groups."""
    names = [name for number, name in enumerate(curated.routing.rooms) if number % bots == place]
    rooms = {name: curated.routing.rooms[name] for name in names}
    return Traffic(replace(curated, routing=replace(curated.routing, rooms=rooms)), seed=place)


def work(curated: Curated, url: str, place: int, bots: int, number: int, start: Barrier, done: Connection) -> None:
    """Be one bot: take in messages through WeChat's inbox as fast as may be, and send what there is to send meanwhile."""
    bot = build_bot(PostgresLedger(url), curated.knowledge, curated.routing, SystemClock(), [Nowhere()], lambda: None)
    traffic = own_traffic(curated, place, bots)

    def messages(count: int) -> Iterator[Said]:
        for message in traffic.messages(count, bot.clock.now()):
            yield replace(message, message_id=f"{place}/{message.message_id}")

    bot.start()
    try:
        bot.intake.handle_all(list(messages(WARM)))
        coming = [(0.0, message) for message in messages(number)]
        if start.wait() == 0:  # one for all, or they lock each other's groups in turns
            with psycopg.connect(url) as link:
                link.execute(_HELD_LONG)
        start.wait()
        begin = time.time()
        measured = handed_over(bot, coming)
        done.send(Share(measured.actions.total(), begin, begin + measured.seconds, measured.processor))
    finally:
        bot.close()


def measure(curated: Curated, url: str, bots: int, number: int) -> list[Share]:
    """Let so many bots share a number of messages, and return what each did."""
    forked = multiprocessing.get_context("fork")  # the knowledge is there already
    start = forked.Barrier(bots, timeout=PATIENCE)
    pipes = [forked.Pipe(duplex=False) for _ in range(bots)]
    processes = [
        forked.Process(target=work, args=(curated, url, place, bots, number // bots, start, pipes[place][1]))
        for place in range(bots)
    ]
    for process in processes:
        process.start()
    for _, sending in pipes:
        sending.close()  # so that a bot that fails is an end of its pipe
    shares: list[Share] = [receiving.recv() for receiving, _ in pipes]
    for process in processes:
        process.join()
    return shares


def server_seconds(server: PostgresServer | None) -> float:
    """Return the processor's seconds that a server and its connections have spent, those that are closed among them."""
    if server is None:
        return 0.0
    postmaster = psutil.Process(server.pid)
    times = [postmaster.cpu_times()]
    for process in postmaster.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended since it was listed
            times.append(process.cpu_times())
    return float(sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system)


def told(bots: int, shares: Sequence[Share], server: float) -> str:
    """Return one line about a load."""
    number = sum(share.number for share in shares)
    seconds = max(share.end for share in shares) - min(share.begin for share in shares)
    own = sum(share.processor for share in shares) / number * 1000
    theirs = server / number * 1000
    line = f"{bots} 个小哨：{number / seconds:.0f} 条/秒；处理器每条：小哨 {own:.2f} 毫秒"
    return f"{line}，数据库 {theirs:.2f} 毫秒" if server else line


@contextmanager
def empty_ledgers(url: str) -> Iterator[PostgresServer | None]:
    """Run a server unless there is an address already."""
    if url:
        yield None
        return
    with running_server(durable=True) as server:
        yield server


def emptied(url: str) -> str:
    """Empty a ledger at an address and return the address."""
    PostgresLedger(url).close()
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("DROP SCHEMA IF EXISTS bench CASCADE")
        link.execute("CREATE SCHEMA bench")
    return psycopg.conninfo.make_conninfo(url, options="-csearch_path=bench")


def main(
    number: Annotated[int, typer.Option(help="每一轮一共多少条")] = 4_000,
    bots: Annotated[str, typer.Option(help="几个小哨各量一轮")] = "1,2,4",
    url: Annotated[str, typer.Option(help="用哪个 PostgreSQL（不写就现起一个）")] = "",
) -> None:
    """量几个小哨合用一个 PostgreSQL 时每秒能登记多少条。"""
    curated = district(load_curated(Settings()))
    with empty_ledgers(url) as server:
        for count in map(int, bots.split(",")):
            where = server.empty_url() if server else emptied(url)
            ledger = PostgresLedger(where)
            bind_everybody(ledger, curated.routing, CHANNEL, f"{CHANNEL}:", SystemClock().now())
            ledger.close()
            before = server_seconds(server)
            shares = measure(curated, where, count, number)
            typer.echo(told(count, shares, server_seconds(server) - before))


if __name__ == "__main__":
    typer.run(main)
