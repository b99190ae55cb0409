"""The auditor: collects the findings, and tells each once a day, in the log and to the duty workers."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.errors import LedgerError
from bot.ledger.port import Ledger
from bot.model import Noticed
from bot.routing.holidays_cn import known_year
from bot.work.audit.finding import Finding
from bot.work.audit.ledger import ledger_findings
from bot.work.clock import Clock

SAID = 5
"""Findings that one message names; the others are counted."""

_LOOKING_AHEAD = timedelta(days=30)
_TOLD = "audit_told"

Look = Callable[[], Iterable[Finding]]
"""Somewhere else to look for findings."""

log = logging.getLogger(__name__)


class Auditor:
    """Says in Chinese what a person should look at.

    ``elsewhere`` are further places to look at. ``tell`` takes the events for the duty workers, ``night`` says when they sleep;
    ``me`` is the id under which this bot's heartbeat stands in the ledger.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        elsewhere: Sequence[Look] = (),
        tell: Callable[[Noticed], object] = lambda event: None,
        night: Callable[[datetime], bool] = lambda at: False,
        me: str = "",
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._elsewhere = elsewhere
        self._tell = tell
        self._night = night
        self._me = me
        self._logged: tuple[str, frozenset[str]] = ("", frozenset())

    def findings(self) -> list[Finding]:
        """Return what is wrong, empty when all is well; a ledger that can't be read is a finding itself."""
        now = self._clock.now()
        try:
            with self._ledger.transaction() as transaction:
                found = ledger_findings(transaction, self._me, now)
        except LedgerError as error:
            found = [Finding("ledger", "", str(error), urgent=True)]
        found += [*_unknown_years(now), *(finding for look in self._elsewhere for finding in look())]
        return list({finding.key: finding for finding in found}.values())

    def patrol(self) -> None:
        """Look once, and tell what has not been told today; raises ``LedgerError`` when nobody can be told."""
        found = self.findings()
        self._write_down(found)
        night = self._night(self._clock.now())
        fit = [finding for finding in found if not finding.quiet and (finding.urgent or not night)]
        groups = sorted({(finding.community, finding.urgent) for finding in fit})
        for group in groups:
            self._tell_fresh([finding for finding in fit if (finding.community, finding.urgent) == group], *group)

    def _write_down(self, found: Iterable[Finding]) -> None:
        today = f"{self._clock.now():%Y-%m-%d}"
        day, known = self._logged
        known = known if day == today else frozenset()
        fresh = {finding.key: finding for finding in found if finding.key not in known}
        for finding in fresh.values():
            log.warning("%s", finding)
        self._logged = (today, known | fresh.keys())

    def _tell_fresh(self, found: Sequence[Finding], community: str, urgent: bool) -> None:
        """Tell what nobody was told today: first the event, so that what was noted as told has been told."""
        now = self._clock.now()
        today = f"{now:%Y-%m-%d}"
        with self._ledger.transaction() as transaction:
            told = _told(transaction.setting(_TOLD), today)
        fresh = {finding.key: finding for finding in found if finding.key not in told}
        if not fresh:
            return
        digest = hashlib.sha256("\n".join((community, *sorted(fresh))).encode()).hexdigest()[:12]
        said = tuple(str(finding) for finding in list(fresh.values())[:SAID])
        self._tell(Noticed(f"{today}/{digest}", said, len(fresh), now, community, urgent))
        with self._ledger.transaction() as transaction:
            told = _told(transaction.setting(_TOLD), today)
            transaction.set(_TOLD, json.dumps({"day": today, "keys": sorted(told | fresh.keys())}))


def _told(kept: str | None, today: str) -> frozenset[str]:
    """Return the keys of the findings that have been told today."""
    record = json.loads(kept) if kept else {}
    return frozenset(record["keys"]) if record.get("day") == today else frozenset()


def _unknown_years(now: datetime) -> Iterator[Finding]:
    for year in sorted({now.year, (now + _LOOKING_AHEAD).year}):
        if not known_year(year):
            text = f"{year} 年的放假和调休安排还没有装进程序，先按周一至周五、扣除固定的法定节日计算时限；国务院公布后请更新程序"
            yield Finding("holidays_unknown", str(year), text, grave=False)
