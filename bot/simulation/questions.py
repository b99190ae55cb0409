"""What became of each simulated question, as far as the bot's decision about it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model import Action, Decision, Person
from bot.simulation.texts import Asking


class Handling(StrEnum):
    """How the bot took a question."""

    ANSWERED = "answered"
    OFFERED = "offered"
    POINTED = "pointed"  # to the answer above, or to the asker's own case
    CARRIED = "carried"
    LIMITED = "limited"  # silent, because enough was said for the moment
    TALK = "talk"  # silent, because it was not taken for a question


RANK = (Handling.TALK, Handling.LIMITED, Handling.POINTED, Handling.OFFERED, Handling.ANSWERED, Handling.CARRIED)
"""Of several messages that make up one question, the one that got the most counts."""


@dataclass
class Question:
    """One question that somebody asked: ``handling`` and ``case`` are what the bot made of it."""

    asker: Person
    room: str
    community: str
    asking: Asking
    at: datetime
    danger: bool = False
    messages: list[str] = field(default_factory=list)
    handling: Handling = Handling.TALK
    case: int | None = None
    answered_with: str = ""
    picked: str = ""
    repeated: bool = False
    first_word_at: datetime | None = None

    def heard(self, message_id: str, decision: Decision | None) -> Handling:
        """Take in what was decided about one of its messages, and return how that one was handled."""
        self.messages.append(message_id)
        if decision is None:
            return Handling.TALK
        handling = self._read(decision)
        if RANK.index(handling) >= RANK.index(self.handling):
            self.handling = handling
            self.answered_with = decision.entry or "" if handling is Handling.ANSWERED else self.answered_with
        return handling

    def _read(self, decision: Decision) -> Handling:
        mine = [case for case in decision.cases if any(asker.person.id == self.asker.id for asker in case.askers)]
        if mine and decision.action in (Action.OPEN, Action.CASE):
            self.case = mine[-1].number
            return Handling.CARRIED
        codes = {reason.code for reason in decision.reasons}
        if decision.action is Action.ANSWER:
            return Handling.ANSWERED
        if decision.action is Action.OFFER:
            return Handling.OFFERED
        if decision.action is Action.REPLY or "same_question" in codes:
            return Handling.POINTED
        return Handling.LIMITED if "rate_limit" in codes else Handling.TALK
