"""From the outbox to the channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.channels.port import Letter
from bot.errors import LedgerFull, SendFailed
from bot.ledger.sqlite import SqliteLedger
from bot.model import SendGivenUp, Step, Target
from bot.work.sender import LEASE, MOST_ATTEMPTS, Sender, backoff
from tests.samples import NOW, ROOM, SAFETY, TAXMAN, HandClock, decided, opened, said, say, take_in


class Wire:
    """A channel that keeps letters, or fails as told."""

    def __init__(self, name: str, fail: Callable[[Letter], None] = lambda letter: None) -> None:
        self.name = name
        self.fail = fail
        self.sent: list[Letter] = []

    def send(self, letter: Letter) -> str:
        self.fail(letter)
        self.sent.append(letter)
        return f"{self.name}:{letter.key}"


class Bus(Wire):
    """A channel that takes several letters at once."""

    def __init__(self, name: str, fail: Callable[[Letter], None] = lambda letter: None) -> None:
        super().__init__(name, fail)
        self.loads: list[int] = []

    def send_all(self, letters: Sequence[Letter]) -> list[str | Exception]:
        self.loads.append(len(letters))
        return [self._carried(letter) for letter in letters]

    def _carried(self, letter: Letter) -> str | Exception:
        try:
            return self.send(letter)
        except Exception as fault:
            return fault


def failing(*, permanent: bool = False) -> Callable[[Letter], None]:
    def fail(letter: Letter) -> None:
        raise SendFailed("网关没有应答", permanent=permanent)

    return fail


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    yield ledger
    ledger.close()


class Post:
    """A sender with its clock, its channels, and the events of what it gave up."""

    def __init__(self, ledger: SqliteLedger, *wires: Wire) -> None:
        self.clock = HandClock()
        self.lost: list[SendGivenUp] = []
        self.sender = Sender(ledger, {wire.name: wire for wire in wires}, self.clock, self.lost.append)


def undelivered(ledger: SqliteLedger) -> list[str]:
    with ledger.transaction() as transaction:
        return [out.why for out in transaction.undelivered()]


def test_each_target_is_reached_where_it_lives(ledger: SqliteLedger) -> None:
    page, wechaty = Wire("page"), Wire("wechaty")
    with ledger.transaction() as transaction:
        transaction.bind("relay", "r", "税务局联络员", NOW)
        transaction.bind("wechaty", "wx1", "税务局联络员", NOW + timedelta(minutes=1))
        transaction.bind("page", TAXMAN.id, "税务局联络员", NOW + timedelta(minutes=2))
    says = (
        say("room", mention=SAFETY),
        say("person", Target("person", SAFETY.id, "page"), "私聊"),
        say("contact", Target("contact", "税务局联络员"), "工单"),
    )
    take_in(ledger, said(), decided(says=says))
    assert Post(ledger, page, wechaty).sender.send_due() == 3
    assert page.sent == [Letter("room", ROOM, "", "已登记", SAFETY), Letter("person", "", SAFETY.id, "私聊")]
    assert wechaty.sent == [Letter("contact", "", "wx1", "工单")]


def test_the_receipt_is_kept_so_that_quotes_find_the_case(ledger: SqliteLedger) -> None:
    take_in(ledger, said(), decided(says=(say("k"),)))
    post = Post(ledger, Wire("page"))
    assert (post.sender.send_due(), post.sender.send_due()) == (1, 0)
    with ledger.transaction() as transaction:
        assert [bubble.message_id for bubble in transaction.conversation(room=ROOM)][1:] == ["page:k"]


def test_more_than_one_batch_goes_out_in_order(ledger: SqliteLedger) -> None:
    page = Wire("page")
    take_in(ledger, said(), decided(says=tuple(say(str(index)) for index in range(35))))
    assert Post(ledger, page).sender.send_due() == 35
    assert [letter.key for letter in page.sent] == [str(index) for index in range(35)]


def test_a_channel_that_takes_several_letters_gets_them_together_and_in_order(ledger: SqliteLedger) -> None:
    wechaty, page = Bus("wechaty"), Wire("page")
    rooms = [say(str(index), Target("room", f"群{index % 3}", "wechaty")) for index in range(9)]
    take_in(ledger, said(), decided(says=(*rooms, say("page"), *(say(f"{index}", rooms[0].target) for index in range(9, 40)))))
    assert Post(ledger, wechaty, page).sender.send_due() == 41
    assert [letter.key for letter in wechaty.sent] == [str(index) for index in range(40)]
    assert [letter.key for letter in page.sent] == ["page"]
    assert (wechaty.loads[0], max(wechaty.loads)) == (9, 16)


def test_what_fails_among_letters_sent_together_fails_alone(ledger: SqliteLedger) -> None:
    def fail(letter: Letter) -> None:
        if letter.key in faults:
            raise faults[letter.key]

    faults = {"b": SendFailed("网关没有应答"), "c": RuntimeError("bug in the channel"), "d": SendFailed("没有群", permanent=True)}
    post = Post(ledger, Bus("page", fail))
    take_in(ledger, said(), decided(says=tuple(say(key) for key in "abcde")))
    assert post.sender.send_due() == 2
    assert [lost.message_id for lost in post.lost] == ["d"]
    faults.clear()
    post.clock.at += timedelta(seconds=7)
    assert post.sender.send_due() == 2


def test_a_channel_that_breaks_under_several_letters_has_sent_none_of_them(
    ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(letters: Sequence[Letter]) -> list[str | Exception]:
        raise RuntimeError("bug in the channel")

    wire = Bus("page")
    monkeypatch.setattr(wire, "send_all", breaks)
    post = Post(ledger, wire)
    take_in(ledger, said(), decided(says=(say("a"), say("b"))))
    assert (post.sender.send_due(), post.sender.send_due()) == (0, 0)
    monkeypatch.undo()
    post.clock.at += timedelta(seconds=7)
    assert post.sender.send_due() == 2


def test_nothing_is_open_in_the_ledger_while_a_channel_sends(ledger: SqliteLedger) -> None:
    def looks(letter: Letter) -> None:
        with ledger.transaction() as transaction:
            assert transaction.claim(NOW, LEASE, 10) == []

    page = Wire("page", looks)
    take_in(ledger, said(), decided(says=(say("k"),)))
    assert Post(ledger, page).sender.send_due() == 1


@pytest.mark.parametrize("fault", [SendFailed("网关没有应答"), RuntimeError("bug in the channel")], ids=["failed", "broke"])
def test_a_failure_is_tried_again_with_growing_pauses_and_then_given_up_aloud(ledger: SqliteLedger, fault: Exception) -> None:
    def fail(letter: Letter) -> None:
        attempts.append(post.clock.at)
        raise fault

    attempts: list = []
    post = Post(ledger, Wire("page", fail))
    message = said()
    case = opened(1, message, due=Step("later", "remind", NOW + timedelta(days=1)))
    take_in(ledger, message, decided(cases=(case,), says=(say("k", case=1, text="答复"),)))
    while not post.lost:
        assert post.sender.send_due() == 0
        with ledger.transaction() as transaction:
            post.clock.at = transaction.next_due()
        assert post.clock.at <= case.due.at
    assert len(attempts) == MOST_ATTEMPTS
    pauses = [after - before for before, after in pairwise(attempts)]
    assert all(
        timedelta(seconds=5) * 2**index <= pause <= timedelta(seconds=6.25) * 2**index for index, pause in enumerate(pauses)
    )
    [lost] = post.lost
    assert (lost.message_id, lost.case, lost.target, lost.text) == ("k", 1, Target("room", ROOM, "page"), "答复")
    assert (str(fault) in lost.why, len(undelivered(ledger))) == (True, 1)
    assert post.sender.send_due() == 0


def test_waiting_for_a_channel_is_no_attempt_however_often(ledger: SqliteLedger) -> None:
    def wait(letter: Letter) -> None:
        raise SendFailed("排队慢慢发", retry_after=timedelta(seconds=3))

    wire = Wire("page", wait)
    post = Post(ledger, wire)
    take_in(ledger, said(), decided(says=(say("a"),)))
    for _ in range(3 * MOST_ATTEMPTS):
        assert post.sender.send_due() == 0
        post.clock.at += timedelta(seconds=3)
    wire.fail = lambda letter: None
    assert post.sender.send_due() == 1
    assert (post.lost, undelivered(ledger)) == ([], [])


def test_an_urgent_message_is_marked_for_the_channel(ledger: SqliteLedger) -> None:
    wire = Wire("page")
    take_in(ledger, said(), decided(says=(say("a"), say("b", urgent=True))))
    Post(ledger, wire).sender.send_due()
    assert [(letter.key, letter.urgent) for letter in wire.sent] == [("b", True), ("a", False)]


def test_a_permanent_failure_is_given_up_at_once_and_holds_up_nobody(ledger: SqliteLedger) -> None:
    page, wechaty = Wire("page"), Wire("wechaty", failing(permanent=True))
    take_in(ledger, said(), decided(says=(say("gone", Target("room", "解散的群", "wechaty")), say("k"))))
    post = Post(ledger, page, wechaty)
    assert post.sender.send_due() == 1
    assert [lost.why for lost in post.lost] == undelivered(ledger) == ["网关没有应答"]


def test_a_contact_bound_nowhere_is_given_up_at_once(ledger: SqliteLedger) -> None:
    take_in(ledger, said(), decided(says=(say("k", Target("contact", "环保联络员")),)))
    post = Post(ledger, Wire("page"))
    post.sender.send_due()
    assert [lost.why for lost in post.lost] == ["环保联络员还没有绑定任何渠道"]


@pytest.mark.parametrize("target", [Target("room", ROOM, "wechaty"), Target("contact", "税务局联络员")], ids=["room", "contact"])
def test_a_channel_that_does_not_run_may_come_back(ledger: SqliteLedger, target: Target) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("wechaty", "wx1", "税务局联络员", NOW)
    take_in(ledger, said(), decided(says=(say("k", target),)))
    post = Post(ledger, Wire("page"))
    assert (post.sender.send_due(), post.lost) == (0, [])
    later = Post(ledger, Wire("wechaty"))
    later.clock.at += timedelta(seconds=10)
    assert later.sender.send_due() == 1


def test_messages_whose_lease_ran_out_behind_a_slow_one_are_left_to_whoever_has_them_now(ledger: SqliteLedger) -> None:
    def slow(letter: Letter) -> None:
        first.clock.at += LEASE
        second.clock.at = first.clock.at
        second.sender.send_due()

    slow_wire, quick_wire = Wire("page", slow), Wire("page")
    first, second = Post(ledger, slow_wire), Post(ledger, quick_wire)
    take_in(ledger, said(), decided(says=(say("a"), say("b"))))
    assert first.sender.send_due() == 1
    assert [letter.key for letter in slow_wire.sent] == ["a"]
    assert [letter.key for letter in quick_wire.sent] == ["a", "b"]


def test_a_sender_that_died_before_reporting_leaves_the_message_to_be_sent_again(ledger: SqliteLedger) -> None:
    def dies(letter: Letter) -> None:
        raise KeyboardInterrupt

    take_in(ledger, said(), decided(says=(say("k"),)))
    with pytest.raises(KeyboardInterrupt):
        Post(ledger, Wire("page", dies)).sender.send_due()
    page = Wire("page")
    post = Post(ledger, page)
    assert post.sender.send_due() == 0
    post.clock.at += LEASE
    assert post.sender.send_due() == 1


def test_giving_up_is_told_before_it_is_noted(ledger: SqliteLedger) -> None:
    take_in(ledger, said(), decided(says=(say("k"),)))
    told: list[SendGivenUp] = []

    def full(event: SendGivenUp) -> None:
        told.append(event)
        if len(told) == 1:
            raise LedgerFull("磁盘已满")

    clock = HandClock()
    sender = Sender(ledger, {"page": Wire("page", failing(permanent=True))}, clock, full)
    with pytest.raises(LedgerFull):
        sender.send_due()
    assert undelivered(ledger) == []
    clock.at += LEASE
    sender.send_due()
    assert [event.message_id for event in told] == ["k", "k"]
    assert len(undelivered(ledger)) == 1


def test_a_fault_in_deciding_what_to_do_about_a_lost_message_still_lists_it(ledger: SqliteLedger) -> None:
    def breaks(event: SendGivenUp) -> None:
        raise KeyError("tax")

    take_in(ledger, said(), decided(says=(say("k"),)))
    Sender(ledger, {"page": Wire("page", failing(permanent=True))}, HandClock(), breaks).send_due()
    assert undelivered(ledger) == ["网关没有应答"]


def test_pauses_double_up_to_ten_minutes_and_depend_on_the_key_only() -> None:
    assert backoff("k", 3) == backoff("k", 3)
    assert backoff("k", 3) != backoff("other", 3)
    for attempts, least in ((1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (1000, 600)):
        assert least <= backoff("k", attempts).total_seconds() <= least * 1.25


def bound_twice(ledger: SqliteLedger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("relay", "r", "税务局联络员", NOW)
        transaction.bind("wechaty", "wx1", "税务局联络员", NOW + timedelta(minutes=1))
    take_in(ledger, said(), decided(says=(say("k", Target("contact", "税务局联络员"), "工单"),)))


def wechaty_first(contact: str, channel: str) -> int:
    return ["wechaty", "relay"].index(channel)


def test_a_contact_is_reached_by_the_channel_that_is_preferred(ledger: SqliteLedger) -> None:
    relay, wechaty, clock = Wire("relay"), Wire("wechaty"), HandClock()
    bound_twice(ledger)
    assert Sender(ledger, {"relay": relay, "wechaty": wechaty}, clock, print, wechaty_first).send_due() == 1
    assert (len(relay.sent), [letter.person for letter in wechaty.sent]) == (0, ["wx1"])


def test_a_channel_that_refuses_gives_way_to_the_next_at_once(ledger: SqliteLedger) -> None:
    relay, wechaty, clock = Wire("relay"), Wire("wechaty", failing(permanent=True)), HandClock()
    bound_twice(ledger)
    assert Sender(ledger, {"relay": relay, "wechaty": wechaty}, clock, print, wechaty_first).send_due() == 1
    assert [letter.person for letter in relay.sent] == ["r"] and undelivered(ledger) == []


def test_a_channel_that_is_down_gives_way_after_three_attempts(ledger: SqliteLedger) -> None:
    tried: list[str] = []
    relay, wechaty, clock = Wire("relay"), Wire("wechaty", failing()), HandClock()
    bound_twice(ledger)
    sender = Sender(ledger, {"relay": relay, "wechaty": wechaty}, clock, print, wechaty_first)
    while not relay.sent and len(tried) < MOST_ATTEMPTS:
        sender.send_due()
        tried.append("relay" if relay.sent else "wechaty")
        clock.at += timedelta(minutes=15)
    assert tried == ["wechaty", "wechaty", "wechaty", "relay"]
