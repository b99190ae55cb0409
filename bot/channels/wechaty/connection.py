"""One connection to a gateway: every call has a time limit, and whatever goes wrong has one of four names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import grpc
from betterproto import Message
from grpc import StatusCode, aio
from wechaty_grpc.wechaty import PuppetStub
from wechaty_grpc.wechaty.puppet import (
    ContactPayloadResponse,
    FriendshipPayloadResponse,
    MessagePayloadResponse,
    RoomInvitationPayloadResponse,
    RoomMemberPayloadResponse,
    RoomPayloadResponse,
)

from bot.channels.wechaty.address import GatewayAddress, community_ca
from bot.channels.wechaty.wire import parsed

_Answer = TypeVar("_Answer")

_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # a new connection begins anew, without the library's own wait after a failed one
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.max_receive_message_length", -1),
)


class GatewayError(Exception):
    """Base of what can go wrong with a gateway; its text is for the log only."""


class GatewayLost(GatewayError):
    """The connection is gone, or was never there."""


class GatewaySlow(GatewayError):
    """No answer came in time; whether the call was carried out is unknown."""


class GatewayRefused(GatewayError):
    """The gateway answered that it could not do this."""


class WrongToken(GatewayError):
    """The gateway does not take this token."""


class TakenByAnother(GatewayError):
    """Another bot listens to this gateway."""


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One event of the gateway's stream: its type by number and its payload, empty where it could not be read."""

    type: int
    payload: dict[str, Any]


class Gateway:
    """Speaks with one gateway for as long as the context lasts; ``limit`` is seconds for every call but the event stream."""

    def __init__(self, address: GatewayAddress, *, limit: float) -> None:
        self._address = address
        host = f"[{address.host}]" if ":" in address.host else address.host
        options: list[tuple[str, int | str]] = [*_OPTIONS]
        if address.tls:
            options.append(("grpc.ssl_target_name_override", address.server_name or address.host))
            certificates = grpc.ssl_channel_credentials((address.ca_cert or community_ca()).encode())
            self._channel = aio.secure_channel(f"{host}:{address.port}", certificates, options)
        else:
            self._channel = aio.insecure_channel(f"{host}:{address.port}", options)
        metadata = aio.Metadata(("authorization", f"Wechaty {address.token}"))
        self._calls = _Calls(self._channel, metadata, limit)

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._channel.close()

    async def version(self) -> str:
        """Return the puppet's version; the cheapest sign of life there is."""
        return str((await self._answer(self._calls.version())).version)

    async def start(self) -> None:
        """Start the puppet, if it has not been."""
        await self._answer(self._calls.start())

    async def events(self) -> AsyncIterator[GatewayEvent]:
        """Yield what happens until the stream ends, cleanly or not."""
        try:
            async for response in self._calls.event():
                yield GatewayEvent(int(response.type), _read_payload(response.payload))
        except (aio.AioRpcError, aio.UsageError) as fault:
            raise self._named(fault) from fault

    async def message(self, message_id: str) -> MessagePayloadResponse:
        """Return a message by its id."""
        return await self._answer(self._calls.message_payload(id=message_id))

    async def contact(self, contact_id: str) -> ContactPayloadResponse:
        """Return a person by id."""
        return await self._answer(self._calls.contact_payload(id=contact_id))

    async def member(self, room_id: str, contact_id: str) -> RoomMemberPayloadResponse:
        """Return a person as a member of a group, with the nickname used there."""
        return await self._answer(self._calls.room_member_payload(id=room_id, member_id=contact_id))

    async def room(self, room_id: str) -> RoomPayloadResponse:
        """Return a group by id."""
        return await self._answer(self._calls.room_payload(id=room_id))

    async def rooms(self) -> list[str]:
        """Return the ids of all groups that the account is in."""
        return list((await self._answer(self._calls.room_list())).ids)

    async def say(self, conversation: str, text: str, mentions: list[str]) -> str:
        """Send a text and return the puppet's id for it, ``""`` from a puppet that gives none."""
        sending = self._calls.message_send_text(conversation_id=conversation, text=text, mentonal_ids=mentions)
        return (await self._answer(sending)).id or ""

    async def friendship(self, friendship_id: str) -> FriendshipPayloadResponse:
        """Return a friend request by id."""
        return await self._answer(self._calls.friendship_payload(id=friendship_id))

    async def accept_friend(self, friendship_id: str) -> None:
        """Accept a friend request."""
        await self._answer(self._calls.friendship_accept(id=friendship_id))

    async def invitation(self, invitation_id: str) -> RoomInvitationPayloadResponse:
        """Return an invitation into a group by id."""
        return await self._answer(self._calls.room_invitation_payload(id=invitation_id))

    async def accept_invitation(self, invitation_id: str) -> None:
        """Accept an invitation into a group."""
        await self._answer(self._calls.room_invitation_accept(id=invitation_id))

    async def _answer(self, call: Awaitable[_Answer]) -> _Answer:
        try:
            return await call
        except (aio.AioRpcError, aio.UsageError) as fault:
            raise self._named(fault) from fault
        except asyncio.CancelledError as closed:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise GatewayLost("这边断开了") from closed  # closing the channel cancels its calls, not the tasks that wait for them

    def _named(self, fault: aio.AioRpcError | aio.UsageError) -> GatewayError:
        if not isinstance(fault, aio.AioRpcError):
            return GatewayLost(str(fault))
        words = (fault.details() or "").replace(self._address.token, "…")
        match fault.code():
            case StatusCode.UNAUTHENTICATED | StatusCode.PERMISSION_DENIED:
                return WrongToken(words)
            case StatusCode.ALREADY_EXISTS:
                return TakenByAnother(words)
            case StatusCode.DEADLINE_EXCEEDED:
                return GatewaySlow(words)
            case StatusCode.UNAVAILABLE | StatusCode.CANCELLED:
                return GatewayLost(words)
            case _:
                return GatewayRefused(f"{fault.code().name}：{words}")


class _Calls(PuppetStub):  # type: ignore[misc]  # the package has no types
    """The generated calls, carried by gRPC's own library in place of grpclib; ``limit`` is for all but streams."""

    def __init__(self, channel: aio.Channel, metadata: aio.Metadata, limit: float) -> None:
        self._channel = channel
        self._metadata = metadata
        self._limit = limit
        self._known: dict[str, aio.UnaryUnaryMultiCallable[Message, Any]] = {}

    async def _unary_unary(self, route: str, request: Message, response_type: type[Message]) -> Any:
        call = self._known.get(route)
        if call is None:
            call = self._known[route] = self._channel.unary_unary(route, bytes, partial(parsed, response_type))
        answer = await call(request, timeout=self._limit, metadata=self._metadata)
        if answer is None:  # so gRPC says that it could not be read
            raise GatewayRefused(f"{route} 的答复读不出来")
        return answer

    async def _unary_stream(self, route: str, request: Message, response_type: type[Message]) -> AsyncIterator[Any]:
        call = self._channel.unary_stream(route, bytes, partial(parsed, response_type))
        async for response in call(request, metadata=self._metadata):
            yield response


def _read_payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}
