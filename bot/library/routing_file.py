"""routing.yaml read into a Routing value, with every fault at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yaml import MappingNode, Node

from bot.errors import InvalidFiles
from bot.library.routing_check import check_routing
from bot.library.routing_ladders import read_default, read_ladders, read_routes, read_tests
from bot.library.routing_sheet import Sheet
from bot.library.routing_values import parse_weekdays, read_instant, read_shifts, read_span
from bot.library.yaml_lines import Pair, read_nodes
from bot.routing.calendar import Calendar, Shift
from bot.routing.config import (
    Away,
    Community,
    Contact,
    Department,
    Grid,
    QuietHours,
    RatingSettings,
    Room,
    Rota,
    Routing,
    Transfer,
)

SECTIONS = (
    "timezone", "calendars", "communities", "rooms", "contacts", "duty", "departments", "ladders", "routes", "default",
    "transfer", "quiet_hours", "rating", "tests",
)  # fmt: skip
REQUIRED = ("calendars", "communities", "rooms", "contacts", "departments", "ladders", "default")
ROOM_KINDS = ("mutual-aid", "alliance")
ROLES = ("contact", "worker")

T = TypeVar("T")


def load_routing(path: Path) -> Routing:
    """Read and check routing.yaml; raises InvalidFiles with all problems. Its embedded tests are run by ``run_tests``."""
    path = Path(path)
    root, problems = read_nodes(path)
    sheet = Sheet(str(path), problems)
    if root is None:
        if not problems:
            sheet.note(0, "路由文件是空的", "从备份恢复，或照着说明重写")
        raise InvalidFiles(tuple(problems))
    sections = sheet.fields(root, "路由文件", SECTIONS, REQUIRED)
    routing = _Reader(sheet, sections).read(hashlib.sha256(path.read_bytes()).hexdigest()[:12])
    if routing is not None:
        check_routing(routing, sheet)
    if problems or routing is None:
        raise InvalidFiles(tuple(dict.fromkeys(problems)))
    return routing


@dataclass(slots=True)
class _Reader:
    """Reads section by section; what cannot be read is left out, with its problem noted in the sheet."""

    sheet: Sheet
    sections: Mapping[str, Pair]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def read(self, config_hash: str) -> Routing | None:
        """Return the whole file, or None without a default (which was noted)."""
        if "timezone" in self.sections:
            self.zone = self._zone(self.sections["timezone"].value) or self.zone
        communities = self._named("communities", self._community)
        room_community = {room: community.name for community in communities.values() for room in community.rooms}
        ladders = read_ladders(self.sheet, self._node("ladders"))
        default = read_default(self.sheet, self._node("default"))
        if default is None:
            return None
        return Routing(
            timezone=self.zone,
            calendars=self._named("calendars", self._calendar),
            communities=communities,
            rooms=self._named("rooms", lambda name, pair: self._room(name, pair, room_community.get(name, ""))),
            contacts=self._named("contacts", self._contact),
            duty=self._named("duty", self._rota),
            departments=self._named("departments", self._department),
            ladders=ladders,
            routes=read_routes(self.sheet, self._node("routes")),
            default=default,
            transfer=self._transfer(),
            quiet_hours=self._quiet_hours(),
            rating=self._rating(),
            tests=read_tests(self.sheet, self._node("tests"), self.zone),
            config_hash=config_hash,
            file=self.sheet.file,
        )

    def _node(self, section: str) -> Node | None:
        return self.sections[section].value if section in self.sections else None

    def _named(self, section: str, read: Callable[[str, Pair], T | None]) -> dict[str, T]:
        """Read a section of named things and remember the line of each."""
        node = self._node(section)
        found: dict[str, T] = {}
        for pair in self.sheet.pairs(node, section) if node is not None else []:
            self.sheet.lines[section, pair.key] = pair.line
            thing = read(pair.key, pair)
            if thing is not None:
                found[pair.key] = thing
        return found

    def _zone(self, node: Node) -> ZoneInfo | None:
        name = self.sheet.text(node, "timezone")
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.sheet.note(node, f"不认得时区“{name}”", "中国写 Asia/Shanghai")
            return None

    def _calendar(self, name: str, pair: Pair) -> Calendar | None:
        what = f"calendars/{name}"
        given = self.sheet.fields(pair.value, what, ("weekly", "holidays", "days", "always"))
        if not isinstance(pair.value, MappingNode):
            return None
        runs_always = self.sheet.take(given, "always", self.sheet.flag, False)
        if runs_always and len(given) > 1:
            self.sheet.note(pair.line, f"日历“{name}”写了 always: true，别的就不起作用了", "只留 always，或去掉 always")
        holidays = self.sheet.take(given, "holidays", lambda node, of: self.sheet.choice(node, of, ("cn",)), "")
        weekly = self._weekly(given["weekly"].value, what) if "weekly" in given else {}
        days = self._days(given["days"].value, what) if "days" in given else {}
        return Calendar(name, self.zone, weekly=weekly, days=days, holidays=holidays, always=runs_always)

    def _weekly(self, node: Node, what: str) -> dict[int, tuple[Shift, ...]]:
        weekly: dict[int, tuple[Shift, ...]] = {}
        for pair in self.sheet.pairs(node, f"{what}/weekly"):
            weekdays = parse_weekdays(pair.key)
            if weekdays is None:
                self.sheet.note(pair.line, f"“{what}”不认得“{pair.key}”是星期几", "写成 周一至周五、周一、周三 或 每天")
                continue
            shifts = read_shifts(self.sheet, pair.value, f"{what}/{pair.key}")
            for weekday in weekdays:
                if weekday in weekly:
                    self.sheet.note(pair.line, f"“{what}”里周{'一二三四五六日'[weekday]}写了两遍", "每个星期几只写一次")
                weekly[weekday] = shifts
        return weekly

    def _days(self, node: Node, what: str) -> dict[date, tuple[Shift, ...]]:
        days: dict[date, tuple[Shift, ...]] = {}
        for pair in self.sheet.pairs(node, f"{what}/days"):
            try:
                day = date.fromisoformat(pair.key)
            except ValueError:
                self.sheet.note(pair.line, f"“{what}/days”不是日期：{pair.key}", "写成 2026-11-20")
                continue
            days[day] = read_shifts(self.sheet, pair.value, f"{what}/{pair.key}")
        return days

    def _community(self, name: str, pair: Pair) -> Community | None:
        what = f"communities/{name}"
        given = self.sheet.fields(pair.value, what, ("rooms", "grids", "duty"), ("rooms", "duty"))
        grids = {}
        for grid in self.sheet.pairs(given["grids"].value, f"{what}/grids") if "grids" in given else []:
            of = f"{what}/{grid.key}"
            self.sheet.lines["grids", grid.key] = grid.line
            fields = self.sheet.fields(grid.value, of, ("worker", "enterprises"), ("worker",))
            worker = self.sheet.take(fields, "worker", self.sheet.text, "")
            grids[grid.key] = Grid(grid.key, worker, self.sheet.take(fields, "enterprises", self.sheet.texts, ()))
        rooms = self.sheet.take(given, "rooms", self.sheet.texts, ())
        return Community(name, rooms, grids, self.sheet.take(given, "duty", self.sheet.text, ""))

    def _room(self, name: str, pair: Pair, community: str) -> Room | None:
        what = f"rooms/{name}"
        counts, times = ("replies_per_person", "replies_per_room"), ("peer_window", "unasked_gap", "same_answer")
        given = self.sheet.fields(pair.value, what, ("kind", *counts, *times), ("kind",))
        kind = self.sheet.take(given, "kind", lambda node, of: self.sheet.choice(node, of, ROOM_KINDS), "mutual-aid")
        limits = {
            key: self.sheet.take(given, key, lambda node, of: self.sheet.number(node, of, least=1), 1)
            for key in counts
            if key in given
        }
        gaps = self.sheet.durations(given, times)
        return Room(name, kind, community, **limits, **gaps)  # type: ignore[arg-type]

    def _contact(self, name: str, pair: Pair) -> Contact | None:
        given = self.sheet.fields(pair.value, f"contacts/{name}", ("department", "role", "channels", "away"))
        if not isinstance(pair.value, MappingNode):
            return None
        department = self.sheet.take(given, "department", self.sheet.text, "")
        role = self.sheet.take(given, "role", lambda node, of: self.sheet.choice(node, of, ROLES), "contact")
        channels = self.sheet.take(given, "channels", self.sheet.texts, ())
        if not channels:
            self.sheet.note(pair.line, f"“{name}”没有写 channels，小哨找不到他", "加上 channels: [wechat]")
        leaves = self.sheet.items(given["away"].value, "away") if "away" in given else []
        away = (self._away(name, leave) for leave in leaves)
        return Contact(name, channels, department, role, tuple(leave for leave in away if leave is not None))

    def _away(self, name: str, node: Node) -> Away | None:
        given = self.sheet.fields(node, f"contacts/{name}/away", ("from", "to", "cover"), ("from", "to"))
        start = self.sheet.take(given, "from", lambda value, of: read_instant(self.sheet, value, of, self.zone), None)
        end = self.sheet.take(given, "to", lambda value, of: read_instant(self.sheet, value, of, self.zone, whole_day=True), None)
        if start is None or end is None:
            return None
        if end <= start:
            self.sheet.note(node, f"“{name}”请假的 to 早于 from", "检查两个日期")
            return None
        return Away(start, end, self.sheet.take(given, "cover", self.sheet.text, ""))

    def _rota(self, name: str, pair: Pair) -> Rota | None:
        what = f"duty/{name}"
        given = self.sheet.fields(pair.value, what, ("rotate", "start", "order"), ("rotate", "start", "order"))
        rotate = self.sheet.take(given, "rotate", self.sheet.duration, None)
        start = self.sheet.take(given, "start", lambda node, of: read_instant(self.sheet, node, of, self.zone), None)
        order = self.sheet.take(given, "order", self.sheet.texts, ())
        return Rota(name, rotate, start, order) if rotate and start and order else None

    def _department(self, key: str, pair: Pair) -> Department | None:
        what = f"departments/{key}"
        given = self.sheet.fields(pair.value, what, ("name", "contact", "backup", "aliases"), ("name", "contact"))
        name, contact, backup = (self.sheet.take(given, part, self.sheet.text, "") for part in ("name", "contact", "backup"))
        return Department(key, name or key, contact, backup, self.sheet.take(given, "aliases", self.sheet.texts, ()))

    def _transfer(self) -> Transfer:
        node = self._node("transfer")
        given = self.sheet.fields(node, "transfer", ("max",)) if node is not None else {}
        return Transfer(self.sheet.take(given, "max", self.sheet.number, Transfer().max))

    def _quiet_hours(self) -> QuietHours:
        node = self._node("quiet_hours")
        span = read_span(self.sheet, node, "quiet_hours") if node is not None else None
        return QuietHours(*span) if span else QuietHours()

    def _rating(self) -> RatingSettings:
        node = self._node("rating")
        keys = ("remind_after", "close_after")
        rating = (
            RatingSettings(**self.sheet.durations(self.sheet.fields(node, "rating", keys), keys)) if node else RatingSettings()
        )
        if node and rating.close_after <= rating.remind_after:
            self.sheet.note(node, "rating 的 close_after 应当比 remind_after 长", "例如 remind_after: 1d, close_after: 3d")
        return rating
