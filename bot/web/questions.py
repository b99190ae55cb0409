"""The question log: what was asked and what became of it, what nobody knew, and the answers that may go into the FAQ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response
from starlette.routing import Route

from bot.library.harvest.asked import endings, grouped, most_asked_first, unknown_questions
from bot.library.harvest.candidates import Candidate, find_candidates
from bot.library.harvest.drafts import draft
from bot.model import Action, Decision
from bot.routing.config import Routing
from bot.text import shorten
from bot.web.case_view import near
from bot.web.forms import Refused
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.view import ACTION_WORDS
from bot.web.visit import Visit

ASKED = (Action.ANSWER, Action.OFFER, Action.OPEN)
SPANS = ((7, "最近 7 天"), (30, "最近 30 天"), (90, "最近 90 天"), (365, "最近一年"))
_LOOKED_AT = 400
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the log; ``outcome`` and ``tone`` as on the chat page, ``why`` in a few words."""

    at: datetime
    text: str
    name: str
    room: str
    outcome: str
    tone: str
    why: str
    cases: tuple[int, ...]


class QuestionDesk:
    """The pages about questions."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the pages are."""
        return [
            self._site.page("/asked", self.log, Role.WORKER),
            self._site.page("/asked/unknown", self.unknown, Role.WORKER),
            self._site.page("/candidates", self.candidates, Role.WORKER),
            self._site.page("/candidates/{number:int}", self.candidate, Role.WORKER),
        ]

    def log(self, visit: Visit) -> Response:
        """List the newest questions with what became of them."""
        given = visit.query("before")
        before = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0
        with visit.services.ledger.transaction() as work:
            heard = work.pages.heard(before=before, limit=_LOOKED_AT)
        asked = [it for it in heard if it.decision.action in ASKED]
        shown = asked[:_SHOWN]
        # Where a stretch holds few questions the page is short, and the way on leads past the whole stretch.
        last = shown[-1].position if len(asked) > _SHOWN else heard[-1].position if len(heard) == _LOOKED_AT else 0
        titles = visit.services.titles
        questions = [
            Question(
                at=it.at,
                text=shorten(it.text, 200),
                name=it.name,
                room=it.room or "私聊",
                outcome=outcome,
                tone=tone,
                why=f"「{titles.get(it.decision.entry, it.decision.entry)}」" if it.decision.entry else "",
                cases=tuple(dict.fromkeys(say.case for say in it.decision.says if say.case is not None)),
            )
            for it in shown
            for outcome, tone in (_outcome(it.decision),)
        ]
        return visit.show("asked.html", now=visit.now, questions=questions, more=last)

    def unknown(self, visit: Visit) -> Response:
        """List what the FAQ did not know, alike questions together, the most frequent first."""
        days, since = _span(visit)
        with visit.services.ledger.transaction() as work:
            cases = work.opened_since(since)
            rules = visit.services.routing.knowing(tuple(work.enterprises()))
        groups = most_asked_first(grouped(unknown_questions(cases)))
        shown = [
            {
                "asked": group.asked,
                "wordings": group.wordings(rules)[:4],
                "department": rules.department(group.department).name,
                "endings": endings(group),
                "last": group.last,
                "cases": [case.number for case in group.cases[:6]],
            }
            for group in groups[:_SHOWN]
        ]
        return visit.show("unknown.html", now=visit.now, groups=shown, total=len(groups), days=days, spans=SPANS)

    def candidates(self, visit: Visit) -> Response:
        """List what colleagues and contacts answered and the FAQ does not know yet."""
        days, since = _span(visit)
        found, rules = _found(visit, since)
        everything, knowledge = visit.query("all") == "1", visit.services.knowledge
        if knowledge is not None and not everything:
            found = [it for it in found if knowledge.matcher.judge(it.question).verdict != "answer"]
        shown = [(it, rules.department(it.department).name, it.answers[:2]) for it in found[:_SHOWN]]
        return visit.show(
            "candidates.html", now=visit.now, shown=shown, total=len(found), days=days, spans=SPANS, everything=everything
        )

    def candidate(self, visit: Visit) -> Response:
        """Show one candidate with all wordings and answers, what the FAQ has nearby, and a draft of an entry."""
        number = int(visit.path("number"))
        found, rules = _found(visit, None)
        candidate = next((it for it in found if number in it.cases), None)
        if candidate is None:
            raise Refused(f"没有候选 {number}", status=404)
        return visit.show(
            "candidate.html",
            now=visit.now,
            it=candidate,
            department=rules.department(candidate.department).name,
            nearby=near(candidate.question, "", visit.services),
            draft=draft(candidate),
        )


def _outcome(decision: Decision) -> tuple[str, str]:
    waits = any(reason.code == "peer_window" for reason in decision.reasons)
    return ("先等同行", "calm") if waits else ACTION_WORDS[decision.action]


def _span(visit: Visit) -> tuple[int, datetime]:
    asked = visit.query("days")
    days = next((days for days, _ in SPANS if str(days) == asked), 90)
    return days, visit.now - timedelta(days=days)


def _found(visit: Visit, since: datetime | None) -> tuple[list[Candidate], Routing]:
    with visit.services.ledger.transaction() as work:
        cases = work.opened_since(since, replied=True)
        rules = visit.services.routing.knowing(tuple(work.enterprises()))
    return find_candidates(cases, rules), rules
