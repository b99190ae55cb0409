"""The figures behind ``xiaoshao eval``: what became of labelled asks, chatter and questions without an entry."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.matching.engine import Matcher
from bot.routing.departments import DepartmentRanker

Line = Mapping[str, str]
"""One labelled line: ``q``, and ``id`` (asks), ``kind`` (chatter) or ``department`` (routes)."""

ACTIONS = {"answer": "answer", "offer": "offer", "unknown": "open", "ignore": "ignore"}
"""What the bot does on each verdict."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done with one line: answer, offer, open or ignore; the entries as ranked by force; the departments, best first."""

    action: str
    ranked: tuple[str, ...]
    offered: tuple[str, ...]
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """An entry that was answered or ranked first instead of the expected one, how often, and an example."""

    expected: str
    got: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class ChatterCounts:
    """What became of one kind of chatter."""

    total: int = 0
    answered: int = 0
    offered: int = 0
    opened: int = 0


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Counts of lines; latencies in milliseconds."""

    asks: int = 0
    asks_right: int = 0
    asks_wrong: int = 0
    asks_offered_right: int = 0
    asks_offered_wrong: int = 0
    asks_opened: int = 0
    asks_ignored: int = 0
    first_right: int = 0
    among_three: int = 0
    chatter: Mapping[str, ChatterCounts] = field(default_factory=dict)
    routes: int = 0
    routes_answered: int = 0
    routes_offered: int = 0
    routes_opened: int = 0
    routes_ignored: int = 0
    department_first: int = 0
    department_second: int = 0
    recognised_and_right: int = 0
    latency_p50: float = 0.0
    latency_p99: float = 0.0
    confusions: tuple[Confusion, ...] = ()

    @property
    def chatter_total(self) -> ChatterCounts:
        """Return the counts over all kinds of chatter."""
        parts = self.chatter.values()
        return ChatterCounts(
            sum(part.total for part in parts),
            sum(part.answered for part in parts),
            sum(part.offered for part in parts),
            sum(part.opened for part in parts),
        )


def asking(matcher: Matcher, ranker: DepartmentRanker, *, mentioned: bool = False) -> Callable[[str], Outcome]:
    """Return the callable that ``evaluate`` asks: the matcher and the ranker in service."""

    def ask(text: str) -> Outcome:
        judged = matcher.judge(text, mentioned=mentioned)
        departments = tuple(guess.department for guess in ranker.rank(text))
        ranked = tuple(candidate.entry_id for candidate in judged.candidates)
        return Outcome(ACTIONS[judged.verdict], ranked, judged.offered, departments)

    return ask


def evaluate(
    asks: Sequence[Line],
    chatter: Sequence[Line],
    routes: Sequence[Line],
    ask: Callable[[str], Outcome],
    timer: Callable[[], float],
    step: Callable[[], None] = lambda: None,
) -> EvaluationReport:
    """Ask every line and count. ``timer`` returns seconds; ``step`` is called after each line (for a progress bar)."""
    times: list[float] = []

    def timed(line: Line) -> Outcome:
        start = timer()
        outcome = ask(line["q"])
        times.append((timer() - start) * 1000)
        step()
        return outcome

    asked = [(line, timed(line)) for line in asks]
    chatted = [(line, timed(line)) for line in chatter]
    routed = [(line, timed(line)) for line in routes]
    fates = Counter(_fate(line["id"], outcome) for line, outcome in asked)
    done = Counter(outcome.action for _, outcome in routed)
    return EvaluationReport(
        asks=len(asked),
        asks_right=fates["right"],
        asks_wrong=fates["wrong"],
        asks_offered_right=fates["offered right"],
        asks_offered_wrong=fates["offered wrong"],
        asks_opened=fates["open"],
        asks_ignored=fates["ignore"],
        first_right=sum(line["id"] in outcome.ranked[:1] for line, outcome in asked),
        among_three=sum(line["id"] in outcome.ranked[:3] for line, outcome in asked),
        chatter=_by_kind(chatted),
        routes=len(routed),
        routes_answered=done["answer"],
        routes_offered=done["offer"],
        routes_opened=done["open"],
        routes_ignored=done["ignore"],
        department_first=sum(line["department"] in outcome.departments[:1] for line, outcome in routed),
        department_second=sum(line["department"] in outcome.departments[:2] for line, outcome in routed),
        recognised_and_right=sum(o.action == "open" and line["department"] in o.departments[:1] for line, o in routed),
        latency_p50=_quantile(times, 0.5),
        latency_p99=_quantile(times, 0.99),
        confusions=_confusions(asked),
    )


def _fate(expected: str, outcome: Outcome) -> str:
    if outcome.action == "answer":
        return "right" if outcome.ranked[:1] == (expected,) else "wrong"
    if outcome.action == "offer":
        return "offered right" if expected in outcome.offered else "offered wrong"
    return outcome.action


def _by_kind(chatted: Sequence[tuple[Line, Outcome]]) -> dict[str, ChatterCounts]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line, outcome in chatted:
        counts[line["kind"]].update(("total", outcome.action))
    return {kind: ChatterCounts(c["total"], c["answer"], c["offer"], c["open"]) for kind, c in sorted(counts.items())}


def _confusions(asked: Sequence[tuple[Line, Outcome]]) -> tuple[Confusion, ...]:
    examples: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for line, outcome in asked:
        if outcome.ranked and outcome.ranked[0] != line["id"]:
            examples[line["id"], outcome.ranked[0]].append(line["q"])
    worst = sorted(examples.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Confusion(expected, got, len(lines), lines[0]) for (expected, got), lines in worst)


def _quantile(times: Sequence[float], share: float) -> float:
    """Return the smallest time that at least this share of the lines stayed within."""
    if not times:
        return 0.0
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
