"""How people who asked are taken out of a ledger, whatever engine keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody whom the ledger knows by an id on a channel; ``names`` are the nicknames that were shown.

    ``contact`` is whom the id speaks for, ``""`` for nobody; ``open_cases`` are still to be answered.
    """

    channel: str
    id: str
    names: tuple[str, ...]
    messages: int
    cases: tuple[int, ...]
    open_cases: tuple[int, ...]
    contact: str = ""


class PrivacyRecords(Protocol):
    """Taking people out: what was counted stays, who it was and what was said goes."""

    def people(self, called: str) -> list[KnownPerson]:
        """Return the people with this id, or who have shown this nickname."""
        ...

    def forget(self, person: KnownPerson, now: datetime) -> str:
        """Take somebody out of everything, and return the id that stands in their place; raises ``ValueError`` for open cases."""
        ...

    def forget_askers(self, before: datetime, now: datetime, limit: int) -> int:
        """Take the askers and colleagues out of cases that ended before a time; return of how many (at most ``limit``)."""
        ...

    def forget_words(self, before: datetime, limit: int) -> int:
        """Empty what was said before a time, unless a case that is open began with it; return how many (at most ``limit``)."""
        ...
