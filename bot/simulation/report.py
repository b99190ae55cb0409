"""The score of a simulation in words, for people, and as plain values, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from bot.desk.phrases import STATUS_WORDS
from bot.simulation.audit import FATE_WORDS
from bot.simulation.score import Effort, Rate, Score, Span
from bot.simulation.witness import RULES

Section = tuple[str, list[tuple[str, str]]]
"""A heading, and rows of name and value."""


def sections(score: Score) -> Iterator[Section]:
    """Yield the report, section by section, in Chinese."""
    asked = sum(score.fates.values())
    yield (
        f"问题的去向（共 {asked} 个）",
        [(words, _share(Rate(score.fates.get(fate, 0), asked))) for fate, words in FATE_WORDS.items()],
    )
    yield (
        "工单",
        [
            *((STATUS_WORDS[status], str(score.cases.get(status, 0))) for status in STATUS_WORDS if score.cases.get(status)),  # type: ignore[call-overload]
            (
                "其中：紧急 / 有人同问 / 转办过 / 重开过",
                f"{score.urgent} / {score.joined} / {score.transferred} / {score.reopened}",
            ),
            ("响应率＝签收时限内签收或答复的次数÷到了签收时限的次数", _share(score.response)),
            ("解决率＝已答复和已办结的÷转出去的（不算撤回的）", _share(score.solution)),
            ("满意率＝评 4–5 分（满意）的÷评价过的", _share(score.satisfaction)),
            ("　答复了没有评价的", _share(score.unrated)),
        ],
    )
    yield (
        "等了多久（一半的人、九成的人在这个时间以内）",
        [
            ("小哨第一次回话", _span(score.first_word)),
            ("同行回答", _span(score.by_peers)),
            ("部门、社区答复（按自然时间，含夜里和周末）", _span(score.by_department)),
        ],
    )
    yield (
        "群里",
        [
            ("每群每天的消息（不含小哨）", f"{score.said_a_day:.1f}"),
            ("每群每天小哨说的", f"{score.bot_said_a_day:.1f}（最多的一个群，全程 {score.busiest_room} 条）"),
            ("其中主动说的，全部群合计", str(score.unasked)),
            ("FAQ 答对的", _share(score.answered_right)),
            ("闲聊、通知、广告里误出声的", _share(score.talk_answered)),
        ],
    )
    yield "跑得多快", _effort(score)
    broken = [violation.rule for violation in score.violations]
    yield "不变式", [(words, f"破了 {broken.count(rule)} 次" if rule in broken else "守住了") for rule, words in RULES.items()]


def _effort(score: Score) -> list[tuple[str, str]]:
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
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _share(rate: Rate) -> str:
    return f"{rate.part}/{rate.whole}（{rate.share:.1%}）" if rate.whole else "0"


def _span(span: Span | None) -> str:
    return f"{_long(span.median)}、{_long(span.most)}（{span.count} 次）" if span else "没有"


def _long(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    if minutes < 1:
        return f"{time.total_seconds():.0f} 秒"
    return f"{minutes} 分钟" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60} 分"
