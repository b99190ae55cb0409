"""What was built from the curated files, kept beside the ledger, so that the next start need not build it again.

The file is a pickle that only this program writes, in the same folder as the ledger and as trusted as that; anything wrong with
it means building anew. It is used only for exactly the same texts, program and libraries.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import opencc

import bot
from bot.desk.scene import Knowledge
from bot.model import Library
from bot.routing.config import Routing

FILE = "prepared.pickle"

log = logging.getLogger(__name__)


def prepared(library: Library, routing: Routing, folder: Path, build: Callable[[Library, Routing], Knowledge]) -> Knowledge:
    """Return what ``build`` makes of a library and a routing file, from ``folder`` if the very same was built before.

    A folder that can't be written costs time at the next start, and nothing else.
    """
    key = _key(library, routing)
    path = folder / FILE
    kept = _read(path, key)
    if kept is not None:
        return kept
    knowledge = build(library, routing)
    _write(path, key, knowledge)
    return knowledge


def keep(library: Library, routing: Routing, folder: Path, knowledge: Knowledge) -> None:
    """Keep what was built from these files elsewhere, as ``prepared`` would have kept it."""
    _write(folder / FILE, _key(library, routing), knowledge)


def _key(library: Library, routing: Routing) -> bytes:
    digest = hashlib.sha256()
    parts = (sys.version, np.__version__, opencc.__version__, repr(library), repr(dict(routing.departments)))
    for part in parts:
        digest.update(part.encode("utf-8", "backslashreplace"))
    for source in sorted(Path(bot.__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.digest()


def _read(path: Path, key: bytes) -> Knowledge | None:
    try:
        with path.open("rb") as file:
            if file.read(len(key)) != key:
                return None
            kept = pickle.load(file)
    except FileNotFoundError:
        return None
    except Exception:
        log.warning("%s 读不了，重新生成", path, exc_info=True)
        return None
    return kept if isinstance(kept, Knowledge) else None


def _write(path: Path, key: bytes, knowledge: Knowledge) -> None:
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(key)
            pickle.dump(knowledge, file, protocol=pickle.HIGHEST_PROTOCOL)
        fresh.replace(path)
    except OSError:
        log.warning("%s 写不进去，下次启动要多等几秒", path, exc_info=True)
        with suppress(OSError):
            fresh.unlink()
