"""The relay as a channel: what is sent waits on the page until a person has pasted it into the group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from bot.channels.port import Abilities, Letter
from bot.channels.relay.stretch import CHANNEL, PERSON_PREFIX
from bot.errors import SendFailed

HANDED_AGAIN_WITHIN = timedelta(minutes=3)
"""A letter that is still wanted is handed over anew whenever its lease ends; one that has not been for this long is not."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits to be carried: since when, its outgoing row's token, and when it was last handed over."""

    receipt: str
    letter: Letter
    since: datetime
    token: str
    handed: datetime

    @property
    def text(self) -> str:
        """Return what is to be pasted, with the @ that a person would write."""
        return with_mention(self.letter)


class RelayChannel:
    """Holds what is to be carried into groups where no bot may sit; messages come in by hand, on the relay page.

    ``send`` puts a letter on that list. Its receipt goes into the ledger only once somebody has carried it (``HandCarried``).
    """

    name = CHANNEL
    abilities = Abilities(
        title="转贴（人工）",
        receives=True,
        sends=True,
        mentions=True,
        reads_quotes=True,
        sends_quotes=False,
        reads_recalls=False,
        files=False,
        groups=True,
        direct=False,
        limits="靠人从微信复制过来、再贴回去，人不在就停着；只认群昵称，谁也不能凭昵称办工单；图片、语音、撤回读不到",
        risk="没有封号的事：微信里说话的一直是人",
    )

    def __init__(self, rooms: Collection[str]) -> None:
        self._rooms = frozenset(rooms)
        self._letters: dict[str, Letter] = {}
        self._waiting: dict[str, Waiting] = {}
        self._carried: set[str] = set()
        self._lock = Lock()

    def open_rooms(self, rooms: Collection[str]) -> None:
        """Know further groups from now on; one that has left the routing file stays, for what is still to be said there."""
        self._rooms |= frozenset(rooms)

    def send(self, letter: Letter) -> str:
        """Take a letter and return its receipt, the same for the same key; raises ``SendFailed`` for unknown places."""
        if letter.room and letter.room not in self._rooms:
            raise SendFailed(f"转贴页面上没有群「{letter.room}」", permanent=True)
        if not letter.room and not letter.person.startswith(PERSON_PREFIX):
            raise SendFailed(f"转贴页面上没有「{letter.person}」这个人", permanent=True)
        receipt = f"{PERSON_PREFIX}{letter.key}"
        with self._lock:
            self._letters[receipt] = letter
        return receipt

    def hold(self, receipt: str, token: str, now: datetime, since: datetime) -> bool:
        """List a letter as waiting, under the token by which it can be confirmed; False if it has been carried."""
        with self._lock:
            letter = self._letters.pop(receipt)
            if receipt in self._carried:
                self._waiting.pop(receipt, None)
                return False
            known = self._waiting.get(receipt)
            self._waiting[receipt] = (
                replace(known, token=token, handed=now) if known else Waiting(receipt, letter, since, token, now)
            )
            return True

    def waiting(self, now: datetime) -> list[Waiting]:
        """Return what is to be carried, the longest waiting first; what was cancelled in the ledger drops out by itself."""
        with self._lock:
            for receipt, it in list(self._waiting.items()):
                if now - it.handed > HANDED_AGAIN_WITHIN:
                    del self._waiting[receipt]
            return sorted(self._waiting.values(), key=lambda it: (it.since, it.receipt))

    def take(self, receipt: str, now: datetime) -> Waiting | None:
        """Note that a letter was carried and return it, to be confirmed in the ledger; None if it does not wait (any more)."""
        if not any(it.receipt == receipt for it in self.waiting(now)):
            return None
        with self._lock:
            self._carried.add(receipt)
            return self._waiting.pop(receipt, None)


def with_mention(letter: Letter) -> str:
    """Return a letter's text as a person pastes it: the @ is written out."""
    return f"@{letter.mention.name} {letter.text}" if letter.mention else letter.text
