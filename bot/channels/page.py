"""The group-chat page as a channel: the ledger keeps what was said, open pages are only told to read it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Lock

from bot.channels.port import Abilities, Letter
from bot.errors import SendFailed

PERSON_PREFIX = "page:"
"""What every person id on the page begins with; the rest is the name."""


class Listener:
    """One open page, living on one event loop; wakes up once however often it was called in between."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._news = asyncio.Event()
        self.closed = False

    def call(self, *, close: bool = False) -> None:
        """Wake the page from any thread; a page whose loop has ended is past caring."""
        self.closed = self.closed or close
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def news(self, timeout: float) -> bool:
        """Wait for news up to ``timeout`` seconds; return False if there was none."""
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return False
        self._news.clear()
        return True


class PageChannel:
    """Delivers to the open pages.

    A message is delivered once it stands in the ledger with its receipt; the pages read it there, so nothing is lost when no page
    is open and nothing is kept here. Whoever confirms a sent message in the ledger calls ``notify`` afterwards.
    """

    name = "page"
    abilities = Abilities(
        title="网页群聊（演示）",
        receives=True,
        sends=True,
        mentions=True,
        reads_quotes=True,
        sends_quotes=False,
        reads_recalls=True,
        files=False,
        groups=True,
        direct=True,
        limits="只在自己的网页里，不连微信；谁都可以用任何名字说话",
        risk="没有封号的事；不要让外面的人打得开这个网页",
    )

    def __init__(self, rooms: Collection[str]) -> None:
        self._rooms = frozenset(rooms)
        self._listeners: set[Listener] = set()
        self._lock = Lock()

    def open_rooms(self, rooms: Collection[str]) -> None:
        """Know further groups from now on; one that has left the routing file stays, for what is still to be said there."""
        self._rooms |= frozenset(rooms)

    def send(self, letter: Letter) -> str:
        """Return the receipt, the same for the same key; raises ``SendFailed`` for a group or a person that no page shows."""
        if letter.room and letter.room not in self._rooms:
            raise SendFailed(f"页面上没有群「{letter.room}」", permanent=True)
        if not letter.room and not letter.person.startswith(PERSON_PREFIX):
            raise SendFailed(f"页面上没有「{letter.person}」这个人", permanent=True)
        self.notify()
        return f"{PERSON_PREFIX}{letter.key}"

    def notify(self) -> None:
        """Tell every open page that the ledger may hold something new; safe from any thread."""
        self._call(close=False)

    def close(self) -> None:
        """End every open page's stream, so that a server can stop."""
        self._call(close=True)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Register an open page for as long as the context lasts; to be called on its event loop."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _call(self, *, close: bool) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.call(close=close)
