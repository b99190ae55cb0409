"""A line between two processes that carries whole messages: one that was begun by a process killed in between never comes."""

from __future__ import annotations

import json
import socket
from typing import Any

_LONGEST = 1 << 17


class Line:
    """One end of a line."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def send(self, **message: Any) -> None:
        """Send a message; raises ``OSError`` when the other process is gone."""
        self.end.sendall(json.dumps(message).encode())

    def receive(self) -> dict[str, Any] | None:
        """Return the next message, None when the other process is gone."""
        try:
            packet = self.end.recv(_LONGEST)
        except ConnectionResetError:  # it died with orders unread; what it had sent before is still there
            packet = self.end.recv(_LONGEST)
        found: dict[str, Any] | None = json.loads(packet) if packet else None
        return found


def pair() -> tuple[Line, Line]:
    """Return both ends of a new line."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Line(ours), Line(theirs)
