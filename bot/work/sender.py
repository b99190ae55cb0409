"""From the outbox to the channels: at least once, outside any transaction, with backoff, and never given up in silence."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.channels.port import Channel, Letter
from bot.errors import LedgerError, SendFailed
from bot.ledger.port import Address, Ledger, Outgoing
from bot.model import SendGivenUp, Target
from bot.work.clock import Clock

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 8
_BATCH = 10
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)
_JITTER = 0.25

_log = logging.getLogger(__name__)


class Sender:
    """Sends what may go out. Whatever cannot be delivered comes back through ``on_given_up`` as an event for the intake."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Mapping[str, Channel],
        clock: Clock,
        on_given_up: Callable[[SendGivenUp], object],
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._clock = clock
        self._on_given_up = on_given_up

    def send_due(self) -> int:
        """Send everything that may go out now and return how many messages went; raises ``LedgerError``."""
        sent = 0
        while batch := self._claim():
            until = self._clock.now() + LEASE
            for outgoing, address in batch:
                if self._clock.now() >= until:
                    break  # the lease is over: somebody else may have them by now
                sent += self._send(outgoing, address)
        return sent

    def _claim(self) -> list[tuple[Outgoing, Address | SendFailed]]:
        with self._ledger.transaction() as transaction:
            claimed = transaction.claim(self._clock.now(), LEASE, _BATCH)
            known = {
                outgoing.target.name: transaction.addresses(outgoing.target.name)
                for outgoing in claimed
                if outgoing.target.kind == "contact"
            }
        return [(outgoing, self._resolve(outgoing.target, known.get(outgoing.target.name, []))) for outgoing in claimed]

    def _resolve(self, target: Target, known: list[Address]) -> Address | SendFailed:
        if target.kind == "contact" and not known:
            return SendFailed(f"{target.name}还没有绑定任何渠道", permanent=True)
        if target.kind == "contact":
            candidates = known
        elif target.kind == "room":
            candidates = [Address(target.channel, room=target.name)]
        else:
            candidates = [Address(target.channel, person=target.name)]
        running = next((address for address in candidates if address.channel in self._channels), None)
        names = "、".join(dict.fromkeys(address.channel for address in candidates))
        return running or SendFailed(f"渠道没有运行：{names}")

    def _send(self, outgoing: Outgoing, address: Address | SendFailed) -> bool:
        try:
            if isinstance(address, SendFailed):
                raise address
            letter = Letter(outgoing.key, address.room, address.person, outgoing.text, outgoing.mention, outgoing.urgent)
            receipt = self._channels[address.channel].send(letter)
        except SendFailed as failure:
            self._failed(outgoing, failure)
            return False
        except Exception as fault:
            _log.exception("channel failed on %s", outgoing.key)
            self._failed(outgoing, SendFailed(f"渠道出错：{fault}"))
            return False
        with self._ledger.transaction() as transaction:
            transaction.confirm(outgoing.token, receipt, self._clock.now())
        return True

    def _failed(self, outgoing: Outgoing, failure: SendFailed) -> None:
        now = self._clock.now()
        if failure.retry_after is not None:
            with self._ledger.transaction() as transaction:
                transaction.postpone(outgoing.token, str(failure), now + failure.retry_after, tried=False)
            return
        if not failure.permanent and outgoing.attempts < MOST_ATTEMPTS:
            with self._ledger.transaction() as transaction:
                transaction.postpone(outgoing.token, str(failure), now + backoff(outgoing.key, outgoing.attempts))
            return
        # The event first: if the program dies in between, the message is tried once more, and the event is known by its id.
        event = SendGivenUp(outgoing.key, outgoing.case, outgoing.target, outgoing.text, str(failure), now)
        try:
            self._on_given_up(event)
        except LedgerError:
            raise
        except Exception:
            _log.exception("giving up %s could not be decided", outgoing.key)
        with self._ledger.transaction() as transaction:
            transaction.give_up(outgoing.token, str(failure), now)


def backoff(key: str, attempts: int) -> timedelta:
    """Return how long to wait after the given number of attempts: doubling, with up to a quarter more that depends on the key."""
    wait = min(_FIRST_WAIT * (1 << min(attempts - 1, 16)), _LONGEST_WAIT)
    share = hashlib.sha256(f"{key}/{attempts}".encode()).digest()[0] / 255
    return wait * (1 + _JITTER * share)
