"""How the bot is: a page for workers, and for machines ``/health`` and Prometheus' figures at ``/metrics``.

The last two are open without login, so that a monitor can ask: they name cases by number and contacts by role, and quote nobody.
"""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.roles import Role
from bot.web.services import WebServices
from bot.web.site import Site
from bot.web.view import Json
from bot.web.visit import Visit
from bot.work.audit.health import Light, Report
from bot.work.audit.watch import Watch

WORDS = {Light.GREEN: "一切正常", Light.YELLOW: "有事情要人看一下", Light.RED: "没有正常工作"}
"""The health in words."""


class HealthDesk:
    """The page and the two endpoints."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            self._site.page("/status", self.page, Role.WORKER),
            Route("/health", self.health),
            Route("/metrics", self.metrics),
        ]

    def page(self, visit: Visit) -> Response:
        """List what a person should look at, with the words that only workers may read."""
        report = _watch(visit.services).health.report()
        return visit.show("status.html", report=report, words=WORDS[report.light])

    async def health(self, request: Request) -> Response:
        """Say how the bot is: 200 for green and yellow, 503 for red."""
        report = await run_in_threadpool(_watch(self._site.services).health.report)
        status = 503 if report.light is Light.RED else 200
        return JSONResponse(_json(report), status_code=status, headers={"Cache-Control": "no-store"})

    async def metrics(self, request: Request) -> Response:
        """Show the figures in Prometheus' text format."""
        page = await run_in_threadpool(_watch(self._site.services).metrics.page)
        return Response(page, media_type=CONTENT_TYPE_LATEST)


def _watch(services: WebServices) -> Watch:
    if services.watch is None:
        raise HTTPException(404)
    return services.watch


def _json(report: Report) -> Json:
    return {
        "status": report.light.value,
        "words": WORDS[report.light],
        "checked_at": report.at.isoformat(timespec="seconds"),
        "bot": report.bot,
        "version": report.version,
        "config": report.config,
        "reasons": [
            {"code": finding.code, "level": "red" if finding.grave else "yellow", "text": finding.text}
            for finding in report.findings
        ],
    }
