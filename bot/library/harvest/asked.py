"""What was asked and not known, grouped by likeness, with how often it was asked and how it ended."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk.lifecycle import CLEARED_UP, PEERS_ANSWERED, RECALLED
from bot.desk.phrases import STATUS_WORDS
from bot.library.harvest.masks import called_instead, mask
from bot.matching.similarity import content_words, similarity
from bot.model import Case, Status
from bot.routing.config import Routing

ALIKE = 0.75
"""Similarity (0–1) from which two questions count as one, as where another firm joins an open case."""

_COMPARED = 3
"""Wordings of a group that a further question is compared with."""

_CLOSEST = 8
"""Groups that a question is compared with: those that share the most words with it."""

_FOLLOWS = re.compile(r"^（接着「(?P<title>[^」]*)」问）")


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that asked the same. ``number`` is that of its first case, so that it stays as further cases come."""

    cases: tuple[Case, ...]

    @property
    def number(self) -> int:
        """Return the number under which the curators know the group."""
        return self.cases[0].number

    @property
    def asked(self) -> int:
        """Return how often it was asked, those who joined a case counted."""
        return sum(len(case.askers) for case in self.cases)

    @property
    def last(self) -> datetime:
        """Return when it was asked last."""
        return max(case.opened_at for case in self.cases)

    @property
    def department(self) -> str:
        """Return the key of the department that had most of the cases."""
        return Counter(case.department for case in self.cases).most_common(1)[0][0]

    def wordings(self, routing: Routing) -> tuple[str, ...]:
        """Return how it was asked, personal data masked: the most frequent wording first, then in the order of asking."""
        said = Counter(tidy(mask(case.question, called_instead(case, routing))) for case in self.cases)
        return tuple(text for text, _ in said.most_common() if text)


def tidy(question: str) -> str:
    """Return a question on one line; of a follow-up, with the title of what it followed in front."""
    question = _FOLLOWS.sub(lambda found: found["title"], question)
    return "，".join(line.strip() for line in question.splitlines() if line.strip())


def unknown_questions(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that were opened because the FAQ did not know: no emergencies, no answers that did not help."""
    return [
        case
        for case in cases
        if not case.danger and not case.tried and case.outcome != CLEARED_UP and not case.question.startswith(RECALLED)
    ]


def grouped(cases: Sequence[Case]) -> list[Group]:
    """Group cases by likeness in the order of their numbers: the same cases, and any that come later, group the same way."""
    members: list[list[Case]] = []
    words: defaultdict[str, list[int]] = defaultdict(list)
    exact: dict[str, int] = {}
    for case in sorted(cases, key=lambda each: each.number):
        own = content_words(case.question)
        place = exact.get(case.question)
        if place is None:
            shared = Counter(found for word in own for found in words[word])
            closest = sorted(shared, key=lambda found: (-shared[found], found))[:_CLOSEST]
            place = _most_like(case.question, closest, members)
        if place is None:
            place = len(members)
            members.append([])
        members[place].append(case)
        exact[case.question] = place
        for word in own:
            if not words[word] or words[word][-1] != place:
                words[word].append(place)
    return [Group(tuple(found)) for found in members]


def most_asked_first(groups: Iterable[Group]) -> list[Group]:
    """Return groups as the curators read them: the most asked first, of equals the last asked."""
    return sorted(groups, key=lambda group: (-group.asked, -group.last.timestamp(), group.number))


def _most_like(question: str, places: Sequence[int], members: Sequence[Sequence[Case]]) -> int | None:
    best, found = ALIKE, None
    for place in places:
        known = dict.fromkeys(case.question for case in members[place])
        likeness = max(similarity(question, other) for other in list(known)[:_COMPARED])
        if likeness >= best and (found is None or likeness > best):
            best, found = likeness, place
    return found


def endings(group: Group) -> list[tuple[str, int]]:
    """Return in Chinese how the cases of a group ended or where they stand, the most frequent first."""
    return Counter(_ending(case) for case in group.cases).most_common()


def _ending(case: Case) -> str:
    if case.status is Status.WITHDRAWN:
        return "提问人撤回"
    if case.status is not Status.CLOSED:
        return STATUS_WORDS[case.status.value]
    if case.outcome == PEERS_ANSWERED:
        return PEERS_ANSWERED
    if case.rating is not None:
        return f"部门答复，评价 {case.rating} 分"
    return "部门答复，未评价" if any(not reply.partial for reply in case.replies) else "没有答复就办结"
