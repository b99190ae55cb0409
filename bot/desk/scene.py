"""One message with everything around it, as the desk's rules see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.desk import phrases
from bot.matching.engine import Judgement, Matcher
from bot.matching.similarity import content_words
from bot.model import (
    Action,
    Asker,
    Case,
    Decision,
    Entry,
    Library,
    Person,
    Piece,
    Reason,
    Said,
    Say,
    Snapshot,
    Status,
    Target,
    Thread,
)
from bot.routing.config import Room, Routing
from bot.routing.departments import DepartmentRanker
from bot.text import BOT_NAMES

_CALLING_BOT = re.compile(rf"@(?:{'|'.join(BOT_NAMES)})[\s\u2005]*")

PERSONAL_MASK = "****"
"""What stands in a message where a telephone or ID number was masked."""

REPLIES_IN_DIRECT = 20
"""Replies within ten minutes to one person in a direct chat at most; contacts at work have no limit."""

MOST_PIECES = 8
"""Messages of one person that are read together at most."""

JOIN_GAP = timedelta(seconds=20)
"""Messages of one person in one room that follow within this gap are read as one question."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The curated library and what was built from it."""

    library: Library
    matcher: Matcher
    ranker: DepartmentRanker
    _stand_ins: Mapping[tuple[str, str], Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stand_ins", self.library.stand_ins())

    def entry(self, entry_id: str) -> Entry | None:
        """Return an entry, or None if it has left the library since."""
        return self.library.entries.get(entry_id)

    def entry_in(self, community: str, entry_id: str) -> Entry | None:
        """Return what a community is sent for a matched entry: its own stand-in if it has one, else the entry itself."""
        return self._stand_ins.get((entry_id, community)) or self.entry(entry_id)


@dataclass(frozen=True)
class Scene:
    """A message, the snapshot around it, and the rules of the house; ``text`` is the normalised message.

    What several rules ask for is worked out once, when the first of them asks.
    """

    said: Said
    snapshot: Snapshot
    knowledge: Knowledge
    routing: Routing
    now: datetime
    text: str
    _judged: dict[tuple[str, bool], Judgement] = field(default_factory=dict, init=False, repr=False, compare=False)

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        """Judge a text as the matcher does, once however many rules ask."""
        known = self._judged.get((text, mentioned))
        if known is None:
            known = self._judged[text, mentioned] = self.knowledge.matcher.judge(text, mentioned=mentioned)
        return known

    @cached_property
    def words(self) -> str:
        """Return the message as typed, without the @ of the bot."""
        return words_of(self.said)

    @cached_property
    def room(self) -> Room | None:
        """Return the group as configured; None in a direct chat or an unknown group."""
        return self.routing.room(self.said.room) if self.said.room else None

    @cached_property
    def community(self) -> str:
        """Return the community whose rules apply: in a direct chat that of the sender's enterprise, else the first."""
        if self.room:
            return self.room.community
        return self.routing.home_of(self.enterprise) or next(iter(self.routing.communities), "")

    def entry(self, entry_id: str) -> Entry | None:
        """Return what is sent here for a matched entry, or None if it has left the library since."""
        return self.knowledge.entry_in(self.community, entry_id)

    @cached_property
    def enterprise(self) -> str:
        """Return the sender's enterprise as the group nickname gives it, or ``""``."""
        return self.routing.enterprise_of(self.said.sender.name)

    @property
    def at_once(self) -> bool:
        """Tell whether an unknown question is opened without waiting for colleagues."""
        return self.said.mentions_bot or self.said.direct or (self.room is not None and self.room.kind == "alliance")

    @property
    def contact(self) -> str | None:
        """Return the contact's name that the sender is bound to."""
        return self.snapshot.contact

    @property
    def is_worker(self) -> bool:
        """Tell whether the sender is bound as a community worker."""
        return self.contact is not None and self.routing.is_worker(self.contact)

    def target(self) -> Target:
        """Return where a reply to this message goes."""
        if self.said.direct:
            return Target("person", self.said.sender.id, self.said.channel)
        return Target("room", self.said.room, self.said.channel)

    def reply(
        self,
        text: str,
        *,
        step: str = "reply",
        case: int | None = None,
        entry: str | None = None,
        to: Person | None = None,
        urgent: bool = False,
    ) -> Say:
        """Make the reply to this message; in a group it @-s the sender (or ``to``)."""
        mention = None if self.said.direct else (to or self.said.sender)
        key = f"{self.said.channel}/{self.said.message_id}/{step}"
        return Say(key, self.target(), text, mention, case=case, entry=entry, urgent=urgent)

    def to_contact(self, name: str, text: str, *, step: str) -> Say:
        """Make a message about this event to a contact, held back in quiet hours."""
        key = f"{self.said.channel}/{self.said.message_id}/{step}/{name}"
        return Say(key, Target("contact", name), text, not_before=self.routing.after_quiet(self.now))

    def supplement_key(self) -> str:
        """Return the key of what is passed on from this message to whoever has the case."""
        return supplement_key(self.said.channel, self.said.message_id)

    def as_asker(self) -> Asker:
        """Return the sender as somebody whom an answer must reach; in a bot call with a quote it is whoever is quoted."""
        who = self.addressee() or self.said.sender
        enterprise = self.routing.enterprise_of(who.name)
        return Asker(who, self.said.channel, self.said.room, self.said.message_id, enterprise)

    def addressee(self) -> Person | None:
        """Return whom the answer is for when somebody calls the bot by quoting another member's message."""
        quoted = self.snapshot.quoted_said
        if quoted is None or self.said.direct or not self.said.mentions_bot:
            return None
        return quoted.sender

    def shares_words(self, question: str) -> bool:
        """Tell whether this message shares a weighty word with a question."""
        return bool(content_words(self.words) & content_words(question))

    def with_recall_hint(self, body: str) -> str:
        """Append the request to recall an ID number, if the message or the ones before it had one."""
        said = [self.said.text, *(piece.text for piece in self.pieces())]
        return f"{body}\n{phrases.recall_personal_data()}" if any(PERSONAL_MASK in text for text in said) else body

    def too_many_replies(self, *, share: int = 1) -> bool:
        """Tell whether this person or this room has had its ``share`` of replies for now; contacts have no limit."""
        if self.contact is not None:
            return False
        if self.room is None:
            return self.snapshot.replies_to_sender >= REPLIES_IN_DIRECT
        return (
            self.snapshot.replies_to_sender >= share * self.room.replies_per_person
            or self.snapshot.replies_in_room >= share * self.room.replies_per_room
        )

    @property
    def cases_here(self) -> tuple[Case, ...]:
        """Return the cases that were opened in this place."""
        return self.snapshot.caseload.in_room(self.said.room)

    def own_cases(self, *statuses: Status) -> tuple[Case, ...]:
        """Return the sender's cases in the given statuses, those of this room first, then the newest."""
        mine = [case for case in self.snapshot.caseload.asked_by(self.said.sender.id) if case.status in statuses]
        return tuple(sorted(mine, key=lambda case: (case.asker.room != self.said.room, -case.number)))

    def asked_here(self, case: Case) -> bool:
        """Tell whether the sender asked the case's question in this very place."""
        return any(asker.person.id == self.said.sender.id and asker.room == self.said.room for asker in case.askers)

    def pieces(self) -> tuple[Piece, ...]:
        """Return the sender's earlier messages here that this one may continue."""
        kept: list[Piece] = []
        following = self.said.at
        for piece in reversed(self.snapshot.thread.pieces):
            if following - piece.at > JOIN_GAP:
                break
            kept.append(piece)
            following = piece.at
        return tuple(reversed(kept))

    def thread(self) -> Thread:
        """Return the thread with this message as its newest piece."""
        pieces = (*self.pieces(), Piece(self.said.message_id, self.words, self.said.at))
        known = self.snapshot.thread
        return Thread(pieces[-MOST_PIECES:], known.offer, known.answered)


def supplement_key(channel: str, message_id: str) -> str:
    """Return the key under which what a message adds to a case is passed on."""
    return f"{channel}/{message_id}/supplement"


def words_of(said: Said) -> str:
    """Return a message as typed, without the @ of the bot."""
    return _CALLING_BOT.sub("", said.text).strip()


def silent(code: str, detail: str, *, thread: Thread | None = None) -> Decision:
    """Decide to say nothing, for a reason."""
    return Decision(Action.IGNORE, (Reason(code, detail),), thread=thread)
