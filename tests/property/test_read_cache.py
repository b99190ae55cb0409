"""What a ledger remembers of its own writing is what it would read: whoever wrote, in whichever way, at whatever time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.ledger import read_cache, snapshots
from bot.ledger.port import EntryVersion
from bot.ledger.read_cache import ReadCache
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Case, Enterprise, Feedback, Person, Said, Snapshot, Status, Target
from tests.samples import NOW, decided, opened, plan, said, say

PEOPLE = [Person("page:甲", "泰准金属-甲"), Person("page:乙", "乙"), Person("page:丙", "税务局联络员")]
PLACES = ["", "群一", "群二", "群三"]
COMMUNITIES = {"": "灵峰", "群一": "灵峰", "群二": "灵峰", "群三": "新碶"}
ENTRIES = ["forklift-plate", "invoice-quota"]
STEP = st.tuples(
    st.sampled_from(["open", "answer", "change", "move", "close", "reopen", "say", "cancel", "dispute", "mend", "bind"]),
    st.integers(0, 2),  # who
    st.sampled_from(PLACES),
    st.integers(0, 5),  # which case, of those that there are
)
LATER = st.sampled_from([timedelta(0), timedelta(seconds=3), timedelta(minutes=9), timedelta(hours=3), timedelta(minutes=-40)])
TIMES = st.tuples(STEP, LATER, st.sampled_from(["here", "here", "here", "elsewhere", "undone"]))


class Undone(Exception):
    """Undoes a transaction."""


class Walk:
    """A ledger to which things are done, here and over another connection, and one case after the other."""

    def __init__(self, path: Path) -> None:
        self.here, self.elsewhere = SqliteLedger(path), SqliteLedger(path)
        self.now = NOW
        self.number = 0

    def close(self) -> None:
        self.here.close()
        self.elsewhere.close()

    def step(self, what: str, who: int, room: str, which: int, where: str) -> None:
        self.number += 1
        ledger = self.elsewhere if where == "elsewhere" else self.here
        message = said(by=PEOPLE[who], room=room, at=self.now, message_id=f"m{self.number}")
        with suppress(Undone), ledger.transaction() as transaction:
            if what == "bind":
                transaction.bind("page", message.sender.id, ["税务局联络员", "网格员一"][which % 2], self.now)
                transaction.put_enterprises([Enterprise(f"泰准金属{which}", "灵峰", also=("泰准金属",))])
            elif what == "mend":
                transaction.keep_version(EntryVersion(ENTRIES[which % 2], self.now, "网格员一", None))
            else:
                assert transaction.record(message)
                seen = transaction.snapshot(message, self.now)
                transaction.apply(message, decision_for(what, which, message, seen, self.now), self.now)
            if where == "undone":
                raise Undone

    def look(self) -> None:
        """Compare what is remembered with what is read, for everybody everywhere."""
        with self.here.transaction() as transaction:
            for who, room in product(PEOPLE, PLACES):
                message = said("#2 怎么样了", by=who, room=room, at=self.now)
                seen = transaction.snapshot(message, self.now)
                read = snapshots.snapshot(self.here._db, message, self.now, ReadCache())
                assert seen == read
                assert seen.caseload.in_room(room) == tuple(case for case in read.cases if case.asker.room == room)
                mine = [case for case in read.cases if any(asker.person == who for asker in case.askers)]
                assert list(seen.caseload.asked_by(who.id)) == mine


def decision_for(what: str, which: int, message: Said, seen: Snapshot, now: datetime):
    known = seen.cases[which % len(seen.cases)] if seen.cases else None
    reply = say(f"k/{message.message_id}", Target("room", message.room, "page"), mention=message.sender)
    if what == "open":
        case = opened(seen.next_number, message, community=COMMUNITIES[message.room])
        return decided(action=Action.OPEN, cases=(case,), says=(replace(reply, case=case.number),))
    if what == "answer":
        return decided(
            action=Action.ANSWER,
            entry=ENTRIES[which % 2],
            says=(reply, say("always the same key", Target("room", "群一", "page"))),
        )
    if what == "dispute":
        return decided(action=Action.REPLY, feedback=Feedback(ENTRIES[which % 2], "", 1, f"第{which}次不对", disputes=True))
    if known is None or what == "say":
        return decided(action=Action.REPLY, says=(reply,))
    changes: dict[str, Callable[[Case], Case]] = {
        "change": lambda case: replace(case, notes=(*case.notes, message.text)),
        "move": lambda case: replace(case, askers=(*case.askers, replace(case.asker, person=message.sender))),
        "close": lambda case: replace(case, status=Status.CLOSED, due=None),
        "reopen": lambda case: replace(case, status=Status.OPEN, plan=plan(at=now), due=plan(at=now).steps[0]),
        "cancel": lambda case: case,
    }
    return decided(cases=(changes[what](known),), cancel=(known.number,) if what == "cancel" else ())


def then(what: str, later: timedelta) -> tuple[tuple[str, int, str, int], timedelta, str]:
    return (what, 0, "群一", 0), later, "here"


@given(st.lists(TIMES, min_size=15, max_size=40))
@example(
    [
        then("answer", timedelta(0)),
        then("answer", timedelta(minutes=-40)),
        *[then("change", timedelta(minutes=9))] * 4,
    ]
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_remembered_is_what_would_be_read(steps) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_cache, "NEWEST", 3)
        patch.setattr(snapshots, "NEWEST", 3)
        walk = Walk(Path(folder) / "ledger.db")
        try:
            for (what, who, room, which), later, where in steps:
                walk.now += later
                walk.step(what, who, room, which, where)
                walk.look()
        finally:
            walk.close()
