"""Sending through a gateway: to whom, at what pace, and what to make of a gateway that does not answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock

from bot.channels.port import Letter
from bot.channels.wechaty import mentions
from bot.channels.wechaty.connection import Gateway, GatewayError, GatewayLost, GatewayRefused, GatewaySlow
from bot.channels.wechaty.directory import Directory
from bot.channels.wechaty.mapping import PREFIX
from bot.channels.wechaty.pacing import Pacer, shows_limit
from bot.errors import SendFailed

_RECEIPTS = 2_000
_LONGEST_REST = 10.0
_ECHOES_TAKE = 2.0
_RECEIPTS_TAKE = 1.0
"""Seconds that a message may wait for the receipt of one that is being sent, which tells whether it is the bot's own."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limits in seconds. ``call`` is for every call to the gateway; ``pings`` missed in a row end a connection.

    ``settle`` is how long a connection must hold before a gap counts as over, and how long echoes may take after a silence;
    ``other_bot`` is how long another bot on the gateway is waited for.
    """

    call: float = 10.0
    ping_every: float = 10.0
    pings: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    settle: float = 20.0
    other_bot: float = 60.0
    remember_every: float = 30.0


USUAL_PATIENCE = Patience()


class Presence:
    """Whether the gateway is there and answers; written on the channel's loop, read from any thread."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.gateway: Gateway | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ready = Event()
        self._alive_at = float("-inf")
        self._silent_since: float | None = None
        self._heard_again: float | None = None

    def alive(self) -> None:
        """Note a sign of life."""
        self._alive_at = time.monotonic()
        if self._silent_since is not None and self._heard_again is None:
            self._heard_again = self._alive_at

    def silence(self) -> float:
        """Return the seconds since the last sign of life."""
        return time.monotonic() - self._alive_at

    def went_silent(self) -> None:
        """Note that a call was not answered in time."""
        self._silent_since, self._heard_again = time.monotonic(), None

    def check(self) -> None:
        """Raise ``SendFailed`` while nothing can be sent."""
        soon = timedelta(seconds=min(self.patience.ping_every, _LONGEST_REST))
        if self.gateway is None or not self.ready.is_set():
            raise SendFailed("微信网关没有连上", retry_after=soon)
        if self._silent_since is None:
            return
        if self._heard_again is None:
            raise SendFailed("微信网关没有回应", retry_after=soon)
        # What was sent into the silence may have arrived after all: its echo comes first.
        left = self._heard_again + min(self.patience.settle, _ECHOES_TAKE) - time.monotonic()
        if left > 0:
            raise SendFailed("微信网关刚有回应", retry_after=timedelta(seconds=left))
        self._silent_since = self._heard_again = None


class UnderWay:
    """Calls that are being made: whoever waits is let go once all that had begun before have ended; on one loop."""

    def __init__(self) -> None:
        self._open: dict[int, None] = {}  # in the order in which they began
        self._last = 0
        self._waiting: dict[int, asyncio.Event] = {}  # by the last that had begun

    def begin(self) -> int:
        """Note that a call begins and return its number."""
        self._last += 1
        self._open[self._last] = None
        return self._last

    def end(self, number: int) -> None:
        """Note that a call has ended, however it did."""
        del self._open[number]
        oldest = next(iter(self._open), self._last + 1)
        for last in [last for last in self._waiting if last < oldest]:
            self._let_go(last)

    async def ended(self, seconds: float) -> None:
        """Wait until the calls that are being made have ended, for so long at most."""
        if not self._open:
            return
        if self._last not in self._waiting:
            self._waiting[self._last] = asyncio.Event()
            asyncio.get_running_loop().call_later(seconds, self._let_go, self._last)
        await self._waiting[self._last].wait()

    def _let_go(self, last: int) -> None:
        waiting = self._waiting.pop(last, None)
        if waiting is not None:
            waiting.set()


class Speaker:
    """Sends letters, each key once: to one place one after the other, to several places side by side.

    A gateway that is away, a pace to keep or a limit of WeChat's is no failed attempt: the failure says when to come back.
    """

    def __init__(self, directory: Directory, pacer: Pacer, presence: Presence, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._pacer = pacer
        self._presence = presence
        self._clock = clock
        self._receipts: OrderedDict[str, str] = OrderedDict()
        self._known_ids: set[str] = set()
        self._under_way = UnderWay()
        self._sending = Lock()

    def has_receipt(self, message_id: str) -> bool:
        """Tell whether a message's id has been returned as a receipt."""
        return message_id in self._known_ids

    async def is_own(self, message_id: str) -> bool:
        """Tell the same once the receipts that are on their way have come, or have not for a while; on the channel's loop."""
        if message_id not in self._known_ids:
            await self._under_way.ended(_RECEIPTS_TAKE)
        return message_id in self._known_ids

    def send_all(self, letters: Sequence[Letter]) -> list[str | Exception]:
        """Send letters and return for each the puppet's id for it, the same for the same key, or what went wrong."""
        loop = self._presence.loop
        with self._sending:
            if loop is None or loop.is_closed():
                return [self._unsent(letter) for letter in letters]
            sending = self._sent_all(letters)
            try:
                answer = asyncio.run_coroutine_threadsafe(sending, loop)
            except RuntimeError:  # closed in this moment
                sending.close()
                return [self._unsent(letter) for letter in letters]
            try:
                return answer.result((2 * self._presence.patience.call + 5) * len(letters))
            except (TimeoutError, CancelledError):
                answer.cancel()
                self._presence.went_silent()
                return [self._receipts.get(letter.key) or SendFailed("微信网关没有给回执") for letter in letters]

    def _unsent(self, letter: Letter) -> str | Exception:
        """Return the receipt of a letter that was sent before, or why it can't be sent now that the channel doesn't run."""
        try:
            self._conversation(letter)
        except SendFailed as failure:
            return failure
        return self._receipts.get(letter.key) or SendFailed("微信渠道没有运行", retry_after=timedelta(seconds=_LONGEST_REST))

    async def _sent_all(self, letters: Sequence[Letter]) -> list[str | Exception]:
        outcomes: dict[int, str | Exception] = {}

        async def to_one_place(some: list[int]) -> None:
            for number in some:
                try:
                    outcomes[number] = await self._sent(letters[number])
                except Exception as fault:
                    outcomes[number] = fault

        places: dict[tuple[str, str], list[int]] = {}
        for number, letter in enumerate(letters):
            places.setdefault((letter.room, letter.person), []).append(number)
        await asyncio.gather(*(to_one_place(some) for some in places.values()))
        return [outcomes[number] for number in range(len(letters))]

    async def _sent(self, letter: Letter) -> str:
        """Send one letter and return its receipt; raises ``SendFailed``."""
        known = self._receipts.get(letter.key)
        if known is not None:
            return known
        conversation = self._conversation(letter)
        self._presence.check()
        wait = self._pacer.wait(letter.key, letter.room or letter.person, self._clock(), urgent=letter.urgent)
        if wait:
            raise SendFailed("排队慢慢发", retry_after=wait)
        begun = self._under_way.begin()
        try:
            receipt = await self._said(letter, conversation)
            self._receipts[letter.key] = receipt
            self._known_ids.add(receipt)
        finally:
            self._under_way.end(begun)
        while len(self._receipts) > _RECEIPTS:
            self._known_ids.discard(self._receipts.popitem(last=False)[1])
        return receipt

    def _conversation(self, letter: Letter) -> str:
        """Return the puppet's id of where a letter goes, ``""`` if it isn't known before the account is on line."""
        if not letter.room:
            if not letter.person.startswith(PREFIX):
                raise SendFailed(f"微信里没有「{letter.person}」这个人", permanent=True)
            return letter.person.removeprefix(PREFIX)
        if not self._directory.knows(letter.room):
            raise SendFailed(f"微信里没有群「{letter.room}」", permanent=True)
        found = self._directory.room_id(letter.room)
        if found is None and self._presence.ready.is_set():
            raise SendFailed(f"小哨的微信号不在群「{letter.room}」里")
        return found or ""

    async def _said(self, letter: Letter, conversation: str) -> str:
        try:
            return await self._say(letter, conversation)
        except GatewaySlow as fault:
            self._presence.went_silent()
            log.warning("没等到 %s 的回执：%s", letter.key, fault)
            raise SendFailed("微信网关没有给回执") from fault
        except GatewayLost as fault:
            log.warning("发 %s 时断开了：%s", letter.key, fault)
            raise SendFailed("微信网关断开了") from fault
        except GatewayError as fault:
            log.warning("网关没有发 %s：%s", letter.key, fault)
            if shows_limit(str(fault)):
                until = self._pacer.rest(self._clock())
                log.error("微信在限制这个号发消息：停到 %s 再发", f"{until:%H:%M}")
                raise SendFailed("微信限制了发消息", retry_after=until - self._clock()) from fault
            raise SendFailed("微信网关没有发成") from fault

    async def _say(self, letter: Letter, conversation: str) -> str:
        gateway = self._presence.gateway
        if gateway is None:
            raise GatewayLost("没有连上")
        text, called = letter.text, []
        if letter.mention is not None and letter.room and letter.mention.id.startswith(PREFIX):
            contact = letter.mention.id.removeprefix(PREFIX)
            called = [contact]
            try:
                shown = (await self._directory.person(gateway, conversation, contact)).shown
            except GatewayRefused:  # left the group, or unknown since a new login
                shown, called = letter.mention.name, []
            text = mentions.call(shown, text)
        elif letter.mention is not None:
            text = mentions.call(letter.mention.name, text)
        receipt = await gateway.say(conversation, text, called)
        self._presence.alive()
        return receipt or f"{PREFIX}{letter.key}"
