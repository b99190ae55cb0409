"""Editing the FAQ from the pages: one entry in a form or many in a workbook, checked whole before anything is written."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import InvalidFiles, XiaoshaoError
from bot.ledger.port import Ledger
from bot.library.exchange.cells import normal, show
from bot.library.exchange.changes import Changes, find_changes
from bot.library.exchange.columns import Column, find_columns, sheet_titles
from bot.library.exchange.importing import Plan, plan_changes, plan_import, write_plan
from bot.library.exchange.workbook_in import Refusal, Row, Rows
from bot.library.exchange.workbook_out import build_workbook, row_digest
from bot.library.faq_file import Loaded, read_library
from bot.matching.engine import Matcher
from bot.model import Entry, Library
from bot.routing.config import Routing
from bot.work.clock import Clock
from bot.work.curated import InForce
from bot.work.revisions import edited_by

Texts = Mapping[str, str]
"""What a form's fields say, by the header of the column: one line an item, as in Excel."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else changed while it was being edited: its header, and what stands there now."""

    header: str
    now: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A form's texts joined with what others changed meanwhile; ``clashes`` were changed by both, and hold this form's words.

    ``by`` are those who changed it, ``seen`` is the digest of what stands there now.
    """

    texts: Texts
    clashes: tuple[Clash, ...]
    by: str = ""
    seen: str = ""


class Curating:
    """Reads, plans and writes changes of the knowledge folder on behalf of the pages; workbooks wait in ``uploads`` for a yes."""

    def __init__(self, folder: Path, uploads: Path, ledger: Ledger, in_force: InForce, clock: Clock) -> None:
        self.uploads = uploads
        self._folder = folder
        self._ledger = ledger
        self._in_force = in_force
        self._clock = clock

    @property
    def routing(self) -> Routing:
        """Return the routing in force."""
        return self._in_force.current.routing

    @property
    def library(self) -> Library:
        """Return the FAQ in force."""
        return self._in_force.current.knowledge.library

    @property
    def departments(self) -> dict[str, str]:
        """Return the departments' names by their keys."""
        return {key: department.name for key, department in self.routing.departments.items()}

    def columns(self) -> tuple[Column, ...]:
        """Return the fields of a form."""
        return find_columns(self.library, self.departments)

    def texts(self, entry: Entry) -> Texts:
        """Return what the fields of a form say for an entry."""
        return {column.header: show(column, column.value_of(entry)) for column in self.columns()}

    def shown(self, entry_id: str) -> Entry | None:
        """Return an entry as it was last saved or taken over, without reading the files, which takes a quarter of a second."""
        with self._ledger.transaction() as work:
            versions = work.versions(entry_id)
        return versions[0].content if versions else self.library.entries.get(entry_id)

    def present(self, entry_id: str) -> Entry | None:
        """Return an entry as the files have it now, which may be newer than what is in force."""
        return self._loaded().library.entries.get(entry_id)

    # ── One entry in a form ─────────────────────────────────────────────────────────────────────────────────

    def merged(self, entry_id: str, texts: Texts, seen: str) -> Merged:
        """Join a form with what was changed since it was shown (``seen`` is the digest of what it showed)."""
        entry = self.present(entry_id)
        now = self.texts(entry) if entry else {}
        if entry is None or row_digest(now) == seen:
            return Merged(texts, ())
        with self._ledger.transaction() as work:
            versions = work.versions(entry_id)
        shown = [(it.who, self.texts(it.content) if it.content else {}) for it in versions]
        place = next((place for place, (_, it) in enumerate(shown) if row_digest(it) == seen), None)
        base = None if place is None else shown[place][1]
        joined, clashes = dict(texts), []
        for header, theirs in now.items():
            mine, before = normal(texts.get(header, "")), normal((base or {}).get(header, ""))
            if base is not None and mine == before:
                joined[header] = theirs
            elif normal(theirs) not in (mine, before) or (base is None and normal(theirs) != mine):
                clashes.append(Clash(header, theirs))
        return Merged(joined, tuple(clashes), "、".join(dict.fromkeys(who for who, _ in shown[:place])), row_digest(now))

    def read(self, theme: str, texts: Texts) -> tuple[Entry | None, Sequence[Refusal]]:
        """Return the entry that a form describes, None if it cannot be read, and what is wrong with its fields."""
        found = self._changes(theme, texts, self.library)
        present = self.library.entries.get(texts.get("编号", ""))
        return (found.entries[0].new if found.entries else None if found.refusals else present), found.refusals

    def plan(self, theme: str, texts: Texts) -> Plan:
        """Return what a form would change, with all checks of ``xiaoshao check``; takes some seconds."""
        loaded = self._loaded()
        return plan_changes(
            self._changes(theme, texts, loaded.library),
            [],
            self._folder,
            loaded,
            self.departments,
            communities=self.routing.communities,
            matcher=self.matcher,
        )

    def _changes(self, theme: str, texts: Texts, library: Library) -> Changes:
        columns = {column.name: column for column in find_columns(library, self.departments)}
        given = {name: normal(texts[column.header]) for name, column in columns.items() if column.header in texts}
        row = Row(sheet_titles(library).get(theme, theme), 1, given, {name: columns[name] for name in given}, {})
        found = find_changes(Rows([row]), library, list(columns.values()), {})
        found.notices.clear()  # the other entries are no part of a form
        return found

    def matcher(self, library: Library) -> Matcher:
        """Build a matcher for a changed library."""
        return Matcher(library.for_matching())

    # ── Many in a workbook ──────────────────────────────────────────────────────────────────────────────────

    def workbook(self) -> bytes:
        """Return the whole FAQ as an Excel workbook; raises ``XiaoshaoError`` for an entry that does not fit into Excel."""
        kept = io.BytesIO()
        build_workbook(self._loaded().library, self.departments).save(kept)
        return kept.getvalue()

    def plan_workbook(self, path: Path) -> Plan:
        """Return what a workbook would change, with all checks; raises ``UnusableWorkbook`` and ``InvalidFiles``."""
        return plan_import(path, self._folder, self.departments, communities=self.routing.communities, matcher=self.matcher)

    def write(self, plan: Plan, who: str) -> None:
        """Write a plan's changes under somebody's name; the running bot takes them over within seconds.

        Raises ``XiaoshaoError`` if a file was changed since the plan was made; nothing is written then.
        """
        if not plan.changes:
            raise XiaoshaoError("没有要写的修改")
        with edited_by(self._ledger, who, [change.new for change in plan.changes], self._clock.now()):
            write_plan(plan)

    def _loaded(self) -> Loaded:
        loaded = read_library(self._folder, departments=self.routing.departments)
        if loaded.problems:
            raise InvalidFiles(loaded.problems)
        return loaded
