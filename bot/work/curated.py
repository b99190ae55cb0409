"""What the curators keep, as it is in force at this moment: one reference that a reload replaces at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.desk.scene import Knowledge
from bot.routing.config import Routing


@dataclass(frozen=True, slots=True)
class Curated:
    """The curated files, read, checked, and built for use."""

    routing: Routing
    knowledge: Knowledge

    def digest(self) -> str:
        """Return a hash of what the files say, the same in every process; there is a megabyte to be looked through."""
        said = f"{self.routing.config_hash}\n{self.knowledge.library!r}"
        return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()[:12]


class InForce:
    """Holds the curated files in force; whoever decides reads ``current`` once and keeps to it."""

    def __init__(self, current: Curated) -> None:
        self.current = current
