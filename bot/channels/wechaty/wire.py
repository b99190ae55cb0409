"""The gateway's answers, read off the wire: the protocol package's parser looks up every field anew, at ten times the cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, fields
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from betterproto import TYPE_ENUM, TYPE_STRING, TYPE_UINT32, TYPE_UINT64, FieldMetadata, Message, decode_varint

_NUMBERS = (TYPE_ENUM, TYPE_UINT32, TYPE_UINT64)
_VARINT, _LENGTH = 0, 2
_FIXED = {1: 8, 5: 4}
"""Bytes of the numbers that are written at full length, by how they are announced."""
_CUT_OFF = "the message ends in the middle of a field"


class _Field(NamedTuple):
    name: str
    repeated: bool
    optional: bool  # a text in a message of its own, so that none can be told from an empty one


def parsed(kind: type[Message], data: bytes) -> Any:
    """Return a message with the attributes of its kind; raises ``ValueError`` or ``IndexError`` for what is none.

    Fields of a newer protocol are passed over. What is no text, such as half of an emoji at the end of a name that was cut, reads
    as U+FFFD.
    """
    layout = _layout(kind)
    if layout is None:
        return kind.FromString(data)
    known, values = layout[0], layout[1].copy()
    for announced, content in _read(data):
        found = known.get(announced)
        if found is not None:
            value = content if isinstance(content, int) else _text(content, optional=found.optional)
            values[found.name] = [*values[found.name], value] if found.repeated else value
    return SimpleNamespace(**values)


def _read(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message: what announces each, and the number or the bytes behind it."""
    place, end = 0, len(data)
    while place < end:
        announced, place = decode_varint(data, place)
        way = announced & 7
        if way not in (_VARINT, _LENGTH):
            if way not in _FIXED:
                raise ValueError(f"no field begins with {announced}")
            place += _FIXED[way]
            if place > end:
                raise ValueError(_CUT_OFF)
            continue
        number, place = decode_varint(data, place)
        if way == _VARINT:
            yield announced, number
            continue
        content, place = data[place : place + number], place + number
        if place > end:
            raise ValueError(_CUT_OFF)
        yield announced, content


def _text(content: bytes, *, optional: bool) -> str:
    if optional:
        return "".join(_text(part, optional=False) for _, part in _read(content) if isinstance(part, bytes))
    return content.decode(errors="replace")


@cache
def _layout(kind: type[Message]) -> tuple[dict[int, _Field], dict[str, Any]] | None:
    """Return the fields by what announces them, and their defaults; None unless all are texts and plain numbers."""
    known: dict[int, _Field] = {}
    empty: dict[str, Any] = {}
    blank = kind()
    every: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]  # the package has no types
    for each in every:
        meta = FieldMetadata.get(each)
        optional = meta.wraps == TYPE_STRING
        if meta.proto_type not in (TYPE_STRING, *_NUMBERS) and not optional:
            return None
        empty[each.name] = getattr(blank, each.name)
        announced = meta.number << 3 | (_VARINT if meta.proto_type in _NUMBERS else _LENGTH)
        known[announced] = _Field(each.name, isinstance(empty[each.name], list), optional)
    return known, empty
