"""One case with its whole history, for a worker: answer, take over, hand on, merge, close; and a contact's own cases."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from bot.desk.handling import VERBS
from bot.ledger.page_port import CaseSearch
from bot.model import Operation
from bot.web.case_view import allowed, department_name, line, mark, nearby, next_step, steps
from bot.web.forms import Refused
from bot.web.handling import Outcome, act, read_case
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit

MOST_OWN = 200
MERGEABLE = 60


class CaseDesk:
    """The pages of one case."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the pages are."""
        return [
            self._site.page("/work/{number:int}", self.page, Role.CONTACT),
            self._site.action("/work/{number:int}", self.do, Role.CONTACT),
            self._site.page("/mine", self.mine, Role.CONTACT),
        ]

    def page(self, visit: Visit) -> Response:
        """Show a case with everything that may be done to it."""
        return self._shown(visit, None)

    def do(self, visit: Visit) -> Response:
        """Do what a form asks."""
        number = int(visit.path("number"))
        case, lines = read_case(visit, number)
        self._check(visit, bool(allowed(visit.who, case, visit.services)))
        outcome = act(visit, visit.who, case, lines)
        if not outcome.done:
            return self._shown(visit, outcome)
        visit.note(VERBS[Operation(visit.typed("operation"))], f"#{number}", visit.typed("reason") or visit.typed("text"))
        return visit.go(f"/work/{number}", outcome.words)

    def _shown(self, visit: Visit, outcome: Outcome | None) -> Response:
        services, now = visit.services, visit.now
        case, lines = read_case(visit, int(visit.path("number")))
        may = allowed(visit.who, case, services)
        self._check(visit, bool(may) or visit.who in (case.assignee, *case.handed_on, *case.carried_from))
        others = []
        if Operation.MERGE in may:
            with services.ledger.transaction() as work:
                found = work.pages.search(CaseSearch(finished=False, community=case.community), MERGEABLE)
            others = [line(other, services, now) for other in found if other.number != case.number]
        return visit.show(
            "case.html",
            status=409 if outcome else 200,
            outcome=outcome,
            now=now,
            case=case,
            line=line(case, services, now),
            department=department_name(case, services),
            next_step=next_step(case),
            steps=steps(lines),
            nearby=nearby(case, services),
            may={operation.value for operation in may},
            seen=mark(case),
            departments=[it.name for key, it in services.routing.departments.items() if key != case.department],
            contacts=[name for name in services.routing.contacts if name != case.assignee],
            others=others,
            typed={name: visit.typed(name) for name in ("operation", "text", "reason", "target")},
            worker=Role.WORKER in visit.roles,
        )

    def _check(self, visit: Visit, concerned: bool) -> None:
        if not concerned and Role.WORKER not in visit.roles:
            raise Refused("这件工单不归您办，看不了", status=403)

    def mine(self, visit: Visit) -> Response:
        """List the cases that are with whoever is logged in."""
        services, now = visit.services, visit.now
        with services.ledger.transaction() as work:
            found = work.pages.search(CaseSearch(finished=False, assignee=visit.who), MOST_OWN)
        return visit.show("mine.html", now=now, lines=[line(case, services, now) for case in found])
