"""Waiting for the calls that are being made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.channels.wechaty.sending import UnderWay

LONG = 3600.0


def play(scene: Callable[[UnderWay], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(20):
            await scene(UnderWay())

    asyncio.run(run())


async def waiting(calls: UnderWay, seconds: float = LONG) -> asyncio.Task[None]:
    """Begin to wait and return once that is so."""
    task = asyncio.create_task(calls.ended(seconds))
    await asyncio.sleep(0)
    return task


async def let_go(task: asyncio.Task[None]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


def test_nobody_waits_when_nothing_is_being_made() -> None:
    async def scene(calls: UnderWay) -> None:
        await calls.ended(LONG)
        calls.end(calls.begin())
        await calls.ended(LONG)

    play(scene)


def test_whoever_waits_waits_for_what_had_begun_and_for_nothing_else() -> None:
    async def scene(calls: UnderWay) -> None:
        first, second = calls.begin(), calls.begin()
        early = await waiting(calls)
        third = calls.begin()
        late = await waiting(calls)
        calls.end(second)
        assert not await let_go(early)
        calls.end(first)
        assert (await let_go(early), await let_go(late)) == (True, False)
        calls.end(third)
        assert await let_go(late)

    play(scene)


def test_waiting_has_an_end_and_may_begin_anew() -> None:
    async def scene(calls: UnderWay) -> None:
        call = calls.begin()
        await calls.ended(0)
        again = await waiting(calls)
        assert not await let_go(again)
        calls.end(call)
        assert await let_go(again)

    play(scene)


def test_one_that_gives_up_waiting_leaves_the_others_waiting() -> None:
    async def scene(calls: UnderWay) -> None:
        call = calls.begin()
        one, other = await waiting(calls), await waiting(calls)
        one.cancel()
        assert (await let_go(one), other.done()) == (True, False)
        calls.end(call)
        assert await let_go(other)

    play(scene)
