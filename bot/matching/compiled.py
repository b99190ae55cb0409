"""Loops over numbers, compiled for this processor: for one message they cost less than the calls of array routines do."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of numbers and arrays when it is first called, and keep it on disk for the next start.

    It is kept beside its source, or in the user's cache folder (NUMBA_CACHE_DIR names another). Where neither can be written
    every start compiles anew, which takes some seconds.
    """
    try:
        made = numba.njit(function, cache=True, error_model="numpy")
    except RuntimeError:  # nowhere to keep it
        made = numba.njit(function, error_model="numpy")
    return cast(Callable[P, R], made)
