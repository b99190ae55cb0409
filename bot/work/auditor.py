"""Looking for what fell through: overdue cases, undelivered messages, events not decided, a year without a holiday table."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.ledger.port import Judged, Ledger, Outgoing
from bot.model import Case
from bot.routing.holidays_cn import known_year
from bot.work.clock import Clock

GRACE = timedelta(minutes=5)
_LOOKING_AHEAD = timedelta(days=30)
_FAULTS_OF = timedelta(days=7)


class Auditor:
    """Says in Chinese what a person should look at."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._told: set[str] = set()
        self._day = date.min

    def findings(self) -> list[str]:
        """Return one sentence for each thing that is wrong; empty when all is well; raises ``LedgerError``."""
        now = self._clock.now()
        with self._ledger.transaction() as transaction:
            overdue = transaction.overdue(now, GRACE)
            undelivered = transaction.undelivered()
            faults = transaction.faults(now - _FAULTS_OF)
        return [*map(_overdue, overdue), *map(_undelivered, undelivered), *map(_fault, faults), *_unknown_years(now)]

    def news(self) -> list[str]:
        """Return the findings that have not been told today; raises ``LedgerError``."""
        today = self._clock.now().date()
        if today != self._day:
            self._told.clear()
            self._day = today
        fresh = [finding for finding in self.findings() if finding not in self._told]
        self._told.update(fresh)
        return fresh


def _unknown_years(now: datetime) -> list[str]:
    years = {now.year, (now + _LOOKING_AHEAD).year}
    return [
        f"{year} 年的放假和调休安排还没有装进程序，先按周一至周五、扣除固定的法定节日计算时限；国务院公布后请更新程序"
        for year in sorted(years)
        if not known_year(year)
    ]


def _overdue(case: Case) -> str:
    assert case.due is not None
    who = case.assignee or "还没有经办人"
    return f"#{case.number} 该在 {case.due.at:%Y-%m-%d %H:%M} 做的一步（{case.due.name}）超过五分钟没有做，{who}"


def _undelivered(outgoing: Outgoing) -> str:
    about = f"#{outgoing.case} " if outgoing.case is not None else ""
    return (
        f"{about}发给{outgoing.target.name}的消息没有送达（试了 {outgoing.attempts} 次，{outgoing.why}）：{_brief(outgoing.text)}"
    )


def _fault(judged: Judged) -> str:
    details = "；".join(reason.detail for reason in judged.decision.reasons)
    words = f"：{_brief(judged.text)}" if judged.text else ""
    return f"{judged.at:%Y-%m-%d %H:%M} 的一条没有处理成（{judged.message_id}，{details}）{words}"


def _brief(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
