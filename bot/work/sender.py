"""From the outbox to the channels: at least once, outside any transaction, with backoff, and never given up in silence."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from bot.channels.port import Channel, Letter, SendsTogether
from bot.errors import LedgerError, SendFailed
from bot.ledger.port import Address, Ledger, Outgoing, Transaction
from bot.model import SendGivenUp
from bot.work.clock import Clock

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 8
_PATIENCE = 3
"""Attempts at one of several addresses before the next one has its turn."""
_BATCH = 50
_TOGETHER = 16
"""Letters that are handed at once to a channel that takes several."""
_LONGEST_BATCH = 5.0
"""Seconds after which what is left of a batch is given back, so that what has become urgent meanwhile goes first."""
_UNREPORTED = 0.05
"""Seconds that a receipt may wait for others before it is written down; what is sent in between is sent again after a crash."""
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)
_JITTER = 0.25

Report = Callable[[Transaction], None]
Addresses = list[Address] | SendFailed
"""Where to try, in this order, or why there is nowhere."""
Claimed = tuple[Outgoing, Addresses]

_log = logging.getLogger(__name__)


class Sender:
    """Sends what may go out. Whatever cannot be delivered comes back through ``on_given_up`` as an event for the intake.

    ``rank`` says how late a channel comes among those of a contact; of equal ones the first that was bound is taken.
    """

    def __init__(
        self,
        ledger: Ledger,
        channels: Mapping[str, Channel],
        clock: Clock,
        on_given_up: Callable[[SendGivenUp], object],
        rank: Callable[[str, str], int] = lambda contact, channel: 0,
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._together = {name for name, channel in channels.items() if isinstance(channel, SendsTogether)}
        self._clock = clock
        self._on_given_up = on_given_up
        self._rank = rank
        self._reports: list[Report] = []  # of what was sent or failed, not yet written down
        self._unreported_since = 0.0

    def send_due(self) -> int:
        """Send everything that may go out now and return how many messages went; raises ``LedgerError``."""
        sent = 0
        while (went := self.send_some()) is not None:
            sent += went
        return sent

    def send_some(self) -> int | None:
        """Send a batch of what may go out now and return how many messages went, None if there was nothing to send."""
        batch = self._claim()
        if not batch:
            return None
        sent, until, begun = 0, self._clock.now() + LEASE, time.monotonic()
        while batch:
            if self._clock.now() >= until or time.monotonic() - begun >= _LONGEST_BATCH:
                self._give_back(batch)
                break
            some = self._next(batch)
            batch = batch[len(some) :]
            sent += self._send(some)
            if time.monotonic() - self._unreported_since >= _UNREPORTED:
                self._write_reports()
        self._write_reports()
        return sent

    def _claim(self) -> list[Claimed]:
        self._write_reports()
        with self._ledger.transaction() as transaction:
            claimed = transaction.claim(self._clock.now(), LEASE, _BATCH)
            known = {
                outgoing.target.name: transaction.addresses(outgoing.target.name)
                for outgoing in claimed
                if outgoing.target.kind == "contact"
            }
        return [(outgoing, self._resolve(outgoing, known.get(outgoing.target.name, []))) for outgoing in claimed]

    def _resolve(self, outgoing: Outgoing, known: list[Address]) -> Addresses:
        """Return where to try; an address that goes on failing gives way to the next for a while."""
        target = outgoing.target
        if target.kind == "contact" and not known:
            return SendFailed(f"{target.name}还没有绑定任何渠道", permanent=True)
        if target.kind == "contact":
            candidates = sorted(known, key=lambda address: self._rank(target.name, address.channel))
        elif target.kind == "room":
            candidates = [Address(target.channel, room=target.name)]
        else:
            candidates = [Address(target.channel, person=target.name)]
        running = [address for address in candidates if address.channel in self._channels]
        names = "、".join(dict.fromkeys(address.channel for address in candidates))
        if not running:
            return SendFailed(f"渠道没有运行：{names}")
        first = (outgoing.attempts - 1) // _PATIENCE % len(running)
        return running[first:] + running[:first]

    def _next(self, batch: list[Claimed]) -> list[Claimed]:
        """Return what goes out next: several letters in line for a channel that takes them together, or one."""
        channel, number = _first_channel(batch[0]), 1
        if channel in self._together:
            while number < min(_TOGETHER, len(batch)) and _first_channel(batch[number]) == channel:
                number += 1
        return batch[:number]

    def _send(self, some: list[Claimed]) -> int:
        """Send letters that go to one channel first; return how many went."""
        failures: list[tuple[Outgoing, Exception]] = []
        for (outgoing, addresses), outcome in zip(some, self._outcomes(some), strict=True):
            if isinstance(addresses, list) and isinstance(outcome, SendFailed):
                outcome = self._elsewhere(outgoing, addresses[1:], outcome)
            if isinstance(outcome, Exception):
                failures.append((outgoing, outcome))
            else:
                self._sent(outgoing, outcome)
        for outgoing, fault in failures:  # last, as the ledger may refuse to hear of them
            if not isinstance(fault, SendFailed):
                _log.error("channel failed on %s", outgoing.key, exc_info=fault)
            self._failed(outgoing, fault if isinstance(fault, SendFailed) else SendFailed(f"渠道出错：{fault}"))
        return len(some) - len(failures)

    def _outcomes(self, some: list[Claimed]) -> Sequence[str | Exception]:
        """Return the receipts that the first addresses give, or what went wrong."""
        channel = _first_channel(some[0])
        if channel not in self._together:
            [(outgoing, addresses)] = some
            return [addresses if isinstance(addresses, SendFailed) else self._tried(outgoing, addresses[0])]
        letters = [_letter(outgoing, addresses[0]) for outgoing, addresses in some if isinstance(addresses, list)]
        try:
            return cast(SendsTogether, self._channels[channel]).send_all(letters)
        except Exception as fault:
            return [fault] * len(letters)

    def _elsewhere(self, outgoing: Outgoing, others: list[Address], outcome: str | Exception) -> str | Exception:
        for address in others:
            if not isinstance(outcome, SendFailed) or not outcome.permanent:
                break
            outcome = self._tried(outgoing, address)
        return outcome

    def _tried(self, outgoing: Outgoing, address: Address) -> str | Exception:
        try:
            return self._channels[address.channel].send(_letter(outgoing, address))
        except Exception as fault:
            return fault

    def _sent(self, outgoing: Outgoing, receipt: str) -> None:
        sent_at = self._clock.now()
        self._report(lambda transaction: transaction.confirm(outgoing.token, receipt, sent_at))

    def _failed(self, outgoing: Outgoing, failure: SendFailed) -> None:
        now, why = self._clock.now(), str(failure)
        if failure.retry_after is not None:
            self._postpone(outgoing, why, now + failure.retry_after, tried=False)
            return
        if not failure.permanent and outgoing.attempts < MOST_ATTEMPTS:
            self._postpone(outgoing, why, now + backoff(outgoing.key, outgoing.attempts), tried=True)
            return
        # The event first: if the program dies in between, the message is tried once more, and the event is known by its id.
        event = SendGivenUp(outgoing.key, outgoing.case, outgoing.target, outgoing.text, why, now)
        try:
            self._on_given_up(event)
        except LedgerError:
            raise
        except Exception:
            _log.exception("giving up %s could not be decided", outgoing.key)
        self._report(lambda transaction: transaction.give_up(outgoing.token, why, now))

    def _give_back(self, rest: list[Claimed]) -> None:
        """Let go of what was claimed and not tried; where the lease is over and somebody else has it, this changes nothing."""
        now = self._clock.now()
        for outgoing, _ in rest:
            self._postpone(outgoing, outgoing.why, now, tried=False)

    def _postpone(self, outgoing: Outgoing, why: str, until: datetime, *, tried: bool) -> None:
        self._report(lambda transaction: transaction.postpone(outgoing.token, why, until, tried=tried))

    def _report(self, report: Report) -> None:
        if not self._reports:
            self._unreported_since = time.monotonic()
        self._reports.append(report)

    def _write_reports(self) -> None:
        if self._reports:
            with self._ledger.transaction() as transaction:
                for report in self._reports:
                    report(transaction)
            self._reports.clear()  # not before they are committed: what fails is written with the next ones


def _first_channel(claimed: Claimed) -> str:
    """Return the name of the channel that is tried first, ``""`` if there is none."""
    _, addresses = claimed
    return "" if isinstance(addresses, SendFailed) else addresses[0].channel


def _letter(outgoing: Outgoing, address: Address) -> Letter:
    return Letter(outgoing.key, address.room, address.person, outgoing.text, outgoing.mention, outgoing.urgent)


def backoff(key: str, attempts: int) -> timedelta:
    """Return how long to wait after the given number of attempts: doubling, with up to a quarter more that depends on the key."""
    wait = min(_FIRST_WAIT * (1 << min(attempts - 1, 16)), _LONGEST_WAIT)
    share = hashlib.sha256(f"{key}/{attempts}".encode()).digest()[0] / 255
    return wait * (1 + _JITTER * share)
