"""The relay page's JSON: pasted messages with what was decided about them, replies to be carried, cases to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.channels.page import PERSON_PREFIX
from bot.channels.relay.channel import Waiting
from bot.channels.relay.stretch import CHANNEL, Item, own_time
from bot.desk.phrases import STATUS_WORDS
from bot.model import Case, Decision, Say
from bot.routing.config import Department
from bot.text import shorten
from bot.web.services import WebServices
from bot.web.view import ACTION_WORDS, Json, clock
from bot.web.visit import Visit

SHORTEST_ALIAS = 2
JUDGING = frozenset(
    ("candidate", "verdict", "ask", "best", "phrasing", "runner_up", "near_miss", "ambiguous", "foreign", "uncovered", "no_entry")
)
"""Codes of the reasons that tell how a text was judged; the chat page's panel shows them."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the messages of one paste are shown with; ``about`` maps messages of the bot to the cases that they are about."""

    services: WebServices
    room: str
    letters: Sequence[Waiting]
    cases: Sequence[Case]
    about: Mapping[str, int]


def page(visit: Visit) -> Json:
    """Give the page's script what it needs."""
    services = visit.services
    return {
        "bot": services.bot_name,
        "rooms": [{"name": room.name, "alliance": room.kind == "alliance"} for room in services.routing.rooms.values()],
        "people": [{"name": persona.name, "role": persona.role} for persona in services.personas],
        "me": visit.who,
        "csrf": visit.csrf,
        "prefix": PERSON_PREFIX,
        "clock": clock(services),
        "movable": False,
    }


def waiting(it: Waiting, services: WebServices) -> Json:
    """Show one reply that waits to be carried."""
    name = it.letter.mention.name if it.letter.mention else ""
    return {
        "receipt": it.receipt,
        "room": it.letter.room,
        "to": name or it.letter.person.rpartition("/")[2],
        "text": it.text,
        "since": it.since.astimezone(services.routing.timezone).isoformat(timespec="seconds"),
    }


def case_choice(case: Case, services: WebServices) -> Json:
    """Show an open case as something to choose."""
    department = services.routing.departments.get(case.department)
    return {
        "number": case.number,
        "question": shorten(case.question, 40),
        "department": department.name if department else case.department,
        "status": STATUS_WORDS[case.status.value],
    }


def item(it: Item, decision: Decision | Exception | None, around: Around) -> Json:
    """Show one pasted message with what became of it."""
    now = around.services.clock.now().astimezone(around.services.routing.timezone)
    told = own_time(it.pasted, now)
    at = it.said.at if it.said else it.heard.at if it.heard else told
    message_id = it.said.message_id if it.said else it.heard.message_id if it.heard else ""
    shown: Json = {
        "line": it.pasted.line,
        "name": it.pasted.name,
        "text": it.pasted.text,
        "quote": f"{it.pasted.quote.name}：{it.pasted.quote.words}" if it.pasted.quote else "",
        "at": at.isoformat(timespec="seconds") if at and (told or it.heard) else None,
        "id": message_id,
        "answers": _suggested(it, around) if message_id else [],
        **_outcome(it, decision, around.services),
    }
    says = decision.says if isinstance(decision, Decision) else ()
    ready = [_reply(say) for say in says if say.target.channel == CHANNEL]
    known = {reply["receipt"] for reply in ready}
    begins = f"{CHANNEL}/{message_id}/"
    ready += [
        {"receipt": letter.receipt, "text": letter.text}
        for letter in around.letters
        if message_id and letter.letter.key.startswith(begins) and letter.receipt not in known
    ]
    return {**shown, "replies": ready}


def _outcome(it: Item, decision: Decision | Exception | None, services: WebServices) -> Json:
    if isinstance(decision, Decision):
        return _decided(decision, services)
    if isinstance(decision, Exception):
        kind, word, tone, why = "fault", "没处理成", "bad", "话已记下，处理时出了意外，请人工看一下"
    elif it.echo:
        kind, word, tone, why = "echo", "已贴回", "good", f"这是{services.bot_name}的回复，群里已经有了"
    elif it.old:
        kind, word, tone = "old", "较早的", "calm"
        why = "超过一天的消息没有处理；要处理就勾上“一天以前的也处理”再读一次"
    elif it.heard or it.said:
        kind, word, tone, why = "known", "读过了", "calm", "以前贴过，没有重复登记"
    else:
        kind, word, tone, why = "nameless", "谁说的？", "wait", "复制来的话里没有名字"
    return {"kind": kind, "word": word, "tone": tone, "why": why, "cases": []}


def _decided(decision: Decision, services: WebServices) -> Json:
    word, tone = ACTION_WORDS[decision.action]
    title = services.titles.get(decision.entry, decision.entry) if decision.entry else ""
    why = f"条目「{title}」" if title else _why(decision)
    return {"kind": "new", "word": word, "tone": tone, "why": why, "cases": [case.number for case in decision.cases]}


def _why(decision: Decision) -> str:
    """Return the reasons in a few words: what was done and with whom, without how the text was judged, if that is not all."""
    done = [reason for reason in decision.reasons if reason.code not in JUDGING]
    if done:
        with_whom = [reason for reason in done[1:] if reason.code in ("peer_window", "assignee")]
        return "；".join(reason.detail for reason in (done[0], *with_whom))
    words = next((reason.detail for reason in decision.reasons if reason.code in ("verdict", "ask")), "")
    return words.partition("（")[0]


def _reply(say: Say) -> Json:
    text = f"@{say.mention.name} {say.text}" if say.mention else say.text
    return {"receipt": f"{CHANNEL}:{say.key}", "text": text}


def _suggested(it: Item, around: Around) -> list[Json]:
    """Return the open cases to which this message may be a contact's answer: by what it quotes, and by its sender's nickname."""
    quoted = around.about.get(it.said.quoted) if it.said and it.said.quoted else None
    departments = around.services.routing.departments
    found = []
    for case in around.cases:
        asked = any(asker.person.name == it.pasted.name for asker in case.askers)
        department = departments.get(case.department)
        theirs = it.pasted.name == case.assignee or (department is not None and _speaks_for(it.pasted.name, department))
        if not asked and (theirs or case.number == quoted):
            who = case.assignee if it.pasted.name == case.assignee or not department else department.contact
            found.append({"case": case.number, "label": f"这是{who}的答复 → 记到 #{case.number}"})
    return found[:3]


def _speaks_for(nickname: str, department: Department) -> bool:
    words = (department.name, department.contact, *department.aliases)
    return any(len(word) >= SHORTEST_ALIAS and word in nickname for word in words)
