"""The bulletins' round: made at the set hour of each workday, held for a worker or published, and once only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from bot.ledger.codec import encode
from bot.ledger.port import Ledger
from bot.ledger.report_port import KeptBulletin
from bot.model import Library, Published, Target
from bot.reports.bulletin import Bulletin, Kind
from bot.reports.bulletin_text import as_message
from bot.reports.gathering import bulletin_of, scorecard_of
from bot.reports.scorecard import Scorecard
from bot.routing.config import Routing
from bot.routing.holidays_cn import is_holiday, is_make_up_workday
from bot.work.clock import Clock
from bot.work.intake import Intake


class Bulletins:
    """Makes, holds, publishes and drops bulletins. ``home`` is the channel of groups in which nobody has spoken yet.

    Everything here raises ``LedgerError``.
    """

    def __init__(
        self,
        ledger: Ledger,
        intake: Intake,
        routing: Callable[[], Routing],
        library: Callable[[], Library],
        clock: Clock,
        home: str,
    ) -> None:
        self._ledger = ledger
        self._intake = intake
        self._routing = routing
        self._library = library
        self._clock = clock
        self._home = home

    def make_due(self) -> list[KeptBulletin]:
        """Make what is due now and was not made yet, and return it; nothing on days off."""
        routing = self._routing()
        now = self._clock.now().astimezone(routing.timezone)
        today, plan = now.date(), routing.bulletin
        if now.time() < plan.at or not is_workday(today):
            return []
        kinds = (Kind.DAILY, Kind.WEEKLY) if today.weekday() == plan.weekday else (Kind.DAILY,)
        due = [(kind, community) for kind in kinds for community in self.rooms(kind)]
        return [made for kind, community in due if (made := self._made(kind, today, community, now)) is not None]

    def rooms(self, kind: Kind) -> dict[str, list[str]]:
        """Return the groups that get a bulletin by community: each hears of its own community only."""
        plan = self._routing().bulletin
        found: dict[str, list[str]] = {}
        for room in plan.weekly_rooms if kind is Kind.WEEKLY else plan.rooms:
            found.setdefault(self._routing().community_of(room), []).append(room)
        return found

    def draft(self, kind: Kind, last: date, community: str = "") -> Bulletin:
        """Return the bulletin of a day, or of the week that ends with it, as it would be made now."""
        return bulletin_of(kind, self._ledger, last, self._clock.now(), self._routing(), self._library(), community)

    def scorecard(self, first: date, last: date) -> Scorecard:
        """Return the figures of a span of days, both ends included."""
        return scorecard_of(self._ledger, first, last, self._clock.now(), self._routing(), self._library())

    def publish(self, kind: Kind, day: date, community: str, who: str) -> bool:
        """Send a held bulletin to its groups; False if it is not held (any more)."""
        with self._ledger.transaction() as transaction:
            held = transaction.reports.bulletin(kind, day, community)
        if held is None or held.state != "held":
            return False
        self._send(held, self._targets(kind, community))
        self._keep(replace(held, state="sent", who=who))
        return True

    def drop(self, kind: Kind, day: date, community: str, who: str) -> bool:
        """Decide that a held bulletin is not sent; False if it is not held (any more)."""
        with self._ledger.transaction() as transaction:
            held = transaction.reports.bulletin(kind, day, community)
            if held is None or held.state != "held":
                return False
            transaction.reports.keep_bulletin(replace(held, state="dropped", who=who))
        return True

    def _made(self, kind: Kind, today: date, community: str, now: datetime) -> KeptBulletin | None:
        with self._ledger.transaction() as transaction:
            if transaction.reports.bulletin(kind, today, community) is not None:
                return None
        bulletin = self.draft(kind, today, community)
        made = KeptBulletin(kind, today, community, "empty", as_message(bulletin), encode(bulletin), now)
        if bulletin.worth_telling:
            held = self._routing().bulletin.approval
            # What is sent is known by its id: a crash before it is kept as sent publishes nothing twice.
            self._send(made, () if held else self._targets(kind, community))
            made = replace(made, state="held" if held else "sent")
        self._keep(made)
        return made

    def _send(self, bulletin: KeptBulletin, rooms: tuple[Target, ...]) -> None:
        name = f"{bulletin.kind}/{bulletin.day}/{bulletin.community}/{'out' if rooms else 'draft'}"
        self._intake.handle(Published(name, bulletin.community, bulletin.text, rooms, self._clock.now()))

    def _keep(self, bulletin: KeptBulletin) -> None:
        with self._ledger.transaction() as transaction:
            transaction.reports.keep_bulletin(bulletin)

    def _targets(self, kind: Kind, community: str) -> tuple[Target, ...]:
        with self._ledger.transaction() as transaction:
            heard = transaction.reports.channels_of_rooms()
        return tuple(Target("room", name, heard.get(name, self._home)) for name in self.rooms(kind).get(community, ()))


def is_workday(day: date) -> bool:
    """Tell whether a day is worked: a weekday that is no holiday, or a weekend day that makes up for one."""
    return is_make_up_workday(day) or (day.weekday() < 5 and not is_holiday(day))
