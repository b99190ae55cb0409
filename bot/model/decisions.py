"""What the core sees of the world (Snapshot), and what it wants done (Decision)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.bindings import Binding, BindingCode, CodeTries, CodeUse
from bot.model.caseload import Caseload
from bot.model.cases import Case, Reason
from bot.model.directory import Enterprise
from bot.model.events import Person, Said, Target
from bot.model.knowledge import Entry


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a question that may still be going on."""

    message_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A numbered choice of entries put to one person."""

    entries: tuple[str, ...]
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The last answer given from the FAQ in this thread."""

    entry: str
    question: str
    at: datetime
    rated: int | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """One person in one room: recent pieces, the offer on the table, the last answer."""

    pieces: tuple[Piece, ...] = ()
    offer: Offer | None = None
    answered: Answered | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """An outgoing message as the ledger remembers it, for quotes and echoes."""

    key: str
    target: Target
    case: int | None
    entry: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class RecentAnswer:
    """An FAQ answer given in this room a short time ago."""

    entry: str
    asker: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a second opinion is asked about: which of the candidates a question means, if any.

    ``question`` is the text that was judged; ``wording`` is the same without the names of the sender and the group, which is all
    of it that a scorer may be shown. ``candidates`` come best first, as the own engine ranked them.
    """

    question: str
    wording: str
    candidates: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another scorer made of a question: the id of the entry that it chose, or None where it abstained.

    ``model`` names the scorer; ``similarity`` (-1 to 1) is the cosine to the chosen entry, None from a scorer that gives none.
    """

    question: str
    entry: str | None
    model: str
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that ``decide`` may know, read in the same transaction that its decision is applied in.

    ``contact`` is the name in routing.yaml that the sender's id is bound to, or None. ``cases`` holds the cases that can matter
    to this event: the sender's own and the sender's to answer that are not terminal, those waiting or open in this room or
    community, the quoted one, and any named by ``#number``; the ``caseload`` is the same cases, to be looked up.
    ``quoted_sent`` and ``quoted_said`` resolve the quote; for a recall
    ``quoted_said`` is what was recalled.
    ``replies_to_sender`` and ``replies_in_room`` count what the bot said there in the last ten minutes.
    ``last_unasked`` is when the bot last spoke unasked about a case, for deadlines and what is done in the pages. ``disputed``
    maps entries that a worker called wrong, and that nobody has mended since, to the worker's words. ``opinion`` is what another
    scorer said beforehand, where one was asked.

    ``codes`` are the binding codes that the message holds, with their contacts' cases and, as ``holders``, whoever is bound to
    those contacts on this channel; ``code_tries`` are the sender's wrong ones, read where the message holds anything like a code.
    ``namesake`` is a binding on this channel to somebody of the sender's nickname, where the sender's own id is bound to nobody.
    ``enterprises`` are those of the directory that the people and cases around this event may belong to. ``taken_away`` are
    numbers of cases that left the contact's hands within two hours otherwise than by a transfer.
    """

    next_number: int
    thread: Thread = field(default_factory=Thread)
    contact: str | None = None
    cases: tuple[Case, ...] = ()
    quoted_sent: Sent | None = None
    quoted_said: Said | None = None
    recent_answers: tuple[RecentAnswer, ...] = ()
    replies_to_sender: int = 0
    replies_in_room: int = 0
    last_unasked: Mapping[int, datetime] = field(default_factory=dict)
    disputed: Mapping[str, str] = field(default_factory=dict)
    opinion: Opinion | None = None
    codes: tuple[BindingCode, ...] = ()
    code_tries: CodeTries = field(default_factory=CodeTries)
    holders: tuple[Binding, ...] = ()
    namesake: Binding | None = None
    enterprises: tuple[Enterprise, ...] = ()
    taken_away: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.cases, Caseload):
            object.__setattr__(self, "cases", Caseload(self.cases))

    @property
    def caseload(self) -> Caseload:
        """Return the cases, to be looked up."""
        assert isinstance(self.cases, Caseload)
        return self.cases

    def case(self, number: int) -> Case | None:
        """Return the case of that number if the snapshot holds it."""
        return self.caseload.by_number.get(number)


@dataclass(frozen=True, slots=True)
class Say:
    """One message the bot wants to send. ``key`` is unique for ever: the same key is never sent twice.

    ``mention`` is the person to be @-ed; ``not_before`` holds it back (quiet hours, office hours); ``urgent`` goes first.
    """

    key: str
    target: Target
    text: str
    mention: Person | None = None
    case: int | None = None
    entry: str | None = None
    not_before: datetime | None = None
    urgent: bool = False
    unasked: bool = False


class Action(StrEnum):
    """What a decision amounts to, in the words of ``xiaoshao ask``."""

    ANSWER = "answer"
    OFFER = "offer"
    OPEN = "open"
    IGNORE = "ignore"
    CASE = "case"  # something was done to an existing case
    REPLY = "reply"  # a line about the bot's own work: a status, a refusal, a hint


@dataclass(frozen=True, slots=True)
class Feedback:
    """A rating (1–5) of an FAQ answer; ``disputes`` when a community worker says that the entry is wrong."""

    entry: str
    question: str
    rating: int
    comment: str = ""
    disputes: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about one event, with the reasons for it; a value, applied in one transaction.

    ``thread`` is the sender's new thread (None: unchanged). ``cases`` are the new versions of changed or opened cases.
    ``cancel`` are numbers of cases whose unsent messages are dropped, ``obsolete`` those of which only the unsent messages to
    contacts are: nobody needs to answer any more. ``unsay`` are keys of single messages that are dropped if they are unsent.
    ``forget`` is a message id whose text is erased. ``code`` is what becomes of a binding code that was sent.
    """

    action: Action
    reasons: tuple[Reason, ...]
    says: tuple[Say, ...] = ()
    thread: Thread | None = None
    cases: tuple[Case, ...] = ()
    feedback: Feedback | None = None
    cancel: tuple[int, ...] = ()
    obsolete: tuple[int, ...] = ()
    unsay: tuple[str, ...] = ()
    forget: str | None = None
    code: CodeUse | None = None
    entry: str | None = None
    confidence: float = 0.0
