"""What every ledger engine must do with the bot's own messages, seen on a channel, and with messages that have to wait."""

from __future__ import annotations

from datetime import timedelta

from bot.ledger.port import Ledger, Outgoing
from bot.model import Action, Target, Unheard
from tests.samples import NOW, ROOM, decided, said, say, take_in

LEASE = timedelta(seconds=60)
HERE = ("room", ROOM)


def put(ledger: Ledger, *says) -> None:
    take_in(ledger, said(), decided(action=Action.REPLY, says=says))


def claim(ledger: Ledger, at=NOW) -> list[Outgoing]:
    with ledger.transaction() as work:
        return work.claim(at, LEASE, 10)


def echo(ledger: Ledger, text: str, receipt: str, place=HERE, channel: str = "page") -> bool:
    with ledger.transaction() as work:
        return work.echo(channel, place, text, receipt, NOW)


def receipts(ledger: Ledger) -> list[str]:
    with ledger.transaction() as work:
        return [bubble.message_id for bubble in work.conversation(room=ROOM) if bubble.sender is None]


def test_echo_is_the_receipt_of_what_was_being_sent(ledger: Ledger) -> None:
    put(ledger, say("a", text="已登记"))
    (outgoing,) = claim(ledger)
    assert echo(ledger, "@泰准金属-安全员\u2005已登记", "m1")
    assert receipts(ledger) == ["m1"]
    with ledger.transaction() as work:
        work.confirm(outgoing.token, "m2", NOW)
    assert receipts(ledger) == ["m1"]
    assert claim(ledger, NOW + timedelta(hours=1)) == []


def test_echo_prevents_a_second_sending_after_an_unknown_outcome(ledger: Ledger) -> None:
    put(ledger, say("a", text="已登记"))
    (outgoing,) = claim(ledger)
    with ledger.transaction() as work:
        work.postpone(outgoing.token, "没有回执", NOW + timedelta(seconds=5))
    assert echo(ledger, "已登记", "m1")
    assert claim(ledger, NOW + timedelta(hours=1)) == []


def test_echo_of_what_was_confirmed_or_never_tried_or_said_elsewhere_changes_nothing(ledger: Ledger) -> None:
    put(ledger, say("a", text="已登记"))
    assert not echo(ledger, "已登记", "m0")
    (outgoing,) = claim(ledger)
    assert not echo(ledger, "已登记", "m0", channel="wechaty")
    assert not echo(ledger, "已登记", "m0", place=("room", "别的群"))
    assert not echo(ledger, "别的话", "m0")
    with ledger.transaction() as work:
        work.confirm(outgoing.token, "m1", NOW)
    put(ledger, say("b", text="已登记"))
    claim(ledger)
    assert not echo(ledger, "已登记", "m1")
    assert receipts(ledger) == ["m1"]


def test_echo_in_a_direct_chat_finds_what_was_meant_for_the_bound_contact(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.bind("page", "page:税务局联络员", "税务局联络员", NOW)
    put(ledger, say("a", Target("contact", "税务局联络员"), "【工单 #1】"), say("b", Target("person", "page:甲", "page"), "您好"))
    claim(ledger)
    assert not echo(ledger, "【工单 #1】", "m0", place=("person", "page:甲"))
    assert echo(ledger, "【工单 #1】", "m1", place=("person", "page:税务局联络员"))
    assert echo(ledger, "您好", "m2", place=("person", "page:甲"))


def test_echo_names_what_a_channel_confirmed_without_an_id(ledger: Ledger) -> None:
    put(ledger, say("a", text="已登记"), say("b", text="已登记"))
    first, second = claim(ledger)
    with ledger.transaction() as work:
        work.confirm(first.token, "page:a", NOW)
    assert echo(ledger, "已登记", "m1")
    assert receipts(ledger) == ["m1"]
    with ledger.transaction() as work:
        work.confirm(second.token, "page:b", NOW)
    assert receipts(ledger) == ["m1", "page:b"]


def test_two_alike_are_confirmed_in_the_order_of_sending(ledger: Ledger) -> None:
    put(ledger, say("a", text="已登记"), say("b", text="已登记"))
    claim(ledger)
    assert echo(ledger, "已登记", "m1") and echo(ledger, "已登记", "m2")
    assert not echo(ledger, "已登记", "m3")
    assert receipts(ledger) == ["m1", "m2"]


def test_waiting_is_no_attempt(ledger: Ledger) -> None:
    put(ledger, say("a", urgent=True))
    for turn in range(20):
        (outgoing,) = claim(ledger, NOW + turn * timedelta(minutes=1))
        assert (outgoing.attempts, outgoing.urgent) == (1, True)
        with ledger.transaction() as work:
            work.postpone(outgoing.token, "排队", NOW + turn * timedelta(minutes=1), tried=False)


def test_time_unheard_is_recorded_once(ledger: Ledger) -> None:
    event = Unheard("wechaty/1", "wechaty", "微信", NOW, NOW + timedelta(minutes=3), "断开")
    with ledger.transaction() as work:
        assert work.record(event)
        assert work.snapshot(event, NOW).cases == ()
        work.apply(event, decided(action=Action.REPLY), NOW)
        assert not work.record(event)
