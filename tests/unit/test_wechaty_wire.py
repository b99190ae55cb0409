"""What the gateway sends, read as the protocol's own package reads it."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import fields
from typing import Any

import grpc
import pytest
from betterproto import Message
from grpc import aio
from hypothesis import given
from hypothesis import strategies as st
from wechaty_grpc.wechaty import puppet

from bot.channels.wechaty.address import GatewayAddress
from bot.channels.wechaty.connection import Gateway, GatewayRefused
from bot.channels.wechaty.wire import parsed

ANSWERS = [kind for name, kind in inspect.getmembers(puppet, inspect.isclass) if name.endswith("Response")]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    "enum": st.integers(0, 300),
    "uint64": st.integers(0, 2**64 - 1),
}


def plain(kind: type[Message]) -> list[tuple[str, str]]:
    """Return names and types of the fields of texts and numbers."""
    found = [(each.name, each.metadata["betterproto"].wraps or each.metadata["betterproto"].proto_type) for each in fields(kind)]
    return [(name, type_) for name, type_ in found if type_ in VALUES]


def same(left: Any, right: Message) -> bool:
    return all(getattr(left, name) == getattr(right, name) for name, _ in plain(type(right)))


def test_answers_of_every_kind_are_read() -> None:
    assert len(ANSWERS) > 50
    for kind in ANSWERS:
        assert same(parsed(kind, b""), kind())


@given(st.data())
@pytest.mark.parametrize(
    "kind",
    [puppet.MessagePayloadResponse, puppet.EventResponse, puppet.RoomPayloadResponse, puppet.MessageSendTextResponse],
)
def test_what_is_read_is_what_was_sent(kind: type[Message], data: st.DataObject) -> None:
    message = kind()
    for name, type_ in plain(kind):
        values, many = VALUES[type_], isinstance(getattr(message, name), list)
        setattr(message, name, data.draw(st.lists(values.filter(bool), max_size=3) if many else values))
    assert same(parsed(kind, bytes(message)), message)


def test_a_field_of_a_newer_protocol_is_passed_over() -> None:
    newer = puppet.EventResponse(type=2, payload="{}")
    rests = ((3, b"\x18\x07"), (99, b"\x9a\x06\x02ab"), (4, b"\x21" + bytes(8)), (4, b"\x25" + bytes(4)), (5, b"\x2a\x00"))
    for number, rest in rests:
        assert same(parsed(puppet.EventResponse, bytes(newer) + rest), newer), number


def test_what_is_no_message_is_refused() -> None:
    for data in (b"\x12", b"\x08", b"\x12\x05ab", b"\x13\x01", b"\x21\x01"):
        with pytest.raises((ValueError, IndexError, EOFError)):
            parsed(puppet.EventResponse, data)


def test_half_an_emoji_does_not_hide_the_rest() -> None:
    half = "\ud83d".encode("utf-8", "surrogatepass")
    cut = bytes(puppet.MessagePayloadResponse(id="m1", text="叉车上牌")).replace("牌".encode(), half)
    assert parsed(puppet.MessagePayloadResponse, cut).text.rstrip("\ufffd") == "叉车上"


def test_an_answer_that_cannot_be_read_is_no_answer() -> None:
    async def garbled(request: bytes, context: object) -> bytes:
        return b"\x12\x05ab"

    async def ask() -> None:
        server, answers = aio.server(), {"MessagePayload": grpc.unary_unary_rpc_method_handler(garbled)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("wechaty.Puppet", answers),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with Gateway(GatewayAddress(host="127.0.0.1", port=port, token="t", tls=False), limit=30) as gateway:
                with pytest.raises(GatewayRefused):
                    await gateway.message("m1")
        finally:
            await server.stop(None)

    asyncio.run(ask())
