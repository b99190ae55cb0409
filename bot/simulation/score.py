"""The score of a simulation: what came of the questions, how fast, the three rates, the noise, and the effort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from bot.model import Case, Status
from bot.reports.scorecard import Rate, Scorecard
from bot.simulation.audit import Fate
from bot.simulation.crowd import Crowd
from bot.simulation.district import District
from bot.simulation.questions import Question
from bot.simulation.witness import Violation, Witness


@dataclass(frozen=True, slots=True)
class Effort:
    """What the run took: seconds by the wall clock and of the processor, and the seconds of each message handed in."""

    wall: float
    cpu: float
    handled: Sequence[float]


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took: the median and nine of ten, over ``count``."""

    median: timedelta
    most: timedelta
    count: int


@dataclass(frozen=True, slots=True)
class Score:
    """Everything that a simulation reports; ``card`` is what the product itself counts from the ledger, the three rates in it."""

    start: datetime
    end: datetime
    communities: int
    enterprises: int
    rooms: int
    fates: Mapping[Fate, int]
    answered_right: Rate
    talk_answered: Rate
    examples_missed: Sequence[str]
    examples_talk: Sequence[str]
    mistaken: Sequence[str]  # answers without quote or number that were taken for another case
    first_word: Span | None
    by_peers: Span | None
    by_department: Span | None
    cases: Mapping[Status, int]
    urgent: int
    joined: int
    transferred: int
    reopened: int
    card: Scorecard
    said_a_day: float
    bot_said_a_day: float
    busiest_room: int
    letters: int
    unasked: int
    messages: int
    effort: Effort
    violations: Sequence[Violation]


def scored(
    start: datetime,
    end: datetime,
    district: District,
    witness: Witness,
    crowd: Crowd,
    ended: Sequence[tuple[Question, Fate, Case | None]],
    effort: Effort,
    card: Scorecard,
) -> Score:
    """Count everything; ``card`` is the ledger's own scorecard of these days."""
    cases = [*witness.cases.values()]
    forwarded = [case for case in cases if case.plan is not None]
    answered = [case for case in forwarded if any(not reply.partial for reply in case.replies)]
    days = max((end - start) / timedelta(days=1), 1e-9)
    said = Counter(message.room for message in witness.messages.values() if message.room)
    letters = Counter(arrived.letter.room for arrived in witness.letters if arrived.letter.room)
    rooms = len(district.groups)
    known = [question for question, _, _ in ended if question.asking.entry and question.answered_with]
    return Score(
        start=start,
        end=end,
        communities=len(district.enterprises),
        enterprises=sum(map(len, district.enterprises.values())),
        rooms=rooms,
        fates=dict(Counter(fate for _, fate, _ in ended)),
        answered_right=Rate(sum(question.answered_with == question.asking.entry for question in known), len(known)),
        talk_answered=Rate(len(crowd.talk_answered), crowd.talked_at),
        examples_missed=[question.asking.text for question, fate, _ in ended if fate is Fate.TALK][:10],
        examples_talk=[f"{kind}：{text}" for kind, text in crowd.talk_answered][:10],
        mistaken=witness.mistaken,
        first_word=_span([each.first_word_at - each.at for each, _, _ in ended if each.first_word_at]),
        by_peers=_span([case.peers[0].at - case.opened_at for case in cases if case.peers]),
        by_department=_span([_first_answer(case) for case in answered]),
        cases=dict(Counter(case.status for case in cases)),
        urgent=sum(case.danger for case in cases),
        joined=sum(len(case.askers) - 1 for case in cases),
        transferred=sum(case.transfers > 0 for case in cases),
        reopened=sum(case.reopened > 0 for case in cases),
        card=card,
        said_a_day=sum(said.values()) / rooms / days,
        bot_said_a_day=sum(letters.values()) / rooms / days,
        busiest_room=max(letters.values(), default=0),
        letters=len(witness.letters),
        unasked=sum(arrived.unasked for arrived in witness.letters if arrived.letter.room),
        messages=len(witness.messages),
        effort=effort,
        violations=witness.violations,
    )


def _first_answer(case: Case) -> timedelta:
    return next(reply.at for reply in case.replies if not reply.partial) - case.opened_at


def _span(times: Sequence[timedelta]) -> Span | None:
    if not times:
        return None
    seconds = [time.total_seconds() for time in times]
    most = quantiles(seconds, n=10)[-1] if len(seconds) > 1 else seconds[0]
    return Span(timedelta(seconds=median(seconds)), timedelta(seconds=most), len(times))
