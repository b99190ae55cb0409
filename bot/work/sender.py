"""From the outbox to the channels: at least once, outside any transaction, with backoff, and never given up in silence."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.channels.port import Channel, Letter
from bot.errors import LedgerError, SendFailed
from bot.ledger.port import Address, Ledger, Outgoing, Transaction
from bot.model import SendGivenUp, Target
from bot.work.clock import Clock

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 8
_PATIENCE = 3
"""Attempts at one of several addresses before the next one has its turn."""
_BATCH = 50
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
        for place, (outgoing, addresses) in enumerate(batch):
            if self._clock.now() >= until or time.monotonic() - begun >= _LONGEST_BATCH:
                self._give_back(batch[place:])
                break
            sent += self._send(outgoing, addresses)
            if time.monotonic() - self._unreported_since >= _UNREPORTED:
                self._write_reports()
        self._write_reports()
        return sent

    def _claim(self) -> list[tuple[Outgoing, Addresses]]:
        self._write_reports()
        with self._ledger.transaction() as transaction:
            claimed = transaction.claim(self._clock.now(), LEASE, _BATCH)
            known = {
                outgoing.target.name: transaction.addresses(outgoing.target.name)
                for outgoing in claimed
                if outgoing.target.kind == "contact"
            }
        return [(outgoing, self._resolve(outgoing.target, known.get(outgoing.target.name, []))) for outgoing in claimed]

    def _resolve(self, target: Target, known: list[Address]) -> Addresses:
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
        return running or SendFailed(f"渠道没有运行：{names}")

    def _send(self, outgoing: Outgoing, addresses: Addresses) -> bool:
        try:
            if isinstance(addresses, SendFailed):
                raise addresses
            receipt = self._deliver(outgoing, addresses)
        except SendFailed as failure:
            self._failed(outgoing, failure)
            return False
        except Exception as fault:
            _log.exception("channel failed on %s", outgoing.key)
            self._failed(outgoing, SendFailed(f"渠道出错：{fault}"))
            return False
        sent_at = self._clock.now()
        self._report(lambda transaction: transaction.confirm(outgoing.token, receipt, sent_at))
        return True

    def _deliver(self, outgoing: Outgoing, addresses: list[Address]) -> str:
        """Return the receipt of the first address that takes it; one that goes on failing gives way to the next for a while."""
        first = (outgoing.attempts - 1) // _PATIENCE % len(addresses)
        *others, last = addresses[first:] + addresses[:first]
        for address in others:
            try:
                return self._deliver_to(outgoing, address)
            except SendFailed as failure:
                if not failure.permanent:
                    raise
        return self._deliver_to(outgoing, last)

    def _deliver_to(self, outgoing: Outgoing, address: Address) -> str:
        letter = Letter(outgoing.key, address.room, address.person, outgoing.text, outgoing.mention, outgoing.urgent)
        return self._channels[address.channel].send(letter)

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

    def _give_back(self, rest: list[tuple[Outgoing, Addresses]]) -> None:
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


def backoff(key: str, attempts: int) -> timedelta:
    """Return how long to wait after the given number of attempts: doubling, with up to a quarter more that depends on the key."""
    wait = min(_FIRST_WAIT * (1 << min(attempts - 1, 16)), _LONGEST_WAIT)
    share = hashlib.sha256(f"{key}/{attempts}".encode()).digest()[0] / 255
    return wait * (1 + _JITTER * share)
