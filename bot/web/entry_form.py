"""One entry in a form: what the group will see, what it would catch, the checks, and what others changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, get_origin

from starlette.responses import Response
from starlette.routing import Route

from bot.desk.answers import part as part_as_sent
from bot.desk.answers import whole as as_sent
from bot.library.check import check_texts
from bot.library.exchange.columns import Column
from bot.library.exchange.workbook_in import Refusal
from bot.library.exchange.workbook_out import row_digest
from bot.library.hits import hits
from bot.model import Entry, Library
from bot.web.entries import VERDICTS, curating_of
from bot.web.forms import Refused
from bot.web.questions import numbered
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit
from bot.work.curating import Curating, Texts

LONGEST = 20_000
ASKED_WITHIN = timedelta(days=60)
ASKED = 200
"""Questions that went to people, the newest, that a draft is tried on."""

_ROWS = {"questions": 12, "not_this": 5, "answer": 9, "todo": 3}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: its column, what it says, and how tall it is (0: a single line)."""

    column: Column
    text: str
    rows: int
    fixed: bool
    name: str


class EntryFormDesk:
    """The form of an entry: shown, looked at in advance, saved."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where it is; ``new`` stands for an entry that is to be."""
        return [
            self._site.page("/entries/{id}", self.page, Role.CURATOR),
            self._site.action("/entries/{id}/look", self.look, Role.CURATOR),
            self._site.action("/entries/{id}/save", self.save, Role.CURATOR),
        ]

    def page(self, visit: Visit) -> Response:
        """Show the form with an entry's present texts, or with those of an earlier version."""
        curating, entry_id = curating_of(visit), visit.path("id")
        if entry_id == "new":
            theme = visit.query("theme") or next((it.theme for it in curating.library.entries.values()), "")
            blank = {"核实日期": f"{visit.now:%Y-%m-%d}", "复核周期": "180天"}
            return self._form(visit, theme, blank | _from_candidate(visit, curating), "")
        entry = curating.shown(entry_id)
        if entry is None:
            raise Refused("没有这个条目：可能已经删掉了，或者地址打错了", status=404)
        texts, seen = curating.texts(entry), row_digest(curating.texts(entry))
        earlier = _version(visit, entry_id)
        if earlier is not None:
            texts = curating.texts(earlier)
        wordings = _from_candidate(visit, curating).get("问法", "")
        if wordings:
            texts = {**texts, "问法": f"{texts['问法']}\n{wordings}"}
        return self._form(visit, entry.theme, texts, seen, restored=earlier is not None)

    def look(self, visit: Visit) -> Response:
        """Show the form again with what the group would see and what the entry would catch; nothing is written."""
        curating, theme, texts = curating_of(visit), visit.typed("theme"), _typed(visit)
        entry, refusals = curating.read(theme, texts)
        looked = _looked(visit, curating, entry) if entry else None
        return self._form(visit, theme, texts, visit.typed("seen"), refusals=refusals, looked=looked)

    def save(self, visit: Visit) -> Response:
        """Check everything and write the entry; what somebody else changed meanwhile is joined, or shown beside it."""
        curating, theme, seen = curating_of(visit), visit.typed("theme"), visit.typed("seen")
        entry_id = visit.path("id")
        merged = curating.merged(entry_id, _typed(visit), seen) if entry_id != "new" else None
        texts = merged.texts if merged else _typed(visit)
        if merged and merged.clashes:
            return self._form(visit, theme, texts, merged.seen, clashes=merged.clashes, by=merged.by, status=409)
        plan = curating.plan(theme, texts)
        if plan.refusals:
            return self._form(visit, theme, texts, seen, refusals=plan.refusals, status=422)
        if not plan.changes:
            return visit.go(f"/entries/{entry_id}", "没有改动，什么也没有写")
        entry = plan.changes[0].new
        curating.write(plan, f"{visit.who}（页面）")
        visit.note(
            "改条目" if plan.changes[0].old else "新条目", entry.id, "、".join(it.column.header for it in plan.changes[0].fields)
        )
        warned = f"。提醒：{'；'.join(plan.notices)}" if plan.notices else ""
        return visit.go(f"/entries/{entry.id}", f"已保存，几秒内生效{warned}"[:280])

    def _form(self, visit: Visit, theme: str, texts: Texts, seen: str, *, status: int = 200, **more: Any) -> Response:
        curating, entry_id = curating_of(visit), visit.path("id")
        given = {"refusals": (), "looked": None, "clashes": (), "by": "", "restored": False, **more}
        refusals: Sequence[Refusal] = given.pop("refusals")
        faults = {it.header: it for it in refusals if it.header}
        loose = [it for it in refusals if not it.header]
        new = entry_id == "new"
        fields = [_field(column, texts, fixed=column.field == "id" and not new) for column in curating.columns()]
        themes = list(dict.fromkeys(entry.theme for entry in curating.library.entries.values()))
        context = {"faults": faults, "loose": loose, "new": new, "theme": theme, "themes": themes, "fields": fields}
        title = texts.get("标题") or "新条目"
        return visit.show(
            "entry_form.html", status=status, id=entry_id, title=title, seen=seen, verdicts=VERDICTS, **context, **given
        )


def _field(column: Column, texts: Texts, *, fixed: bool) -> Field:
    rows = _ROWS.get(column.field, 2 if column.part or get_origin(column.kind) is tuple else 0)
    return Field(column, texts.get(column.header, ""), 0 if column.choices else rows, fixed, f"field-{column.header}")


def _typed(visit: Visit) -> dict[str, str]:
    return {column.header: visit.typed(f"field-{column.header}", LONGEST) for column in curating_of(visit).columns()}


def _from_candidate(visit: Visit, curating: Curating) -> dict[str, str]:
    """Return what a form says at first for a question that colleagues or contacts answered; nothing unless one is asked for."""
    wanted = visit.query("candidate")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10):
        return {}
    candidate, _ = numbered(visit, int(wanted))
    best = max(candidate.answers, key=lambda it: (not it.peer, it.rating or 0, it.at))
    department = f"{candidate.department} {curating.departments.get(candidate.department, '')}".strip()
    return {
        "部门": department,
        "问法": "\n".join(candidate.wordings),
        "答案": best.text,
        "来源": f"{best.by}答复，{best.at:%Y-%m-%d}",
        "待办": "群里答过的话，法规依据和办理地点待核实",
    }


def _version(visit: Visit, entry_id: str) -> Entry | None:
    wanted = visit.query("version")
    if not wanted:
        return None
    with visit.services.ledger.transaction() as work:
        versions = work.versions(entry_id)
    place = len(versions) - int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else -1
    found = versions[place].content if 0 <= place < len(versions) else None
    if found is None:
        raise Refused("没有这一版", status=404)
    return found


def _looked(visit: Visit, curating: Curating, entry: Entry) -> dict[str, Any]:
    library = curating.library
    draft = replace(library, entries={**library.entries, entry.id: entry})
    with visit.services.ledger.transaction() as work:
        asked = [case.question for case in work.opened_since(visit.now - ASKED_WITHIN)[-ASKED:]]
    found = check_texts(Library({entry.id: entry}), communities=curating.routing.communities)
    return {
        "sent": as_sent(entry, visit.now),
        "parts": [(name, part_as_sent(entry, name)) for name in entry.parts],
        "hits": hits(entry, draft, curating.matcher(draft), asked),
        "problems": [*found.errors, *found.warnings],
    }
