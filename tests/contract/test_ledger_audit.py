"""What every ledger engine must tell the auditor, and the small values that it keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.ledger.port import Ledger, Tally
from bot.model import Action, Noticed, Status, Step, Target
from tests.samples import NOW, decided, opened, said, say, snapshot_for, take_in

GRACE = timedelta(minutes=5)
LEASE = timedelta(seconds=60)
WORKER = Target("contact", "社区值班")


def test_an_empty_ledger_has_nothing_that_piles_up(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        assert work.tally(NOW, GRACE) == Tally({}, 0, 0, None, 0, 0, 0, 0)


def test_open_cases_are_counted_by_status_and_the_overdue_ones_apart(ledger: Ledger) -> None:
    message, step = said(), Step("0/escalate", "escalate", NOW)
    cases = (
        opened(1, message, due=step),
        opened(2, message),
        opened(3, message, status=Status.ANSWERED),
        opened(4, message, status=Status.CLOSED),
    )
    take_in(ledger, message, decided(cases=cases))
    with ledger.transaction() as work:
        assert work.tally(NOW + GRACE, GRACE).overdue == 0
        tally = work.tally(NOW + GRACE + timedelta(seconds=1), GRACE)
    assert (tally.open_cases, tally.overdue) == ({Status.ANSWERED: 1, Status.OPEN: 2}, 1)


def test_unsent_messages_are_counted_by_what_they_wait_for(ledger: Ledger) -> None:
    later = NOW + timedelta(hours=2)
    says = (say("sent"), say("lost", WORKER), say("stuck"), say("held", not_before=later), say("waits"))
    take_in(ledger, said(), decided(action=Action.REPLY, says=says))
    with ledger.transaction() as work:
        sent, lost, *_ = work.claim(NOW, LEASE, 3)
        work.confirm(sent.token, "m1", NOW)
        work.give_up(lost.token, "没有绑定", NOW)
        tally = work.tally(NOW, GRACE)
        assert (tally.waiting, tally.oldest, tally.held, tally.claimed, tally.stuck, tally.given_up) == (1, NOW, 1, 1, 0, 1)
        assert work.tally(NOW + LEASE + GRACE, GRACE).stuck == 0
        assert work.tally(NOW + LEASE + GRACE + timedelta(seconds=1), GRACE).stuck == 1
        assert work.tally(later, GRACE).waiting == 2


def test_what_was_given_up_can_be_asked_for_by_age(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(action=Action.REPLY, says=(say("lost", WORKER),)))
    with ledger.transaction() as work:
        [out] = work.claim(NOW, LEASE, 1)
        work.give_up(out.token, "没有绑定", NOW)
        assert [each.key for each in work.undelivered()] == ["lost"]
        assert [each.key for each in work.undelivered(NOW)] == ["lost"]
        assert work.undelivered(NOW + timedelta(seconds=1)) == []


def test_small_values_are_found_by_the_beginning_of_their_names_and_forgotten(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for name in ("heartbeat/b", "heartbeat/a", "heartbeats", "heart_eat/c", "other"):
            work.set(name, name.upper())
    with ledger.transaction() as work:
        assert dict(work.settings("heartbeat/")) == {"heartbeat/a": "HEARTBEAT/A", "heartbeat/b": "HEARTBEAT/B"}
        work.unset("heartbeat/a")
        work.unset("heartbeat/a")
        assert list(work.settings("heartbeat/")) == ["heartbeat/b"]
        assert work.setting("heartbeat/a") is None


def test_what_was_noticed_is_an_event_like_any_other(ledger: Ledger) -> None:
    event = Noticed("2026-11-18/3f2a", ("磁盘快满了",), 1, NOW)
    words = say("audit/2026-11-18/3f2a/社区值班", WORKER, "【巡查】磁盘快满了")
    assert snapshot_for(ledger, event).cases == ()
    take_in(ledger, event, decided(action=Action.REPLY, says=(words,)))
    with ledger.transaction() as work:
        assert not work.record(replace(event, at=NOW + LEASE))
        assert [out.text for out in work.claim(NOW, LEASE, 10)] == ["【巡查】磁盘快满了"]
