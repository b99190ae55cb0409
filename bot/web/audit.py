"""The audit trail: who did what in the pages, and when."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit

LINES = 100


class AuditDesk:
    """The page of the audit trail."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the page is."""
        return [self._site.page("/audit", self.page, Role.WORKER)]

    def page(self, visit: Visit) -> Response:
        """List the newest lines, of one person if asked for, and the way to the older ones."""
        who, before = visit.query("who"), visit.query("before")
        start = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0
        with visit.services.ledger.transaction() as work:
            lines = work.pages.trail(who=who, before=start, limit=LINES + 1)
        more = lines[LINES - 1][0] if len(lines) > LINES else 0
        return visit.show("audit.html", lines=[line for _, line in lines[:LINES]], chosen=who, more=more)
