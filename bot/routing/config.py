"""Everything that routing.yaml says, as one validated value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import Enterprise, Ladder
from bot.routing.calendar import Calendar, always
from bot.routing.policies import Bulletin, Merge, QuietHours, RatingSettings, Transfer

_BEFORE_NAME = re.compile(r"^(?:转)?(?:给|到|至|由|去)?(?:宁波市?)?(?:北仑)?区?")
_AFTER_NAME = re.compile(r"(?:那边|那里|这边|的?联络员|的?同志|的?同事|看看|看一下|处理|办理?|负责|来?答复|吧|了)+$")


@dataclass(frozen=True, slots=True)
class Room:
    """A group. ``kind`` is ``mutual-aid`` or ``alliance``; ``peer_window`` is how long colleagues go first.

    The rest are its noise limits: the bot's replies within ten minutes to one person and in the whole room, the least gap between
    two unasked messages about one case, and for how long an answer given here is pointed to instead of posted again.
    """

    name: str
    kind: str
    community: str
    peer_window: timedelta = timedelta(minutes=15)
    replies_per_person: int = 5
    replies_per_room: int = 20
    unasked_gap: timedelta = timedelta(hours=1)
    same_answer: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Grid:
    """Some enterprises of a community and the worker who looks after them."""

    name: str
    worker: str
    enterprises: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Community:
    """A community with its groups and grids; ``duty`` is the worker for enterprises in no grid.

    ``team`` is the rota or contact of the service team stationed there, or ``""``; ``departments`` maps a department's key to the
    contact whom it has for this community alone.
    """

    name: str
    rooms: tuple[str, ...]
    grids: Mapping[str, Grid]
    duty: str
    team: str = ""
    departments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Away:
    """An absence from ``start`` until before ``end``; ``cover`` is the contact who stands in, or ``""``."""

    start: datetime
    end: datetime
    cover: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be given a case; ``role`` is ``contact`` (of a department) or ``worker`` (of the community).

    ``pages`` names the pages that are open to this contact besides those of the role (``curator``, ``leader``); where it is
    not given, workers have both and others neither.
    """

    name: str
    channels: tuple[str, ...]
    department: str = ""
    role: str = "contact"
    away: tuple[Away, ...] = ()
    pages: tuple[str, ...] = ()

    def rank(self, channel: str) -> int:
        """Return how late a channel comes in the order of preference; ``wechat`` stands for every way into WeChat."""
        names = (channel, "wechat")
        return next((self.channels.index(name) for name in names if name in self.channels), len(self.channels))

    def absence(self, at: datetime) -> Away | None:
        """Return the absence that covers an instant, or None if the contact is there."""
        return next((away for away in self.away if away.start <= at < away.end), None)


@dataclass(frozen=True, slots=True)
class Department:
    """A department, the contact who answers for it, and who does if that one is away without cover."""

    key: str
    name: str
    contact: str
    backup: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rota:
    """Contacts taking turns in ``order``, each for ``rotate``, the first from ``start`` on."""

    name: str
    rotate: timedelta
    start: datetime
    order: tuple[str, ...]

    def on_duty(self, at: datetime) -> tuple[str, ...]:
        """Return everybody of the rota: the one on duty first, then those next in turn."""
        turn = (at.astimezone(self.start.tzinfo).replace(tzinfo=None) - self.start.replace(tzinfo=None)) // self.rotate
        first = turn % len(self.order)
        return self.order[first:] + self.order[:first]


@dataclass(frozen=True, slots=True)
class Match:
    """What a route asks of a question; an absent or empty condition asks nothing, and all given ones must hold.

    ``hours`` is the name of a calendar that must be running; ``words`` are looked for in the text.
    """

    danger: bool | None = None
    departments: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    room_kinds: tuple[str, ...] = ()
    hours: str = ""
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A way for the questions that match; without a ``department`` of its own it takes the question's."""

    name: str
    match: Match
    ladder: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class Default:
    """The way of every question that no route matches."""

    department: str
    ladder: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What an embedded test asks of the router; an empty field asks nothing."""

    department: str = ""
    ladder: str = ""
    route: str = ""
    assignee: str = ""
    dispatch: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoutingTest:
    """A question put to the router by ``check``: asked ``at`` some time, with what must come out."""

    ask: str
    at: datetime
    expect: Expected
    line: int = 0
    community: str = ""
    room: str = ""
    enterprise: str = ""
    department: str = ""
    danger: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """The whole of routing.yaml with the files that it includes, validated; ``config_hash`` names the version of them all.

    ``directory`` are enterprises that the workers keep in the ledger; what it says of one goes before what the file says.
    ``places`` maps (section, name) to file and line (from 1).
    """

    timezone: ZoneInfo
    calendars: Mapping[str, Calendar]
    communities: Mapping[str, Community]
    rooms: Mapping[str, Room]
    contacts: Mapping[str, Contact]
    duty: Mapping[str, Rota]
    departments: Mapping[str, Department]
    ladders: Mapping[str, Ladder]
    routes: tuple[Route, ...]
    default: Default
    transfer: Transfer = field(default_factory=Transfer)
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    rating: RatingSettings = field(default_factory=RatingSettings)
    merge: Merge = field(default_factory=Merge)
    bulletin: Bulletin = field(default_factory=Bulletin)
    tests: tuple[RoutingTest, ...] = ()
    config_hash: str = ""
    file: str = "routing.yaml"
    directory: tuple[Enterprise, ...] = ()
    places: Mapping[tuple[str, str], tuple[str, int]] = field(default_factory=dict, repr=False, compare=False)
    _keys: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _grids: Mapping[tuple[str, str], Grid] = field(init=False, repr=False, compare=False)
    _homes: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _called: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _lengths: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        grids: dict[tuple[str, str], Grid] = {}
        homes: dict[str, str] = {}
        for place in self.communities.values():
            for grid in place.grids.values():
                for enterprise in grid.enterprises:
                    grids.setdefault((place.name, enterprise), grid)
                    homes.setdefault(enterprise, place.name)
        called = {unicodedata.normalize("NFKC", enterprise): enterprise for enterprise in homes}
        object.__setattr__(self, "_keys", _names_of_departments(self.departments))
        object.__setattr__(self, "_grids", grids)
        object.__setattr__(self, "_homes", homes)
        object.__setattr__(self, "_called", called)
        object.__setattr__(self, "_lengths", tuple(sorted({len(name) for name in called}, reverse=True)))

    def place(self, section: str, name: str = "") -> tuple[str, int]:
        """Return the file and the line where a thing is defined, or its section, or the whole file (line 0)."""
        return self.places.get((section, name)) or self.places.get((section, "")) or (self.file, 0)

    def room(self, name: str) -> Room | None:
        """Return a group as configured, or None if it isn't in the file."""
        return self.rooms.get(name)

    def community(self, name: str) -> Community | None:
        """Return a community, else the first one; None if there are none at all."""
        return self.communities.get(name) or next(iter(self.communities.values()), None)

    def community_of(self, room: str) -> str:
        """Return the community of a group by its name, ``""`` for one that isn't in the file."""
        known = self.rooms.get(room)
        return known.community if known else ""

    def calendar(self, name: str) -> Calendar:
        """Return a calendar; one that has left the file since runs around the clock, so that nothing stalls."""
        return self.calendars.get(name) or always(self.timezone)

    def knowing(self, enterprises: tuple[Enterprise, ...]) -> Routing:
        """Return the same with these enterprises of the directory."""
        if not enterprises:
            return self
        known = object.__new__(Routing)  # this is done for each message: what was worked out from the file is shared
        for name in Routing.__slots__:
            object.__setattr__(known, name, getattr(self, name))
        object.__setattr__(known, "directory", enterprises)
        return known

    def enterprise_of(self, nickname: str) -> str:
        """Return the known enterprise that a group nickname is of or names (“泰准金属-安全员”), or ``""``."""
        plain = unicodedata.normalize("NFKC", nickname).strip()
        for listed in self.directory:
            if any(unicodedata.normalize("NFKC", person.nickname).strip() == plain for person in listed.people):
                return listed.name
        called = ((unicodedata.normalize("NFKC", name), listed.name) for listed in self.directory for name in listed.names)
        named = max((pair for pair in called if pair[0] in plain), key=lambda pair: len(pair[0]), default=None)
        if named is not None:
            return named[1]
        pieces = (plain[start : start + length] for length in self._lengths for start in range(len(plain) - length + 1))
        return next((self._called[piece] for piece in pieces if piece in self._called), "")

    def home_of(self, enterprise: str) -> str:
        """Return the community that an enterprise is in, or ``""``."""
        listed = self._listed(enterprise)
        if listed is not None and listed.community in self.communities:
            return listed.community
        return self._homes.get(enterprise, "")

    def grid_worker(self, community: str, enterprise: str) -> str:
        """Return the worker in whose grid an enterprise is, else the community's duty worker, else ``""``."""
        place = self.community(community)
        if place is None:
            return ""
        listed = self._listed(enterprise)
        if listed is not None and listed.community == place.name and (not listed.grid or listed.grid in place.grids):
            return place.grids[listed.grid].worker if listed.grid else place.duty
        grid = self._grids.get((place.name, enterprise))
        return grid.worker if grid else place.duty

    def _listed(self, enterprise: str) -> Enterprise | None:
        return next((listed for listed in self.directory if listed.name == enterprise), None)

    def department_named(self, text: str) -> str | None:
        """Return the key of the department that a few words name (“税务”, “北仑区税务局那边”), or None."""
        plain = _plain(text)
        for candidate in (plain, _AFTER_NAME.sub("", plain), _BEFORE_NAME.sub("", _AFTER_NAME.sub("", plain))):
            if candidate in self._keys:
                return self._keys[candidate]
        return None

    def channel_rank(self, contact: str, channel: str) -> int:
        """Return how late a channel comes among those of a contact; 0 for somebody who has left the file."""
        known = self.contacts.get(contact)
        return known.rank(channel) if known else 0

    def department_of(self, contact: str) -> str | None:
        """Return the key of the department that a contact speaks for, or None."""
        known = self.contacts.get(contact)
        return known.department or None if known else None

    def department(self, key: str) -> Department:
        """Return a department; for one that has left the file since, the default one, whose contact gets its cases."""
        return self.departments.get(key) or self.departments[self.default.department]

    def is_worker(self, contact: str) -> bool:
        """Tell whether a contact is one of the community's workers."""
        known = self.contacts.get(contact)
        return known is not None and known.role == "worker"

    def quiet(self, at: datetime) -> bool:
        """Tell whether an instant lies in the quiet hours."""
        return self.quiet_hours.covers(at.astimezone(self.timezone).time())

    def after_quiet(self, at: datetime) -> datetime:
        """Return the instant itself, or the end of the quiet hours that it lies in."""
        if not self.quiet(at):
            return at
        local = at.astimezone(self.timezone)
        end = datetime.combine(local.date(), self.quiet_hours.end, tzinfo=self.timezone)
        return end if end > local else end + timedelta(days=1)

    def waking_before(self, at: datetime, length: timedelta) -> datetime:
        """Return the latest instant from which on so much time outside the quiet hours passes until ``at``."""
        end, nights, left = at.astimezone(self.timezone), self.quiet_hours.length, length
        while True:
            morning = datetime.combine(end.date(), self.quiet_hours.end, tzinfo=self.timezone)
            morning -= timedelta(days=1) if morning > end else timedelta(0)
            evening = min(end, morning + timedelta(days=1) - nights)
            if evening - morning >= left:
                return evening - left
            left -= evening - morning
            end = morning - nights


def _plain(text: str) -> str:
    return re.sub(r"[\s@#,，。.、:：;；!！]+", "", unicodedata.normalize("NFKC", text)).lower()


def _names_of_departments(departments: Mapping[str, Department]) -> dict[str, str]:
    names: dict[str, str] = {}
    for key, department in departments.items():
        for name in (key, department.name, *department.aliases):
            names.setdefault(_plain(name), key)
            names.setdefault(_plain(name).removesuffix("局"), key)
    return names
