"""``xiaoshao candidates``: what colleagues and contacts answered, on its way into the FAQ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.app import Curated, load_curated
from bot.cli.check import PATIENCE, DelayedBar, survey_files
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, time_now, user_at, with_data
from bot.errors import Problem, XiaoshaoError
from bot.ledger.port import Ledger
from bot.library.harvest.candidates import Candidate, Given, find_candidates
from bot.library.harvest.drafts import draft as draft_of
from bot.library.harvest.drafts import write_draft
from bot.library.harvest.phrasing import plan_phrasing, write_phrasing
from bot.library.yaml_lines import did_you_mean
from bot.settings import Settings
from bot.text import shorten
from bot.work.revisions import edited_by

_ANSWERS_LISTED = 2
_BRIEF = 70


def candidates(
    number: Annotated[int | None, typer.Argument(metavar="编号", help="候选编号；不写就列出全部", show_default=False)] = None,
    draft: Annotated[bool, typer.Option("--draft", help="打印一条条目草稿")] = False,
    write: Annotated[bool, typer.Option("--write", help="跟 --draft 一起用：把草稿存到知识文件夹旁边的 drafts/")] = False,
    into: Annotated[str, typer.Option("--into", metavar="条目", help="把问法加进这个已有的条目（检查通过才写）")] = "",
    words: Annotated[str, typer.Option("--words", metavar="问法", help="跟 --into 一起用：改用这句话作问法")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="条数", help="最多列出几个")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="连知识库已经能答的也列出")] = False,
    data: DataOption = None,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """列出群里同行和联络员答过、可以收进知识库的问题；起草条目，或加为已有条目的问法。"""
    _check_options(number, draft=draft, write=write, into=into, words=words)
    chosen = with_data(find_settings(settings, knowledge, routing), data)
    with opened_ledger(chosen) as ledger:
        curated = load_curated(chosen)
        with ledger.transaction() as transaction:
            cases = transaction.opened_since(replied=True)
            rules = curated.routing.knowing(tuple(transaction.enterprises()))
        found = find_candidates(cases, rules)
        if number is None:
            _echo(_listed(found, curated, limit, everything=everything))
            return
        candidate = _numbered(found, number)
        if into:
            _add_phrasing(candidate, into, words, curated, chosen, ledger)
        elif draft:
            _draft(candidate, chosen, write=write)
        else:
            _echo(_told(candidate, curated))


def _check_options(number: int | None, *, draft: bool, write: bool, into: str, words: str) -> None:
    if number is None and (draft or into):
        raise XiaoshaoError("要写明是哪个候选，例如 xiaoshao candidates 3 --draft（编号见 xiaoshao candidates）")
    if draft and into:
        raise XiaoshaoError("--draft 和 --into 两者选一个")
    if write and not draft:
        raise XiaoshaoError("--write 要跟 --draft 一起用，例如 xiaoshao candidates 3 --draft --write")
    if words and not into:
        raise XiaoshaoError("--words 要跟 --into 一起用，例如 xiaoshao candidates 3 --into forklift-plate --words 叉车怎么上牌")


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)


def _numbered(found: Sequence[Candidate], number: int) -> Candidate:
    candidate = next((each for each in found if number in each.cases), None)
    if candidate is None:
        raise XiaoshaoError(f"没有候选 {number}（用 xiaoshao candidates 看有哪些）")
    return candidate


def _listed(found: Sequence[Candidate], curated: Curated, limit: int, *, everything: bool) -> Iterator[str]:
    matcher = curated.knowledge.matcher
    known = {each.number for each in found if matcher.judge(each.question).verdict == "answer"}
    shown = [each for each in found if everything or each.number not in known]
    if not shown:
        yield "还没有候选：同行在群里答过、或联络员答复过的新问题会出现在这里。"
    for candidate in shown[:limit]:
        yield from _brief(candidate, curated)
    if len(shown) > limit:
        yield f"还有 {len(shown) - limit} 个，用 --limit {len(shown)} 全部列出"
    if known and not everything:
        yield f"另有 {len(known)} 个知识库已经能答，没有列出（--all 可列出）"


def _head(candidate: Candidate, curated: Curated) -> str:
    department = curated.routing.departments.get(candidate.department)
    name = department.name if department else candidate.department
    return f"候选 {candidate.number}　问了 {candidate.asked} 次　最近 {candidate.last:%Y-%m-%d}　{name}"


def _brief(candidate: Candidate, curated: Curated) -> Iterator[str]:
    yield _head(candidate, curated)
    yield f"  问：{shorten(candidate.question, _BRIEF)}"
    for given in candidate.answers[:_ANSWERS_LISTED]:
        yield f"  答：{_by(given)}：{shorten(given.text, _BRIEF)}"
    if len(candidate.answers) > _ANSWERS_LISTED:
        yield f"  （还有 {len(candidate.answers) - _ANSWERS_LISTED} 个回答，用 xiaoshao candidates {candidate.number} 看全部）"
    yield from list(_nearest(candidate, curated))[:1]


def _told(candidate: Candidate, curated: Curated) -> Iterator[str]:
    yield _head(candidate, curated)
    yield from (f"  问：{wording}" for wording in candidate.wordings)
    for given in candidate.answers:
        yield f"  答：{_by(given)}，{given.at:%Y-%m-%d}："
        yield from (f"      {line}" for line in given.text.splitlines())
    yield from _nearest(candidate, curated)
    yield f"起草新条目：xiaoshao candidates {candidate.number} --draft --write"
    yield f"加为已有条目的问法：xiaoshao candidates {candidate.number} --into 条目id"


def _by(given: Given) -> str:
    kind = "同行" if given.peer else "部门"
    return f"{given.by}（{kind}{f'，评价 {given.rating} 分' if given.rating else ''}）"


def _nearest(candidate: Candidate, curated: Curated) -> Iterator[str]:
    ranked = curated.knowledge.matcher.forced(candidate.question)[:3]
    if not ranked:
        yield "  最像：没有相近的条目"
    for place, near in enumerate(ranked):
        title = curated.knowledge.library.entries[near.entry_id].title
        yield f"  {'最像' if place == 0 else '其次'}：{near.entry_id}「{title}」{near.confidence:.0%}"


def _draft(candidate: Candidate, chosen: Settings, *, write: bool) -> None:
    if not write:
        typer.echo(draft_of(candidate), nl=False)
        return
    path = write_draft(candidate, chosen.knowledge)
    typer.echo(f"已写好草稿：{path}（小哨不会读它；填好、核实以后移进知识文件，再运行 xiaoshao check）")


def _add_phrasing(candidate: Candidate, into: str, words: str, curated: Curated, chosen: Settings, ledger: Ledger) -> None:
    entries = curated.knowledge.library.entries
    if into not in entries:
        raise XiaoshaoError(f"没有条目“{into}”（{did_you_mean(into, entries) or '条目的 id 写在知识文件里“id:”的后面'}）")
    phrasing = " ".join(words.split()) or candidate.question
    with DelayedBar(Console(stderr=True), PATIENCE) as bar:

        def check(folder: Path) -> list[Problem]:
            return survey_files(replace(chosen, knowledge=folder), bar=bar).found.errors

        addition = plan_phrasing(chosen.knowledge, curated.knowledge.library, entries[into], phrasing, check)
    if addition.problems:
        typer.echo(f"没有写：加上问法“{phrasing}”以后检查通不过，什么也没有改。")
        for problem in addition.problems:
            typer.echo(f"{problem}")
        raise typer.Exit(1)
    with edited_by(ledger, user_at(f"候选 {candidate.number}"), [addition.entry], time_now(chosen, ledger)):
        write_phrasing(addition)
    typer.echo(f"已把“{phrasing}”加为 {into} 的问法（{addition.file.name}），检查通过；运行中的小哨会自动启用。")
