"""Everything that watches over a running bot, wired: heartbeat, auditor, health, metrics, and their thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from bot.channels.port import Channel, Linked
from bot.ledger.port import Ledger
from bot.model import Noticed
from bot.work.audit.auditor import Auditor, Look
from bot.work.audit.finding import Finding
from bot.work.audit.health import Health
from bot.work.audit.heartbeat import Pulse
from bot.work.audit.machine import ClockWatch, disk_findings
from bot.work.audit.patrol import Patrol
from bot.work.clock import Clock
from bot.work.curated import InForce
from bot.work.loop import WorkLoop
from bot.work.metrics import Metrics

CUT_OFF = timedelta(minutes=5)
"""How long a channel may be cut off before it is a finding."""

CATCHING_UP = 600.0
"""Seconds after which a bot should have done what fell due while it was down."""


class Watch:
    """The watching parts of one bot. ``disk`` is the folder of the ledger, None where it is on another machine."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        in_force: InForce,
        channels: Sequence[Channel],
        loop: WorkLoop,
        tell: Callable[[Noticed], object],
        metrics: Metrics,
        *,
        disk: Path | None = None,
        duties: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._linked = [channel for channel in channels if isinstance(channel, Linked)]
        self._clock = clock
        self._loop = loop
        self.pulse = Pulse(ledger, clock, in_force, version("xiaoshao"))
        looks: list[Look] = [ClockWatch().findings, self._unwritable, self._stopped, self._cut_off]
        if disk is not None:
            looks.append(lambda: disk_findings(disk))
        self.auditor = Auditor(
            ledger,
            clock,
            elsewhere=looks,
            tell=tell,
            night=lambda at: in_force.current.routing.quiet(at),
            me=self.pulse.bot,
        )
        self.health = Health(self.auditor, clock, self.pulse.identity)
        self.metrics = metrics
        metrics.watch(ledger, clock, self.health)
        self._began = time.monotonic()
        self._patrol = Patrol([self.pulse.beat, self._audit, *duties])

    def start(self) -> None:
        """Begin to look about once a minute."""
        self._patrol.start()

    def look(self) -> None:
        """Look once, now."""
        self._patrol.round()

    def stop(self) -> None:
        """Look no more, and sign off."""
        self._patrol.stop()
        self.pulse.stop()

    def _audit(self) -> None:
        """Let the auditor look, but not at what a bot just started is about to do."""
        if not (self._loop.catching_up and time.monotonic() - self._began < CATCHING_UP):
            self.auditor.patrol()

    def _unwritable(self) -> Iterable[Finding]:
        if self.pulse.trouble:
            yield Finding("ledger", "", self.pulse.trouble, urgent=True)

    def _stopped(self) -> Iterable[Finding]:
        if self._loop.died:
            yield Finding("loop_stopped", "", "小哨不再发消息、不再催办（后台线程停了）：请重新启动小哨", urgent=True)

    def _cut_off(self) -> Iterable[Finding]:
        for channel in self._linked:
            since = channel.cut_off_since()
            if since is not None and self._clock.now() - since > CUT_OFF:
                title = channel.abilities.title
                text = f"{title}从 {since:%Y-%m-%d %H:%M} 起断开，群里的消息收不到也发不出：检查网关和那个微信号的登录"
                yield Finding("channel_cut_off", title, text)
