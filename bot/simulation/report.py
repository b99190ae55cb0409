"""The score of a simulation in words, for people, and as plain values, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from statistics import quantiles
from typing import Any

from bot.desk.phrases import STATUS_WORDS
from bot.reports.scorecard import Rate, Scorecard
from bot.reports.scorecard_workbook import FORMULAS
from bot.simulation.audit import FATE_WORDS
from bot.simulation.score import Effort, Score, Span
from bot.simulation.witness import RULES

Rows = list[tuple[str, str]]
Section = tuple[str, Rows]
"""A heading, and rows of name and value."""


def sections(score: Score) -> Iterator[Section]:
    """Yield the report, section by section, in Chinese."""
    asked = sum(score.fates.values())
    fates = [(words, _share(Rate(score.fates.get(fate, 0), asked))) for fate, words in FATE_WORDS.items()]
    yield f"问题的去向（共 {asked} 个）", fates
    yield "工单", _cases(score)
    yield "三率（账本自己算的）", _rates(score.card)
    waits = (
        ("小哨第一次回话", score.first_word),
        ("同行回答", score.by_peers),
        ("部门、社区答复（含夜里和周末）", score.by_department),
    )
    yield "等了多久：一半的人、九成的人在这个时间以内", [(name, _span(span)) for name, span in waits]
    yield "群里", _groups(score)
    yield "跑得多快", _effort(score)
    broken = [violation.rule for violation in score.violations]
    kept = [(words, f"破了 {broken.count(rule)} 次" if rule in broken else "守住了") for rule, words in RULES.items()]
    yield "不变式", kept


def _cases(score: Score) -> Rows:
    rows = [(STATUS_WORDS[status.value], str(number)) for status, number in sorted(score.cases.items())]
    some = f"{score.urgent} / {score.joined} / {score.transferred} / {score.reopened}"
    unclear = ("联络员没引用也没写编号，记到别的工单上的", str(len(score.mistaken)))
    return [*rows, unclear, ("其中：紧急 / 有人同问 / 转办过 / 重开过", some)]


def _rates(card: Scorecard) -> Rows:
    rates = (card.response, card.solution, card.satisfaction, card.unrated)
    return [(f"{name}：{how}", _share(rate)) for (name, how), rate in zip(FORMULAS, rates, strict=True)]


def _groups(score: Score) -> Rows:
    return [
        ("每群每天的消息（不含小哨）", f"{score.said_a_day:.1f}"),
        ("每群每天小哨说的", f"{score.bot_said_a_day:.1f}（最多的一个群，全程 {score.busiest_room} 条）"),
        ("其中主动说的，全部群合计", str(score.unasked)),
        ("FAQ 答对的", _share(score.answered_right)),
        ("闲聊、通知、广告里误出声的", _share(score.talk_answered)),
    ]


def _effort(score: Score) -> Rows:
    effort = score.effort
    cuts = _cuts(effort)
    return [
        ("收到的消息 / 发出的消息", f"{score.messages} / {score.letters}"),
        ("全程用时 / 处理器时间", f"{effort.wall:.1f} 秒 / {effort.cpu:.1f} 秒"),
        ("每秒收的消息（含到点、发送、核对）", f"{score.messages / max(effort.wall, 1e-9):.0f}"),
        ("每秒处理器时间收的消息", f"{score.messages / max(effort.cpu, 1e-9):.0f}"),
        ("收一条（到写进账本）p50 / p99", f"{cuts[0] * 1000:.1f} / {cuts[1] * 1000:.1f} 毫秒"),
        ("比真实时间快", f"{(score.end - score.start).total_seconds() / max(effort.wall, 1e-9):.0f} 倍"),
    ]


def as_json(score: Score, seed: int) -> str:
    """Return the score as a JSON text; times in ISO format, spans in seconds."""
    values = asdict(score)
    values["seed"] = seed
    p50, p99 = _cuts(score.effort)
    values["effort"] = {"wall": score.effort.wall, "cpu": score.effort.cpu, "handle_p50": p50, "handle_p99": p99}
    return json.dumps(values, ensure_ascii=False, indent=2, default=_plain)


def _cuts(effort: Effort) -> tuple[float, float]:
    if len(effort.handled) < 2:
        return (0.0, 0.0)
    cuts = quantiles(effort.handled, n=100)
    return cuts[49], cuts[98]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _share(rate: Rate) -> str:
    return f"{rate.part}/{rate.whole}（{rate.part / rate.whole:.1%}）" if rate.whole else "0"


def _span(span: Span | None) -> str:
    return f"{_long(span.median)}、{_long(span.most)}（{span.count} 次）" if span else "没有"


def _long(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    if minutes < 1:
        return f"{time.total_seconds():.0f} 秒"
    return f"{minutes} 分钟" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60} 分"
