"""The nouns of the product as frozen values: knowledge, events, cases, and what the bot decides."""

from bot.model.cases import Asker, Case, Ladder, Reason, Reply, Status, Step, Tier, TierPlan
from bot.model.decisions import Action, Answered, Decision, Feedback, Offer, Piece, RecentAnswer, Say, Sent, Snapshot, Thread
from bot.model.events import Event, FilesChanged, Operated, Operation, Person, Recalled, Said, SendGivenUp, Target, Ticked
from bot.model.knowledge import DepartmentExamples, Entry, Library, WhenStale

__all__ = [
    "Action",
    "Answered",
    "Asker",
    "Case",
    "Decision",
    "DepartmentExamples",
    "Entry",
    "Event",
    "Feedback",
    "FilesChanged",
    "Ladder",
    "Library",
    "Offer",
    "Operated",
    "Operation",
    "Person",
    "Piece",
    "Reason",
    "Recalled",
    "RecentAnswer",
    "Reply",
    "Said",
    "Say",
    "SendGivenUp",
    "Sent",
    "Snapshot",
    "Status",
    "Step",
    "Target",
    "Thread",
    "Ticked",
    "Tier",
    "TierPlan",
    "WhenStale",
]
