"""One after the other within one conversation, without holding up any other."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from contextlib import contextmanager
from threading import Lock


class Turns:
    """Locks by key that exist only while somebody holds them or waits for them."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._locks: dict[Hashable, tuple[Lock, int]] = {}

    @contextmanager
    def turn(self, key: Hashable) -> Generator[None, None, None]:
        """Hold the key's lock within the context, after whoever has it now."""
        with self._guard:
            lock, wanting = self._locks.get(key, (Lock(), 0))
            self._locks[key] = (lock, wanting + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                _, wanting = self._locks[key]
                if wanting == 1:
                    del self._locks[key]
                else:
                    self._locks[key] = (lock, wanting - 1)
