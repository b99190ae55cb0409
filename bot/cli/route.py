"""``xiaoshao route``: the way a question takes, who is asked when, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot.app import Curated, load_curated
from bot.cli.ask import judge
from bot.cli.curated import JsonlOption, KnowledgeOption, RoutingOption, SettingsOption, find_settings
from bot.cli.json_lines import BadLine, Line, answer_lines, text_of
from bot.cli.ladder_picture import as_svg, for_terminal
from bot.library.routing_file import load_routing
from bot.library.yaml_lines import did_you_mean
from bot.matching.danger import find_danger
from bot.model import Action, Reason, TierPlan
from bot.routing.config import Room, Routing
from bot.routing.ladder import walk
from bot.routing.picture import STEPS, picture_of
from bot.routing.way import Question, Way, find_way
from bot.routing.wording import moment_in_words


@dataclass(frozen=True, slots=True)
class Routed:
    """The way of one question, all the way up as if nobody answered."""

    way: Way
    plans: tuple[TierPlan, ...]
    reasons: tuple[Reason, ...]
    entry_id: str | None

    def as_line(self) -> dict[str, Any]:
        """Return the keys that ``route --jsonl`` adds to a line."""
        return {
            "route": self.way.route,
            "department": self.way.department,
            "ladder": self.way.ladder.name,
            "urgent": self.way.ladder.urgent,
            "id": self.entry_id,
            "tiers": [_tier_line(plan) for plan in self.plans],
            "reasons": [reason.detail for reason in self.reasons],
        }


def _tier_line(plan: TierPlan) -> dict[str, Any]:
    return {
        "tier": plan.tier_name,
        "assignee": plan.assignee,
        "dispatch_at": plan.dispatch_at.isoformat(),
        "acknowledge_by": plan.acknowledge_by.isoformat(),
        "answer_by": plan.answer_by.isoformat(),
        "steps": [{"kind": step.kind, "at": step.at.isoformat()} for step in plan.steps],
        "alert": list(plan.alert),
        "reasons": [reason.detail for reason in plan.reasons],
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Who asks and where: a group, an enterprise and a community of routing.yaml, each may be ``""``."""

    room: str = ""
    enterprise: str = ""
    community: str = ""


def find_route(curated: Curated, text: str, at: datetime, place: Place) -> Routed:
    """Return the way that a question takes if it is carried on; raises ``BadLine`` for an unknown room."""
    routing = curated.routing
    room, community = _room(place, routing)
    asked = judge(curated, text, mentioned=True)
    entry = curated.knowledge.library.entries[asked.entry_id] if asked.entry_id else None
    guesses = () if entry else curated.knowledge.ranker.rank(text)
    question = Question(
        text=text,
        at=at,
        community=community,
        room_kind=room.kind if room else "direct",
        enterprise=place.enterprise,
        entry_id=asked.entry_id,
        entry_theme=entry.theme if entry else "",
        department=entry.department if entry else guesses[0].department if guesses else None,
        department_confidence=1.0 if entry else guesses[0].confidence if guesses else 0.0,
        danger=find_danger(text) is not None,
    )
    way = find_way(question, routing)
    plans = walk(way.ladder, community=community, enterprise=place.enterprise, department=way.department, at=at, routing=routing)
    known = (Reason("faq", f"FAQ 里有条目「{entry.title}」，群里会直接回答；下面是仍要转办时的走法"),) if entry else ()
    why = guesses[0].reasons if guesses and asked.action is not Action.ANSWER else ()
    return Routed(way, plans, (*known, *why, *way.reasons), asked.entry_id)


def _room(place: Place, routing: Routing) -> tuple[Room | None, str]:
    """Return the room and the community of whoever asks: the room's, the one named, the enterprise's, or the first."""
    room = routing.room(place.room)
    if place.room and room is None:
        raise BadLine(f"routing.yaml 里没有群“{place.room}”（{did_you_mean(place.room, routing.rooms) or '名称见 rooms'}）")
    if place.community and place.community not in routing.communities:
        mend = did_you_mean(place.community, routing.communities) or "名称见 communities"
        raise BadLine(f"routing.yaml 里没有社区“{place.community}”（{mend}）")
    if room is not None:
        return room, room.community
    return None, place.community or routing.home_of(place.enterprise) or next(iter(routing.communities), "")


def show_ladders(routing: Routing, name: str | None, at: datetime, place: Place, department: str, svg: Path | None) -> None:
    """Draw one ladder or all in the terminal, or one into a file; raises ``BadLine`` for unknown names."""
    if name is not None and name not in routing.ladders:
        raise BadLine(f"routing.yaml 里没有梯子“{name}”（有：{'、'.join(routing.ladders)}）")
    if department and department not in routing.departments:
        raise BadLine(f"routing.yaml 里没有部门“{department}”（有：{'、'.join(routing.departments)}）")
    if svg is not None and name is None and len(routing.ladders) > 1:
        raise BadLine(f"存成文件时写明画哪个梯子（有：{'、'.join(routing.ladders)}）")
    _, community = _room(place, routing)
    ladders = [routing.ladders[name]] if name is not None else list(routing.ladders.values())
    for ladder in ladders:
        picture = picture_of(ladder, routing, at, community=community, enterprise=place.enterprise, department=department)
        if svg is None:
            Console().print(for_terminal(picture))
        else:
            svg.write_text(as_svg(picture), encoding="utf-8")
            typer.echo(f"画好了：{svg}")


def route(
    text: Annotated[
        str | None, typer.Argument(metavar="问题", help="要转办的问题；用 --graph 时写梯子的名称", show_default=False)
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="时间", help='提问的时间，如 "2026-02-14 09:00"；不写就是现在')] = "",
    room: Annotated[str, typer.Option("--room", metavar="群名", help="在哪个群里问的")] = "",
    enterprise: Annotated[str, typer.Option("--enterprise", metavar="企业", help="哪家企业问的")] = "",
    community: Annotated[str, typer.Option("--community", metavar="社区", help="在哪个社区问的，不写群名时用")] = "",
    department: Annotated[str, typer.Option("--department", metavar="代号", help="画图时归口哪个部门")] = "",
    graph: Annotated[bool, typer.Option("--graph", help="画出梯子：每一级、人、时间；不写名称就画全部")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="文件", help="把图存成 SVG 文件（一个梯子一张）")] = None,
    jsonl: JsonlOption = False,
    knowledge: KnowledgeOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """看一个问题会转给谁、什么时候到期、到期以后找谁、为什么。--jsonl 时逐行读 {"q": "…", "at": "…"}。"""
    if graph or svg is not None:
        rules = load_routing(find_settings(settings, knowledge, routing).routing)
        show_ladders(rules, text, _instant(at, rules), Place(room, enterprise, community), department, svg)
        return
    if (text is None) != jsonl:
        raise BadLine("写一个问题，或者用 --jsonl 从标准输入读；两者选一个")
    curated = load_curated(find_settings(settings, knowledge, routing))
    if text is None:
        answer_lines(lambda line: _answer_line(curated, line, at, Place(room, enterprise, community)))
        return
    when = _instant(at, curated.routing)
    for printed in _as_text(curated, find_route(curated, text, when, Place(room, enterprise, community)), when):
        typer.echo(printed)


def _answer_line(curated: Curated, line: Line, at: str, place: Place) -> dict[str, Any]:
    given = (text_of(line, key, default) for key, default in asdict(place).items())
    place = Place(*given)
    return find_route(curated, text_of(line, "q"), _instant(text_of(line, "at", at), curated.routing), place).as_line()


def _instant(text: str, routing: Routing) -> datetime:
    zone = routing.timezone
    if not text:
        return datetime.now(zone)
    try:
        read = datetime.fromisoformat(text.strip())
        return read.replace(tzinfo=zone) if read.tzinfo is None else read.astimezone(zone)
    except (ValueError, OverflowError):
        raise BadLine(f"看不懂时间“{text}”，写成 2026-02-14 09:00 的样子") from None


def _as_text(curated: Curated, routed: Routed, at: datetime) -> Iterator[str]:
    way = routed.way
    yield f"提问：{moment_in_words(at)}"
    yield f"路由：{way.route}　部门：{curated.routing.departments[way.department].name}　阶梯：{way.ladder.name}" + (
        "（紧急）" if way.ladder.urgent else ""
    )
    yield "理由："
    yield from (f"  · {reason.detail}" for reason in routed.reasons)
    for number, plan in enumerate(routed.plans, start=1):
        yield f"第 {number} 级 {plan.tier_name} → {plan.assignee}"
        told, acknowledged, answered = map(moment_in_words, (plan.dispatch_at, plan.acknowledge_by, plan.answer_by))
        yield f"  通知 {told}，{acknowledged} 前签收，{answered} 前答复"
        if plan.alert:
            yield f"  同时通知：{'、'.join(plan.alert)}"
        yield from (f"  · {reason.detail}" for reason in plan.reasons)
        yield "  没有回音时：" + "；".join(f"{moment_in_words(step.at)} {STEPS.get(step.kind, step.kind)}" for step in plan.steps)
