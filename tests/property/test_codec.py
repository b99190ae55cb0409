"""Whatever the model can hold comes back from JSON as it went in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ledger.codec import ZONE, decode, encode, encode_brief, micros, moment
from bot.model import (
    Case,
    Decision,
    Entry,
    FilesChanged,
    Noticed,
    Operated,
    Recalled,
    Said,
    SendGivenUp,
    Snapshot,
    Thread,
    Ticked,
)
from tests.samples import NOW, opened, said

ZONES = st.sampled_from([ZONE, UTC, timezone(timedelta(hours=-3, minutes=-30))])
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
PLAIN = {
    str: st.text(max_size=8),  # lone surrogates never reach the codec: the intake replaces them
    int: st.integers(-(2**63), 2**63 - 1),  # as SQL knows them
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: TIMES,
    date: st.dates(),
    timedelta: st.timedeltas(timedelta(days=-4000), timedelta(days=4000)),
    NoneType: st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Draw any value that the type hint allows."""
    if hint in PLAIN:
        return PLAIN[hint]
    if is_dataclass(hint):
        return st.builds(hint, **{name: values_of(part) for name, part in get_type_hints(hint).items()})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    parts = [values_of(part) for part in get_args(hint) if part is not Ellipsis]
    if get_origin(hint) is tuple:
        return st.lists(parts[0], max_size=2).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(*parts, max_size=2)
    return st.one_of(parts)


@pytest.mark.parametrize(
    "kind",
    [Case, Decision, Thread, Said, Recalled, Ticked, Operated, SendGivenUp, FilesChanged, Noticed, Snapshot, Entry],
    ids=lambda kind: kind.__name__,
)
def test_every_value_of_the_model_round_trips(kind: type) -> None:
    @settings(max_examples=25, deadline=None)
    @given(values_of(kind))
    def round_trips(value: object) -> None:
        assert decode(kind, encode(value)) == value

    round_trips()


@given(values_of(Decision))
def test_a_brief_form_is_read_as_the_same_without_what_was_left_out(decision: Decision) -> None:
    brief = encode_brief(decision, without=("thread", "cases"))
    assert decode(Decision, brief) == replace(decision, thread=None, cases=())
    assert not {"thread", "cases"} & json.loads(brief).keys()


@given(TIMES)
def test_times_round_trip_as_microseconds(at: datetime) -> None:
    assert moment(micros(at)) == at
    assert moment(micros(at)).tzinfo is ZONE


@pytest.mark.parametrize("write", [micros, encode], ids=["micros", "encode"])
def test_a_time_without_a_zone_is_refused(write) -> None:
    with pytest.raises(ValueError, match="时间没有时区"):
        write(datetime(2026, 11, 18, 9, 55))  # noqa: DTZ001


def test_the_form_is_the_one_that_is_documented() -> None:
    case = opened(7, said("问题", message_id="m"))
    data = json.loads(encode(case))
    assert data["opened_at"] == "2026-11-18T09:55:00+08:00"
    assert data["ladder"]["tiers"][0]["answer"] == 8 * 3600
    assert (data["status"], data["askers"][0]["message_id"]) == ("open", "m")
    assert "问题" in encode(case)


def test_older_json_without_a_newer_field_and_newer_json_with_an_unknown_one_can_be_read() -> None:
    data = json.loads(encode(opened(7, said())))
    del data["supervised"], data["carried_from"]
    case = decode(Case, json.dumps({**data, "colour": "红"}))
    assert (case.number, case.supervised, case.carried_from, case.opened_at) == (7, False, (), NOW)


def test_a_missing_field_without_a_default_is_an_error() -> None:
    data = json.loads(encode(opened(7, said())))
    del data["question"]
    with pytest.raises(TypeError, match="question"):
        decode(Case, json.dumps(data))


@dataclass(frozen=True)
class Odd:
    pair: tuple[int, str] = (1, "a")
    by_day: dict[int, date] = field(default_factory=lambda: {3: date(2026, 11, 20)})


def test_fixed_tuples_and_keys_that_are_not_text_round_trip() -> None:
    assert decode(Odd, encode(Odd())) == Odd()


@pytest.mark.parametrize("hint", [set[int], int | str | None], ids=["set", "union"])
def test_a_type_without_a_json_form_is_refused(hint) -> None:
    with pytest.raises(TypeError, match="no way"):
        decode(hint, "[]")
    with pytest.raises(TypeError, match="no JSON form"):
        encode({1, 2})
