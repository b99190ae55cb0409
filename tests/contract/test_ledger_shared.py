"""What a ledger that several bots share must do: one of them at a time has a group, a case, a message, a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from bot.errors import CaseMoved, HeldElsewhere
from bot.ledger.port import Ledger
from bot.ledger.postgres import PostgresLedger
from bot.model import Status, Step, Target, Ticked
from bot.work.intake import Intake
from tests.postgres_server import PostgresServer
from tests.samples import HR, NOW, ROOM, SAFETY, HandClock, decided, opened, opens, said, say, snapshot_for, take_in, taken_in

LEASE = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)
AT_ONCE = timedelta(0)

Bots = Callable[..., PostgresLedger]


@pytest.fixture
def bot(postgres_url: str) -> Iterator[Bots]:
    """Starts one more bot on the same database."""
    started: list[PostgresLedger] = []

    def start(*, precedence: timedelta = MINUTE) -> PostgresLedger:
        started.append(PostgresLedger(postgres_url, patience=timedelta(milliseconds=200), precedence=precedence))
        return started[-1]

    yield start
    for ledger in started:
        ledger.close()


def gone_silent(bot: PostgresLedger) -> None:
    """Let a bot's leases run out, as if it had been dead for that long."""
    with bot.transaction():
        bot._db.execute("UPDATE room_leases SET until = clock_timestamp() - interval '1 s' WHERE bot = ?", (bot._rooms.bot,))


def owner_of(ledger: PostgresLedger, room: str = ROOM) -> str:
    row = ledger._db.execute("SELECT bot FROM room_leases WHERE room = ?", (room,)).fetchone()
    return row["bot"] if row else ""


def claimed(ledger: Ledger, now=NOW) -> list[str]:
    with ledger.transaction() as transaction:
        return [each.key for each in transaction.claim(now, LEASE, 10)]


# ── Groups ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_group_belongs_to_the_bot_that_heard_it_first(bot: Bots) -> None:
    first, second = bot(), bot()
    take_in(first, said())
    with pytest.raises(HeldElsewhere, match="由另一个小哨管着"):
        take_in(second, said("第二句"))
    take_in(second, said(room="另一个群"))
    with pytest.raises(HeldElsewhere):
        take_in(first, said("第三句", room="另一个群"))


def test_what_the_owner_has_handled_is_seen_for_the_others_under_whatever_id_they_heard_it(bot: Bots) -> None:
    first, second = bot(), bot()
    message = said("叉车上牌去哪")
    take_in(first, message)
    with second.transaction() as transaction:
        assert not transaction.record(message)
        assert not transaction.record(replace(message, message_id="my own id", at=message.at + timedelta(seconds=1)))
    with pytest.raises(HeldElsewhere):
        take_in(second, replace(message, message_id="somebody else", sender=HR))
    with pytest.raises(HeldElsewhere):
        take_in(second, replace(message, message_id="said again", at=message.at + timedelta(seconds=10)))


def test_a_message_that_the_owner_does_not_handle_is_handled_all_the_same(bot: Bots) -> None:
    first, second = bot(), bot(precedence=AT_ONCE)
    take_in(first, said())
    message = said("第二句")
    take_in(second, message)
    with first.transaction() as transaction:
        assert not transaction.record(replace(message, message_id="heard late"))
    assert owner_of(second) == second._rooms.bot


def test_a_bot_that_stops_leaves_its_groups_and_one_that_dies_loses_them_after_the_lease(bot: Bots) -> None:
    first, second, third = bot(), bot(), bot()
    take_in(first, said())
    first.close()
    take_in(second, said("第二句"))
    gone_silent(second)
    take_in(third, said("第三句"))
    assert owner_of(third) == third._rooms.bot
    with pytest.raises(HeldElsewhere):
        take_in(second, said("第四句"))


def test_a_bot_that_lives_keeps_its_groups_however_quiet_they_are(bot: Bots) -> None:
    first, second = bot(), bot()
    take_in(first, said())
    with first.transaction():
        first._db.execute("UPDATE room_leases SET until = clock_timestamp() + interval '1 s'")
    claimed(first)
    row = first._db.execute("SELECT until > clock_timestamp() + interval '30 s' AS kept FROM room_leases").fetchone()
    assert row["kept"]
    with pytest.raises(HeldElsewhere):
        take_in(second, said("第二句"))


def test_a_message_waits_in_the_intake_until_the_owner_had_its_time(bot: Bots) -> None:
    first, second = bot(), bot(precedence=timedelta(seconds=1))
    take_in(first, said())
    intake = Intake(second, opens, HandClock(), lambda: None)
    handled, unhandled = said("归别人管的"), said("别人没有管的")
    thread = Thread(target=intake.handle, args=(handled,))
    thread.start()
    take_in(first, replace(handled, message_id="the owner's own id"))
    thread.join()
    assert owner_of(first) == first._rooms.bot
    [outcome] = intake.handle_all([unhandled])
    assert outcome is not None
    assert owner_of(first) == second._rooms.bot


# ── Outgoing messages ───────────────────────────────────────────────────────────────────────────────────────


def test_messages_to_a_group_go_out_by_the_bot_that_has_it_and_all_others_by_anyone(bot: Bots) -> None:
    first, second = bot(), bot()
    message = said()
    contact = say("to the contact", Target("contact", "税务局联络员"))
    take_in(first, message, decided(says=(say("to the group"), say("to another", Target("room", "空群", "page")), contact)))
    assert claimed(second) == ["to another", "to the contact"]
    assert claimed(first) == ["to the group"]


def test_a_dead_bots_messages_are_taken_over_after_the_lease(bot: Bots) -> None:
    first, second = bot(), bot()
    take_in(first, said(), decided(says=(say("a"), say("b"))))
    assert claimed(first) == ["a", "b"]
    gone_silent(first)
    assert claimed(second, NOW + LEASE - timedelta(seconds=1)) == []
    assert claimed(second, NOW + LEASE) == ["a", "b"]


def test_no_message_is_claimed_twice_at_once(bot: Bots) -> None:
    first, second = bot(), bot()
    contact = Target("contact", "税务局联络员")
    take_in(first, said(), decided(says=tuple(say(f"k{number}", contact) for number in range(4))))
    with first.transaction() as one:
        assert [each.key for each in one.claim(NOW, LEASE, 2)] == ["k0", "k1"]
        with second.transaction() as other:
            assert [each.key for each in other.claim(NOW, LEASE, 10)] == ["k2", "k3"]


# ── Cases ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_number_is_given_once_and_one_that_was_not_used_is_given_again(bot: Bots) -> None:
    first, second, third = bot(), bot(), bot()
    here, there, elsewhere = said(), said(room="二群"), said(room="三群")
    with first.transaction() as one:
        one.record(here)
        assert one.snapshot(here, NOW).next_number == 1
        with second.transaction() as two:
            two.record(there)
            assert two.snapshot(there, NOW).next_number == 2
            two.apply(there, decided(cases=(opened(2, there),)), NOW)
    with third.transaction() as three:
        three.record(elsewhere)
        assert three.snapshot(elsewhere, NOW).next_number == 1
        three.apply(elsewhere, decided(cases=(opened(1, elsewhere),)), NOW)
    assert snapshot_for(first, said()).next_number == 3


def test_a_case_that_somebody_else_changed_meanwhile_is_decided_again(bot: Bots) -> None:
    first, second = bot(), bot()
    message = said()
    case = opened(1, message)
    take_in(first, message, decided(cases=(case,)))
    mine, other = said("#1 谢谢", room="", by=SAFETY), said("#1 收到", room="", by=HR)
    with first.transaction() as one:
        one.record(mine)
        one.snapshot(mine, NOW)
        take_in(second, other, decided(cases=(replace(case, status=Status.ACKNOWLEDGED),)))
        with pytest.raises(CaseMoved, match="#1 刚被别人改过"):
            one.apply(mine, decided(cases=(replace(case, rating=5),)), NOW)
        [seen] = one.snapshot(mine, NOW).cases
        assert seen.status is Status.ACKNOWLEDGED
        one.apply(mine, decided(cases=(replace(seen, rating=5),)), NOW)
    with second.transaction() as transaction:
        after = transaction.case(1)
    assert (after.status, after.rating) == (Status.ACKNOWLEDGED, 5)


def test_the_intake_decides_again_on_what_a_case_is_now(bot: Bots) -> None:
    first, second = bot(), bot()
    message = said()
    case = opened(1, message)
    take_in(first, message, decided(cases=(case,)))
    statuses: list[Status] = []

    def decide(event, snapshot, now):
        [known] = snapshot.cases
        statuses.append(known.status)
        if len(statuses) == 1:
            take_in(second, said("#1 收到", room="", by=HR), decided(cases=(replace(known, status=Status.ACKNOWLEDGED),)))
        return decided(cases=(replace(known, rating=4),))

    Intake(first, decide, HandClock(), lambda: None).handle(said("#1 好", room=""))
    assert statuses == [Status.OPEN, Status.ACKNOWLEDGED]


def test_a_deadline_is_acted_upon_once(bot: Bots) -> None:
    first, second = bot(), bot()
    message, due = said(), Step("0/escalate", "escalate", NOW)
    case = opened(1, message, due=due)
    take_in(first, message, decided(cases=(case,)))
    tick = Ticked(1, due.name, due.at)
    with first.transaction() as one:
        assert one.due(NOW, 10) == [tick]
        taken_in(one, tick, decided(cases=(replace(case, due=Step("1/escalate", "escalate", NOW + MINUTE)),)), NOW)
        with second.transaction() as two:
            assert two.due(NOW, 10) == []
    with second.transaction() as two:
        assert not two.record(tick)


def test_bots_that_start_together_make_the_tables_once(postgres_server: PostgresServer) -> None:
    url = postgres_server.empty_url()
    with ExitStack() as stack:
        ledgers = [PostgresLedger(url) for _ in range(3)]
        for ledger in ledgers:
            stack.callback(ledger.close)
        take_in(ledgers[2], said())
