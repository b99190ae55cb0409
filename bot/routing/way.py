"""Which department and which ladder a question takes: the first route that matches, else the default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model import Ladder, Reason
from bot.routing.config import Match, Route, Routing


@dataclass(frozen=True, slots=True)
class Question:
    """What the router knows about a question; ``department`` is a guess with its confidence (0–1)."""

    text: str
    at: datetime
    community: str = ""
    room_kind: str = ""
    enterprise: str = ""
    entry_id: str | None = None
    entry_theme: str = ""
    department: str | None = None
    department_confidence: float = 0.0
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """The route taken, and what follows from it; ``department`` is a key of the routing file."""

    route: str
    department: str
    ladder: Ladder
    reasons: tuple[Reason, ...] = ()


def find_way(question: Question, routing: Routing) -> Way:
    """Return the way of a question; every question has one, because the default takes all."""
    guess = _guess(question, routing)
    for route in routing.routes:
        why = _why_matches(route.match, question, guess, routing)
        if why is not None:
            department = route.department or guess or routing.default.department
            detail = f"走路由「{route.name}」" + (f"：{'，'.join(why)}" if why else "")
            return Way(
                route.name,
                department,
                routing.ladders[route.ladder],
                (*_guess_reasons(question, guess, routing), Reason("route", detail)),
            )
    detail = f"没有路由命中，按默认交{routing.departments[routing.default.department].name}"
    reasons = (*_guess_reasons(question, guess, routing), Reason("default", detail))
    return Way("默认", routing.default.department, routing.ladders[routing.default.ladder], reasons)


def _guess(question: Question, routing: Routing) -> str:
    guess = question.department or ""
    return guess if guess in routing.departments else ""


def _guess_reasons(question: Question, guess: str, routing: Routing) -> tuple[Reason, ...]:
    if not guess:
        return ()
    return (Reason("department", f"像是{routing.departments[guess].name}的事（把握 {question.department_confidence:.0%}）"),)


def _why_matches(match: Match, question: Question, guess: str, routing: Routing) -> tuple[str, ...] | None:
    """Return in Chinese what matched, or None if a condition fails; conditions come as (asked, holds, words)."""
    words = [word for word in match.words if word in question.text]
    conditions = (
        (match.danger is not None, question.danger == match.danger, "危及生命" if question.danger else "不危及生命"),
        (bool(match.departments), guess in match.departments, f"部门是{_name(guess, routing)}"),
        (bool(match.entries), question.entry_id in match.entries, f"条目是 {question.entry_id}"),
        (bool(match.themes), question.entry_theme in match.themes, f"主题是{question.entry_theme}"),
        (bool(match.words), bool(words), f"提到“{'、'.join(words)}”"),
        (bool(match.communities), question.community in match.communities, f"社区是{question.community}"),
        (bool(match.room_kinds), question.room_kind in match.room_kinds, f"群类型是 {question.room_kind}"),
        (bool(match.hours), bool(match.hours) and routing.calendar(match.hours).is_open(question.at), f"在「{match.hours}」内"),
        (
            match.min_confidence is not None,
            bool(guess) and question.department_confidence >= (match.min_confidence or 0),
            f"把握不低于 {match.min_confidence or 0:.0%}",
        ),
    )
    if any(asked and not holds for asked, holds, _ in conditions):
        return None
    return tuple(words for asked, _, words in conditions if asked)


def _name(department: str, routing: Routing) -> str:
    return routing.departments[department].name if department in routing.departments else department


def can_shadow(earlier: Route, later: Route) -> bool:
    """Tell whether every question that matches ``later`` already matches ``earlier``, as far as their conditions show."""
    first, second = earlier.match, later.match
    for name in ("departments", "entries", "themes", "communities", "room_kinds", "words"):
        wide, narrow = getattr(first, name), getattr(second, name)
        if wide and not (narrow and set(narrow) <= set(wide)):
            return False
    if first.danger is not None and first.danger != second.danger:
        return False
    if first.hours and first.hours != second.hours:
        return False
    return first.min_confidence is None or (second.min_confidence is not None and second.min_confidence >= first.min_confidence)
