"""``xiaoshao simulate``: made-up traffic of a whole district against the real engine, with every invariant checked."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.app import load_curated
from bot.cli.curated import KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.errors import XiaoshaoError
from bot.ledger.opening import open_ledger
from bot.settings import ledger_at
from bot.simulation.assumptions import Assumptions
from bot.simulation.report import as_json, sections
from bot.simulation.run import Plan, Simulation
from bot.simulation.score import Score
from bot.simulation.witness import RULES

START = "2026-11-23"
"""A Monday without holidays in its week."""

_SHOWN = 20


def simulate(
    communities: Annotated[int, typer.Option("--communities", min=1, max=200, help="几个社区")] = 15,
    enterprises: Annotated[int, typer.Option("--enterprises", min=1, max=200_000, help="一共多少家企业")] = 6000,
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="模拟几天")] = 7,
    speed: Annotated[str, typer.Option("--speed", metavar="倍数", help="比真实时间快多少倍；max 是能跑多快跑多快")] = "max",
    seed: Annotated[int, typer.Option("--seed", help="同样的种子，同样的一周")] = 1,
    start: Annotated[str, typer.Option("--start", metavar="日期", help="从哪天零点开始")] = START,
    talk: Annotated[float, typer.Option("--talk", min=0, help="每群每个工作日多少条闲聊、通知")] = Assumptions().talk,
    questions: Annotated[float, typer.Option("--questions", min=0, help="每家企业每周问几个问题")] = Assumptions().questions,
    data: Annotated[
        str, typer.Option("--data", metavar="账本", help="写进哪个空账本（文件，或 postgresql://…）；不写就用临时的，跑完就删")
    ] = "",
    report: Annotated[Path | None, typer.Option("--report", metavar="文件", help="把结果另存成 JSON")] = None,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """模拟全区一周：有人问、有人聊、同行答、联络员有快有慢，用真的引擎跑，核对一个问题都没丢。"""
    assumed = replace(Assumptions(), talk=talk, questions=questions)
    curated = load_curated(find_settings(settings, knowledge, routing))
    midnight = _day(start).replace(tzinfo=curated.routing.timezone)
    plan = Plan(midnight, communities, enterprises, days, seed, _speed(speed), assumed)
    with (
        tempfile.TemporaryDirectory(prefix="xiaoshao-simulate-") as folder,
        closing(open_ledger(ledger_at(data) if data else Path(folder) / "ledger.db")) as ledger,
    ):
        score = _with_progress(Simulation(plan, ledger, curated.knowledge, curated.routing), plan)
    _show(score)
    if report is not None:
        report.write_text(as_json(score, seed), encoding="utf-8")
    if score.violations:
        raise XiaoshaoError(_broken(score, plan))


def _with_progress(simulation: Simulation, plan: Plan) -> Score:
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("模拟", total=plan.days * 24)

        def passed(at: datetime) -> None:
            progress.update(task, completed=(at - plan.start).total_seconds() / 3600, description=f"{at:%m-%d %H} 时")

        return simulation.run(passed)


def _show(score: Score) -> None:
    console = Console()
    console.print(
        f"{score.communities} 个社区、{score.enterprises} 家企业、{score.rooms} 个群，"
        f"{score.start:%Y-%m-%d} 到 {score.end:%Y-%m-%d}",
        highlight=False,
    )
    for heading, rows in sections(score):
        table = Table(title=heading, title_justify="left", show_header=False, min_width=60)
        for name, value in rows:
            table.add_row(name, value)
        console.print(table)


def _broken(score: Score, plan: Plan) -> str:
    lines = [f"{violation.at:%m-%d %H:%M} {RULES[violation.rule]}：{violation.what}" for violation in score.violations[:_SHOWN]]
    more = f"\n还有 {len(score.violations) - _SHOWN} 处" if len(score.violations) > _SHOWN else ""
    again = f"--communities {plan.communities} --enterprises {plan.enterprises} --days {plan.days} --seed {plan.seed}"
    return f"不变式破了 {len(score.violations)} 处（重跑：xiaoshao simulate {again}）：\n" + "\n".join(lines) + more


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the zone is that of routing.yaml
    except ValueError:
        raise XiaoshaoError(f"--start {text}：看不懂的日期（写成 2026-11-23 的样子）") from None


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise XiaoshaoError(f"--speed {text}：看不懂的倍数（写 max，或大于 0 的数，例如 60 就是一分钟当一小时）")
    return speed
