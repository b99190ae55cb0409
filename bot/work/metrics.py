"""What the bot counts and times, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, cast

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.desk.scene import Knowledge
from bot.errors import LedgerError
from bot.ledger.port import Ledger, Tally, Transaction
from bot.matching.engine import Matcher
from bot.model import Decision, Event, Said, Snapshot, Status, Ticked
from bot.work.audit.health import Health, Light, Report
from bot.work.audit.ledger import GRACE
from bot.work.clock import Clock

Decide = Callable[[Event, Snapshot, datetime], Decision]

_FAST = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)
_SLOW = (0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0, 3600.0, 86400.0)


class Metrics:
    """One bot's figures. An event counts when it is decided: one whose transaction is undone counts again when it comes again."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        kept = self._registry
        self._messages = Counter(
            "xiaoshao_messages", "Messages from people, by channel and what was done.", ["channel", "action"], registry=kept
        )
        self._decisions = Counter("xiaoshao_decisions", "Events decided, by kind and action.", ["event", "action"], registry=kept)
        self._faults = Counter("xiaoshao_faults", "Events that could not be decided, by kind.", ["event"], registry=kept)
        self._deciding = Histogram("xiaoshao_decide_seconds", "Deciding about one event.", registry=kept, buckets=_FAST)
        self._matching = Histogram("xiaoshao_matching_seconds", "Matching one question.", registry=kept, buckets=_FAST)
        self._transactions = Histogram(
            "xiaoshao_ledger_transaction_seconds",
            "Ledger transactions, by how they ended.",
            ["end"],
            registry=kept,
            buckets=_FAST,
        )
        self._lag = Histogram(
            "xiaoshao_timer_lag_seconds", "From when a step was due to when it was done.", registry=kept, buckets=_SLOW
        )
        self._timed: tuple[Knowledge, Knowledge] | None = None

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def watch(self, ledger: Ledger, clock: Clock, health: Health) -> None:
        """Show from now on also what the ledger holds and how the bot is, as of the moment of asking."""
        self._registry.register(_Standing(ledger, clock, health))

    def deciding(self, decide: Decide) -> Decide:
        """Return the same, counted and timed."""

        def decided(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
            kind = type(event).__name__.lower()
            start = perf_counter()
            try:
                decision = decide(event, snapshot, now)
            except Exception:
                self._faults.labels(kind).inc()
                raise
            finally:
                self._deciding.observe(perf_counter() - start)
            self._decisions.labels(kind, decision.action).inc()
            if isinstance(event, Said):
                self._messages.labels(event.channel, decision.action).inc()
            elif isinstance(event, Ticked):
                self._lag.observe(max(0.0, (now - event.at) / timedelta(seconds=1)))
            return decision

        return decided

    def matching(self, knowledge: Knowledge) -> Knowledge:
        """Return the same knowledge, with its matching timed."""
        if self._timed is None or self._timed[0] is not knowledge:
            matcher = cast(Matcher, _TimedMatcher(knowledge.matcher, self._matching))
            self._timed = (knowledge, Knowledge(knowledge.library, matcher, knowledge.ranker))
        return self._timed[1]

    def ledger(self, ledger: Ledger) -> Ledger:
        """Return the same ledger, with its transactions timed."""
        return _TimedLedger(ledger, self._transactions)


class _TimedMatcher:
    def __init__(self, matcher: Matcher, seconds: Histogram) -> None:
        self._matcher = matcher
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._matcher, name)

    def judge(self, *given: Any, **named: Any) -> Any:
        with self._seconds.time():
            return self._matcher.judge(*given, **named)


class _TimedLedger:
    def __init__(self, ledger: Ledger, seconds: Histogram) -> None:
        self._ledger = ledger
        self._seconds = seconds

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        start, end = perf_counter(), "refused"
        try:
            with self._ledger.transaction() as transaction:
                end = "undone"
                yield transaction
            end = "committed"
        except LedgerError:
            end = "refused"
            raise
        finally:
            self._seconds.labels(end).observe(perf_counter() - start)

    def close(self) -> None:
        self._ledger.close()


class _Standing(Collector):
    """What is read at the moment of asking."""

    def __init__(self, ledger: Ledger, clock: Clock, health: Health) -> None:
        self._ledger = ledger
        self._clock = clock
        self._health = health

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: asking the ledger before anybody wants to know would be too early."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges; without a ledger, what can be said without it."""
        now = self._clock.now()
        yield from _of_health(self._health.report())
        try:
            with self._ledger.transaction() as transaction:
                tally = transaction.tally(now, GRACE)
        except LedgerError:
            yield GaugeMetricFamily("xiaoshao_ledger_up", "Whether the ledger can be used.", value=0)
            return
        yield GaugeMetricFamily("xiaoshao_ledger_up", "Whether the ledger can be used.", value=1)
        yield from _of_tally(tally, now)


def _of_tally(tally: Tally, now: datetime) -> Iterator[GaugeMetricFamily]:
    cases = GaugeMetricFamily("xiaoshao_open_cases", "Cases that are not finished, by status.", labels=["status"])
    for status in Status:
        if not status.terminal:
            cases.add_metric([status], tally.open_cases.get(status, 0))
    yield cases
    yield GaugeMetricFamily("xiaoshao_overdue_cases", "Cases whose next step is late by over five minutes.", value=tally.overdue)
    outbox = GaugeMetricFamily("xiaoshao_outbox_messages", "Messages that have not gone out, by state.", labels=["state"])
    for state, count in (
        ("waiting", tally.waiting),
        ("held", tally.held),
        ("claimed", tally.claimed),
        ("stuck", tally.stuck),
        ("given_up", tally.given_up),
    ):
        outbox.add_metric([state], count)
    yield outbox
    age = max(0.0, (now - tally.oldest) / timedelta(seconds=1)) if tally.oldest else 0.0
    yield GaugeMetricFamily("xiaoshao_outbox_oldest_seconds", "How long the oldest message waits that could go out.", value=age)


def _of_health(report: Report) -> Iterator[GaugeMetricFamily]:
    lights = GaugeMetricFamily("xiaoshao_health", "The health: 1 for the light that is on.", labels=["light"])
    for light in Light:
        lights.add_metric([light], float(light is report.light))
    yield lights
    findings = GaugeMetricFamily("xiaoshao_findings", "What a person should look at, by code.", labels=["code"])
    for code in sorted({finding.code for finding in report.findings}):
        findings.add_metric([code], sum(finding.code == code for finding in report.findings))
    yield findings
    info = GaugeMetricFamily("xiaoshao_info", "Which bot this is.", labels=["bot", "version", "config"])
    info.add_metric([report.bot, report.version, report.config], 1)
    yield info
