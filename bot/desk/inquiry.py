"""Whether a message needs a second opinion, and what may be shown for it; asked before the transaction in which it is decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.desk import answers, question_rules
from bot.desk.decide import RULES
from bot.desk.scene import Knowledge, Scene
from bot.matching.engine import Judgement
from bot.model import Entry, Inquiry, Said, Snapshot
from bot.routing.config import Routing
from bot.text import normalise


def inquiry_for(said: Said, snapshot: Snapshot, knowledge: Knowledge, routing: Routing, now: datetime) -> Inquiry | None:
    """Return what to ask about a message, or None where the own engine is sure or the message is no question to it.

    Pure, like ``decide``, and by the same rules: what any of them claims (danger, forms, contacts' answers) is never asked about.
    """
    scene = Scene(said, snapshot, knowledge, routing.knowing(snapshot.enterprises), now, normalise(said.text))
    if any(rule(scene) for rule in RULES):
        return None
    reading = question_rules.unsure(scene)
    if reading is None:
        return None
    quoted = snapshot.quoted_said
    names = (said.sender.name, said.room, *((quoted.sender.name,) if quoted else ()))
    entries = (entry for entry in _ranked(reading.judgement, knowledge) if _may_answer(scene, entry))
    return _inquiry(reading.question, _without(reading.question, names), entries)


def inquiry_alone(question: str, judgement: Judgement, knowledge: Knowledge) -> Inquiry | None:
    """Return what to ask about a question without a conversation around it, or None where the own engine is sure."""
    return _inquiry(question, question, _ranked(judgement, knowledge)) if judgement.verdict == "offer" else None


def _inquiry(question: str, wording: str, entries: Iterable[Entry]) -> Inquiry | None:
    candidates = tuple(entries)
    return Inquiry(question, wording, candidates) if candidates else None


def _ranked(judgement: Judgement, knowledge: Knowledge) -> Iterable[Entry]:
    found = (knowledge.entry(candidate.entry_id) for candidate in judgement.candidates)
    return (entry for entry in found if entry is not None)


def _may_answer(scene: Scene, entry: Entry) -> bool:
    sent = scene.entry(entry.id)
    return sent is not None and answers.may_answer(sent, scene.now, scene.community)


def _without(text: str, names: Iterable[str]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, " ")
    return text
