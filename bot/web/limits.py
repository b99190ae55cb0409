"""How often something may be tried: counted in the ledger, so that a restart forgives nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ledger.port import Ledger


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` tries of a kind by one scope (a contact, an address, a link) within a time."""

    kind: str
    most: int
    within: timedelta


CODES_FOR_ONE = Limit("code-for", 5, timedelta(hours=1))
CODES_FROM_ADDRESS = Limit("code-from", 30, timedelta(hours=1))
LOGINS_OF_ONE = Limit("login-of", 20, timedelta(hours=1))
LOGINS_FROM_ADDRESS = Limit("login-from", 60, timedelta(hours=1))
BAD_LINKS_FROM_ADDRESS = Limit("bad-link", 30, timedelta(hours=1))
LINK_POSTS = Limit("link-post", 30, timedelta(minutes=10))


class Limits:
    """The limits of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reached(self, limit: Limit, scope: str, now: datetime) -> bool:
        """Tell whether the tries are used up."""
        with self._ledger.transaction() as work:
            return work.pages.tries(f"{limit.kind}/{scope}", now - limit.within) >= limit.most

    def take(self, limit: Limit, scope: str, now: datetime) -> bool:
        """Count one more try; False, and nothing counted, if they are used up."""
        name = f"{limit.kind}/{scope}"
        with self._ledger.transaction() as work:
            if work.pages.tries(name, now - limit.within) >= limit.most:
                return False
            work.pages.note_try(name, now)
        return True
