"""One connection to a gateway: every call has a time limit, and whatever goes wrong has one of four names."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from grpclib.client import Channel
from grpclib.config import Configuration
from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
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

_Answer = TypeVar("_Answer")


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
        self._limit = limit
        config = Configuration(ssl_target_name_override=address.server_name or None)
        context = _tls_context(address) if address.tls else None
        self._channel = Channel(address.host, address.port, ssl=context, config=config)
        metadata = {"authorization": f"Wechaty {address.token}"}
        # The stub's own limit goes with the request as well, so that a gateway may drop what nobody waits for any more.
        self._calls = PuppetStub(self._channel, timeout=limit, metadata=metadata)
        self._stream = PuppetStub(self._channel, metadata=metadata)

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._channel.close()

    async def version(self) -> str:
        """Return the puppet's version; the cheapest sign of life there is."""
        return str((await self._answer(self._calls.version())).version)

    async def start(self) -> None:
        """Start the puppet, if it has not been."""
        await self._answer(self._calls.start())

    async def events(self) -> AsyncIterator[GatewayEvent]:
        """Yield what happens until the stream ends, cleanly or not."""
        try:
            async for response in self._stream.event():
                yield GatewayEvent(int(response.type), _read_payload(response.payload))
        except (GRPCError, OSError, StreamTerminatedError, ProtocolError) as fault:
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
            async with asyncio.timeout(self._limit + 1):
                return await call
        except TimeoutError as fault:
            raise GatewaySlow(f"{self._limit} 秒内没有回音") from fault
        except (GRPCError, OSError, StreamTerminatedError, ProtocolError, AssertionError) as fault:
            raise self._named(fault) from fault

    def _named(self, fault: Exception) -> GatewayError:
        text = str(fault).replace(self._address.token, "…")
        if not isinstance(fault, GRPCError):
            return GatewayLost(f"{type(fault).__name__}：{text}")
        words = (fault.message or "").replace(self._address.token, "…")
        match fault.status:
            case Status.UNAUTHENTICATED | Status.PERMISSION_DENIED:
                return WrongToken(words)
            case Status.ALREADY_EXISTS:
                return TakenByAnother(words)
            case Status.DEADLINE_EXCEEDED:
                return GatewaySlow(words)
            case Status.UNAVAILABLE | Status.CANCELLED:
                return GatewayLost(words)
            case _:
                return GatewayRefused(f"{fault.status.name}：{words}")


def _tls_context(address: GatewayAddress) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=address.ca_cert or community_ca())
    context.hostname_checks_common_name = True  # the community's own server certificate has a common name only
    context.set_alpn_protocols(["h2"])
    return context


def _read_payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}
