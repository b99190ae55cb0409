"""WeChat by way of a Wechaty gateway, as a channel: it listens on a thread of its own, and sends for whoever asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from threading import Thread
from typing import Protocol

if sys.platform == "win32":
    from asyncio import run
else:
    from uvloop import run

from bot.channels.port import Abilities, Letter
from bot.channels.wechaty.address import GatewayAddress
from bot.channels.wechaty.connection import Gateway, GatewayError, TakenByAnother, WrongToken
from bot.channels.wechaty.directory import Directory
from bot.channels.wechaty.gaps import GapWatch
from bot.channels.wechaty.inbox import TOGETHER, Inbox
from bot.channels.wechaty.mapping import NAME, Echo
from bot.channels.wechaty.pacing import USUAL_PACE, Backoff, Pace, Pacer
from bot.channels.wechaty.quotes import InlineQuote, read_quote
from bot.channels.wechaty.sending import USUAL_PATIENCE, Patience, Presence, Speaker
from bot.channels.wechaty.session import Session
from bot.errors import LedgerError, XiaoshaoError
from bot.model import Recalled, Said, Unheard

TITLE = "微信（Wechaty）"

Receive = Callable[[Sequence[Said | Recalled | Unheard]], Sequence[object]]
"""Takes events in, in order, and returns for each what became of it; an exception is returned, not raised."""

log = logging.getLogger(__name__)


class Notebook(Protocol):
    """What the channel must remember or look up, kept by somebody else; all of it raises ``LedgerError``."""

    def quoted(self, room: str, person: str, quote: InlineQuote) -> str | None:
        """Return the id of the message that was quoted in a group or in a direct chat, None if it isn't to be found."""
        ...

    def echoed(self, echo: Echo) -> bool:
        """Take the bot's own message as a receipt; False if nothing waited for one."""
        ...

    def read(self, name: str) -> str:
        """Return a small remembered value, ``""`` if there is none."""
        ...

    def write(self, name: str, value: str) -> None:
        """Remember a small value."""
        ...


class WechatyChannel:
    """Connects when started and stays so until closed. ``fatal`` is what only a person can mend, told through ``on_fatal``."""

    name = NAME
    abilities = Abilities(
        title=TITLE,
        receives=True,
        sends=True,
        mentions=True,
        reads_quotes=True,
        sends_quotes=False,
        reads_recalls=True,
        files=False,
        groups=True,
        direct=True,
        limits="要有一个 Wechaty 网关和一个专用微信号；图片、语音只知道有这么一条；断开期间的消息补不回来，会告诉社区值班",
        risk="不是微信官方的办法，账号可能被限制或封号：用专门的号，别用私人号；发得太快最容易出事，小哨自己会放慢",
    )

    def __init__(
        self,
        address: GatewayAddress,
        rooms: Collection[str],
        notebook: Notebook,
        now: Callable[[], datetime],
        *,
        bot_name: str = "小哨",
        pace: Pace = USUAL_PACE,
        patience: Patience = USUAL_PATIENCE,
        accepts: bool = False,
        seed: int | None = None,
    ) -> None:
        dice = Random(seed)
        self._address = address
        self._notebook = notebook
        self._clock = now
        self._patience = patience
        self._accepts = accepts
        self._directory = Directory(rooms, bot_name, notebook.read("rooms"), lambda text: notebook.write("rooms", text))
        self._backoff = Backoff(patience.first_wait, patience.longest_wait, dice)
        self._gaps = GapWatch(timedelta(seconds=patience.settle))
        self._presence = Presence(patience)
        self._speaker = Speaker(self._directory, Pacer(pace, dice), self._presence, now)
        self._unread: dict[str, None] = {}  # announced by the gateway, in order, and not yet taken in
        self._taken_since: float | None = None
        self._remembered_at = float("-inf")
        self._thread: Thread | None = None
        self._inbox: Inbox[Said | Recalled | Echo] | None = None
        self._together = TOGETHER
        self._main: asyncio.Task[None] | None = None
        self._receive: Receive = lambda events: [None] * len(events)
        self._on_fatal: Callable[[], None] = lambda: None
        self._off_since = now()
        self.fatal: XiaoshaoError | None = None

    # ── For the program ──────────────────────────────────────────────────────────────────────────────────────

    def open_rooms(self, rooms: Collection[str]) -> None:
        """Know further groups from now on; one that has left the routing file stays, for what is still to be said there."""
        self._directory.open_rooms(rooms)

    def start(self, receive: Receive, on_fatal: Callable[[], None] = lambda: None, *, together: int = TOGETHER) -> None:
        """Connect and hand what comes in to ``receive``, on threads of the channel; ``on_fatal`` says to look at ``fatal``.

        ``together`` is how many messages are handed over at once at most.
        """
        self._receive, self._on_fatal, self._together = receive, on_fatal, together
        heard = self._notebook.read("heard_until")
        if heard:
            self._gaps.lost(datetime.fromisoformat(heard), "小哨没有运行")
        self._thread = Thread(target=lambda: run(self._run()), name="wechaty", daemon=True)
        self._thread.start()

    def wait_ready(self, seconds: float) -> bool:
        """Wait until the account is on line and its groups are known; False if that did not happen in time."""
        return self._presence.ready.wait(seconds)

    def cut_off_since(self) -> datetime | None:
        """Return since when nothing is heard and nothing can be sent; None while connected."""
        return None if self._presence.ready.is_set() else self._off_since

    def close(self) -> None:
        """Disconnect, after what has come in has been taken in."""
        loop = self._presence.loop
        if loop is not None and self._main is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it ended by itself in this moment
                loop.call_soon_threadsafe(self._main.cancel)
        if self._thread is not None:
            self._thread.join(timeout=30)

    def send(self, letter: Letter) -> str:
        """Send one message and return the puppet's id for it, the same for the same key; raises ``SendFailed``."""
        [outcome] = self.send_all([letter])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def send_all(self, letters: Sequence[Letter]) -> list[str | Exception]:
        """Send letters, to one place in order and to several side by side; see ``bot.channels.port.SendsTogether``."""
        return self._speaker.send_all(letters)

    # ── Listening (all on the channel's own loop) ────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        """Return the present time."""
        return self._clock()

    def alive(self) -> None:
        """Note a sign of life."""
        self._presence.alive()
        self._taken_since = None

    def logged_in(self) -> None:
        """Note that the account is on line and its groups are known."""
        self._gaps.restored(self.now())
        self._backoff.reset()
        if not self._presence.ready.is_set():
            log.info("微信已连上（网关 %s）", self._address)
        self._presence.ready.set()

    def logged_out(self, why: str) -> None:
        """Note that the account went off line."""
        if self._presence.ready.is_set() or not self._gaps.unreported:
            log.warning("%s", why)
        self._cut_off(self.now(), why)

    def missed(self) -> None:
        """Note that a message could not be read."""
        self._gaps.lost(self.now(), "有消息没取到")
        if self._presence.ready.is_set():
            self._gaps.restored(self.now())

    async def is_own(self, message_id: str) -> bool:
        """Tell whether this is a message that the bot sent itself, and has the receipt of, or is about to have."""
        return await self._speaker.is_own(message_id)

    async def took(self, conversation: str, message: Said | Recalled | Echo) -> None:
        """Queue a message; holds the session up while too much of its conversation is waiting."""
        if isinstance(message, Echo) and self._speaker.has_receipt(message.message_id):
            return
        assert self._inbox is not None
        await self._inbox.put(conversation, message)

    def _take_in(self, messages: Sequence[Said | Recalled | Echo]) -> list[bool]:
        """Hand messages to the intake, and take echoes as receipts, on a thread of the inbox; tell which are done with.

        Only what the ledger could not take is not; any other fault ends that one message only.
        """
        read = [self._read(message) for message in messages]
        received = iter(self._receive([each for each in read if isinstance(each, Said | Recalled)]))
        outcomes = [next(received) if isinstance(each, Said | Recalled) else each for each in read]
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, LedgerError):
                log.error("账本没有接下消息 %s，过会儿再试：%s", message.message_id, outcome)
            elif isinstance(outcome, Exception):
                log.error("消息 %s 没有处理成", message.message_id, exc_info=outcome)
        return [not isinstance(outcome, LedgerError) for outcome in outcomes]

    def _read(self, message: Said | Recalled | Echo) -> Said | Recalled | Exception | None:
        """Return what goes to the intake, None for a receipt, or what went wrong."""
        try:
            if isinstance(message, Echo):
                self._notebook.echoed(message)
                return None
            return self._with_quote(message) if isinstance(message, Said) and not message.wordless else message
        except Exception as fault:
            return fault

    def _with_quote(self, said: Said) -> Said:
        quote = read_quote(said.text)
        if quote is None:
            return said
        found = self._notebook.quoted(said.room, said.sender.id, quote)
        return said if found is None else replace(said, text=quote.said, quoted=found)

    async def _run(self) -> None:
        self._presence.loop, self._inbox = asyncio.get_running_loop(), Inbox(self._take_in, self._together)
        self._main = asyncio.create_task(self._stay_connected())
        keeper = asyncio.create_task(self._keep_notes())
        try:
            await self._main
        except asyncio.CancelledError:
            pass  # closed on purpose
        except XiaoshaoError as fatal:
            self.fatal = fatal
        except Exception as fault:
            log.exception("微信渠道停了")
            self.fatal = XiaoshaoError(f"微信渠道意外停了（{type(fault).__name__}），请看日志后重新启动")
        finally:
            if self._presence.ready.is_set():
                with contextlib.suppress(LedgerError):
                    await self._remember()
            self._presence.ready.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await self._inbox.drain()
            keeper.cancel()
            await self._inbox.close()
        if self.fatal is not None:
            self._on_fatal()

    async def _stay_connected(self) -> None:
        while True:
            try:
                async with Gateway(self._address, limit=self._patience.call) as gateway:
                    self._presence.gateway = gateway
                    patience = self._patience
                    await Session(
                        gateway,
                        self._directory,
                        self,
                        accepts=self._accepts,
                        ping_every=patience.ping_every,
                        pings=patience.pings,
                        unread=self._unread,
                    ).run()
            except WrongToken as refused:
                raise XiaoshaoError(
                    f"微信网关 {self._address} 不认这个令牌：检查环境变量 WECHATY_PUPPET_SERVICE_TOKEN，"
                    "要和网关启动时用的完全一样；改好后重新启动小哨"
                ) from refused
            except TakenByAnother as taken:
                self._wait_for_the_other(taken)
            except GatewayError as fault:
                self._disconnected(fault)
            finally:
                self._presence.gateway = None
            await asyncio.sleep(self._backoff.next())

    def _wait_for_the_other(self, taken: TakenByAnother) -> None:
        """Put up with another bot for a while: a gateway may not have noticed yet that this very bot was cut off."""
        now = time.monotonic()
        if self._taken_since is None:
            self._taken_since = now
            log.warning("微信网关 %s 上有另一个机器人在听，等它让出来", self._address)
        self._cut_off(self.now(), "网关被另一个机器人占着")
        if now - self._taken_since >= self._patience.other_bot:
            raise XiaoshaoError(
                f"微信网关 {self._address} 已经有另一个机器人在用（一个网关只能给一个机器人听）："
                "停掉另一个，或给小哨单独开一个网关；弄好后重新启动小哨"
            ) from taken

    def _disconnected(self, fault: GatewayError) -> None:
        if self._presence.ready.is_set() or self._backoff.fresh:
            log.warning("微信网关 %s 连不上了，会一直重试：%s", self._address, fault)
        self._cut_off(self._last_heard(), "微信网关断开")

    def _cut_off(self, since: datetime, why: str) -> None:
        was_ready = self._presence.ready.is_set()
        if was_ready:
            self._off_since = since
        self._presence.ready.clear()
        if was_ready or self._gaps.unreported:
            self._gaps.lost(since, why)

    def _last_heard(self) -> datetime:
        return self.now() - timedelta(seconds=min(self._presence.silence(), 3600))

    async def _keep_notes(self) -> None:
        """Remember until when everything was heard, and report gaps that are over."""
        while True:
            await asyncio.sleep(min(1.0, self._patience.settle, self._patience.remember_every))
            try:
                await self._report_gap()
                if self._presence.ready.is_set() and time.monotonic() - self._remembered_at >= self._patience.remember_every:
                    await self._remember()
            except LedgerError as trouble:
                log.error("账本没有记下微信断开的时段，稍后再试：%s", trouble)
            except Exception:
                log.exception("微信断开的时段没有处理成")

    async def _report_gap(self) -> None:
        gap = self._gaps.due(self.now())
        if gap is None:
            return
        # With both its ends: a bot killed before it noted that a gap was told tells of the longer one, which is another.
        name = f"{NAME}/{gap.since.timestamp():.3f}-{gap.until.timestamp():.3f}"
        event = Unheard(name, NAME, TITLE, gap.since, gap.until, gap.why)
        [outcome] = await asyncio.to_thread(self._receive, [event])
        if isinstance(outcome, LedgerError):
            self._gaps.lost(gap.since, gap.why)
            if self._presence.ready.is_set():
                self._gaps.restored(self.now())
        if isinstance(outcome, Exception):
            raise outcome
        self._remembered_at = float("-inf")

    async def _remember(self) -> None:
        if not self._gaps.unreported:
            await asyncio.to_thread(self._notebook.write, "heard_until", self._last_heard().isoformat())
            self._remembered_at = time.monotonic()
