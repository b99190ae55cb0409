"""From an entry to the words that are sent: the curated text verbatim, its source and date, or one of its parts."""

from __future__ import annotations

from datetime import datetime

from bot.desk import phrases
from bot.model import Entry, WhenStale


def is_stale(entry: Entry, now: datetime) -> bool:
    """Tell whether the entry is past its review date."""
    return now.date() >= entry.review_due()


def named(entry: Entry) -> str:
    """Return what reasons call the entry: its title, and of a stand-in also which entry it is and which one it replaces."""
    return f"{entry.title}（{entry.id}，代替 {entry.replaces}）" if entry.replaces else entry.title


def holds_in(entry: Entry, community: str) -> bool:
    """Tell whether the entry is for this community."""
    return not entry.communities or community in entry.communities


def may_answer(entry: Entry, now: datetime, community: str) -> bool:
    """Tell whether the entry may be sent in this community now; if not, its question is routed."""
    return holds_in(entry, community) and not (is_stale(entry, now) and entry.stale is WhenStale.ROUTE)


def whole(entry: Entry, now: datetime) -> str:
    """Return the entry's answer as it is sent."""
    return phrases.answer(entry.answer, entry.source, entry.verified_on.isoformat(), stale=is_stale(entry, now))


def part(entry: Entry, name: str) -> str | None:
    """Return one part as it is sent, or None if the entry does not know it."""
    body = entry.parts.get(name)
    return phrases.part(entry.title, name, body) if body else None
