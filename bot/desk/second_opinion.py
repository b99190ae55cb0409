"""What another scorer's choice changes about a judgement: it may choose among the ranked entries, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import answers
from bot.matching.engine import Judgement
from bot.model import Entry, Opinion, Reason

SECONDED = 0.5
"""The own engine's confidence in an entry above which a second voice for it makes an answer of an offer.

The entry must be the more likely one by itself already: half is the most that a message too short to tell entries apart gets.
"""
ASKED = 0.6
"""Probability of being an ask from which such an entry is sent: whether anything is asked is not for the scorer to settle."""
CHOICES = 3
"""Entries that are offered at most."""


def weigh(judgement: Judgement, opinion: Opinion, chosen_entry: Entry | None) -> Judgement:
    """Return the judgement in the light of an opinion on the same text, with a reason that says what the opinion was.

    An offer becomes an answer if the own engine leans to the chosen entry too, else the chosen entry is offered first. Everything
    else, abstention and entries that were not ranked change nothing: an unknown question goes to a person, whom no choice that
    nobody picks may stand in for. ``chosen_entry`` is what would be sent for the chosen one, or None if it has left the library.
    """
    who = f"第二意见（{opinion.model}）"
    if opinion.entry is None:
        return _told(judgement, f"{who}：候选里没有对得上的，按自己的判断")
    chosen = next((candidate for candidate in judgement.candidates if candidate.entry_id == opinion.entry), None)
    if chosen is None or chosen_entry is None or judgement.verdict != "offer":
        return _told(judgement, f"{who}：选的条目不在候选里，不采用")
    likeness = "" if opinion.similarity is None else f"（相似 {opinion.similarity:.2f}）"
    said = f"{who}：选「{answers.named(chosen_entry)}」{likeness}，自己的把握 {chosen.confidence:.0%}"
    ranked = (chosen, *(candidate for candidate in judgement.candidates if candidate is not chosen))
    if chosen.confidence > SECONDED and judgement.ask >= ASKED:
        told = _told(judgement, f"{said}，过了 {SECONDED:.0%}，两边一致就回答")
        return replace(told, verdict="answer", candidates=ranked, offered=())
    rest = tuple(entry_id for entry_id in judgement.offered if entry_id != chosen.entry_id)
    told = _told(judgement, f"{said}，还不够直接回答，排在选项第一")
    return replace(told, candidates=ranked, offered=(chosen.entry_id, *rest)[:CHOICES])


def _told(judgement: Judgement, what: str) -> Judgement:
    return replace(judgement, reasons=(*judgement.reasons, Reason("second_opinion", what)))
