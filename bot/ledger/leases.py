"""Which bot has which group, where several share one PostgreSQL: one at a time handles a conversation.

A group belongs to the bot that heard it first, until that bot stops or has been silent for the length of a lease. Another bot
that hears something there leaves it to the owner; if it has not been recorded after a few seconds, the other one handles it and
has the group from then on, so that a bot that lost its messenger but not its database costs no question. Time is the database's.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from bot.errors import HeldElsewhere
from bot.ledger import bindings
from bot.ledger.codec import micros
from bot.ledger.connection import Connection
from bot.model import Recalled, Said

_NEW = timedelta(seconds=90)
"""How long after a change of hands it is looked for what the former owner handled."""
_ALIKE = timedelta(seconds=2)
"""How far apart two accounts may date a message; the messenger dates it to the second, and nobody repeats himself so fast."""
_REMEMBERED = 1000
_LOOKED_AT = 500

_ENTER = """
INSERT INTO room_leases AS held (channel, room, bot, until) VALUES (?, ?, ?, clock_timestamp() + CAST(? AS interval))
ON CONFLICT (channel, room) DO UPDATE
  SET bot = CASE WHEN held.until < clock_timestamp() THEN excluded.bot ELSE held.bot END,
      since = CASE WHEN held.until < clock_timestamp() THEN clock_timestamp() ELSE held.since END,
      until = CASE WHEN held.until < clock_timestamp() OR held.bot = excluded.bot THEN excluded.until ELSE held.until END
RETURNING bot, since > clock_timestamp() - CAST(? AS interval) AS new
"""

Name = tuple[str, str]


class Rooms:
    """The groups of one bot; ``lease`` is how long it may be silent, ``precedence`` how long others leave a message to it."""

    def __init__(self, bot: str, lease: timedelta, precedence: timedelta) -> None:
        self.bot = bot
        self._lease = lease
        self._precedence = precedence.total_seconds()
        self._first_heard: dict[Name, float] = {}
        self._own: dict[Name, None] = {}

    def enter(self, db: Connection, event: Said | Recalled) -> bool:
        """Have the conversation of an event to oneself until the transaction ends; False if another bot has handled the event.

        Raises ``HeldElsewhere`` while another bot is expected to handle it.
        """
        if not event.room:
            place = f"{event.channel}/{event.sender.id}"
            db.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (place,))
            return True
        owner = db.execute(_ENTER, (event.channel, event.room, self.bot, self._lease, _NEW)).fetchone()
        mine = owner["bot"] == self.bot
        # Where the group has been somebody else's lately, that bot may have handled what is heard only now.
        if (owner["new"] or not mine) and self._handled(db, event):
            self._first_heard.pop(_name(event), None)
            return False
        if not mine:
            self._wait(event)
            # The group goes to whoever hears it: so what its former owner hears late is found to be handled.
            db.execute(
                "UPDATE room_leases SET bot = ?, since = clock_timestamp() WHERE channel = ? AND room = ?",
                (self.bot, event.channel, event.room),
            )
        self._own[_name(event)] = None
        _shorten(self._own)
        return True

    def _wait(self, event: Said | Recalled) -> None:
        """Raise ``HeldElsewhere`` until the owner has had its time since the event was first heard here."""
        now = time.monotonic()
        first = self._first_heard.setdefault(_name(event), now)
        _shorten(self._first_heard)
        if now - first < self._precedence:
            raise HeldElsewhere(f"群「{event.room}」现在由另一个小哨管着，稍等它处理")
        self._first_heard.pop(_name(event), None)

    def _handled(self, db: Connection, event: Said | Recalled) -> bool:
        """Tell whether another bot recorded the event, under this id or, as messengers give each account its own, another."""
        if db.execute("SELECT 1 FROM events WHERE channel = ? AND message_id = ?", _name(event)).fetchone():
            return True
        if isinstance(event, Recalled):
            return False
        alike = db.execute(
            """
            SELECT channel, message_id FROM (SELECT * FROM events WHERE room = ? ORDER BY position DESC LIMIT ?) AS latest
            WHERE channel = ? AND kind = 'said' AND name = ? AND text = ? AND at BETWEEN ? AND ?
            """,
            (
                event.room,
                _LOOKED_AT,
                event.channel,
                event.sender.name,
                bindings.masked(db, event),
                micros(event.at - _ALIKE),
                micros(event.at + _ALIKE),
            ),
        )
        return any((row["channel"], row["message_id"]) not in self._own for row in alike)

    def renew(self, db: Connection) -> None:
        """Keep one's groups for another lease."""
        db.execute(
            """
            UPDATE room_leases SET until = clock_timestamp() + CAST(? AS interval)
            WHERE bot = ? AND until < clock_timestamp() + CAST(? AS interval)
            """,
            (self._lease, self.bot, self._lease / 2),
        )

    def leave(self, db: Connection) -> None:
        """Let go of one's groups."""
        db.execute("DELETE FROM room_leases WHERE bot = ?", (self.bot,))


def _name(event: Said | Recalled) -> Name:
    return (event.channel, event.message_id)


def _shorten(kept: dict[Name, Any]) -> None:
    if len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
