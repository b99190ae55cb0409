"""The queues between the gateway and the intake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from threading import Event as Signal

import pytest

from bot.channels.wechaty import inbox
from bot.channels.wechaty.inbox import Inbox


class Taken:
    """Takes messages (conversation, number), refuses those it is told to once, and remembers the batches."""

    def __init__(self, *refused: tuple[str, int]) -> None:
        self.batches: list[list[tuple[str, int]]] = []
        self.refused = set(refused)
        self.go_on = Signal()
        self.go_on.set()

    def __call__(self, messages: Sequence[tuple[str, int]]) -> list[bool]:
        assert self.go_on.wait(10)
        done: list[bool] = []
        kept: list[tuple[str, int]] = []
        for message in messages:
            stopped = any(other[0] == message[0] and not fine for other, fine in zip(messages, done, strict=False))
            done.append(not stopped and message not in self.refused)
            kept += [message] if done[-1] else []
        self.refused.clear()
        self.batches.append(kept)
        return done

    def of(self, conversation: str) -> list[int]:
        return [number for batch in self.batches for name, number in batch if name == conversation]


def run(taken: Taken, scene: Callable[[Inbox[tuple[str, int]]], Awaitable[None]], together: int = 64) -> None:
    async def play() -> None:
        box: Inbox[tuple[str, int]] = Inbox(taken, together)
        async with asyncio.timeout(20):
            await scene(box)
            await box.drain()
        await box.close()

    asyncio.run(play())


def test_everything_arrives_in_order_within_its_conversation() -> None:
    taken = Taken()

    async def scene(box: Inbox[tuple[str, int]]) -> None:
        for number in range(500):
            await box.put(f"群{number % 7}", (f"群{number % 7}", number))

    run(taken, scene)
    for room in range(7):
        assert taken.of(f"群{room}") == list(range(room, 500, 7))


def test_what_waits_is_handed_over_together_but_never_more_than_allowed() -> None:
    taken = Taken()
    taken.go_on.clear()

    async def scene(box: Inbox[tuple[str, int]]) -> None:
        for number in range(60):
            await box.put(f"群{number % 6}", (f"群{number % 6}", number))
        taken.go_on.set()

    run(taken, scene, together=16)
    assert max(len(batch) for batch in taken.batches) == 16
    assert sum(len(batch) for batch in taken.batches) == 60


def test_what_is_refused_comes_again_before_what_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_AGAIN", 0.01)
    taken = Taken(("甲", 1))

    async def scene(box: Inbox[tuple[str, int]]) -> None:
        for number in range(4):
            await box.put("甲", ("甲", number))
            await box.put("乙", ("乙", number))

    run(taken, scene)
    assert (taken.of("甲"), taken.of("乙")) == ([0, 1, 2, 3], [0, 1, 2, 3])


def test_a_full_conversation_holds_up_whoever_brings_more() -> None:
    taken = Taken()
    taken.go_on.clear()

    async def scene(box: Inbox[tuple[str, int]]) -> None:
        async def bring() -> None:
            for number in range(300):
                await box.put("甲", ("甲", number))

        bringing = asyncio.create_task(bring())
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not bringing.done()
        await box.put("乙", ("乙", 0))
        taken.go_on.set()
        await bringing

    run(taken, scene)
    assert taken.of("甲") == list(range(300))


def test_a_fault_in_delivering_ends_those_messages_only() -> None:
    taken: list[int] = []

    def deliver(messages: Sequence[int]) -> list[bool]:
        if 1 in messages:
            raise KeyError("bug")
        taken.extend(messages)
        return [True] * len(messages)

    async def play() -> None:
        box: Inbox[int] = Inbox(deliver, 1)
        async with asyncio.timeout(20):
            for number in range(3):
                await box.put("甲", number)
            await box.drain()
        await box.close()

    asyncio.run(play())
    assert taken == [0, 2]


def test_whoever_waits_behind_a_delivery_that_hangs_is_delivered_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_PATIENCE", 0.01)
    answered, taken = Signal(), list[str]()

    def deliver(messages: Sequence[str]) -> list[bool]:
        taken.extend(messages)
        if "甲" in messages:
            assert answered.wait(10)
        elif len(taken) == 3:
            answered.set()
        return [True] * len(messages)

    async def play() -> None:
        box: Inbox[str] = Inbox(deliver, 1)
        async with asyncio.timeout(20):
            for conversation in ("甲", "乙", "丙"):
                await box.put(conversation, conversation)
            await box.drain()
        await box.close()

    asyncio.run(play())
    assert taken == ["甲", "乙", "丙"]


def test_quick_deliveries_come_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_PATIENCE", 20)
    under_way, most = set[int](), 0

    def deliver(messages: Sequence[int]) -> list[bool]:
        nonlocal most
        under_way.update(messages)
        most = max(most, len(under_way))
        under_way.difference_update(messages)
        return [True] * len(messages)

    async def play() -> None:
        box: Inbox[int] = Inbox(deliver, 1)
        async with asyncio.timeout(20):
            for number in range(50):
                await box.put(f"群{number}", number)
            await box.drain()
        await box.close()

    asyncio.run(play())
    assert most == 1
