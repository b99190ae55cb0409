"""The transcript form of the scenario tests: a chat in Chinese, read into steps and written back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BOT = "小哨"
ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"
_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_CLICK = re.compile(
    r"^网页「(?P<who>[^」]+)」(?P<verb>\S+) #(?P<case>\d+)(?: (?:到|给) (?P<target>[^：]+))?(?:：(?P<words>.*))?$"
)
_LINE = re.compile(r"^(?P<where>群|私聊|网页)「(?P<place>[^」]+)」(?P<who>[^（：]*)(?:（(?P<extra>[^）]+)）)?：(?P<text>.*)$")


@dataclass
class Step:
    """One input of a transcript, with the bot's lines that must follow it and nothing else."""

    line: int
    source: str
    said: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Message:
    """An input line in which a person speaks.

    ``room`` is empty in a direct chat; ``known_as`` is the name before a change of nickname.
    """

    room: str
    who: str
    text: str
    quote: str = ""
    recall: bool = False
    known_as: str = ""


@dataclass(frozen=True)
class Click:
    """A line in which somebody does something to a case in a page: 网页「网格员一」改派 #1 给 网格员二：他熟悉."""

    who: str
    verb: str
    case: int
    target: str
    words: str


@dataclass
class Transcript:
    """A whole file: its title, its starting time, its steps, and the world that it is played in (``""``: the shipped one)."""

    path: Path
    title: str
    start: datetime
    steps: list[Step]
    world: str = ""

    def write(self) -> None:
        """Write the transcript back with the lines its steps now hold."""
        day = f"{self.start:%Y-%m-%d} 周{WEEKDAYS[self.start.weekday()]} {self.start:%H:%M}"
        lines = [f"标题 {self.title}", f"时间 {day}", *([f"世界 {self.world}"] if self.world else [])]
        for step in self.steps:
            lines += [*step.comments, step.source, *step.said]
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(path: Path) -> Transcript:
    """Read a transcript file; raises ``ValueError`` naming file and line."""
    title, start, world = "", None, ""
    steps: list[Step] = []
    comments: list[str] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            comments.append(raw)
        elif line.startswith("标题 "):
            title = line[3:]
        elif line.startswith("时间 "):
            start = _moment(line[3:], path, number)
        elif line.startswith("世界 "):
            world = line[3:]
        elif is_bot_line(line):
            if not steps:
                raise ValueError(f"{path}:{number}：小哨先开口了")
            steps[-1].said.append(line)
        else:
            steps.append(Step(number, line, comments=comments))
            comments = []
    if not title or start is None:
        raise ValueError(f"{path}：缺少“标题”或“时间”")
    return Transcript(path, title, start, steps, world)


def is_bot_line(line: str) -> bool:
    """Tell whether the bot speaks in this line."""
    found = _LINE.match(line)
    return bool(found and found.group("who") == BOT)


def _moment(text: str, path: Path, number: int) -> datetime:
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?: 周([一二三四五六日]))? (\d\d:\d\d)", text.strip())
    if not found:
        raise ValueError(f"{path}:{number}：时间应写成 2026-11-18 周三 09:55")
    at = datetime.fromisoformat(f"{found.group(1)} {found.group(3)}").replace(tzinfo=ZONE)
    if found.group(2) and WEEKDAYS[at.weekday()] != found.group(2):
        raise ValueError(f"{path}:{number}：{found.group(1)} 是周{WEEKDAYS[at.weekday()]}")
    return at


def duration(text: str) -> timedelta:
    """Read 8小时, 20秒, 1天12小时 …"""
    parts = re.findall(r"(\d+)\s*(秒|分钟|小时|天)", text)
    if not parts:
        raise ValueError(f"看不懂的时长：{text}")
    return timedelta(**{_UNITS[unit]: sum(int(n) for n, u in parts if u == unit) for unit in {u for _, u in parts}})


def click(source: str) -> Click | None:
    """Read a line in which somebody clicks in a page."""
    found = _CLICK.match(source)
    if not found:
        return None
    words = (found.group("words") or "").replace("⏎", "\n")
    return Click(found.group("who"), found.group("verb"), int(found.group("case")), found.group("target") or "", words)


def message(source: str) -> Message | None:
    """Read a line in which a person speaks, quotes (引用 …) or recalls (撤回)."""
    found = _LINE.match(source)
    if not found:
        return None
    room = found.group("place") if found.group("where") == "群" else ""
    extra = found.group("extra") or ""
    who = found.group("who") or found.group("place")
    known_as = extra.removeprefix("原名").strip() if extra.startswith("原名") else ""
    quote = extra.removeprefix("引用").strip() if extra.startswith("引用") else ""
    return Message(room, who, found.group("text").replace("⏎", "\n"), quote, extra == "撤回", known_as)
