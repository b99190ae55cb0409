"""What a channel to a real chat must remember or look up, kept in the ledger."""

from __future__ import annotations

from bot.channels.wechaty.mapping import Echo
from bot.channels.wechaty.quotes import InlineQuote, Quotable, find_quoted
from bot.ledger.port import Ledger
from bot.work.clock import Clock

_LOOKED_THROUGH = 1_000


class LedgerNotebook:
    """One channel's notes; see ``bot.channels.wechaty.channel.Notebook``. Everything here raises ``LedgerError``."""

    def __init__(self, ledger: Ledger, channel: str, clock: Clock) -> None:
        self._ledger = ledger
        self._channel = channel
        self._clock = clock

    def quoted(self, room: str, person: str, quote: InlineQuote) -> str | None:
        """Return the id of the message that was quoted in a group or in a direct chat, None if it isn't to be found."""
        with self._ledger.transaction() as transaction:
            bubbles = transaction.conversation(room=room, partner="" if room else person, limit=_LOOKED_THROUGH, newest=True)
        said = [Quotable(it.message_id, it.sender.name if it.sender else "", it.text) for it in reversed(bubbles)]
        return find_quoted(quote, said)

    def echoed(self, echo: Echo) -> bool:
        """Take the bot's own message as a receipt; False if nothing waited for one."""
        place = ("room", echo.room) if echo.room else ("person", echo.person)
        with self._ledger.transaction() as transaction:
            return transaction.echo(self._channel, place, echo.text, echo.message_id, self._clock.now())

    def read(self, name: str) -> str:
        """Return a small remembered value, ``""`` if there is none."""
        with self._ledger.transaction() as transaction:
            return transaction.setting(f"{self._channel}.{name}") or ""

    def write(self, name: str, value: str) -> None:
        """Remember a small value."""
        with self._ledger.transaction() as transaction:
            transaction.set(f"{self._channel}.{name}", value)
