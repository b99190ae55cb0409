"""``xiaoshao ask``: what the bot would do with one message, and why."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.advice import build_advisor
from bot.app import Curated, load_curated
from bot.cli.curated import JsonlOption, KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.json_lines import BadLine, Line, answer_lines, text_of
from bot.desk.answers import holds_in, named, whole
from bot.desk.inquiry import inquiry_alone
from bot.desk.scene import Knowledge
from bot.desk.second_opinion import weigh
from bot.library.yaml_lines import did_you_mean
from bot.matching.engine import Candidate, Judgement
from bot.model import Action, Reason
from bot.opinion.advisor import Advisor
from bot.settings import Settings

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


def judge(curated: Curated, text: str, *, mentioned: bool = False, community: str = "", advisor: Advisor | None = None) -> Asked:
    """Decide about one message alone, without a conversation around it; with an ``advisor`` a second opinion is heard.

    Without ``community`` the district's entries speak for all; raises ``BadLine`` for one that routing.yaml does not have.
    """
    knowledge = curated.knowledge
    judgement = knowledge.matcher.judge(text, mentioned=mentioned)
    if advisor is not None:
        judgement = _seconded(advisor, text, judgement, knowledge, community)
    if community:
        known = curated.routing.communities
        if community not in known:
            raise BadLine(f"routing.yaml 里没有社区“{community}”（{did_you_mean(community, known) or '名称见 communities'}）")
        judgement = _judged_in(community, judgement, knowledge)
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


def _seconded(advisor: Advisor, text: str, judgement: Judgement, knowledge: Knowledge, community: str) -> Judgement:
    inquiry = inquiry_alone(text, judgement, knowledge)
    opinion = advisor.ask(inquiry) if inquiry else None
    if opinion is None:
        return judgement
    return weigh(judgement, opinion, knowledge.entry_in(community, opinion.entry) if opinion.entry else None)


def _judged_in(community: str, judgement: Judgement, knowledge: Knowledge) -> Judgement:
    """Return what follows in a community from a judgement: with its own entries, and without those of others."""
    reasons = list(judgement.reasons)
    own: dict[str, str] = {}
    for candidate in judgement.candidates:
        entry = knowledge.entry_in(community, candidate.entry_id)
        if entry and holds_in(entry, community):
            own[candidate.entry_id] = entry.id
            reasons += [Reason("own_entry", f"{community}用自己的条目「{named(entry)}」")] if entry.replaces else []
    verdict = judgement.verdict
    if verdict in ("answer", "offer") and judgement.candidates[0].entry_id not in own:
        verdict = "unknown"
        reasons.append(Reason("elsewhere", f"最像的条目不用在{community}，当作没有条目"))
    kept = (candidate for candidate in judgement.candidates if candidate.entry_id in own)
    return replace(
        judgement,
        verdict=verdict,
        candidates=tuple(candidate._replace(entry_id=own[candidate.entry_id]) for candidate in kept),
        offered=tuple(own[name] for name in judgement.offered if name in own),
        reasons=tuple(reasons),
    )


def ask(
    text: Annotated[str | None, typer.Argument(metavar="问题", help="群里的一句话", show_default=False)] = None,
    jsonl: JsonlOption = False,
    mention: Annotated[bool, typer.Option("--mention", help="当作 @ 了小哨")] = False,
    community: Annotated[
        str, typer.Option("--community", metavar="社区", help="当作在哪个社区的群里问；不写就用区里的条目")
    ] = "",
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """说一句话，看小哨会怎么做、为什么。--jsonl 时逐行读 {"q": "…"}，也可以写 {"q": "…", "community": "…"}。"""
    if (text is None) != jsonl:
        raise BadLine("写一句要问的话，或者用 --jsonl 从标准输入读；两者选一个")
    chosen = find_settings(settings, knowledge, routing)
    curated = load_curated(chosen)
    with _advised(chosen) as advisor:
        if text is None:
            answer_lines(lambda line: _answer_line(curated, line, mention, community, advisor))
            return
        asked = judge(curated, text, mentioned=mention, community=community, advisor=advisor)
        for printed in _as_text(curated, asked, datetime.now(curated.routing.timezone)):
            typer.echo(printed)


@contextmanager
def _advised(settings: Settings) -> Generator[Advisor | None, None, None]:
    """Have the second opinion ready where it is switched on, and say in the end what became of the inquiries."""
    advisor = build_advisor(settings)
    if advisor is None:
        yield None
        return
    with closing(advisor):
        yield advisor
        typer.echo(str(advisor.tally()), err=True)


def _answer_line(curated: Curated, line: Line, mention: bool, community: str, advisor: Advisor | None) -> dict[str, Any]:
    where = text_of(line, "community", community)
    return judge(curated, text_of(line, "q"), mentioned=mention, community=where, advisor=advisor).as_line()


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
