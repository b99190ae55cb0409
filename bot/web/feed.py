"""What an open page still has to be shown: new messages of every chat, and those that were taken back since."""

from __future__ import annotations

from bot.ledger.port import Bubble
from bot.web.services import WebServices, person_named

TAIL = 200
"""The newest messages of each chat that a page gets at a time."""


class Feed:
    """One page's way through the ledger; ``position`` is the last one that the page has, 0 for a page just opened."""

    def __init__(self, services: WebServices, *, after: int = 0, also: str = "") -> None:
        names = dict.fromkeys([*(persona.name for persona in services.personas), *filter(None, [also])])
        self._services = services
        self._partners = tuple(person_named(name).id for name in names)
        self.position = after

    def read(self) -> list[Bubble]:
        """Return what is new since the last read, the oldest first; a recalled message comes again; raises ``LedgerError``."""
        after = self.position
        bubbles: list[Bubble] = []
        with self._services.ledger.transaction() as work:
            for room in self._services.routing.rooms:
                bubbles += work.conversation(room=room, after=after, limit=TAIL, newest=True)
            for partner in self._partners:
                bubbles += work.conversation(partner=partner, after=after, limit=TAIL, newest=True)
        bubbles.sort(key=lambda bubble: bubble.position)
        if bubbles:
            self.position = bubbles[-1].position
        return bubbles
