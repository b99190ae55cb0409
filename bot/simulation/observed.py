"""A ledger that is looked over the shoulder: every decision that was committed is shown to an observer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from bot.ledger.port import Ledger, Transaction
from bot.model import Decision, Event

Observer = Callable[[Event, Decision, datetime], None]


class ObservedLedger:
    """The given ledger; ``saw`` is called after each commit with what it applied, in that order."""

    def __init__(self, ledger: Ledger, saw: Observer) -> None:
        self._ledger = ledger
        self._saw = saw

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Begin a transaction of the ledger."""
        applied: list[tuple[Event, Decision, datetime]] = []
        with self._ledger.transaction() as transaction:
            yield cast(Transaction, _ObservedTransaction(transaction, applied))
        for event, decision, now in applied:
            self._saw(event, decision, now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()


class _ObservedTransaction:
    def __init__(self, transaction: Transaction, applied: list[tuple[Event, Decision, datetime]]) -> None:
        self._transaction = transaction
        self._applied = applied

    def apply(self, event: Event, decision: Decision, now: datetime) -> None:
        self._transaction.apply(event, decision, now)
        self._applied.append((event, decision, now))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)
