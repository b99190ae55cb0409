"""The one place where everything is wired together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.advice import build_advisor
from bot.channels.page import PageChannel
from bot.channels.port import Channel
from bot.channels.relay.channel import RelayChannel
from bot.channels.terminal import TerminalChannel
from bot.desk.decide import decide
from bot.desk.inquiry import inquiry_for
from bot.desk.scene import Knowledge
from bot.errors import InvalidFiles, Problem
from bot.ledger.opening import open_ledger
from bot.ledger.port import Ledger
from bot.library.faq_file import Loaded, read_library
from bot.library.routing_file import load_routing
from bot.library.text_check import unknown_communities
from bot.matching.engine import Matcher
from bot.model import Decision, Event, Inquiry, Library, Said, Snapshot
from bot.opinion.advisor import Advisor
from bot.routing.config import Routing
from bot.routing.departments import DepartmentRanker
from bot.settings import Settings
from bot.work.audit.auditor import Auditor
from bot.work.audit.watch import Watch
from bot.work.bulletins import Bulletins
from bot.work.clock import Clock, MovableClock, SystemClock
from bot.work.curated import Curated, InForce
from bot.work.foresight import JudgedBefore
from bot.work.forwarding import Forwarding
from bot.work.hand_carried import HandCarried
from bot.work.intake import Consultation, Intake, Outcome
from bot.work.judging import JudgingAhead
from bot.work.links import Links, page_key
from bot.work.loop import WorkLoop
from bot.work.metrics import Metrics
from bot.work.pasting import Pasting
from bot.work.prepared import keep, prepared
from bot.work.reload import CuratedFiles, Watcher
from bot.work.retention import Retention
from bot.work.revisions import file_owner, keep_versions
from bot.work.sender import Sender
from bot.work.timers import Timers

if TYPE_CHECKING:
    from bot.channels.wechaty.channel import WechatyChannel

__all__ = [
    "Bot",
    "Curated",
    "build_bot",
    "build_knowledge",
    "load_curated",
    "open_bot",
    "prepared_knowledge",
    "read_curated",
    "wire",
]

Read = tuple[Routing, Library]

log = logging.getLogger(__name__)


def build_knowledge(library: Library, routing: Routing) -> Knowledge:
    """Build matcher and department ranker from a library (pure, but takes a second or so)."""
    matched = library.for_matching()
    return Knowledge(library, Matcher(matched), DepartmentRanker(matched, routing))


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot: its parts, wired. ``loop`` does what is due; ``close`` when done."""

    ledger: Ledger
    in_force: InForce
    clock: Clock
    intake: Intake
    loop: WorkLoop
    watch: Watch
    watcher: Watcher[Read] | None = None
    advisor: Advisor | None = None
    relay: RelayChannel | None = None
    pasting: Pasting | None = None
    forwarding: Forwarding | None = None
    bulletins: Bulletins | None = None
    ahead: JudgingAhead | None = None

    @property
    def knowledge(self) -> Knowledge:
        """Return the knowledge in force."""
        return self.in_force.current.knowledge

    @property
    def routing(self) -> Routing:
        """Return the routing in force."""
        return self.in_force.current.routing

    @property
    def auditor(self) -> Auditor:
        """Return who looks for what fell through."""
        return self.watch.auditor

    @property
    def receive(self) -> Callable[[Event], Decision | None]:
        """Return what takes in whatever a channel brings; see ``Intake.handle``."""
        return self.forwarding.handle if self.forwarding else self.intake.handle

    @property
    def receive_all(self) -> Callable[[Sequence[Event]], list[Outcome]]:
        """Return the same for several events at once; see ``Intake.handle_all``."""
        return self.forwarding.handle_all if self.forwarding else self.intake.handle_all

    def start(self) -> None:
        """Start the background threads."""
        self.knowledge.matcher.warm_up()
        if self.ahead is not None:
            self.ahead.over(self.knowledge)
        self.loop.start()
        self.watch.start()
        if self.watcher is not None:
            self.watcher.start()

    def close(self) -> None:
        """End the background threads and let go of the ledger."""
        if self.watcher is not None:
            self.watcher.stop()
        self.watch.stop()
        self.loop.stop()
        self.ledger.close()
        if self.ahead is not None:
            self.ahead.close()
        if self.advisor is not None:
            self.advisor.close()


def build_bot(
    ledger: Ledger,
    knowledge: Knowledge,
    routing: Routing,
    clock: Clock,
    channels: Sequence[Channel],
    after_sending: Callable[[], None],
    advisor: Advisor | None = None,
    bot_name: str = "小哨",
    disk: Path | None = None,
    public_url: str = "",
    keep_people_days: int = 0,
    judge_ahead: bool = False,
) -> Bot:
    """Wire the parts around an open ledger.

    Without an ``advisor`` no second opinion is asked; without a ``public_url`` contacts get no links to the pages. ``disk`` is
    the ledger's folder, to be watched; None where it is on another machine. What people said is kept ``keep_people_days`` long,
    with 0 for ever. With ``judge_ahead`` messages are judged in a process of their own, where a second core is free for it.
    """
    in_force = InForce(Curated(routing, knowledge))
    with ledger.transaction() as transaction:
        links = Links(page_key(transaction), public_url)

    def decided(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        curated = in_force.current
        known = curated.knowledge
        foreseen = metrics.matching(ahead.over(known)) if ahead else before.over(metrics.matching(known))
        decision = decide(event, snapshot, foreseen, curated.routing, now)
        return links.added(decision, now)

    def wanted(said: Said, snapshot: Snapshot, now: datetime) -> Inquiry | None:
        curated = in_force.current
        return inquiry_for(said, snapshot, curated.knowledge, curated.routing, now)

    def wake() -> None:
        loop.wake()

    metrics = Metrics()
    timed = metrics.ledger(ledger)
    consultation = Consultation(wanted, advisor.ask) if advisor else None
    ahead = JudgingAhead() if judge_ahead else None
    before = JudgedBefore()
    intake = Intake(timed, metrics.deciding(decided), clock, wake, consultation, ahead.begin if ahead else before.begin)
    relay = next((channel for channel in channels if isinstance(channel, RelayChannel)), None)
    outbox = HandCarried(timed, relay) if relay else timed
    pasting = Pasting(ledger, intake, relay, clock, bot_name) if relay else None
    forwarding = Forwarding(ledger, intake, pasting, lambda: in_force.current.routing, clock) if pasting else None
    sender = Sender(
        outbox,
        {channel.name: channel for channel in channels},
        clock,
        intake.handle,
        rank=lambda contact, channel: in_force.current.routing.channel_rank(contact, channel),
    )
    loop = WorkLoop(timed, Timers(timed, intake, clock), sender, clock, after_sending)

    bulletins = Bulletins(
        ledger, intake, lambda: in_force.current.routing, lambda: in_force.current.knowledge.library, clock, channels[0].name
    )

    def advice() -> None:
        for news in advisor.news() if advisor else ():
            log.warning("%s", news)

    duties = [bulletins.make_due, advice, Retention(ledger, clock, keep_people_days).round]
    watch = Watch(ledger, clock, in_force, channels, loop, intake.handle, metrics, disk=disk, duties=duties)
    return Bot(
        ledger,
        in_force,
        clock,
        intake,
        loop,
        watch,
        advisor=advisor,
        relay=relay,
        pasting=pasting,
        forwarding=forwarding,
        bulletins=bulletins,
        ahead=ahead,
    )


def bind_everybody(ledger: Ledger, routing: Routing, channel: str, prefix: str, now: datetime) -> None:
    """Bind the contacts of routing.yaml to their ids on a channel of the demo, where names are ids.

    Whoever has been bound or released there before is left as it is now.
    """
    with ledger.transaction() as transaction:
        touched = {change.contact for change in transaction.binding_history() if change.channel == channel}
        for name in routing.contacts:
            if name not in touched:
                transaction.bind(channel, f"{prefix}{name}", name, now, by="演示")


def load_curated(settings: Settings) -> Curated:
    """Read routing.yaml and the knowledge folder; raises ``InvalidFiles`` with the problems of both."""
    routing, library = _read_sound(settings)
    return Curated(routing, prepared_knowledge(settings, library, routing))


def prepared_knowledge(settings: Settings, library: Library, routing: Routing) -> Knowledge:
    """Return what was built from these very files before, or build it and keep it beside the ledger."""
    return prepared(library, routing, settings.folder, build_knowledge)


def _read_sound(settings: Settings) -> Read:
    routing, loaded, problems = read_curated(settings)
    if routing is not None:
        entries = loaded.library.entries.values()
        strange = (problem for entry in entries for problem in unknown_communities(entry, loaded.places, routing.communities))
        problems = (*problems, *strange)
    if problems or routing is None:
        raise InvalidFiles(problems)
    return routing, loaded.library


def rebuild(read: Read, before: Curated) -> Iterator[Curated]:
    """Yield what is to be put in force for changed files, as soon as it is there: new texts, new matching, new departments."""
    routing, library = read
    known = before.knowledge
    if routing.config_hash == before.routing.config_hash and library == known.library:
        return
    departments_stay = routing.departments.keys() == before.routing.departments.keys()
    if departments_stay:
        known = replace(known, library=library)
        yield Curated(routing, known)
        matched = library.for_matching()
        known = replace(known, matcher=Matcher(matched))
        yield Curated(routing, known)
        yield Curated(routing, replace(known, ranker=DepartmentRanker(matched, routing)))
    else:
        yield Curated(routing, build_knowledge(library, routing))


def read_curated(settings: Settings) -> tuple[Routing | None, Loaded, tuple[Problem, ...]]:
    """Read both curated places and return what is sound with the problems of both."""
    problems: tuple[Problem, ...] = ()
    routing = None
    try:
        routing = load_routing(settings.routing)
    except InvalidFiles as error:
        problems = error.problems
    loaded = read_library(settings.knowledge, departments=None if routing is None else routing.departments)
    return routing, loaded, (*problems, *loaded.problems)


def open_bot(
    settings: Settings,
    curated: Curated,
    channel: PageChannel | TerminalChannel,
    prefix: str,
    after_sending: Callable[[], None],
) -> Bot:
    """Open the ledger and wire the bot to one channel of the demo, on which everybody's name is the id after a prefix.

    Raises ``LedgerError`` for a ledger that can't be used, and ``InvalidSettings`` for a second opinion without its key.
    """
    advisor = build_advisor(settings)
    ledger = open_ledger(settings.data)
    clock = MovableClock.resumed(SystemClock(), ledger) if settings.demo else SystemClock()

    def bind(routing: Routing) -> None:
        bind_everybody(ledger, routing, channel.name, prefix, clock.now())

    return wire(settings, curated, ledger, clock, channel, bind, after_sending, advisor)


def wire(
    settings: Settings,
    curated: Curated,
    ledger: Ledger,
    clock: Clock,
    channel: PageChannel | TerminalChannel | WechatyChannel,
    bind: Callable[[Routing], None],
    after_sending: Callable[[], None],
    advisor: Advisor | None,
) -> Bot:
    """Wire a bot to a channel, the relay beside it, and the curated files; ``bind`` is called with each new routing."""
    owner = file_owner(settings.knowledge)
    relay = RelayChannel(curated.routing.rooms)  # also without its page: what waits to be carried must not be given up

    def changed(read: Read, before: Curated) -> Iterator[Curated]:
        bind(read[0])
        channel.open_rooms(read[0].rooms)
        relay.open_rooms(read[0].rooms)
        routing, library = read
        latest = before
        for latest in rebuild(read, before):
            yield latest
        if latest is not before:
            keep(library, routing, settings.folder, latest.knowledge)

    def taken(now_in_force: Curated) -> None:
        keep_versions(ledger, now_in_force.knowledge.library.entries, owner, clock.now())

    bind(curated.routing)
    taken(curated)
    bot = build_bot(
        ledger,
        curated.knowledge,
        curated.routing,
        clock,
        [channel, relay],
        after_sending,
        advisor,
        settings.bot_name,
        settings.data.parent if isinstance(settings.data, Path) else None,
        settings.public_url,
        settings.keep_people_days,
        settings.judge_ahead,
    )
    files = CuratedFiles(settings.knowledge, settings.routing)
    watcher = Watcher(files, lambda: _read_sound(settings), changed, bot.in_force, taken, bot.intake.handle, clock)
    return replace(bot, watcher=watcher)
