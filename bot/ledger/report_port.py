"""What reports ask of a ledger, whatever engine keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from bot.model import Case, EntryUse, Facts

if TYPE_CHECKING:
    from bot.ledger.port import EntryVersion


@dataclass(frozen=True, slots=True)
class KeptBulletin:
    """A bulletin of a community's day: ``state`` is held (waits for a worker), sent, dropped or empty (nothing to tell).

    ``text`` is the message for a group, ``body`` what the picture and the page are drawn from, as JSON; ``who`` decided last.
    """

    kind: str
    day: date
    community: str
    state: str
    text: str
    body: str
    made_at: datetime
    who: str = ""


class ReportRecords(Protocol):
    """What reports ask of the ledger: facts of a span (its end is outside it), and the bulletins that were made."""

    def facts(self, since: datetime, until: datetime) -> Facts:
        """Return what was asked and dispatched in a span; without themes."""
        ...

    def told_about(self, since: datetime, until: datetime) -> list[Case]:
        """Return the cases that were opened or answered in a span, or are open now, by number."""
        ...

    def versions(self, since: datetime, until: datetime) -> list[EntryVersion]:
        """Return the versions of FAQ entries that were made in a span, the oldest first."""
        ...

    def known_before(self, at: datetime) -> frozenset[str]:
        """Return the ids of the FAQ entries that had a version before a time."""
        ...

    def entry_uses(self, since: datetime) -> Mapping[str, EntryUse]:
        """Return how often each entry was sent since a time, and how it was rated."""
        ...

    def channels_of_rooms(self) -> Mapping[str, str]:
        """Return the channel on which each group was heard last."""
        ...

    def keep_bulletin(self, bulletin: KeptBulletin) -> None:
        """Keep a bulletin, instead of the one of that kind, day and community."""
        ...

    def bulletin(self, kind: str, day: date, community: str) -> KeptBulletin | None:
        """Return a kept bulletin."""
        ...

    def bulletins(self, limit: int = 30) -> Sequence[KeptBulletin]:
        """Return the kept bulletins, the newest first."""
        ...
