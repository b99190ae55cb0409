"""The outbox as the sender sees it where letters are carried by hand: handed over is not yet sent."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from bot.channels.relay.channel import RelayChannel, Waiting
from bot.channels.relay.stretch import PERSON_PREFIX
from bot.ledger.port import Ledger, Transaction

_SINCE = "relay_waiting_since"
_FORGOTTEN_AFTER = timedelta(days=60)


class HandCarried:
    """A ledger that keeps the receipts of relayed letters back until somebody has carried them.

    Until then the row stays claimed. When its lease is over it is claimed and handed over again, which changes nothing but shows
    that it is still wanted: so a restart loses none, and one that was cancelled is not handed over any more.
    """

    def __init__(self, ledger: Ledger, channel: RelayChannel) -> None:
        self._ledger = ledger
        self._channel = channel

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Begin a transaction of the ledger behind."""
        with self._ledger.transaction() as transaction:
            yield cast(Transaction, _Withholding(transaction, self._channel))

    def close(self) -> None:
        """Let go of the ledger behind."""
        self._ledger.close()


class _Withholding:
    def __init__(self, transaction: Transaction, channel: RelayChannel) -> None:
        self._transaction = transaction
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    def confirm(self, token: str, receipt: str, now: datetime) -> None:
        if receipt.startswith(PERSON_PREFIX) and self._channel.hold(receipt, token, now, _since(self._transaction, receipt, now)):
            return
        self._transaction.confirm(token, receipt, now)


def confirm_carried(transaction: Transaction, letter: Waiting, now: datetime) -> None:
    """Give a carried letter its receipt."""
    transaction.confirm(letter.token, letter.receipt, now)
    kept = _kept(transaction)
    if kept.pop(letter.receipt, None):
        transaction.set(_SINCE, json.dumps(kept))


def _since(transaction: Transaction, receipt: str, now: datetime) -> datetime:
    """Return since when a letter waits, across restarts."""
    kept = _kept(transaction)
    if receipt not in kept:
        recent = {name: at for name, at in kept.items() if now - datetime.fromisoformat(at) < _FORGOTTEN_AFTER}
        transaction.set(_SINCE, json.dumps(recent | {receipt: now.isoformat()}))
        return now
    return datetime.fromisoformat(kept[receipt])


def _kept(transaction: Transaction) -> dict[str, str]:
    return cast(dict[str, str], json.loads(transaction.setting(_SINCE) or "{}"))
