"""What came in, on its way to the intake: in order within a conversation, conversations side by side, nothing dropped."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

TOGETHER = 64
"""Messages that are handed over at once, of however many conversations."""

_WAITING_AT_MOST = 200
_AT_ONCE = 4
_PATIENCE = 0.5
"""Seconds until those that wait behind a delivery are delivered beside it: it waits for somebody else (a database, a scorer).

Sooner would only make them compete for one and the same processor: four at once took half as long again for each message.
"""
_AGAIN = 2.0

Message = TypeVar("Message")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Conversation(Generic[Message]):
    waiting: deque[Message] = field(default_factory=deque)
    space: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_WAITING_AT_MOST))
    in_hand: bool = False  # somebody delivers from it, or it is in line for that


class Inbox(Generic[Message]):
    """One bounded queue a conversation; when one is full, whoever brings more waits.

    ``deliver`` takes messages in order, several of a conversation too, and tells of each whether it is done with; what is not is
    delivered again, and the rest of its conversation after it. It runs on threads, never twice at once for a conversation.
    """

    def __init__(self, deliver: Callable[[Sequence[Message]], Sequence[bool]], together: int = TOGETHER) -> None:
        self._deliver = deliver
        self._together = together
        self._conversations: dict[str, _Conversation[Message]] = {}
        self._ready: asyncio.Queue[_Conversation[Message]] = asyncio.Queue()
        self._left = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._turn = asyncio.Lock()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wechaty-inbox")
        self._workers = [asyncio.create_task(self._work()) for _ in range(_AT_ONCE)]

    async def put(self, conversation: str, message: Message) -> None:
        """Queue a message behind the others of its conversation."""
        here = self._conversations.setdefault(conversation, _Conversation())
        await here.space.acquire()
        here.waiting.append(message)
        self._left += 1
        self._empty.clear()
        self._line_up(here)

    async def drain(self) -> None:
        """Wait until everything queued so far has been delivered."""
        await self._empty.wait()

    async def close(self) -> None:
        """Stop, dropping what is still queued."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._threads.shutdown(wait=True)

    def _line_up(self, here: _Conversation[Message]) -> None:
        if here.waiting and not here.in_hand:
            here.in_hand = True
            self._ready.put_nowait(here)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with self._turn:
                batch = self._gathered(await self._ready.get())
                messages = [message for _, some in batch for message in some]
                delivery = loop.run_in_executor(self._threads, self._deliver, messages)
                await asyncio.wait((delivery,), timeout=_PATIENCE)
            try:
                done = list(await delivery)
            except Exception:
                log.exception("%d 条消息没有处理成", len(messages))
                done = [True] * len(messages)
            for here, some in batch:
                its, done = done[: len(some)], done[len(some) :]
                self._delivered(here, its.index(False) if False in its else len(its))
                here.in_hand = False
                if all(its):
                    self._line_up(here)
                else:
                    loop.call_later(_AGAIN, self._line_up, here)

    def _gathered(self, first: _Conversation[Message]) -> list[tuple[_Conversation[Message], list[Message]]]:
        """Return what is delivered next: of the first conversation, and of those in line behind it while there is room."""
        batch, room, here = [], self._together, first
        while True:
            some = list(here.waiting)[:room]
            batch.append((here, some))
            room -= len(some)
            if not room or self._ready.empty():
                return batch
            here = self._ready.get_nowait()

    def _delivered(self, here: _Conversation[Message], number: int) -> None:
        for _ in range(number):
            here.waiting.popleft()
            here.space.release()
        self._left -= number
        if not self._left:
            self._empty.set()
