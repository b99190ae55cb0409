"""Frozen dataclasses of the model to JSON text and back, driven by their type hints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import orjson

from bot.model import Case, Caseload

ZONE = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
_T = TypeVar("_T")
_Read = Callable[[Any], Any]


def micros(at: datetime) -> int:
    """Return microseconds since the epoch, UTC; raises ``ValueError`` for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"时间没有时区：{at}")
    return (at - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """Return the aware time in Asia/Shanghai of a number of microseconds since the epoch."""
    return (_EPOCH + timedelta(microseconds=count)).astimezone(ZONE)


def encode(value: object) -> str:
    """Return compact JSON: times in ISO form with offset, durations in seconds; raises ``TypeError`` for what it doesn't know."""
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS).decode()
    except orjson.JSONEncodeError as error:
        raise error.__cause__ or error from None


def encode_brief(value: Any, *, without: Collection[str] = ()) -> str:
    """Return the same of a dataclass without some of its fields, nor any that have their default value: ``decode`` adds that."""
    brief = {}
    for name, default in _defaults(type(value)):
        held = getattr(value, name)
        if held is not default and name not in without:
            brief[name] = held
    return encode(brief)


def _with_defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


_defaults: Callable[[Any], tuple[tuple[str, object], ...]] = cache(_with_defaults)


def decode(kind: type[_T], text: str) -> _T:
    """Read what ``encode`` wrote; a field missing from the text takes its default, an unknown one is passed over."""
    value: _T = _reader_of(kind)(orjson.loads(text))
    return value


@lru_cache(maxsize=4096)
def decode_case(text: str) -> Case:
    """Read a case; cases are frozen, so that equal text may share one."""
    return decode(Case, text)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"时间没有时区：{value}")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Caseload):
        return list(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


_field_names: Callable[[Any], tuple[str, ...]] = cache(_names)


def _reader(hint: Any) -> _Read:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _optional_reader(hint)
    if origin is tuple:
        return _tuple_reader(*get_args(hint))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_reader(*get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if is_dataclass(hint):
        return _dataclass_reader(hint)
    raise TypeError(f"no way to read {hint} from JSON")


def _optional_reader(hint: Any) -> _Read:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if len(kinds) != 1:
        raise TypeError(f"no way to tell the kinds of {hint} apart in JSON")
    read = _reader_of(kinds[0])
    return lambda data: None if data is None else read(data)


def _tuple_reader(*kinds: Any) -> _Read:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        read = _reader_of(kinds[0])
        return lambda data: tuple(read(item) for item in data)
    reads = tuple(_reader_of(kind) for kind in kinds)
    return lambda data: tuple(read(item) for read, item in zip(reads, data, strict=True))


def _mapping_reader(key: Any, value: Any) -> _Read:
    read_key, read_value = _reader_of(key), _reader_of(value)
    return lambda data: {read_key(name): read_value(item) for name, item in data.items()}


def _dataclass_reader(kind: Any) -> _Read:
    hints = get_type_hints(kind)
    reads = tuple((name, _reader_of(hints[name])) for name in _field_names(kind))
    return lambda data: kind(**{name: read(data[name]) for name, read in reads if name in data})


_reader_of: Callable[[Any], _Read] = cache(_reader)

_SIMPLE: dict[Any, _Read] = {
    str: lambda data: data,
    bool: lambda data: data,
    int: int,
    float: float,
    datetime: lambda data: datetime.fromisoformat(data).astimezone(ZONE),
    date: date.fromisoformat,
    timedelta: lambda data: timedelta(seconds=data),
}
