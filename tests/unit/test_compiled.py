"""Loops that are compiled: whatever the message, once; and also where nothing can be kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core.dispatcher import Dispatcher

from bot.library.faq_file import load_library
from bot.matching import blocks, coverage, evidence, index, ngrams, postings, regression, vocabulary
from bot.matching.compiled import compiled
from bot.matching.engine import Matcher

MODULES = (blocks, coverage, evidence, index, ngrams, postings, regression, vocabulary)
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
