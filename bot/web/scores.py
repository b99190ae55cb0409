"""The scorecard's page: three rates with their formulas, who answered, departments, themes, communities, days and weeks."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.responses import Response
from starlette.routing import Route

from bot.reports.bulletin_text import share
from bot.reports.scorecard import Rate, Scorecard
from bot.reports.scorecard_workbook import FORMULAS, workbook
from bot.web.charts import KINDS, columns, parts
from bot.web.forms import Refused
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit
from bot.work.bulletins import Bulletins

SPANS = ((7, "最近 7 天"), (30, "最近 30 天"), (90, "最近 90 天"))
LONGEST = timedelta(days=800)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ScoreDesk:
    """The scorecard as a page and as an Excel workbook."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            self._site.page("/scores", self.page, Role.LEADER),
            self._site.page("/scores.xlsx", self.download, Role.LEADER),
        ]

    def page(self, visit: Visit) -> Response:
        """Show the figures of the chosen days, the last seven unless told otherwise."""
        card = _card(visit)
        rates = (card.response, card.solution, card.satisfaction, card.unrated)
        return visit.show(
            "scores.html",
            card=card,
            spans=[(_since(card.last, days), words) for days, words in SPANS],
            rates=[(name, rate, _percent(rate), how) for (name, how), rate in zip(FORMULAS, rates, strict=True)],
            days=columns(card.days, "天") if len(card.days) <= 92 else None,
            weeks=columns(card.weeks, "周") if len(card.weeks) > 1 else None,
            kinds=KINDS,
            parts=parts,
            share=share,
            name_of=lambda key: _department(visit, key),
        )

    def download(self, visit: Visit) -> Response:
        """Return the figures as an Excel workbook."""
        card = _card(visit)
        visit.note("下载三率", f"{card.first} 至 {card.last}")
        named = f'attachment; filename="xiaoshao-{card.first}-{card.last}.xlsx"'
        return Response(
            workbook(card, lambda key: _department(visit, key)), media_type=_XLSX, headers={"Content-Disposition": named}
        )


def bulletins_of(visit: Visit) -> Bulletins:
    """Return what makes reports; raises ``Refused`` where this installation makes none."""
    bulletins = visit.services.bulletins
    if bulletins is None:
        raise Refused("这里没有报表", status=404)
    return bulletins


def _card(visit: Visit) -> Scorecard:
    today = visit.now.astimezone(visit.services.routing.timezone).date()
    last = _day(visit, "to") or today
    first = _day(visit, "from") or _since(last, SPANS[0][0])
    if not timedelta(0) <= last - first <= LONGEST:
        raise Refused("起止日期不对：开始要在结束之前，最多看两年")
    return bulletins_of(visit).scorecard(first, last)


def _day(visit: Visit, name: str) -> date | None:
    given = visit.query(name)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise Refused(f"看不懂这个日期：{given}，写成 2026-11-16 这样") from None


def _since(last: date, days: int) -> date:
    return last - timedelta(days=days - 1)


def _percent(rate: Rate) -> str:
    return f"{rate.share:.0%}" if rate.share is not None else "—"


def _department(visit: Visit, key: str) -> str:
    known = visit.services.routing.departments.get(key)
    return known.name if known else key
