"""Has everything loaded and forks a bot whenever told so: a bot that is started costs some hundredths of a second.

It holds no ledger open, which a forked process must not inherit, and has no threads.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager

from tests.faults.chaos.line import Line, pair
from tests.faults.chaos.scene import ROOT, curated
from tests.faults.chaos.worker import work


class Nursery:
    """The other process, as seen from the one that gives the orders."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders

    def fork(self, address: str, started: float, ahead: float = 0.0) -> tuple[int, Line]:
        """Start a bot and return its process's number and the line to it."""
        ours, theirs = pair()
        order = json.dumps({"address": address, "started": started, "ahead": ahead}).encode()
        socket.send_fds(self._orders, [order], [theirs.end.fileno()])
        theirs.end.close()
        return int(self._orders.recv(100)), ours

    def bury(self, process: int) -> int:
        """Wait for the end of a bot's process and return the signal that ended it, 0 if it ended by itself and well."""
        self._orders.send(json.dumps({"bury": process}).encode())
        status = int(self._orders.recv(100))
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


@contextmanager
def nursery() -> Generator[Nursery, None, None]:
    """Run one within the context."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.faults.chaos.nursery", str(theirs.fileno())]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], env=environment)
    theirs.close()
    try:
        if ours.recv(100) != b"ready":
            raise RuntimeError("the nursery did not come up")
        yield Nursery(ours)
    finally:
        ours.close()
        process.wait(timeout=60)


def _serve(orders: socket.socket) -> None:
    known = curated()
    orders.send(b"ready")
    while True:
        packet, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 1)
        if not packet:
            return
        order = json.loads(packet)
        if "bury" in order:
            orders.send(str(os.waitpid(order["bury"], 0)[1]).encode())
            continue
        line = Line(socket.socket(fileno=descriptors[0]))
        process = os.fork()
        if process == 0:
            orders.close()
            code = 1
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                work(line, known, **order)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        line.end.close()
        orders.send(str(process).encode())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
