"""How the bot is: green, yellow when a person should look at something, red when it does not do what was promised."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock

from bot.work.audit.auditor import Auditor
from bot.work.audit.finding import Finding
from bot.work.clock import Clock

KEPT = 5.0
"""Seconds for which a report is good, so that asking often costs nothing."""


class Light(StrEnum):
    """The health in one word."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Report:
    """How the bot was at a moment; ``findings`` with the grave ones first."""

    light: Light
    at: datetime
    bot: str
    version: str
    config: str
    findings: tuple[Finding, ...]


class Health:
    """Reports from any thread; ``identity`` returns the bot's id, version and configuration hash."""

    def __init__(
        self,
        auditor: Auditor,
        clock: Clock,
        identity: Callable[[], tuple[str, str, str]],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._auditor = auditor
        self._clock = clock
        self._identity = identity
        self._timer = timer
        self._lock = Lock()
        self._last: tuple[float, Report] | None = None

    def report(self) -> Report:
        """Look, or return what was seen a moment ago."""
        with self._lock:
            if self._last is None or self._timer() - self._last[0] >= KEPT:
                self._last = (self._timer(), self._look())
            return self._last[1]

    def _look(self) -> Report:
        found = sorted(self._auditor.findings(), key=lambda finding: not finding.grave)
        light = Light.GREEN if not found else Light.RED if found[0].grave else Light.YELLOW
        return Report(light, self._clock.now(), *self._identity(), tuple(found))
