"""What came in, on its way to the intake: in order within a conversation, conversations side by side, nothing dropped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot.errors import LedgerError

_WAITING_AT_MOST = 200
_AT_ONCE = 4
_AGAIN = 2.0

Delivery = Callable[[], object]

log = logging.getLogger(__name__)


class Inbox:
    """One bounded queue a conversation; when one is full, whoever brings more waits.

    A delivery that the ledger could not take is tried again until it can; any other fault ends that delivery only.
    """

    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Queue[Delivery]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wechaty-inbox")

    async def put(self, conversation: str, delivery: Delivery) -> None:
        """Queue a delivery behind the others of its conversation."""
        queue = self._queues.get(conversation)
        if queue is None:
            queue = self._queues[conversation] = asyncio.Queue(_WAITING_AT_MOST)
            self._workers[conversation] = asyncio.create_task(self._work(conversation, queue))
        await queue.put(delivery)

    async def drain(self) -> None:
        """Wait until everything queued so far has been delivered."""
        await asyncio.gather(*(queue.join() for queue in list(self._queues.values())))

    async def close(self) -> None:
        """Stop, dropping what is still queued."""
        for worker in self._workers.values():
            worker.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        self._threads.shutdown(wait=True)

    async def _work(self, conversation: str, queue: asyncio.Queue[Delivery]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            delivery = await queue.get()
            try:
                while not await loop.run_in_executor(self._threads, _deliver, delivery, conversation):
                    await asyncio.sleep(_AGAIN)
            finally:
                queue.task_done()


def _deliver(delivery: Delivery, conversation: str) -> bool:
    """Deliver, and tell whether that is done with; only what the ledger refuses is not."""
    try:
        delivery()
    except LedgerError as trouble:
        log.error("账本没有接下「%s」的一条消息，%s 秒后再试：%s", conversation, _AGAIN, trouble)
        return False
    except Exception:
        log.exception("「%s」的一条消息没有处理成", conversation)
    return True
