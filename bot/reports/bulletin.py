"""The bulletin (每日一报): what was asked most, what was newly answered, what is open and with whom, what changed in the FAQ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.desk.lifecycle import RECALLED
from bot.ledger.port import EntryVersion
from bot.library.harvest.asked import grouped, most_asked_first, tidy, unknown_questions
from bot.library.harvest.masks import called_instead, mask
from bot.model import AnswerFact, Case, Entry, Reply, Status
from bot.reports.scorecard import Scorecard
from bot.routing.config import Routing
from bot.text import shorten

MOST_ASKED = 5
"""Questions named as the most asked."""

MOST_LISTED = 8
"""New answers, open cases and changed entries listed at most; the rest is counted."""

IN_HAND = (Status.OPEN, Status.ACKNOWLEDGED)

LONGEST_QUESTION = 60
LONGEST_ANSWER = 160


class Kind(StrEnum):
    """The daily bulletin is for the mutual-aid groups, the weekly one for the alliance group."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and how often it was asked."""

    question: str
    count: int


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """A question that a department answered, with its words; ``source`` is the department's name."""

    question: str
    answer: str
    source: str


@dataclass(frozen=True, slots=True)
class StillOpen:
    """A case that waits for an answer: with whom, and until when they were told to answer."""

    number: int
    question: str
    holder: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """An FAQ entry that is new, changed or taken out; ``change`` is the Chinese word for it."""

    title: str
    change: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What is told about a span of days (both ends included); nobody who asked is named, personal data is masked.

    ``asked`` and ``answered`` count everything of the span; ``card`` comes with the weekly one.
    """

    kind: Kind
    first: date
    last: date
    asked: int
    answered: int
    most_asked: tuple[Asked, ...] = ()
    new_answers: tuple[NewAnswer, ...] = ()
    open: tuple[StillOpen, ...] = ()
    changed: tuple[ChangedEntry, ...] = ()
    card: Scorecard | None = None

    @property
    def worth_telling(self) -> bool:
        """Tell whether anything happened that somebody would want to read."""
        return bool(self.most_asked or self.new_answers or self.open or self.changed)


@dataclass(frozen=True, slots=True)
class Material:
    """What a bulletin is made of: ``cases`` are those opened, answered or still open in the span, ``versions`` those made in it.

    ``before`` are the ids of the entries that there were when the span began.
    """

    answers: Sequence[AnswerFact] = ()
    cases: Sequence[Case] = ()
    versions: Sequence[EntryVersion] = ()
    before: frozenset[str] = frozenset()


def make(
    kind: Kind,
    first: date,
    last: date,
    material: Material,
    entries: Mapping[str, Entry],
    routing: Routing,
    card: Scorecard | None = None,
) -> Bulletin:
    """Make a bulletin from its material; ``entries`` is the FAQ as it stands."""

    def within(at: datetime) -> bool:
        return first <= at.astimezone(routing.timezone).date() <= last

    opened = [case for case in material.cases if within(case.opened_at)]
    told = [case for case in material.cases if not case.danger and not case.question.startswith(RECALLED)]
    new = [(case, reply) for case in told if (reply := _last_answer(case)) is not None and within(reply.at)]
    return Bulletin(
        kind,
        first,
        last,
        asked=len(material.answers) + len(opened),
        answered=len(material.answers) + len(new) + sum(bool(case.peers) and case.status is Status.CLOSED for case in opened),
        most_asked=_most_asked(material.answers, [case for case in opened if _public(case)], entries, routing),
        new_answers=tuple(_new_answer(case, reply, routing) for case, reply in new if _public(case)),
        open=tuple(_still_open(case, routing) for case in told if case.status in IN_HAND and _public(case)),
        changed=_changed(material, entries),
        card=card,
    )


def _public(case: Case) -> bool:
    """Tell whether a question was asked in a group; what somebody asked the bot alone is counted, and told to nobody."""
    return any(asker.room for asker in case.askers)


def _most_asked(
    answers: Iterable[AnswerFact], opened: Sequence[Case], entries: Mapping[str, Entry], routing: Routing
) -> tuple[Asked, ...]:
    known = Counter(entries[fact.entry].title for fact in answers if fact.entry in entries)
    groups = most_asked_first(grouped(unknown_questions(opened)))
    wordings = ((group.wordings(routing), group.asked) for group in groups)
    unknown = Counter({shorten(said[0], LONGEST_QUESTION): asked for said, asked in wordings if said})
    both = sorted((known + unknown).items(), key=lambda it: (-it[1], it[0]))
    return tuple(Asked(question, count) for question, count in both[:MOST_ASKED])


def _last_answer(case: Case) -> Reply | None:
    if case.status not in (Status.ANSWERED, Status.CLOSED):
        return None
    return next((reply for reply in reversed(case.replies) if not reply.partial), None)


def _question(case: Case, routing: Routing) -> str:
    return shorten(tidy(mask(case.question, called_instead(case, routing))), LONGEST_QUESTION)


def _new_answer(case: Case, reply: Reply, routing: Routing) -> NewAnswer:
    answer = mask(reply.text, called_instead(case, routing))
    return NewAnswer(_question(case, routing), shorten(answer, LONGEST_ANSWER), routing.department(case.department).name)


def _still_open(case: Case, routing: Routing) -> StillOpen:
    plan = case.plan
    return StillOpen(case.number, _question(case, routing), plan.assignee if plan else "", plan.answer_by if plan else None)


def _changed(material: Material, entries: Mapping[str, Entry]) -> tuple[ChangedEntry, ...]:
    latest = {version.entry: version for version in sorted(material.versions, key=lambda it: it.at)}
    changed = []
    for entry, version in latest.items():
        if version.content is None:
            changed.append(ChangedEntry(entry, "停用"))
        else:
            title = entries[entry].title if entry in entries else version.content.title
            changed.append(ChangedEntry(title, "修改" if entry in material.before else "新增"))
    return tuple(changed)
