"""What a worker sees first: what is new, waits, is overdue, or nobody has answered; and the list of all cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response
from starlette.routing import Route

from bot.ledger.page_port import CaseSearch
from bot.model import Case, Status
from bot.web.case_view import OWED, line
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit

MOST_OPEN = 2000
SHOWN = 12
PAGE = 40
STATES = {"open": False, "finished": True}


@dataclass(frozen=True, slots=True)
class Pile:
    """Cases of one kind: ``key`` names it in the address; it should be empty (``alarm``), may hold ended ones (``finished``)."""

    key: str
    title: str
    holds: Callable[[Case, datetime, str], bool]
    alarm: bool = False
    hint: str = ""
    finished: bool = False


def _fresh(case: Case, now: datetime, who: str) -> bool:
    return case.opened_at >= _midnight(now)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _late(case: Case, now: datetime, who: str) -> bool:
    return case.status in OWED and case.plan is not None and case.plan.answer_by < now


def _mine(case: Case, now: datetime, who: str) -> bool:
    return case.status in OWED and case.assignee == who


def _unsigned(case: Case, now: datetime, who: str) -> bool:
    return case.status is Status.OPEN and not _late(case, now, who)


def _handled(case: Case, now: datetime, who: str) -> bool:
    return case.status is Status.ACKNOWLEDGED and not _late(case, now, who)


PILES = (
    Pile("late", "过了时限", _late, alarm=True, hint="答应的时间已经过了，还没有答复"),
    Pile("mine", "在我手上", _mine),
    Pile("unanswered", "群里没人答", lambda case, now, who: case.status is Status.WAITING, hint="还在等同行回答"),
    Pile("unsigned", "等签收", _unsigned),
    Pile("handled", "办理中", _handled),
    Pile("unrated", "等评价", lambda case, now, who: case.status is Status.ANSWERED, hint="已经答复，提问人还没有评价"),
)
FRESH = Pile("new", "今天新登记", _fresh, finished=True)


class WorklistDesk:
    """The pages that list cases."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the pages are."""
        return [
            self._site.page("/today", self.today, Role.WORKER),
            self._site.page("/work", self.search, Role.WORKER),
        ]

    def today(self, visit: Visit) -> Response:
        """Show what there is to do."""
        services, now, community = visit.services, visit.now, visit.query("community")
        with services.ledger.transaction() as work:
            cases = work.pages.search(CaseSearch(finished=False, community=community), MOST_OPEN)
            undelivered = work.undelivered()
            fresh = [case for case in work.opened_since(_midnight(now)) if community in ("", case.community)]
        cases.sort(key=lambda case: (not case.danger, case.plan.answer_by if case.plan else case.opened_at))
        piles = [(pile, [case for case in cases if pile.holds(case, now, visit.who)]) for pile in PILES]
        return visit.show(
            "today.html",
            now=now,
            piles=[(pile, len(held), [line(case, services, now) for case in held[:SHOWN]]) for pile, held in piles],
            fresh=len(fresh),
            carry=len(services.relay.waiting(now)) if services.relay else 0,
            undelivered=undelivered[-SHOWN:],
            communities=list(services.routing.communities),
            community=community,
        )

    def search(self, visit: Visit) -> Response:
        """List the cases that are looked for; a number alone leads to its case."""
        services, now, words = visit.services, visit.now, visit.query("q")
        number = words.lstrip("#＃").strip()
        if number.isascii() and number.isdigit() and len(number) < 10:
            return visit.go(f"/work/{int(number)}")
        pile = next((pile for pile in (*PILES, FRESH) if pile.key == visit.query("pile")), None)
        wanted = CaseSearch(
            words=words,
            finished=STATES.get(visit.query("state")) if pile is None else None if pile.finished else False,
            department=visit.query("department"),
            assignee=visit.query("assignee"),
            community=visit.query("community"),
            before=_number(visit.query("before")),
        )
        with services.ledger.transaction() as work:
            found = work.pages.search(wanted, PAGE + 1 if pile is None else MOST_OPEN)
        if pile is not None:
            found = [case for case in found if pile.holds(case, now, visit.who)]
        return visit.show(
            "work.html",
            now=now,
            pile=pile,
            lines=[line(case, services, now) for case in found[:PAGE]],
            more=found[PAGE - 1].number if len(found) > PAGE else 0,
            query=visit.request.query_params,
            words=words,
            departments=[(key, it.name) for key, it in services.routing.departments.items()],
            contacts=list(services.routing.contacts),
            communities=list(services.routing.communities),
        )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
