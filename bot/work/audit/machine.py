"""What the machine shows: a clock that jumped, a disk nearly full."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from bot.ledger.codec import ZONE
from bot.work.audit.finding import Finding

JUMP = 60.0
"""Seconds by which the wall clock may stray from the steady one."""

FORGOTTEN_AFTER = 24 * 3600.0
"""Seconds after which the wall clock is believed again."""

NEARLY_FULL = 1 << 30
"""Bytes free on the ledger's disk below which somebody should make room."""

ALMOST_FULL = 200 << 20
"""Bytes free below which questions will soon be refused."""


def steady_seconds() -> float:
    """Return seconds of a clock that nobody sets, and that goes on while the machine sleeps where the system has such a one."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)


class ClockWatch:
    """Compares the wall clock (``wall``, seconds since the epoch) with one that nobody sets (``steady``, seconds)."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = steady_seconds) -> None:
        self._wall = wall
        self._steady = steady
        self._from = (wall(), steady())
        self._since: float | None = None

    def findings(self) -> Iterator[Finding]:
        """Yield the jump, until the clock is set right or a day has passed."""
        wall, steady = self._wall(), self._steady()
        astray = (wall - self._from[0]) - (steady - self._from[1])
        if abs(astray) < JUMP:
            self._since = None
            return
        self._since = steady if self._since is None else self._since
        if steady - self._since >= FORGOTTEN_AFTER:
            self._from, self._since = (wall, steady), None
            return
        at = datetime.fromtimestamp(wall, ZONE)
        minutes = max(1, round(abs(astray) / 60))
        way = "往前" if astray > 0 else "往回"
        text = (
            f"这台电脑的时钟{way}跳了 {minutes} 分钟，现在显示 {at:%Y-%m-%d %H:%M}：看看对不对，并打开自动校时；时限都按这个钟算"
        )
        yield Finding("clock_jumped", way, text)


def disk_findings(folder: Path, usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage) -> Iterator[Finding]:
    """Yield what is wrong with the disk that the ledger is on; ``usage`` returns bytes in all, used, and free."""
    try:
        free = usage(folder)[2]
    except OSError as error:
        yield Finding("disk_unknown", "", f"看不到账本所在的磁盘（{error.strerror}）：检查磁盘是不是还连着")
        return
    if free < NEARLY_FULL:
        grave = free < ALMOST_FULL
        text = f"账本所在的磁盘只剩 {free >> 20} MB：请腾出空间，满了以后新问题登记不了"
        yield Finding("disk_full", "almost" if grave else "nearly", text, grave=grave, urgent=grave)
