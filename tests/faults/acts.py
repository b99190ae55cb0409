"""What may be going on when it strikes: a question is opened, answered, falls due, is sent; and what is in the ledger then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.app import Curated
from bot.channels.page import PageChannel
from bot.channels.port import Letter
from bot.desk.decide import decide
from bot.ledger.port import Ledger
from bot.model import Decision, Event, Snapshot, Step, Ticked
from bot.work.intake import Intake
from bot.work.sender import LEASE, Sender
from tests.samples import NOW, TAXMAN, HandClock, decided, opened, said, say, take_in

ACTS = ("ask", "answer", "fall due", "send")
DUE = NOW + timedelta(hours=8)
_TEXT = "@小哨 个人股东转让股权的个人所得税怎么申报"

_QUERIES = {
    "events": "SELECT channel, message_id, text FROM events ORDER BY position",
    "decisions": "SELECT message_id, fault, decisions.body FROM decisions JOIN events ON event = position ORDER BY position",
    "cases": "SELECT number, status, due_step, due_at, body FROM cases ORDER BY number",
    "askers": "SELECT case_number, person, message_id, finished_at FROM askers ORDER BY case_number, place",
    "holders": "SELECT contact, case_number FROM holders ORDER BY contact, case_number",
    "history": "SELECT case_number, message_id, what FROM history JOIN events ON event = position ORDER BY id",
    "outbox": "SELECT key, text, state, receipt, case_number FROM outbox ORDER BY id",
}


class Page:
    """A channel that delivers everything."""

    name = "page"
    abilities = PageChannel.abilities

    def send(self, letter: Letter) -> str:
        return f"page:{letter.key}"


def prepare(ledger: Ledger, act: str) -> None:
    """Make what the act needs to be there: a case, or messages to be sent."""
    with ledger.transaction() as work:
        work.bind("page", TAXMAN.id, "税务局联络员", NOW)
    message = said(message_id="before")
    if act in ("answer", "fall due"):
        take_in(ledger, message, decided(cases=(opened(1, message, due=Step("0/escalate", "escalate", DUE)),)))
    elif act == "send":
        take_in(ledger, message, decided(says=tuple(say(key) for key in "abc")))


def do(ledger: Ledger, act: str, curated: Curated, *, again: bool = False) -> None:
    """Do the act; ``again``: after it may have been done, as whoever got no answer does."""

    def decides(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        return decide(event, snapshot, curated.knowledge, curated.routing, now)

    if act == "send":
        clock = HandClock(NOW + 2 * LEASE if again else NOW)  # what was claimed before is free again
        Sender(ledger, {"page": Page()}, clock, lambda event: None).send_due()
        return
    events: dict[str, Event] = {
        "ask": said(_TEXT, message_id="asked", mentions_bot=True),
        "answer": said("#1 在电子税务局申报", message_id="answered", by=TAXMAN, room=""),
        "fall due": Ticked(1, "0/escalate", DUE),
    }
    Intake(ledger, decides, HandClock(DUE if act == "fall due" else NOW), lambda: None).handle(events[act])


def left_behind(ledger: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the ledger holds, but for what differs each time: positions and tokens."""
    found = {}
    with ledger.transaction():
        for table, query in _QUERIES.items():
            found[table] = [tuple(dict(row).values()) for row in ledger._db.execute(query).fetchall()]
    return found
