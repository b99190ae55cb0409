"""What a directory workbook would change in the directory: every row checked, every difference listed, nothing written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.library.directory.columns import ALSO, COMMUNITY, COMPANY, FULL_NAME, GRID, NAME, NICKNAME, ROLE, DirectoryColumn
from bot.library.directory.workbook_in import DirectoryRows, Row
from bot.library.exchange.workbook_in import Refusal
from bot.library.yaml_lines import did_you_mean
from bot.model import Enterprise, Member
from bot.routing.config import Community

_SHORTEST, _LONGEST, _LONGEST_FULL = 2, 24, 60
_BETWEEN = re.compile(r"[、，,；;/\n]+")


@dataclass(slots=True)
class DirectoryPlan:
    """The differences between workbook and directory; with any refusal nothing may be written.

    ``changed`` are pairs of old and new; ``gone`` are enterprises that the workbook does not have and that are to be taken out,
    ``kept`` those that stay.
    """

    added: list[Enterprise] = field(default_factory=list)
    changed: list[tuple[Enterprise, Enterprise]] = field(default_factory=list)
    gone: list[Enterprise] = field(default_factory=list)
    kept: list[Enterprise] = field(default_factory=list)
    same: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Tell whether nothing would change."""
        return not (self.added or self.changed or self.gone)


def plan_directory(
    rows: DirectoryRows, known: Sequence[Enterprise], communities: Mapping[str, Community], *, replace_all: bool
) -> DirectoryPlan:
    """Compare the rows of a workbook with the directory; with ``replace_all`` what the workbook lacks is taken out."""
    plan = DirectoryPlan(refusals=list(rows.refusals), notices=list(rows.notices))
    before = {enterprise.name: enterprise for enterprise in known}
    listed = _enterprises(rows.enterprises, before, communities, plan.refusals)
    rest = [enterprise for name, enterprise in before.items() if name not in listed]
    if rows.people is not None:
        people = _people(rows.people, listed, rest, plan.refusals)
        listed = {name: (row, replace(each, people=tuple(people.get(name, ())))) for name, (row, each) in listed.items()}
    staying = [] if replace_all else rest
    _refuse_same_names(listed, staying, plan.refusals)
    for name, (_, wanted) in listed.items():
        if name not in before:
            plan.added.append(wanted)
        elif before[name] != wanted:
            plan.changed.append((before[name], wanted))
        else:
            plan.same += 1
    plan.gone, plan.kept = (rest, []) if replace_all else ([], rest)
    return plan


_Listed = dict[str, tuple[Row, Enterprise]]


def _enterprises(
    rows: Iterable[Row], before: Mapping[str, Enterprise], communities: Mapping[str, Community], refusals: list[Refusal]
) -> _Listed:
    listed: _Listed = {}
    for row in rows:
        name = row[NAME]
        if name in listed:
            refusals.append(row.refuse(NAME, f"“{name}”在第 {listed[name][0].number} 行写过了", "两行合成一行"))
            continue
        faults = [*_name_faults(row), *_place_faults(row, communities)]
        refusals += faults
        old = before.get(name)
        community = row[COMMUNITY] or next(iter(communities), "")
        also = tuple(dict.fromkeys(part.strip() for part in _BETWEEN.split(row[ALSO]) if part.strip()))
        listed[name] = row, Enterprise(name, community, row[GRID], row[FULL_NAME], also, old.people if old else ())
    return listed


def _name_faults(row: Row) -> Iterator[Refusal]:
    yield from _length_faults(row, NAME, row[NAME], _LONGEST)
    yield from _length_faults(row, FULL_NAME, row[FULL_NAME], _LONGEST_FULL)
    for name in _BETWEEN.split(row[ALSO]):
        yield from _length_faults(row, ALSO, name.strip(), _LONGEST)


def _length_faults(row: Row, column: DirectoryColumn, name: str, longest: int) -> Iterator[Refusal]:
    if name and not _SHORTEST <= len(name) <= longest:
        shown = name if len(name) <= longest else f"{name[:12]}…"
        yield row.refuse(column, f"“{shown}”有 {len(name)} 个字，要 {_SHORTEST} 到 {longest} 个", "改成群昵称里的写法")
    elif "\n" in name:
        yield row.refuse(column, "里面有换行", "写在一行里")


def _place_faults(row: Row, communities: Mapping[str, Community]) -> Iterator[Refusal]:
    community = row[COMMUNITY] or (next(iter(communities)) if len(communities) == 1 else "")
    if not community:
        yield row.refuse(COMMUNITY, "不能空着：路由文件里有几个社区", f"写上是哪一个：{'、'.join(communities)}")
    elif community not in communities:
        yield row.refuse(COMMUNITY, f"路由文件里没有社区“{community}”", did_you_mean(community, communities))
    elif row[GRID] and row[GRID] not in communities[community].grids:
        grids = communities[community].grids
        yield row.refuse(GRID, f"{community}没有网格“{row[GRID]}”", did_you_mean(row[GRID], grids) or "先在 routing.yaml 里加上")


def _people(rows: Iterable[Row], listed: _Listed, rest: Sequence[Enterprise], refusals: list[Refusal]) -> dict[str, list[Member]]:
    people: dict[str, list[Member]] = {}
    seen: dict[str, Row] = {}
    for row in rows:
        company, nickname = row[COMPANY], row[NICKNAME]
        first = seen.setdefault(_plain(nickname), row)
        if company not in listed:
            others = {enterprise.name for enterprise in rest}
            mend = "它不在“企业”表里，把它那一行也写上" if company in others else did_you_mean(company, listed)
            refusals.append(row.refuse(COMPANY, f"“企业”表里没有“{company}”", mend))
        elif first is not row:
            message = f"“{nickname}”在第 {first.number} 行写过了（{first[COMPANY]}）"
            refusals.append(row.refuse(NICKNAME, message, "一个群昵称只能写一次"))
        else:
            people.setdefault(company, []).append(Member(row[ROLE], nickname))
    return people


def _refuse_same_names(listed: _Listed, staying: Iterable[Enterprise], refusals: list[Refusal]) -> None:
    """Refuse what would make two enterprises look the same in a nickname."""
    owner = {_plain(name): each.name for each in staying for name in _known_as(each)}
    for name, (row, enterprise) in listed.items():
        for called in _known_as(enterprise):
            other = owner.setdefault(_plain(called), name)
            if other != name:
                message = f"“{called}”也是“{other}”的叫法或群昵称，分不清是哪家"
                refusals.append(row.refuse(NAME, message, "改成两家不一样的写法"))


def _known_as(enterprise: Enterprise) -> tuple[str, ...]:
    return (*enterprise.names, *(person.nickname for person in enterprise.people))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def describe(plan: DirectoryPlan) -> Iterator[str]:
    """Say what would change, line by line, then what was refused or passed over."""
    for enterprise in plan.added:
        yield f"新增　{enterprise.name}　{place_of(enterprise)}"
        yield from (f"    {line}" for line in _details(enterprise))
    for old, new in plan.changed:
        yield f"修改　{new.name}"
        yield from (f"    {line}" for line in _differences(old, new))
    yield from (f"删除　{enterprise.name}　{place_of(enterprise)}" for enterprise in plan.gone)
    yield from plan.notices
    yield from (f"有错　{refusal}" for refusal in plan.refusals)


def summary(plan: DirectoryPlan) -> str:
    """Count the changes."""
    counts = (("新增", len(plan.added)), ("修改", len(plan.changed)), ("删除", len(plan.gone)), ("不变", plan.same))
    words = "，".join(f"{word} {count} 家" for word, count in counts if count)
    kept = f"；名录里另有 {len(plan.kept)} 家不在工作簿里，保持原样" if plan.kept else ""
    return f"{words or '没有要改的'}{kept}"


def place_of(enterprise: Enterprise) -> str:
    """Name community and grid."""
    return f"{enterprise.community} {enterprise.grid or '（没有划进网格）'}"


def _details(enterprise: Enterprise) -> Iterator[str]:
    if enterprise.full_name:
        yield f"全称：{enterprise.full_name}"
    if enterprise.also:
        yield f"其他叫法：{'、'.join(enterprise.also)}"
    yield from (f"人员：{person.role}　{person.nickname}" for person in enterprise.people)


def _differences(old: Enterprise, new: Enterprise) -> Iterator[str]:
    pairs = (
        ("社区", old.community, new.community),
        ("网格", old.grid, new.grid),
        ("全称", old.full_name, new.full_name),
        ("其他叫法", "、".join(old.also), "、".join(new.also)),
    )
    yield from (f"{what}：{before or '（空）'} → {after or '（空）'}" for what, before, after in pairs if before != after)
    yield from (f"人员：去掉 {gone.role}　{gone.nickname}" for gone in old.people if gone not in new.people)
    yield from (f"人员：加上 {added.role}　{added.nickname}" for added in new.people if added not in old.people)
    if set(old.people) == set(new.people) and old.people != new.people:
        yield "人员：换了先后"
