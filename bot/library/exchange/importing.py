"""From a workbook to changed files: a plan first, which is tried out on a copy of the folder, then the writing of it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import InvalidFiles, Problem, XiaoshaoError
from bot.library.check import Findings, Judge, check_library
from bot.library.exchange.changes import Changes, EntryChange, find_changes
from bot.library.exchange.columns import WORDINGS, find_columns, header_of, sheet_titles
from bot.library.exchange.workbook_file import open_workbook
from bot.library.exchange.workbook_in import Refusal, read_rows
from bot.library.exchange.workbook_out import exported_digests
from bot.library.exchange.yaml_edit import UnusualLayout, append_entries, edit_entries
from bot.library.faq_file import SCHEMA, Loaded, Place, read_library
from bot.model import Library

ORDER = (*(name for name in WORDINGS if name in SCHEMA), *(name for name in SCHEMA if name not in WORDINGS))
"""The fields of an entry in the order in which a new one is written."""

_PLACE = re.compile(r"，另一处在 .+$|，[^，（）]+\.ya?ml:\d+(?=）)")
_FIELD_NAMES = re.compile(rf" ?(?<![\w-])({'|'.join(SCHEMA)})(?![\w-]) ?")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One file's bytes as they were read and as they are to be."""

    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do; ``files`` is already known to load without a problem."""

    folder: Path
    changes: tuple[EntryChange, ...]
    refusals: tuple[Refusal, ...]
    notices: tuple[str, ...]
    files: Mapping[Path, Rewritten]


def plan_import(
    workbook: Path,
    folder: Path,
    departments: Mapping[str, str],
    *,
    communities: Collection[str] | None = None,
    matcher: Callable[[Library], Judge] | None = None,
) -> Plan:
    """Return what a workbook would change in a knowledge folder; nothing is written.

    ``departments`` maps the keys of routing.yaml to the departments' names, ``communities`` are those there (None: any).
    ``matcher`` builds one, which takes seconds, if anything would change; without it it is enough that the files load, and none
    of the checks is made. Raises ``UnusableWorkbook``, and ``InvalidFiles`` if the folder has problems already.
    """
    loaded = read_library(folder, departments=departments)
    if loaded.problems:
        raise InvalidFiles(loaded.problems)
    opened = open_workbook(workbook)
    columns = find_columns(loaded.library, departments)
    rows = read_rows(opened, columns, list(sheet_titles(loaded.library).values()))
    found = find_changes(rows, loaded.library, columns, exported_digests(opened))
    return plan_changes(found, opened.sheetnames, folder, loaded, departments, communities=communities, matcher=matcher)


def plan_changes(
    found: Changes,
    sheets: Sequence[str],
    folder: Path,
    loaded: Loaded,
    departments: Mapping[str, str],
    *,
    communities: Collection[str] | None = None,
    matcher: Callable[[Library], Judge] | None = None,
) -> Plan:
    """Return what changes that were read off rows would do to the folder that was loaded; nothing is written.

    ``sheets`` is the order in which refusals are listed; the rest is as for ``plan_import``.
    """
    with tempfile.TemporaryDirectory(prefix="xiaoshao-") as copy:
        trial = _Trial(folder, Path(copy), loaded, departments, communities, matcher)
        accepted = trial.accept(found.entries)
        # of a link, the file behind it is what must be replaced
        files = {(folder / f"{theme}.yaml").resolve(): content for theme, content in trial.rewritten(accepted).items()}
    order = {title: number for number, title in enumerate(sheets)}
    refusals = sorted([*found.refusals, *trial.refusals], key=lambda each: (order.get(each.sheet, 0), each.row))
    return Plan(folder, tuple(accepted), tuple(refusals), (*found.notices, *trial.notices), files)


def write_plan(plan: Plan) -> None:
    """Replace the files of a plan, each at once and all or none.

    Raises ``XiaoshaoError`` if one of them was changed since the plan was made, OSError if one can't be written; either way
    nothing is changed.
    """
    drafts: dict[Path, Path] = {}
    replaced: list[Path] = []
    try:
        for path, content in plan.files.items():
            drafts[path] = _draft(path, content.after)
        for path, content in plan.files.items():
            if path.read_bytes() != content.before:
                raise XiaoshaoError(f"{path}：这个文件刚刚被别人改过，什么也没有写（重新运行一次 xiaoshao import）")
        for path, draft in drafts.items():
            draft.replace(path)
            replaced.append(path)
    except BaseException:
        for path in replaced:
            _draft(path, plan.files[path].before).replace(path)
        raise
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _draft(path: Path, content: bytes) -> Path:
    """Write a file beside another, under a name that the loader does not read, with the other's permissions."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".tmp", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(path, draft)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


class _Trial:
    """A copy of the knowledge folder on which changes are tried until what is left loads and adds no error to its checks."""

    def __init__(
        self,
        folder: Path,
        copy: Path,
        loaded: Loaded,
        departments: Mapping[str, str],
        communities: Collection[str] | None,
        matcher: Callable[[Library], Judge] | None,
    ) -> None:
        self.folder, self.copy, self.loaded = folder, copy, loaded
        self.departments, self.communities, self.matcher = departments, communities, matcher
        self.refusals: list[Refusal] = []
        self.notices: list[str] = []
        self._known: set[str] | None = None
        self._tried: tuple[tuple[str, ...], Loaded] = ((), loaded)
        themes = dict.fromkeys(entry.theme for entry in loaded.library.entries.values())
        self.before = {theme: (folder / f"{theme}.yaml").read_bytes() for theme in themes}
        for path in folder.glob("*.y*ml"):
            shutil.copyfile(path, copy / path.name)

    def accept(self, changes: Sequence[EntryChange]) -> list[EntryChange]:
        """Return the changes that can go in together; the others are noted in ``refusals``."""
        accepted = self._loadable(changes)
        while refused := self._failing(accepted):
            self.refusals += [refusal for each in refused.values() for refusal in each]
            accepted = self._loadable([change for change in accepted if change.new.id not in refused])
        return accepted

    def _loadable(self, changes: Sequence[EntryChange]) -> list[EntryChange]:
        """Return the changes with which the files load."""
        wanted = list(changes)
        while refused := self._named(wanted):
            self.refusals += refused.values()
            wanted = [change for change in wanted if change.new.id not in refused]
        accepted: list[EntryChange] = []
        self._take(wanted, accepted)
        return accepted

    def rewritten(self, changes: Sequence[EntryChange]) -> dict[str, Rewritten]:
        """Return theme → its file for the themes that changes touch."""
        texts: dict[str, str] = {}
        for theme in dict.fromkeys(change.new.theme for change in changes):
            mine = [change for change in changes if change.new.theme == theme]
            text = self.before[theme].decode("utf-8")
            text = edit_entries(text, {change.new.id: change.values() for change in mine if change.old}, ORDER)
            added = [_in_order(change.values()) for change in mine if not change.old]
            texts[theme] = append_entries(text, added) if added else text
        return {theme: Rewritten(self.before[theme], text.encode("utf-8")) for theme, text in texts.items()}

    def _named(self, changes: Sequence[EntryChange]) -> dict[str, Refusal]:
        """Return entry id → refusal for the changes that a problem points at by itself."""
        try:
            found = self._try(changes)
        except UnusualLayout:
            return {}
        refused: dict[str, Refusal] = {}
        by_id = {change.new.id: change for change in changes}
        for problem in found.problems:
            name, part = _owner(found, problem)
            change = by_id.get(name)
            field = _field_of(change, part) if change else ""
            if change and field:
                refused.setdefault(name, _refusal(change, field, problem, ""))
        return refused

    def _take(self, changes: Sequence[EntryChange], accepted: list[EntryChange]) -> None:
        """Add to ``accepted`` what loads together with it, halving what does not until the culprits are alone."""
        if not changes:
            return
        try:
            found = self._try([*accepted, *changes])
            faults = list(found.problems) or self._differences(found, [*accepted, *changes])
        except UnusualLayout as error:
            found, faults = None, [Problem("", 0, str(error))]
        if not faults:
            accepted += changes
        elif len(changes) > 1:
            middle = len(changes) // 2
            self._take(changes[:middle], accepted)
            self._take(changes[middle:], accepted)
        else:
            change = changes[0]
            name, part = _owner(found, faults[0]) if found else ("", "")
            elsewhere = found is not None and name != change.new.id
            touched = {each.column.field for each in change.fields}
            field = min(touched) if elsewhere and len(touched) == 1 else _field_of(change, part)
            self.refusals.append(_refusal(change, field, faults[0], name if elsewhere else ""))

    def _failing(self, changes: Sequence[EntryChange]) -> dict[str, list[Refusal]]:
        """Return entry id → refusals for the changes with which the checks find errors that were not there before.

        Once there are none, ``notices`` has what else the checks found.
        """
        if not changes:
            return {}
        loaded = self._try(changes)
        findings = self._check(loaded)
        by_id = {change.new.id: change for change in changes}
        refused: dict[str, list[Refusal]] = {}
        strange: list[Problem] = []
        for problem in findings.errors:
            name, part = _owner(loaded, problem)
            field = _field_of(by_id[name], part) if name in by_id else ""
            if not field and _said(problem) in self._errors_before():
                continue
            change = _culprit(problem, name, by_id)
            if change is None:
                strange.append(problem)
                continue
            asks = any(each.column.field == "questions" for each in change.fields)
            refusal = _refusal(change, field or ("questions" if asks else ""), problem, "" if name == change.new.id else name)
            refused.setdefault(change.new.id, []).append(refusal)
        if not refused:
            self.notices = [*self._warnings(loaded, findings.warnings, by_id), *map(_left_over, strange)]
        return refused

    def _check(self, loaded: Loaded) -> Findings:
        if self.matcher is None:
            return Findings([], [], [])
        matcher = self.matcher(loaded.library)
        return check_library(loaded.library, matcher, places=loaded.places, communities=self.communities)

    def _errors_before(self) -> set[str]:
        """Return what the checks say of the folder as it is."""
        if self._known is None:
            self._known = {_said(problem) for problem in self._check(self.loaded).errors}
        return self._known

    def _warnings(self, loaded: Loaded, found: Iterable[Problem], by_id: Mapping[str, EntryChange]) -> Iterator[str]:
        for problem in found:
            name, part = _owner(loaded, problem)
            change = _culprit(problem, name, by_id)
            if change:
                yield str(_refusal(change, _field_of(change, part), problem, ""))

    def _try(self, changes: Sequence[EntryChange]) -> Loaded:
        names = tuple(change.new.id for change in changes)
        if names != self._tried[0]:
            files = self.rewritten(changes)
            for theme, before in self.before.items():
                (self.copy / f"{theme}.yaml").write_bytes(files[theme].after if theme in files else before)
            self._tried = names, read_library(self.copy, departments=self.departments)
        return self._tried[1]

    def _differences(self, found: Loaded, changes: Iterable[EntryChange]) -> list[Problem]:
        """Return a fault if the files would not say exactly what was asked for."""
        wanted = {**self.loaded.library.entries, **{change.new.id: change.new for change in changes}}
        wrong = [name for name in wanted if found.library.entries.get(name) != wanted[name]]
        return [Problem("", 0, f"写进文件以后读出来不一样（{'、'.join(wrong)}），没有写", "请直接改知识文件")] if wrong else []


def _in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ORDER if values.get(name) is not None}


def _owner(found: Loaded, problem: Problem) -> tuple[str, str]:
    """Return the entry at which a problem lies, and the field or the item of a list there."""
    before: tuple[int, str, str] = (0, "", "")
    for (name, part), place in found.places.parts.items():
        if _covers(place, problem) and (place.line, part not in SCHEMA) >= (before[0], before[2] not in SCHEMA):
            before = (place.line, name, part)
    return before[1], before[2]


def _said(problem: Problem) -> str:
    """Return a problem's message without the places in files that it names."""
    return _PLACE.sub("", problem.message)


def _left_over(problem: Problem) -> str:
    return f"写入以后 xiaoshao check 会多出一个问题：{_said(problem)}（{problem.mend}）"


def _culprit(problem: Problem, owner: str, changes: Mapping[str, EntryChange]) -> EntryChange | None:
    """Return the change that a problem comes from: that of the entry where it lies, else of one that it speaks of."""
    spoken_of = (changes[name] for name in re.findall(r"[a-z0-9-]+", problem.message) if name in changes)
    return changes.get(owner) or next(spoken_of, None)


def _covers(place: Place, problem: Problem) -> bool:
    return place.file == problem.file and 0 < place.line <= problem.line


def _field_of(change: EntryChange, part: str) -> str:
    """Return the changed field that a place in an entry belongs to, ``""`` if the change did not touch it."""
    for each in change.fields:
        if part == each.column.field:
            return part
        if isinstance(each.new, tuple) and part in each.new and part not in (each.old or ()):
            return each.column.field
    return ""


def _refusal(change: EntryChange, field: str, problem: Problem, other: str) -> Refusal:
    """Return a problem in the files as the refusal of a row, in the words of the workbook."""
    message, mend = (_FIELD_NAMES.sub(lambda found: header_of(found[1]), text) for text in (_said(problem), problem.mend))
    names = [each.column.name for each in change.fields if each.column.field == field]
    return change.row.refuse(names[0] if names else None, f"与条目 {other} 冲突：{message}" if other else message, mend)
