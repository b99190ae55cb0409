"""The gateway's answers, read off the wire: the protocol package's parser looks up every field anew, at ten times the cost."""

from __future__ import annotations

from dataclasses import Field, fields
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from betterproto import TYPE_ENUM, TYPE_STRING, TYPE_UINT32, TYPE_UINT64, FieldMetadata, Message, decode_varint

_NUMBERS = (TYPE_ENUM, TYPE_UINT32, TYPE_UINT64)
_VARINT, _LENGTH = 0, 2


class _Field(NamedTuple):
    name: str
    repeated: bool


def parsed(kind: type[Message], data: bytes) -> Any:
    """Return a message with the attributes of its kind; raises ``ValueError`` or ``IndexError`` for what is none."""
    layout = _layout(kind)
    if layout is None:
        return kind.FromString(data)
    known, values = layout[0], layout[1].copy()
    place, end = 0, len(data)
    while place < end:
        found = known.get(data[place])
        if found is None:  # a field of a newer protocol, or written in another way
            return kind.FromString(data)
        is_text = data[place] & 7 == _LENGTH
        number, place = decode_varint(data, place + 1)
        value: int | str = number
        if is_text:
            value, place = data[place : place + number].decode(), place + number
        values[found.name] = [*values[found.name], value] if found.repeated else value
    return SimpleNamespace(**values)


@cache
def _layout(kind: type[Message]) -> tuple[dict[int, _Field], dict[str, Any]] | None:
    """Return the fields by the byte that announces them, and their defaults; None unless all are texts and plain numbers."""
    known: dict[int, _Field] = {}
    empty: dict[str, Any] = {}
    blank = kind()
    every: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]  # the package has no types
    for each in every:
        meta = FieldMetadata.get(each)
        if meta.proto_type != TYPE_STRING and meta.proto_type not in _NUMBERS:
            return None
        empty[each.name] = getattr(blank, each.name)
        announced = meta.number << 3 | (_LENGTH if meta.proto_type == TYPE_STRING else _VARINT)
        known[announced] = _Field(each.name, isinstance(empty[each.name], list))
    return known, empty
