"""What the curators keep, as it is in force at this moment: one reference that a reload replaces at once."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.scene import Knowledge
from bot.routing.config import Routing


@dataclass(frozen=True, slots=True)
class Curated:
    """The curated files, read, checked, and built for use."""

    routing: Routing
    knowledge: Knowledge


class InForce:
    """Holds the curated files in force; whoever decides reads ``current`` once and keeps to it."""

    def __init__(self, current: Curated) -> None:
        self.current = current
