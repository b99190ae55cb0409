"""``xiaoshao ask``: what the bot would do with one message, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.app import Curated, load_curated
from bot.cli.curated import JsonlOption, KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.json_lines import BadLine, Line, answer_lines, text_of
from bot.desk.answers import whole
from bot.matching.engine import Candidate
from bot.model import Action, Reason

ACTIONS = {"answer": Action.ANSWER, "offer": Action.OFFER, "unknown": Action.OPEN, "ignore": Action.IGNORE}
"""What follows from the matcher's verdict."""

IN_CHINESE = {
    Action.ANSWER: "直接回答",
    Action.OFFER: "列出几个让提问人选",
    Action.OPEN: "FAQ 里没有，登记转办",
    Action.IGNORE: "不是提问，不说话",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the bot would do with a message; ``candidates`` are those offered when it offers, else all that were considered.

    ``confidence`` (0–1): that the entry is right (answer, offer), that something is asked (open), that nothing is (ignore).
    """

    action: Action
    entry_id: str | None
    candidates: tuple[Candidate, ...]
    department: str | None
    confidence: float
    reasons: tuple[Reason, ...]

    def as_line(self) -> dict[str, Any]:
        """Return the keys that ``ask --jsonl`` adds to a line; other tools rely on them."""
        return {
            "action": self.action.value,
            "id": self.entry_id,
            "candidates": [{"id": one.entry_id, "confidence": round(one.confidence, 4)} for one in self.candidates],
            "department": self.department,
            "confidence": round(self.confidence, 4),
            "reasons": [reason.detail for reason in self.reasons],
        }


def judge(curated: Curated, text: str, *, mentioned: bool = False) -> Asked:
    """Decide about one message alone, without a conversation around it."""
    knowledge = curated.knowledge
    judgement = knowledge.matcher.judge(text, mentioned=mentioned)
    action = ACTIONS[judgement.verdict]
    if action is Action.ANSWER:
        entry = knowledge.library.entries[judgement.candidates[0].entry_id]
        return Asked(action, entry.id, judgement.candidates, entry.department, judgement.confidence, judgement.reasons)
    guesses = knowledge.ranker.rank(text)
    department = guesses[0].department if guesses else None
    if action is Action.OFFER:
        offered = tuple(one for one in judgement.candidates if one.entry_id in judgement.offered)
        return Asked(action, None, offered, department, judgement.confidence, judgement.reasons)
    if action is Action.OPEN:
        why = guesses[0].reasons if guesses else ()
        return Asked(action, None, judgement.candidates, department, judgement.ask, (*judgement.reasons, *why))
    return Asked(action, None, judgement.candidates, department, 1 - judgement.ask, judgement.reasons)


def ask(
    text: Annotated[str | None, typer.Argument(metavar="问题", help="群里的一句话", show_default=False)] = None,
    jsonl: JsonlOption = False,
    mention: Annotated[bool, typer.Option("--mention", help="当作 @ 了小哨")] = False,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """说一句话，看小哨会怎么做、为什么。--jsonl 时逐行读 {"q": "…"}。"""
    if (text is None) != jsonl:
        raise BadLine("写一句要问的话，或者用 --jsonl 从标准输入读；两者选一个")
    curated = load_curated(find_settings(settings, knowledge, routing))
    if text is None:
        answer_lines(lambda line: _answer_line(curated, line, mention))
        return
    for printed in _as_text(curated, judge(curated, text, mentioned=mention), datetime.now(curated.routing.timezone)):
        typer.echo(printed)


def _answer_line(curated: Curated, line: Line, mention: bool) -> dict[str, Any]:
    return judge(curated, text_of(line, "q"), mentioned=mention).as_line()


def _as_text(curated: Curated, asked: Asked, now: datetime) -> Iterator[str]:
    departments = curated.routing.departments
    yield f"判断：{IN_CHINESE[asked.action]}（把握 {asked.confidence:.0%}）"
    if asked.entry_id:
        entry = curated.knowledge.library.entries[asked.entry_id]
        yield f"条目：{entry.id}　{entry.title}"
    if asked.department and asked.department in departments and asked.action is not Action.IGNORE:
        yield f"部门：{departments[asked.department].name}"
    if asked.candidates and asked.action is not Action.IGNORE:
        yield "最像的条目："
        for number, one in enumerate(asked.candidates, start=1):
            yield f"  {number}. {curated.knowledge.library.entries[one.entry_id].title}（{one.entry_id}，{one.confidence:.0%}）"
    yield "理由："
    yield from (f"  · {reason.detail}" for reason in asked.reasons)
    if asked.entry_id:
        yield "会这样回答："
        yield whole(curated.knowledge.library.entries[asked.entry_id], now)
