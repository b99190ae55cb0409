"""What comes in: messages, recalls, deadlines, clicks, sends given up, changed curated files, and what the auditor found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NAMELESS = "无名成员"
"""What somebody is called whose channel gives no name."""


@dataclass(frozen=True, slots=True)
class Person:
    """A sender: ``id`` is the channel's stable id, ``name`` the nickname shown today (never used for permissions)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ForwardedLine:
    """One new message of a forwarded stretch: who said what, what the bot did (an ``Action``'s value), and the case opened."""

    name: str
    text: str
    action: str
    case: int | None = None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a worker copied out of a group and sent to the bot, as it was read and taken in.

    ``room`` is ``""`` where the worker did not say which group; ``messages`` counts everything read. ``replies`` are to be pasted
    into the group as they are, ``unread`` says how to mend what could not be read, and ``carried`` counts the replies that the
    worker says to have pasted.
    """

    room: str = ""
    messages: int = 0
    lines: tuple[ForwardedLine, ...] = ()
    replies: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One message from a person. ``room`` is a group's name, or ``""`` in a direct chat with the bot.

    ``quoted`` is the channel's id of the quoted message; ``mentions`` are ids of mentioned people, ``mentions_bot`` apart.
    ``wordless``: a picture, a voice, a card …, whose text only says what it is, such as “[图片]”. ``forwarded`` is what a stretch
    of chat in it has brought.
    """

    channel: str
    message_id: str
    room: str
    sender: Person
    text: str
    at: datetime
    quoted: str | None = None
    mentions: tuple[str, ...] = ()
    mentions_bot: bool = False
    wordless: bool = False
    forwarded: Forwarded | None = None

    @property
    def direct(self) -> bool:
        """Tell whether this was said to the bot alone."""
        return not self.room


@dataclass(frozen=True, slots=True)
class Recalled:
    """A message taken back by its sender; ``recalled`` is the channel's id of that message."""

    channel: str
    message_id: str
    room: str
    sender: Person
    recalled: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ticked:
    """A deadline of a case has come.

    ``step`` names the due step that was read, so that a stale tick changes nothing; ``at`` is when it was due.
    """

    case: int
    step: str
    at: datetime

    @property
    def message_id(self) -> str:
        """Return the id under which this tick is recorded once."""
        return f"{self.case}/{self.step}/{self.at.timestamp():.6f}"


class Operation(StrEnum):
    """What a contact or a worker may do to a case, in a chat or from a page; who may do which is in ``bot.desk.permissions``."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    ASK_BACK = "ask_back"  # ask the asker something, or promise an answer: no answer yet
    TRANSFER = "transfer"
    RETURN = "return"
    TAKE_OVER = "take_over"
    REASSIGN = "reassign"
    MERGE = "merge"
    CLOSE = "close"
    ESCALATE = "escalate"
    SUPERVISE = "supervise"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Operated:
    """A click in a page: ``operator`` is a contact's name as bound, never a nickname.

    ``text`` are words for the askers (an answer, a question back); ``reason`` says why, where something is handed on, closed or
    taken up again. ``target`` is a department's name or key (transfer), a contact's name (reassign) or the number of the case
    that goes on (merge).
    """

    message_id: str
    operator: str
    operation: Operation
    case: int
    reason: str
    at: datetime
    text: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an outgoing message goes: a group by name, a contact by name, or a person by channel id."""

    kind: str  # room | contact | person
    name: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class SendGivenUp:
    """An outgoing message could not be delivered for good; ``target`` is who should have had it."""

    message_id: str
    case: int | None
    target: Target
    text: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """The curated files were changed under the running bot and refused, or (without ``problems``) are sound again.

    ``problems`` are the first few, in Chinese, with file and line; ``total`` counts all.
    """

    message_id: str
    problems: tuple[str, ...]
    total: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Unheard:
    """A channel was cut off for a while, and messages said there in that time may be missing; ``why`` is Chinese."""

    message_id: str
    channel: str
    title: str  # the channel's name for people
    since: datetime
    until: datetime
    why: str

    @property
    def at(self) -> datetime:
        """Return when the channel was back."""
        return self.until


@dataclass(frozen=True, slots=True)
class Noticed:
    """What the auditor found wrong, for the duty workers of a ``community`` (``""``: of all).

    ``findings`` are the first few, in Chinese; ``total`` counts all. ``urgent``: not to wait for the morning.
    """

    message_id: str
    findings: tuple[str, ...]
    total: int
    at: datetime
    community: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """A bulletin for the ``rooms`` of a community; without any it is a draft, for the duty worker there to look at."""

    message_id: str
    community: str
    text: str
    rooms: tuple[Target, ...]
    at: datetime


Event = Said | Recalled | Ticked | Operated | SendGivenUp | FilesChanged | Unheard | Noticed | Published
