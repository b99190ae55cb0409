"""The question log: what was asked and what became of it, what nobody knew, and the answers that may go into the FAQ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import TypeVar, cast

from starlette.responses import Response
from starlette.routing import Route

from bot.library.harvest.asked import endings, grouped, most_asked_first, unknown_questions
from bot.library.harvest.candidates import Candidate, find_candidates
from bot.library.harvest.drafts import draft
from bot.model import Action, Case, Decision
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

T = TypeVar("T")


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


class Grouped:
    """Results of grouping, which takes a second for some thousand cases: nobody waits for that but the first who asks.

    What changed is grouped again in the background, while the page shows what was known at most a visit before.
    """

    def __init__(self) -> None:
        self._kept: dict[object, tuple[int, object]] = {}
        self._making: set[object] = set()
        self._guard = Lock()

    def get(self, name: object, cases: list[Case], make: Callable[[], T]) -> T:
        """Return what was made of these cases, or of those of the visit before."""
        mark = hash(tuple((case.number, case.status, len(case.replies), len(case.peers), case.rating) for case in cases))
        known, value = self._kept.get(name, (None, None))
        if known is None:
            value = make()
            self._kept[name] = (mark, value)
        elif known != mark:
            self._make_again(name, mark, make)
        return cast(T, value)

    def _make_again(self, name: object, mark: int, make: Callable[[], T]) -> None:
        with self._guard:
            if name in self._making:
                return
            self._making.add(name)

        def run() -> None:
            try:
                self._kept[name] = (mark, make())
            finally:
                self._making.discard(name)

        Thread(target=run, name="grouping", daemon=True).start()


class QuestionDesk:
    """The pages about questions."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._grouped = Grouped()

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
        groups = self._grouped.get(("unknown", days), cases, lambda: most_asked_first(grouped(unknown_questions(cases))))
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
        everything, knowledge = visit.query("all") == "1", visit.services.knowledge
        cases, rules = _answered(visit, since)

        def unknown() -> list[Candidate]:
            found = find_candidates(cases, rules)
            if knowledge is None or everything:
                return found
            return [it for it in found if knowledge.matcher.judge(it.question).verdict != "answer"]

        name = ("candidates", days, everything, id(knowledge))
        found = self._grouped.get(name, cases, unknown)
        shown = [(it, rules.department(it.department).name, it.answers[:2]) for it in found[:_SHOWN]]
        return visit.show(
            "candidates.html", now=visit.now, shown=shown, total=len(found), days=days, spans=SPANS, everything=everything
        )

    def candidate(self, visit: Visit) -> Response:
        """Show one candidate with all wordings and answers, what the FAQ has nearby, and a draft of an entry."""
        candidate, rules = numbered(visit, int(visit.path("number")))
        return visit.show(
            "candidate.html",
            now=visit.now,
            it=candidate,
            department=rules.department(candidate.department).name,
            nearby=near(candidate.question, "", visit.services),
            draft=draft(candidate),
            may_edit=Role.CURATOR in visit.roles and visit.services.curating is not None,
        )


def numbered(visit: Visit, number: int) -> tuple[Candidate, Routing]:
    """Return a candidate by its number, with the routing that knows the enterprises around it; raises ``Refused``."""
    cases, rules = _answered(visit, None)
    candidate = next((it for it in find_candidates(cases, rules) if number in it.cases), None)
    if candidate is None:
        raise Refused(f"没有候选 {number}", status=404)
    return candidate, rules


def _outcome(decision: Decision) -> tuple[str, str]:
    waits = any(reason.code == "peer_window" for reason in decision.reasons)
    return ("先等同行", "calm") if waits else ACTION_WORDS[decision.action]


def _span(visit: Visit) -> tuple[int, datetime]:
    asked = visit.query("days")
    days = next((days for days, _ in SPANS if str(days) == asked), 90)
    return days, visit.now - timedelta(days=days)


def _answered(visit: Visit, since: datetime | None) -> tuple[list[Case], Routing]:
    with visit.services.ledger.transaction() as work:
        return work.opened_since(since, replied=True), visit.services.routing.knowing(tuple(work.enterprises()))
