"""The page's JSON: bubbles, the last decision, cases and their history, with Chinese words for the core's codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.page import PERSON_PREFIX
from bot.desk.phrases import STATUS_WORDS
from bot.ledger.port import Bubble, HistoryLine, Judged
from bot.model import Action, Case, Reason
from bot.web.services import WebServices

Json = dict[str, Any]

ACTION_WORDS = {
    Action.ANSWER: ("直接回答", "good"),
    Action.OFFER: ("请对方选", "wait"),
    Action.OPEN: ("登记转办", "work"),
    Action.IGNORE: ("不插话", "calm"),
    Action.CASE: ("办理工单", "work"),
    Action.REPLY: ("简短回话", "good"),
}

STEP_WORDS = {
    "peers": "等同行回答",
    "remind_acknowledge": "催签收",
    "remind": "催办",
    "escalate": "上报",
    "repeat": "再催",
    "rating": "请评价",
    "close": "自动办结",
}


def page(services: WebServices) -> Json:
    """Give the page's template what it needs: the groups, who can be played, and the time."""
    start = {
        "bot": services.bot_name,
        "rooms": [{"name": room.name, "alliance": room.kind == "alliance"} for room in services.routing.rooms.values()],
        "people": [{"name": persona.name, "role": persona.role} for persona in services.personas],
        "prefix": PERSON_PREFIX,
        "clock": clock(services),
        "movable": services.movable,
    }
    return {"start": start, "bot": services.bot_name, "movable": services.movable}


def bubble(it: Bubble, services: WebServices) -> Json:
    """Show one message; the bot's mention is put in front of its text, a recalled text is left out."""
    text = f"@{it.mention.name} {it.text}" if it.mention else it.text
    return {
        "position": it.position,
        "id": it.message_id,
        "chat": f"room:{it.room}" if it.room else f"direct:{it.partner}",
        "sender": it.sender.id if it.sender else "",
        "name": it.sender.name if it.sender else services.bot_name,
        "text": "" if it.recalled else text,
        "at": _local(it.at, services),
        "quoted": it.quoted,
        "recalled": it.recalled,
        "mention": it.mention.id if it.mention else None,
        "case": it.case,
    }


def judged(it: Judged, services: WebServices) -> Json:
    """Show what was decided about one message and why."""
    decision = it.decision
    word, tone = ACTION_WORDS[decision.action]
    return {
        "text": it.text[:200],
        "at": _local(it.at, services),
        "action": word,
        "tone": tone,
        "confidence": round(decision.confidence, 3),
        "entry": services.titles.get(decision.entry, decision.entry) if decision.entry else None,
        "entry_id": decision.entry,
        "candidates": [reason.detail for reason in decision.reasons if reason.code.startswith("candidate")],
        "reasons": [reason.detail for reason in decision.reasons if not reason.code.startswith("candidate")],
        "cases": [case.number for case in decision.cases],
    }


def case_card(case: Case, services: WebServices, now: datetime) -> Json:
    """Show one case as a card: where it stands, who has it, until when."""
    department = services.routing.departments.get(case.department)
    promised = case.plan.answer_by if case.plan and case.status.value in ("open", "acknowledged") else None
    return {
        "number": case.number,
        "status": case.status.value,
        "status_word": STATUS_WORDS[case.status.value],
        "question": case.question[:300],
        "asker": case.asker.person.name,
        "askers": len(case.askers),
        "room": case.asker.room,
        "assignee": case.assignee,
        "tier": case.plan.tier_name if case.plan else "",
        "department": department.name if department else case.department,
        "danger": case.danger,
        "promised": _local(promised, services) if promised else None,
        "late": bool(promised and promised < now),
        "next": {"what": STEP_WORDS.get(case.due.kind, case.due.kind), "at": _local(case.due.at, services)} if case.due else None,
        "outcome": case.outcome,
        "replies": [{"by": reply.by, "text": reply.text, "at": _local(reply.at, services)} for reply in case.replies],
    }


def history(lines: Iterable[HistoryLine], services: WebServices) -> list[Json]:
    """Show what happened to a case, the oldest first."""
    return [
        {"at": _local(line.at, services), "who": line.who, "what": line.what, "reasons": _details(line.reasons)} for line in lines
    ]


def clock(services: WebServices) -> Json:
    """Show the present time: milliseconds since the epoch, and the offset of the local time zone in minutes."""
    now = services.clock.now()
    zone = now.astimezone(_zone(services)).utcoffset()
    return {"now": int(now.timestamp() * 1000), "offset": int(zone.total_seconds() // 60) if zone else 0}


def _details(reasons: Iterable[Reason]) -> list[str]:
    return [reason.detail for reason in reasons]


def _zone(services: WebServices) -> ZoneInfo:
    return services.routing.timezone


def _local(at: datetime, services: WebServices) -> str:
    return at.astimezone(_zone(services)).isoformat(timespec="seconds")
