"""``xiaoshao eval``: how well the bot does on a folder of messages whose right treatment is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.app import load_curated
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.json_lines import BadLine, parse, text_of
from bot.errors import InvalidFiles, Problem, XiaoshaoError
from bot.work.evaluation import ChatterCounts, Confusion, EvaluationReport, Line, asking
from bot.work.evaluation import evaluate as count

FILES = {"asks.jsonl": "id", "chatter.jsonl": "kind", "routes.jsonl": "department"}
"""The files of the folder, and what labels the lines of each."""


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="里面有 asks.jsonl、chatter.jsonl、routes.jsonl")],
    worst: Annotated[int, typer.Option("--worst", metavar="个数", help="列出几对最容易混的条目")] = 10,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """拿一批已知该怎么处理的话量一量：答对、答错、该闭嘴时说了话没有、部门对不对、快不快。"""
    curated = load_curated(find_settings(settings, knowledge, routing))
    asks, chatter, routes = read_lines(folder)
    ask = asking(curated.knowledge.matcher, curated.knowledge.ranker)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("逐句判断", total=len(asks) + len(chatter) + len(routes))
        report = count(asks, chatter, routes, ask, time.perf_counter, lambda: progress.advance(task))
    for printed in (*_asks(report), *_chatter(report), *_routes(report), *_rest(report, report.confusions[: max(worst, 0)])):
        typer.echo(printed)


def read_lines(folder: Path) -> tuple[list[Line], list[Line], list[Line]]:
    """Read the three files, of which some may be missing; raises ``InvalidFiles`` with every bad line."""
    if not any((folder / name).is_file() for name in FILES):
        raise XiaoshaoError(f"{folder}：文件夹里没有 {'、'.join(FILES)}（写上放评测文件的文件夹）")
    problems: list[Problem] = []
    asks, chatter, routes = (_read_file(folder / name, label, problems) for name, label in FILES.items())
    if problems:
        raise InvalidFiles(tuple(problems))
    return asks, chatter, routes


def _read_file(path: Path, label: str, problems: list[Problem]) -> list[Line]:
    if not path.is_file():
        return []
    lines: list[Line] = []
    for number, raw in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            if raw.strip():
                line = parse(raw)
                lines.append({"q": text_of(line, "q"), label: text_of(line, label)})
        except BadLine as error:
            problems.append(Problem(str(path), number, str(error), f'每行写成 {{"q": "…", "{label}": "…"}}'))
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole}（{part / whole:.1%}）" if whole else "0/0"


def _asks(report: EvaluationReport) -> Iterator[str]:
    whole, offered = report.asks, report.asks_offered_right + report.asks_offered_wrong
    silent = report.asks_opened + report.asks_ignored
    yield f"提问 {whole} 句"
    yield f"  答对　　　　　　　　{_share(report.asks_right, whole)}"
    yield f"  答错　　　　　　　　{_share(report.asks_wrong, whole)}"
    yield f"  给选项，其中有对的　{_share(report.asks_offered_right, whole)}（共给 {offered} 次）"
    yield f"  答对或选项里有对的　{_share(report.asks_right + report.asks_offered_right, whole)}"
    yield f"  没有回答　　　　　　{_share(silent, whole)}（转办 {report.asks_opened}，没理会 {report.asks_ignored}）"
    yield f"  硬选时第一名对　　　{_share(report.first_right, whole)}，前三名有对的 {_share(report.among_three, whole)}"


def _chatter(report: EvaluationReport) -> Iterator[str]:
    yield f"不是提问的话 {report.chatter_total.total} 句"
    for kind, counts in {"合计": report.chatter_total, **report.chatter}.items():
        yield f"  {kind}：{_treatment(counts)}"


def _treatment(counts: ChatterCounts) -> str:
    whole = counts.total
    answered, offered, opened = (_share(part, whole) for part in (counts.answered, counts.offered, counts.opened))
    return f"回答了 {answered}，给了选项 {offered}，当成诉求 {opened}"


def _routes(report: EvaluationReport) -> Iterator[str]:
    whole = report.routes
    yield f"FAQ 里没有的提问 {whole} 句"
    yield f"  登记转办　　　　　　{_share(report.routes_opened, whole)}，部门也对 {_share(report.recognised_and_right, whole)}"
    yield f"  误答　　　　　　　　{_share(report.routes_answered, whole)}，误给选项 {_share(report.routes_offered, whole)}"
    yield f"  没理会　　　　　　　{_share(report.routes_ignored, whole)}"
    yield f"  部门第一名对　　　　{_share(report.department_first, whole)}，前两名有 {_share(report.department_second, whole)}"


def _rest(report: EvaluationReport, confusions: tuple[Confusion, ...]) -> Iterator[str]:
    yield f"每句用时 p50 {report.latency_p50:.2f} 毫秒，p99 {report.latency_p99:.2f} 毫秒"
    if confusions:
        yield "最容易混的条目（应当是 → 认成了）"
    yield from (f"  {one.expected} → {one.got}　{one.count} 次，例如：{one.example}" for one in confusions)
