"""The FAQ's list: every entry with how it fares, searched and filtered; its history; a question tried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from bot.desk.answers import whole as as_sent
from bot.library.versions import differences, whole
from bot.model import Entry, EntryUse
from bot.web.forms import Refused
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit
from bot.work.curating import Curating

USED_WITHIN = timedelta(days=90)
DISLIKED = 3.0
"""Mean rating (1–5) below which an entry counts as often disliked, from ``ENOUGH`` ratings on."""
ENOUGH = 3
SHOWN = 200

FLAGS = (
    ("stale", "过了复核日期"),
    ("todo", "有待办"),
    ("unused", "90 天没人问到"),
    ("disliked", "评价不好"),
    ("own", "社区自己的"),
)
VERDICTS = {
    "answer": ("直接回答", "good"),
    "offer": ("列几条请人挑", "wait"),
    "unknown": ("登记转办", "work"),
    "ignore": ("不出声", ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the list, with what it was used for and what should be looked at."""

    entry: Entry
    used: EntryUse
    flags: tuple[str, ...]


class EntryDesk:
    """The list, an entry's history, and the trying out of a question."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            self._site.page("/entries", self.list, Role.CURATOR),
            self._site.page("/entries/try", self.tried, Role.CURATOR),
            self._site.page("/entries/{id}/history", self.history, Role.CURATOR),
        ]

    def list(self, visit: Visit) -> Response:
        """List the entries that were searched for."""
        curating, words = curating_of(visit), visit.query("q").lower()
        theme, flag = visit.query("theme"), visit.query("flag")
        with visit.services.ledger.transaction() as work:
            uses = work.reports.entry_uses(visit.now - USED_WITHIN)
        today = visit.now.astimezone(curating.routing.timezone).date()
        entries = curating.library.entries.values()
        lines = [
            Line(entry, uses.get(entry.id, EntryUse()), _flags(entry, uses.get(entry.id, EntryUse()), today)) for entry in entries
        ]
        counts = {name: sum(name in line.flags for line in lines) for name, _ in FLAGS}
        found = [
            line
            for line in lines
            if (not theme or line.entry.theme == theme) and (not flag or flag in line.flags) and _says(line.entry, words)
        ]
        themes = list(dict.fromkeys(entry.theme for entry in entries))
        names = curating.departments
        context: dict[str, Any] = {"themes": themes, "theme": theme, "flag": flag, "flags": FLAGS, "counts": counts}
        return visit.show(
            "entries.html", lines=found[:SHOWN], total=len(found), all=len(lines), names=names, q=visit.query("q"), **context
        )

    def tried(self, visit: Visit) -> Response:
        """Say what the bot would do with a question, and why."""
        curating, text = curating_of(visit), visit.query("q")
        knowledge = visit.services.knowledge
        if not text or knowledge is None:
            return visit.show("entry_try.html", q=text, judgement=None)
        judgement = knowledge.matcher.judge(text)
        candidates = [(curating.library.entries[it.entry_id], it.confidence) for it in judgement.candidates]
        sent = as_sent(candidates[0][0], visit.now) if judgement.verdict == "answer" else ""
        guesses = knowledge.ranker.rank(text)[:2] if judgement.verdict in ("unknown", "offer") else ()
        departments = [(curating.departments.get(it.department, it.department), it.confidence) for it in guesses]
        context: dict[str, Any] = {"candidates": candidates, "sent": sent, "departments": departments}
        return visit.show("entry_try.html", q=text, judgement=judgement, verdict=VERDICTS[judgement.verdict], **context)

    def history(self, visit: Visit) -> Response:
        """Show an entry's versions with what changed each time."""
        curating, entry_id = curating_of(visit), visit.path("id")
        with visit.services.ledger.transaction() as work:
            versions = work.versions(entry_id)
        if not versions:
            raise Refused("账本里没有这个条目的记录", status=404)
        names, lines = curating.departments, []
        for version, before in [*pairwise(versions), (versions[-1], None)]:
            old, new = before.content if before else None, version.content
            changes = list(differences(old, new, names)) if old and new else list(whole(new, names)) if new else ["删除了条目"]
            lines.append((version, changes, old is None and new is not None))
        title = next((it.content.title for it in versions if it.content), entry_id)
        return visit.show("entry_history.html", id=entry_id, title=title, lines=lines, there=entry_id in curating.library.entries)


def curating_of(visit: Visit) -> Curating:
    """Return what edits the FAQ; raises ``Refused`` where this installation has it elsewhere."""
    curating = visit.services.curating
    if curating is None:
        raise Refused("这里不能改知识库", status=404)
    return curating


def _flags(entry: Entry, used: EntryUse, today: date) -> tuple[str, ...]:
    found = {
        "stale": today >= entry.review_due(),
        "todo": bool(entry.todo),
        "unused": not used.answered,
        "disliked": used.rated >= ENOUGH and (used.mean or 0) < DISLIKED,
        "own": bool(entry.communities),
    }
    return tuple(name for name, holds in found.items() if holds)


def _says(entry: Entry, words: str) -> bool:
    if not words:
        return True
    texts = (entry.id, entry.title, entry.answer, entry.source, *entry.questions, *entry.parts.values())
    return all(any(word in text.lower() for text in texts) for word in words.split())
