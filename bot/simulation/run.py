"""One simulated stretch of days: a district is set up, people talk, the clock is pushed from one event to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

from bot.app import bind_everybody, build_bot
from bot.desk.scene import Knowledge
from bot.errors import XiaoshaoError
from bot.ledger.port import Ledger
from bot.reports.bulletin import Kind
from bot.reports.gathering import scorecard_of
from bot.routing.config import Routing
from bot.simulation import audit
from bot.simulation.agenda import SimulatedClock
from bot.simulation.assumptions import Assumptions
from bot.simulation.channel import NAME, PERSON_PREFIX, SimulatedChannel
from bot.simulation.contacts import Contacts
from bot.simulation.crowd import Crowd
from bot.simulation.district import build_district
from bot.simulation.observed import ObservedLedger
from bot.simulation.score import Effort, Score, scored
from bot.simulation.texts import Texts
from bot.simulation.witness import Witness
from bot.simulation.world import MINUTE, World

LOOK_EVERY = timedelta(hours=1)
RESTARTED_AT = timedelta(hours=3)
"""When the bot is restarted each night, as after an update."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated; ``speed`` is how much faster than real time (None: as fast as the machine can)."""

    start: datetime
    communities: int = 15
    enterprises: int = 6000
    days: int = 7
    seed: int = 1
    speed: float | None = None
    assumed: Assumptions = field(default_factory=Assumptions)


class Simulation:
    """A district with its bot on an empty ledger; ``run`` plays the days and returns the score."""

    def __init__(self, plan: Plan, ledger: Ledger, knowledge: Knowledge, routing: Routing) -> None:
        _refuse_used(ledger)
        self._plan = plan
        random = Random(plan.seed)
        self.district = build_district(routing, plan.communities, plan.enterprises, plan.start)
        self.clock = SimulatedClock(plan.start)
        self.witness = Witness(self.district.routing)
        texts = Texts(knowledge.library, random, plan.assumed.noisy)
        self.world = World(self.clock, random, self.district, texts, plan.assumed, self.witness)
        self.crowd = Crowd(self.world)
        self.contacts = Contacts(self.world)
        self.ledger = ObservedLedger(ledger, self.witness.saw)
        self._knowledge = knowledge
        self._channel = SimulatedChannel(self.world.arrived, partial(self.world.chance, plan.assumed.hiccups))
        with self.ledger.transaction() as transaction:
            transaction.put_enterprises([each for here in self.district.enterprises.values() for each in here])
        self._start_bot()
        self._due: datetime | None = None
        self._late: datetime | None = None

    def _start_bot(self) -> None:
        """Wire a bot to the ledger; done anew, it is a restart."""
        routing = self.district.routing
        bind_everybody(self.ledger, routing, NAME, PERSON_PREFIX, self.clock.now())
        self.bot = build_bot(self.ledger, self._knowledge, routing, self.clock, [self._channel], lambda: None)
        self.world.connect(self.bot)

    def run(self, progress: Callable[[datetime], None] = lambda at: None) -> Score:
        """Play all days; ``progress`` is called with the simulated time now and then."""
        started, cpu = time.perf_counter(), time.process_time()
        plan, end = self._plan, self._plan.start + timedelta(days=self._plan.days)
        for day in range(plan.days):
            at = plan.start + timedelta(days=day)
            self.world.agenda.plan(at, partial(self.crowd.plan_day, at))
            self.world.agenda.plan(at + RESTARTED_AT, self._start_bot)
        self._look(end, progress)
        while self._step(end, started):
            pass
        self.clock.move_to(end)
        self._settle()
        effort = Effort(time.perf_counter() - started, time.process_time() - cpu, self.world.load.seconds)
        audit.look_over(self.ledger, self.witness, end)
        audit.kept_messages(self.ledger, self.witness, end)
        self.witness.finish(end)
        ended = audit.fates(self.ledger, self.crowd.questions, self.witness, end)
        last = (end - timedelta(days=1)).date()
        routing, library = self.district.routing, self._knowledge.library
        card = scorecard_of(self.ledger, plan.start.date(), last, end, routing, library)
        return scored(plan.start, end, self.district, self.witness, self.crowd, ended, effort, card)

    def _step(self, end: datetime, started: float) -> bool:
        """Do what comes next, an act of somebody or a deadline; return False when it comes after the end."""
        planned = self.world.agenda.next_at()
        moments = [at for at in (self._due, planned) if at is not None]
        if not moments or (at := min(moments)) >= end:
            return False
        self._wait_for(at, started)
        self.clock.move_to(at)
        if planned is not None and planned <= at:
            self.world.agenda.take()()
        self._settle()
        return True

    def _settle(self) -> None:
        """Do all that is due; what is due and yet is not done is reported once, and must not stop the time."""
        self.bot.loop.settle()
        for fault in self.world.faults:
            raise fault
        now = self.clock.now()
        with self.ledger.transaction() as transaction:
            due = transaction.next_due()
        late = due is not None and due <= now
        if late and due != self._late:
            self.witness.broken("stuck", f"{due:%m-%d %H:%M:%S} 到期的一步没有做", now)
        self._late = due if late else None
        self._due = None if late else due

    def _make_bulletins(self) -> None:
        """Make the bulletins that are due; the duty worker lets them out a little later."""
        bulletins = self.bot.bulletins
        if bulletins is None:
            return
        for made in bulletins.make_due():
            duty = self.district.routing.communities[made.community].duty
            out = partial(bulletins.publish, Kind(made.kind), made.day, made.community, duty)
            self.world.after(5 * MINUTE, 25 * MINUTE, out, awake=False)

    def _wait_for(self, at: datetime, started: float) -> None:
        if self._plan.speed is not None:
            wait = (at - self._plan.start).total_seconds() / self._plan.speed - (time.perf_counter() - started)
            if wait > 0:
                time.sleep(wait)

    def _look(self, end: datetime, progress: Callable[[datetime], None]) -> None:
        now = self.clock.now()
        audit.look_over(self.ledger, self.witness, now)
        self._make_bulletins()
        progress(now)
        if now + LOOK_EVERY < end:
            self.world.agenda.plan(now + LOOK_EVERY, partial(self._look, end, progress))


def _refuse_used(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        used = transaction.bindings() or transaction.enterprises() or transaction.cases(open_only=False, limit=1)
    if used:
        raise XiaoshaoError("这个账本里已经有内容：模拟会往里写大量假消息，请用 --data 指一个空的账本（或不写，用临时的）")
