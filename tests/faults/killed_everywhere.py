"""Kills a process with -9 at every statement of an act, one after the other, and prints as JSON what did not hold.

A program of its own, because it forks: ``python -m tests.faults.killed_everywhere sqlite``. It keeps no ledger open meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bot.app import Curated
from bot.ledger.opening import open_ledger
from bot.ledger.port import Ledger
from tests.faults.acts import ACTS, do, left_behind, prepare
from tests.faults.chaos.scene import curated
from tests.faults.striking import Countdown, killed, struck
from tests.postgres_server import running_server

Fresh = Callable[[str], Path | str]
"""Returns the address of a ledger that is prepared for an act."""


def in_a_process(work: Callable[[], object]) -> tuple[bool, Any]:
    """Do something in a forked process; return whether it was killed, and else what it returned."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        code = 1
        try:
            with os.fdopen(writing, "w") as out:
                json.dump(work(), out)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True, None
    if status:
        raise RuntimeError(f"a process ended with {status}")
    return False, json.loads(text)


def with_ledger(address: Path | str, work: Callable[[Ledger], object]) -> Callable[[], object]:
    """Return the work on the ledger at an address, opened for it."""

    def opened() -> object:
        ledger = open_ledger(address)
        try:
            return work(ledger)
        finally:
            ledger.close()

    return opened


def kill_everywhere(act: str, fresh: Fresh, known: Curated) -> tuple[int, list[str]]:
    """Kill at the first statement, the second, and so on until the act is done; return how many there are, and the faults."""
    before: Any = in_a_process(with_ledger(fresh(act), left_behind))[1]
    faults: list[str] = []
    after: Any = None
    ends: list[tuple[int, Any, Any]] = []
    for statements in range(1000):
        address = fresh(act)

        def attempt(ledger: Ledger, left: int = statements) -> None:
            do(struck(ledger, Countdown(left, killed)), act, known)

        def mend(ledger: Ledger) -> object:
            found = left_behind(ledger)
            do(ledger, act, known, again=True)
            return found, left_behind(ledger)

        dead, _ = in_a_process(with_ledger(address, attempt))
        _, (found, mended) = in_a_process(with_ledger(address, mend))
        if not dead:
            after = found
            break
        ends.append((statements, found, mended))
    for statements, found, mended in ends:
        if found not in (before, after) and act != "send":
            faults.append(f"{act}：第 {statements + 1} 句时被杀，账本里只有一半：{found}")
        if mended != after:
            faults.append(f"{act}：第 {statements + 1} 句时被杀，再来一次以后不对：{mended}")
    return len(ends), faults


def main(engine: str) -> None:
    """Print the number of statements of each act, and the faults."""
    known = curated()
    with ExitStack() as stack:
        if engine == "postgres":
            server = stack.enter_context(running_server())

            def fresh(act: str) -> Path | str:
                address = server.ledger_url()
                in_a_process(with_ledger(address, lambda ledger: prepare(ledger, act)))
                return address
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for act in ACTS:
                in_a_process(with_ledger(folder / act, lambda ledger, act=act: prepare(ledger, act)))

            def fresh(act: str) -> Path | str:
                for old in folder.glob("ledger*"):
                    old.unlink()
                shutil.copy(folder / act, folder / "ledger")
                return folder / "ledger"

        found = {act: kill_everywhere(act, fresh, known) for act in ACTS}
    json.dump(found, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
