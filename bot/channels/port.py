"""What the rest of the program asks of a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.model import Person


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a channel can do, honestly; ``title``, ``limits`` and ``risk`` are Chinese sentences for the people who choose one."""

    title: str
    receives: bool
    sends: bool
    mentions: bool
    reads_quotes: bool
    sends_quotes: bool
    reads_recalls: bool
    files: bool
    groups: bool
    direct: bool
    limits: str
    risk: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be sent: to a group (``room``) or to one person (``person``, a channel id); ``urgent`` does not queue."""

    key: str
    room: str
    person: str
    text: str
    mention: Person | None = None
    urgent: bool = False


class Channel(Protocol):
    """One way in and out. Incoming messages are handed to the intake by whoever runs the channel."""

    name: str
    abilities: Abilities

    def send(self, letter: Letter) -> str:
        """Send one message and return the channel's id for it; raises ``SendFailed``."""
        ...


@runtime_checkable
class SendsTogether(Protocol):
    """A channel to which several letters may be given at once; those to one place go out in their order."""

    def send_all(self, letters: Sequence[Letter]) -> Sequence[str | Exception]:
        """Send letters and return for each what ``Channel.send`` would return or raise."""
        ...


@runtime_checkable
class Linked(Protocol):
    """A channel whose connection to the chat may be cut."""

    abilities: Abilities

    def cut_off_since(self) -> datetime | None:
        """Return since when nothing is heard and nothing can be sent; None while connected."""
        ...
