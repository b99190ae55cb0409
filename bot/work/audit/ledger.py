"""What the ledger shows: overdue cases, messages that did not go out, events not decided, bots that differ or fell silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.ledger.port import Judged, Outgoing, Tally, Transaction
from bot.model import Case
from bot.work.audit.finding import Finding
from bot.work.audit.heartbeat import SILENCE, Heartbeat, heartbeats

GRACE = timedelta(minutes=5)
"""How late anything may be before it is a finding."""

PATIENCE = timedelta(minutes=15)
"""How long a message may wait to be sent: channels pace themselves."""

LOOKING_BACK = timedelta(days=7)
"""How long messages given up and events not decided are listed."""

PERSISTENCE = timedelta(minutes=3)
"""How long two bots must differ: a change of the files reaches each at its own time."""

AHEAD = timedelta(minutes=5)
"""How far another bot's clock may be ahead."""


def ledger_findings(transaction: Transaction, me: str, now: datetime) -> list[Finding]:
    """Return what is wrong as far as the ledger shows it; ``me`` is this bot's own id."""
    faults = transaction.faults(now - LOOKING_BACK)
    lost = transaction.undelivered(now - LOOKING_BACK)
    communities = {number: _community(transaction, number) for number in {out.case for out in lost if out.case is not None}}
    return [
        *map(_overdue, transaction.overdue(now, GRACE)),
        *_outbox(transaction.tally(now, GRACE), now),
        *(_undelivered(out, communities.get(out.case, "") if out.case is not None else "") for out in lost),
        *map(_fault, faults),
        *bot_findings(heartbeats(transaction), me, now),
    ]


def _community(transaction: Transaction, number: int) -> str:
    case = transaction.case(number)
    return case.community if case else ""


def _overdue(case: Case) -> Finding:
    assert case.due is not None
    who = case.assignee or "还没有经办人"
    text = f"#{case.number} 该在 {case.due.at:%Y-%m-%d %H:%M} 做的一步（{case.due.name}）超过五分钟没有做，{who}"
    return Finding("overdue", str(case.number), text, community=case.community, urgent=case.danger)


def _outbox(tally: Tally, now: datetime) -> Iterator[Finding]:
    if tally.oldest is not None and now - tally.oldest > PATIENCE:
        minutes = (now - tally.oldest) // timedelta(minutes=1)
        text = f"有 {tally.waiting} 条消息没发出去，最早的一条等了 {minutes} 分钟：看看渠道是不是断了"
        yield Finding("outbox_waiting", "", text)
    if tally.stuck:
        text = f"有 {tally.stuck} 条消息发到一半没有结果，也没有人接着发：发送可能停了，重启小哨"
        yield Finding("lease_stuck", "", text)


def _undelivered(out: Outgoing, community: str) -> Finding:
    about = f"#{out.case} " if out.case is not None else ""
    text = f"{about}发给{out.target.name}的消息没有送达（试了 {out.attempts} 次，{out.why}）"
    if out.target.kind == "person":
        text = f"{about}一条私聊没有送达（试了 {out.attempts} 次，{out.why}）"
    # To tell by message of a message that told of a finding would go on for ever.
    quiet = out.key.startswith("audit/")
    return Finding("undelivered", out.key, text, _brief(out.text), grave=out.urgent, community=community, quiet=quiet)


def _fault(judged: Judged) -> Finding:
    reasons = "；".join(reason.detail for reason in judged.decision.reasons)
    detail = "，".join(part for part in (judged.message_id, reasons, _brief(judged.text)) if part)
    return Finding("fault", judged.message_id, f"{judged.at:%Y-%m-%d %H:%M} 的一条没有处理成", detail, grave=False)


def bot_findings(beats: Iterable[Heartbeat], me: str, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong between the bots that share a ledger, as this one (``me``) sees it."""
    beats = list(beats)
    own = next((beat for beat in beats if beat.bot == me), None)
    for beat in beats:
        if beat.bot == me:
            continue
        if beat.at - now > AHEAD:
            text = f"{beat.bot} 的时钟比这里快 {_span(beat.at - now)}：两台电脑都打开自动校时"
            yield Finding("clocks_differ", beat.bot, text)
        elif now - beat.at > SILENCE:
            if not any(other.replaces(beat, now) for other in beats):
                text = f"{beat.bot} 上的小哨从 {beat.at:%Y-%m-%d %H:%M} 起没有动静：看看那台电脑和程序还在不在"
                yield Finding("bot_silent", beat.bot, text)
        elif own is not None and now - max(own.since, beat.since) > PERSISTENCE:
            yield from _differences(own, beat)


def _differences(own: Heartbeat, other: Heartbeat) -> Iterator[Finding]:
    if own.config != other.config:
        text = f"{own.bot} 和 {other.bot} 用的知识文件或 routing.yaml 不一样，同一个问题会答得不同：把文件弄成一样"
        yield Finding("config_differs", other.bot, text)
    if own.version != other.version:
        text = f"{own.bot} 是 {own.version} 版，{other.bot} 是 {other.version} 版：升级成一样的"
        yield Finding("version_differs", other.bot, text, grave=False)


def _span(span: timedelta) -> str:
    minutes = max(1, round(span / timedelta(minutes=1)))
    return f"{minutes} 分钟" if minutes < 120 else f"{round(minutes / 60)} 小时"


def _brief(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
