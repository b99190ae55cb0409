"""The auditor's own thread: what watches over the work must not stop with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from bot.errors import XiaoshaoError

EVERY = 60.0
"""Seconds between two rounds."""

log = logging.getLogger(__name__)


class Patrol:
    """Does its ``duties`` one after the other, at the start and then about once a minute; a fault in one holds up no other."""

    def __init__(self, duties: Sequence[Callable[[], object]]) -> None:
        self._duties = duties
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="patrol", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the round that is running and end the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def round(self) -> None:
        """Do every duty once."""
        for duty in self._duties:
            try:
                duty()
            except XiaoshaoError as error:
                log.error("巡查没有做完，稍后再试：%s", error)
            except Exception:
                log.exception("巡查出了意外，稍后再试")

    def _run(self) -> None:
        while True:
            self.round()
            if self._stopping.wait(EVERY):
                return
