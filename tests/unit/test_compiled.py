"""Loops that are compiled: whatever the message, once; and also where nothing can be kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.dispatcher import Dispatcher

from bot.library.faq_file import load_library
from bot.matching import blocks, coverage, evidence, index, lookup, ngrams, postings, regression, vocabulary
from bot.matching.blocks import Blocks
from bot.matching.compiled import compiled
from bot.matching.engine import Matcher
from bot.matching.lookup import places_in

MODULES = (blocks, coverage, evidence, index, lookup, ngrams, postings, regression, vocabulary)
MESSAGES = ("新买的叉车去哪里上牌？", "", "好", "？？", "zoo yak 3.5吨", "叉车" * 2000, "谢谢", "@小哨 怎么交社保\n急")


def versions() -> dict[str, int]:
    """Return for each loop how many versions of it there are."""
    loops = {f"{module.__name__}.{name}": each for module in MODULES for name, each in vars(module).items()}
    return {name: len(loop.signatures) for name, loop in loops.items() if isinstance(loop, Dispatcher)}


def test_after_warming_up_no_message_waits_for_a_loop() -> None:
    matcher = Matcher(load_library(Path("knowledge")).for_matching())
    matcher.warm_up()
    before = versions()
    assert sum(before.values()) > 10
    for message in MESSAGES:
        matcher.judge(message)
    assert versions() == before


def test_where_nothing_can_be_kept_a_loop_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(function: Any, *, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return make(function, **options)

    make = numba.njit
    monkeypatch.setattr(numba, "njit", nowhere)

    def double(number: int) -> int:
        return 2 * number

    assert compiled(double)(21) == 42


@given(st.sets(st.integers(0, 40)), st.lists(st.integers(0, 40)))
def test_a_number_is_found_where_it_stands(known: set[int], wanted: list[int]) -> None:
    ascending = sorted(known)
    found = places_in(np.asarray(ascending, dtype=np.int64), np.asarray(wanted, dtype=np.int64)).tolist()
    assert found == [ascending.index(number) if number in known else -1 for number in wanted]


def test_a_line_is_as_close_as_its_closest_texts() -> None:
    lines = [np.asarray(rows, dtype=np.int64) for rows in ([0, 1, 2, 3], [], [4])]
    near = Blocks(lines).closest(np.asarray([0.25, 1.0, 0.5, 0.75, 0.125], dtype=np.float32))
    assert near.rows.tolist() == [1, -1, 4]
    assert near.best.tolist() == [1.0, 0.0, 0.125]
    assert near.sums.tolist() == [2.25, 0.0, 0.125]
    assert [near.part(0, 2).highest(), near.part(1, 2).highest(), near.part(3, 3).highest()] == [1.0, 0.0, 0.0]
