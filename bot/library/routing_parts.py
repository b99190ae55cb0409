"""What routing.yaml has many of, read from its nodes: calendars, communities, groups, people, departments, ladders, tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from yaml import MappingNode, Node

from bot.library.routing_ladders import read_ladders, read_tests
from bot.library.routing_sheet import Sheet
from bot.library.routing_values import parse_weekdays, read_instant, read_shifts
from bot.library.yaml_lines import Pair, did_you_mean
from bot.model import Ladder
from bot.routing.calendar import Calendar, Shift
from bot.routing.config import Away, Community, Contact, Department, Grid, Room, Rota, RoutingTest

ROOM_KINDS = ("mutual-aid", "alliance")
ROLES = ("contact", "worker")
PAGES = ("curator", "leader")
CHANNELS = ("wechat", "wechaty", "relay", "page", "terminal")
"""What a contact may be reached through; ``wechat`` stands for whichever way into WeChat is running."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """The named things of one file, or of all; a room's community is not known before all files are read."""

    calendars: dict[str, Calendar] = field(default_factory=dict)
    communities: dict[str, Community] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    duty: dict[str, Rota] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    ladders: dict[str, Ladder] = field(default_factory=dict)
    tests: tuple[RoutingTest, ...] = ()

    @staticmethod
    def joined(parts: Iterable[Parts]) -> Parts:
        """Return everything together; where two files have a name, which was noted, the first one's."""
        whole = Parts()
        tests: list[RoutingTest] = []
        for part in parts:
            tests += part.tests
            for section in NAMED:
                known = getattr(whole, section)
                known.update({name: thing for name, thing in getattr(part, section).items() if name not in known})
        return replace(whole, tests=tuple(tests))


PARTS = tuple(each.name for each in fields(Parts))
NAMED = tuple(name for name in PARTS if name != "tests")


def read_parts(sheet: Sheet, sections: Mapping[str, Pair], zone: ZoneInfo) -> Parts:
    """Return what one file has of them; what cannot be read is left out, with its problem noted in the sheet."""
    reader = _Reader(sheet, sections, zone)
    return Parts(
        calendars=reader.named("calendars", reader.calendar),
        communities=reader.named("communities", reader.community),
        rooms=reader.named("rooms", reader.room),
        contacts=reader.named("contacts", reader.contact),
        duty=reader.named("duty", reader.rota),
        departments=reader.named("departments", reader.department),
        ladders=read_ladders(sheet, reader.node("ladders")),
        tests=read_tests(sheet, reader.node("tests"), zone),
    )


@dataclass(slots=True)
class _Reader:
    sheet: Sheet
    sections: Mapping[str, Pair]
    zone: ZoneInfo

    def node(self, section: str) -> Node | None:
        """Return what stands under a section, or None."""
        return self.sections[section].value if section in self.sections else None

    def named(self, section: str, read: Callable[[str, Pair], T | None]) -> dict[str, T]:
        """Read a section of named things and remember the line of each."""
        node = self.node(section)
        found: dict[str, T] = {}
        for pair in self.sheet.pairs(node, section) if node is not None else []:
            self.sheet.mark(section, pair.key, pair.line)
            thing = read(pair.key, pair)
            if thing is not None:
                found[pair.key] = thing
        return found

    def calendar(self, name: str, pair: Pair) -> Calendar | None:
        """Read a calendar."""
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
                day = datetime.strptime(pair.key, "%Y-%m-%d").date()  # noqa: DTZ007
            except ValueError:
                self.sheet.note(pair.line, f"“{what}/days”不是日期：{pair.key}", "写成 2026-11-20")
                continue
            days[day] = read_shifts(self.sheet, pair.value, f"{what}/{pair.key}")
        return days

    def community(self, name: str, pair: Pair) -> Community | None:
        """Read a community with its grids."""
        what = f"communities/{name}"
        given = self.sheet.fields(pair.value, what, ("rooms", "grids", "duty", "team", "departments"), ("rooms", "duty"))
        grids = {}
        for grid in self.sheet.pairs(given["grids"].value, f"{what}/grids") if "grids" in given else []:
            of = f"{what}/{grid.key}"
            self.sheet.mark("grids", f"{name}/{grid.key}", grid.line)
            fields = self.sheet.fields(grid.value, of, ("worker", "enterprises"), ("worker",))
            worker = self.sheet.take(fields, "worker", self.sheet.text, "")
            grids[grid.key] = Grid(grid.key, worker, self.sheet.take(fields, "enterprises", self.sheet.texts, ()))
        rooms = self.sheet.take(given, "rooms", self.sheet.texts, ())
        duty, team = (self.sheet.take(given, key, self.sheet.text, "") for key in ("duty", "team"))
        own = self.sheet.pairs(given["departments"].value, f"{what}/departments") if "departments" in given else []
        contacts = {pair.key: self.sheet.text(pair.value, pair.key) or "" for pair in own}
        return Community(name, rooms, grids, duty, team, contacts)

    def room(self, name: str, pair: Pair) -> Room | None:
        """Read a group."""
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
        return Room(name, kind, "", **limits, **gaps)  # type: ignore[arg-type]

    def contact(self, name: str, pair: Pair) -> Contact | None:
        """Read a contact."""
        given = self.sheet.fields(pair.value, f"contacts/{name}", ("department", "role", "channels", "away", "pages"))
        if not isinstance(pair.value, MappingNode):
            return None
        department = self.sheet.take(given, "department", self.sheet.text, "")
        role = self.sheet.take(given, "role", lambda node, of: self.sheet.choice(node, of, ROLES), "contact")
        channels = self.sheet.take(given, "channels", self.sheet.texts, ())
        if not channels:
            self.sheet.note(pair.line, f"“{name}”没有写 channels，小哨找不到他", "加上 channels: [wechat]")
        for channel in channels:
            if channel not in CHANNELS:
                self.sheet.note(
                    given["channels"].value, f"“{name}”的 channels 里不认得“{channel}”", did_you_mean(channel, CHANNELS)
                )
        leaves = self.sheet.items(given["away"].value, "away") if "away" in given else []
        away = (self._away(name, leave) for leave in leaves)
        pages = self.sheet.take(given, "pages", self.sheet.texts, ())
        for strange in (page for page in pages if page not in PAGES):
            self.sheet.note(given["pages"].value, f"“{name}”的 pages 里不认得“{strange}”", did_you_mean(strange, PAGES))
        return Contact(name, channels, department, role, tuple(leave for leave in away if leave is not None), pages)

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

    def rota(self, name: str, pair: Pair) -> Rota | None:
        """Read a rota."""
        what = f"duty/{name}"
        given = self.sheet.fields(pair.value, what, ("rotate", "start", "order"), ("rotate", "start", "order"))
        rotate = self.sheet.take(given, "rotate", self.sheet.duration, None)
        start = self.sheet.take(given, "start", lambda node, of: read_instant(self.sheet, node, of, self.zone), None)
        order = self.sheet.take(given, "order", self.sheet.texts, ())
        return Rota(name, rotate, start, order) if rotate and start and order else None

    def department(self, key: str, pair: Pair) -> Department | None:
        """Read a department."""
        what = f"departments/{key}"
        given = self.sheet.fields(pair.value, what, ("name", "contact", "backup", "aliases"), ("name", "contact"))
        name, contact, backup = (self.sheet.take(given, part, self.sheet.text, "") for part in ("name", "contact", "backup"))
        return Department(key, name or key, contact, backup, self.sheet.take(given, "aliases", self.sheet.texts, ()))
