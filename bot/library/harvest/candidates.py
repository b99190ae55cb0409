"""Candidates for the FAQ: questions that colleagues or contacts answered, with what they said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.desk.lifecycle import PEERS_ANSWERED, RECALLED
from bot.library.harvest.asked import Group, grouped, most_asked_first
from bot.library.harvest.masks import called_instead, contact_name, mask, member_name
from bot.model import Case, Reply, Status
from bot.routing.config import Routing


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it was given: ``by`` is an enterprise or a department, never a person; ``rating`` 1–5 if there is one."""

    by: str
    text: str
    at: datetime
    peer: bool
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may become an entry, everything personal masked; ``number`` is that of its first case."""

    number: int
    asked: int
    last: datetime
    department: str
    wordings: tuple[str, ...]
    answers: tuple[Given, ...]
    cases: tuple[int, ...] = ()

    @property
    def question(self) -> str:
        """Return the wording that stands for it."""
        return self.wordings[0]


def find_candidates(cases: Iterable[Case], routing: Routing) -> list[Candidate]:
    """Return the candidates among cases, the most asked first."""
    usable = [case for case in cases if _answered(case) and not case.danger and not case.question.startswith(RECALLED)]
    found = [_candidate(group, routing) for group in most_asked_first(grouped(usable))]
    return [candidate for candidate in found if candidate.wordings and candidate.answers]


def _answered(case: Case) -> bool:
    return bool(_peers(case)) or any(not reply.partial for reply in case.replies)


def _peers(case: Case) -> tuple[Reply, ...]:
    return case.peers if case.status is Status.CLOSED and case.outcome == PEERS_ANSWERED else ()


def _candidate(group: Group, routing: Routing) -> Candidate:
    answers = [given for case in group.cases for given in _given(case, routing)]
    once = {(given.by, given.text): given for given in answers if given.text}
    return Candidate(
        number=group.number,
        asked=group.asked,
        last=group.last,
        department=group.department,
        wordings=group.wordings(routing),
        answers=tuple(once.values()),
        cases=tuple(case.number for case in group.cases),
    )


def _given(case: Case, routing: Routing) -> list[Given]:
    names = called_instead(case, routing)
    peers = [Given(member_name(it.by, routing), mask(it.text, names), it.at, peer=True) for it in _peers(case)]
    replies = [
        Given(contact_name(it.by, case, routing), mask(it.text, names), it.at, peer=False, rating=case.rating)
        for it in case.replies
        if not it.partial
    ]
    return [*peers, *replies]
