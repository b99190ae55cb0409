"""One session with a gateway, from connecting to the end of the event stream: what happens is put in order and handed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol

from bot.channels.wechaty import mapping
from bot.channels.wechaty.connection import Gateway, GatewayError, GatewayEvent, GatewayLost, GatewayRefused, GatewaySlow
from bot.channels.wechaty.directory import Directory
from bot.channels.wechaty.mapping import Echo, Incoming
from bot.model import Recalled, Said

HEARTBEAT, MESSAGE, FRIENDSHIP, ROOM_INVITE, ROOM_JOIN, ROOM_LEAVE, ROOM_TOPIC, SCAN, LOGIN, LOGOUT, DIRTY = (
    1, 2, 17, 18, 19, 20, 21, 24, 25, 26, 27
)  # fmt: skip
"""The gateway's event types that mean something here; all others are signs of life only."""

Act = Callable[[], Awaitable[None]]
"""What waits for its turn in the order of events."""
Step = asyncio.Task[Act | None]

_IN_FLIGHT = 64
_TRIES = 3
_AGAIN = 0.2
_ENDING = 5.0

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who wants to know what happens in a session; all on the session's loop."""

    def now(self) -> datetime:
        """Return the present time."""
        ...

    async def is_own(self, message_id: str) -> bool:
        """Tell whether this is a message that the bot sent itself, and has the receipt of, or is about to have."""
        ...

    async def took(self, conversation: str, message: Said | Recalled | Echo) -> None:
        """Take a message; may hold the session up while too much is waiting."""
        ...

    def alive(self) -> None:
        """Note a sign of life."""
        ...

    def logged_in(self) -> None:
        """Note that the account is on line and its groups are known."""
        ...

    def logged_out(self, why: str) -> None:
        """Note that the account went off line."""
        ...

    def missed(self) -> None:
        """Note that a message could not be read."""
        ...


class Session:
    """Reads one event stream to its end. Messages are fetched side by side and handed on in the order in which they came."""

    def __init__(
        self,
        gateway: Gateway,
        directory: Directory,
        listener: Listener,
        *,
        accepts: bool,
        ping_every: float,
        pings: int,
        unread: dict[str, None],
    ) -> None:
        self._gateway = gateway
        self._directory = directory
        self._listener = listener
        self._accepts = accepts
        self._ping_every = ping_every
        self._pings = pings
        self._unread = unread
        self._steps: asyncio.Queue[Step] = asyncio.Queue(_IN_FLIGHT)
        self._tasks: set[Step] = set()

    async def run(self) -> None:
        """Run until the stream ends or breaks, or ``pings`` signs of life in a row fail; always raises a ``GatewayError``."""
        await self._gateway.version()
        reader, consumer = asyncio.create_task(self._read()), asyncio.create_task(self._consume())
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.wait({reader, consumer, watch}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done():  # what came in before the end still goes its way
                rest = asyncio.create_task(self._steps.join())
                await asyncio.wait({rest, consumer}, return_when=asyncio.FIRST_COMPLETED)
                rest.cancel()
            for ended in (consumer, reader, watch):
                if ended.done():
                    ended.result()
        finally:
            everything = (reader, consumer, watch, *self._tasks)
            for task in everything:
                task.cancel()
            await asyncio.wait(everything, timeout=_ENDING)
        raise GatewayLost("事件流结束了")

    async def _read(self) -> None:
        started = False
        async for event in self._gateway.events():
            self._listener.alive()
            if not started:
                started = True
                await self._steps.put(self._task(self._started()))
            announced = str(event.payload.get("messageId", ""))
            if event.type == MESSAGE and announced:
                self._unread[announced] = None
            left_over = list(self._unread) if event.type == LOGIN else []
            await self._steps.put(self._task(self._prepare(event)))
            for message_id in left_over:
                await self._steps.put(self._task(self._fetched(message_id)))

    def _task(self, step: Coroutine[Any, Any, Act | None]) -> Step:
        task = asyncio.create_task(step)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _watch(self) -> None:
        failed = 0
        while failed < self._pings:
            await asyncio.sleep(self._ping_every)
            try:
                await self._gateway.version()
            except GatewaySlow as fault:
                failed += 1
                log.warning("网关没有回应（第 %d 次）：%s", failed, fault)
            else:
                failed = 0
                self._listener.alive()
        raise GatewaySlow("网关一直没有回应")

    async def _started(self) -> None:
        try:
            await self._gateway.start()
        except GatewayRefused as fault:
            log.warning("网关没有启动微信：%s", fault)

    async def _consume(self) -> None:
        while True:
            step = await self._steps.get()
            try:
                act = await step
                if act is not None:
                    await act()
            except GatewayError as fault:
                log.warning("网关的一件事没有办成：%s", fault)
                if not self._directory.own_id:
                    raise  # without knowing the account nothing can be told apart
            except Exception:
                log.exception("网关的一件事没有看懂")
            finally:
                self._steps.task_done()

    async def _prepare(self, event: GatewayEvent) -> Act | None:
        """Do what may be done out of order, and return what must wait for its turn."""
        payload = event.payload
        match event.type:
            case t if t == MESSAGE:
                return await self._fetched(str(payload.get("messageId", "")))
            case t if t == LOGIN:
                return lambda: self._log_in(str(payload.get("contactId", "")))
            case t if t == LOGOUT:
                self._listener.logged_out("微信号下线了")
            case t if t == SCAN:
                self._listener.logged_out("微信号没有登录，要在网关那边用手机扫码")
            case t if t in (ROOM_TOPIC, ROOM_JOIN, ROOM_LEAVE, DIRTY):
                return lambda: self._place_changed(event)
            case t if t in (FRIENDSHIP, ROOM_INVITE):
                return lambda: self._asked_for(event)
        return None

    async def _fetched(self, message_id: str) -> Act | None:
        if not message_id:
            return None
        if await self._listener.is_own(message_id):  # there is nothing to be fetched then
            self._unread.pop(message_id, None)
            return None
        refused = 0
        while refused < _TRIES:
            try:
                raw = await self._gateway.message(message_id)
                return lambda: self._hand_on(message_id, raw)
            except GatewaySlow:
                continue  # whether it is gone for good is found out by the signs of life
            except GatewayRefused as fault:
                refused += 1
                log.warning("消息 %s 没有取到（第 %d 次）：%s", message_id, refused, fault)
                await asyncio.sleep(_AGAIN * refused)
        self._given_up(message_id)
        return None

    def _given_up(self, message_id: str) -> None:
        self._unread.pop(message_id, None)
        self._listener.missed()

    async def _hand_on(self, message_id: str, raw: Any) -> None:
        try:
            incoming = await self._looked_up(message_id, raw)
        except GatewayRefused:
            self._given_up(message_id)
            raise
        self._unread.pop(message_id, None)
        if incoming is not None:
            message = mapping.read(incoming, self._listener.now())
            await self._listener.took(raw.room_id or raw.from_id, message)

    async def _looked_up(self, message_id: str, raw: Any) -> Incoming | None:
        """Return the message with what is known of its place and sender; None for a place that the bot keeps out of."""
        directory, gateway = self._directory, self._gateway
        room = ""
        if raw.room_id:
            found = await directory.room_name(gateway, raw.room_id)
            if found is None:
                return None
            room = found
        talker = await directory.person(gateway, raw.room_id, raw.from_id)
        if talker.machine and not room:
            return None
        ids = tuple(raw.mention_ids)
        unnamed = room and not ids and "\u2005" in raw.text and raw.from_id != directory.own_id
        return Incoming(
            message_id=raw.id or message_id,
            type=int(raw.type),
            text=raw.text,
            filename=raw.filename,
            timestamp=int(raw.timestamp),
            talker=raw.from_id,
            talker_name=talker.name,
            listener=raw.to_id,
            room=room,
            mention_ids=ids,
            own_id=directory.own_id,
            own_names=await directory.own_names(gateway, raw.room_id),
            members=await directory.members(gateway, raw.room_id) if unnamed else {},
        )

    async def _log_in(self, own_id: str) -> None:
        await self._directory.log_in(self._gateway, own_id)
        self._listener.logged_in()

    async def _place_changed(self, event: GatewayEvent) -> None:
        payload, directory = event.payload, self._directory
        room_id = str(payload.get("roomId", ""))
        if event.type == DIRTY:
            dirty = str(payload.get("payloadId", ""))
            directory.forget_person(dirty)
            directory.forget_room(dirty.partition("@@@")[0])
        elif event.type == ROOM_TOPIC:
            topic = str(payload.get("newTopic", ""))
            directory.rename(room_id, topic.encode(errors="replace").decode())  # it may be cut in the middle of an emoji
        else:
            directory.forget_room(room_id)
            await directory.learn_room(self._gateway, room_id)
            if event.type == ROOM_LEAVE and directory.own_id in payload.get("removeeIdList", ()):
                log.warning("小哨被移出了群「%s」", await directory.room_name(self._gateway, room_id) or room_id)

    async def _asked_for(self, event: GatewayEvent) -> None:
        """Accept a friend request, or an invitation into a group of routing.yaml, if that is switched on."""
        if event.type == FRIENDSHIP:
            asked = str(event.payload.get("friendshipId", ""))
            if int((await self._gateway.friendship(asked)).type) != 2:
                return
            if self._accepts:
                await self._gateway.accept_friend(asked)
            log.warning("有人申请加小哨为好友：%s", "已通过" if self._accepts else "请在手机上看是否通过")
            return
        asked = str(event.payload.get("roomInvitationId", ""))
        topic = (await self._gateway.invitation(asked)).topic
        accepted = self._accepts and self._directory.knows(topic)
        if accepted:
            await self._gateway.accept_invitation(asked)
        log.warning("有人邀请小哨进群「%s」：%s", topic, "已进" if accepted else "请在手机上看是否进")
