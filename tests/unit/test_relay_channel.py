"""Replies into a relayed group wait until a person has carried them: over restarts, over leases, and not longer than wanted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.port import Letter
from bot.channels.relay.channel import HANDED_AGAIN_WITHIN, RelayChannel
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Person, Say, Target
from bot.work.hand_carried import HandCarried, confirm_carried
from bot.work.sender import LEASE, MOST_ATTEMPTS, Sender
from tests.samples import NOW, ROOM, HandClock, decided, said, say, take_in

ASKER = Person(f"relay:{ROOM}/甲", "甲")
HERE = Target("room", ROOM, "relay")


class Post:
    """A sender with a relay on a ledger that outlives it."""

    def __init__(self, path) -> None:
        self.path = path
        self.clock = HandClock()
        self.given_up: list[object] = []
        self.begin()

    def begin(self) -> None:
        self.ledger = SqliteLedger(self.path)
        self.channel = RelayChannel([ROOM])
        self.sender = Sender(HandCarried(self.ledger, self.channel), {"relay": self.channel}, self.clock, self.given_up.append)

    def restart(self) -> None:
        self.ledger.close()
        self.begin()

    def decide(self, *says: Say, **more) -> None:
        take_in(self.ledger, said(channel="relay"), decided(action=Action.REPLY, says=says, **more), self.clock.now())

    def carry(self, receipt: str) -> bool:
        letter = self.channel.take(receipt, self.clock.now())
        if letter is None:
            return False
        with self.ledger.transaction() as work:
            confirm_carried(work, letter, self.clock.now())
        return True

    def waiting(self) -> list[str]:
        return [it.text for it in self.channel.waiting(self.clock.now())]

    def sent(self) -> list[str]:
        with self.ledger.transaction() as work:
            return [bubble.text for bubble in work.conversation(room=ROOM) if bubble.sender is None]

    def pass_leases(self, count: int) -> None:
        for _ in range(count):
            self.clock.at += LEASE
            self.sender.send_due()


@pytest.fixture
def post(tmp_path):
    found = Post(tmp_path / "post.db")
    yield found
    found.ledger.close()


def test_waits_until_carried_and_only_then_has_its_receipt(post):
    post.decide(say("case/1/a", HERE, "已登记 #1", mention=ASKER))
    post.sender.send_due()
    assert (post.waiting(), post.sent()) == (["@甲 已登记 #1"], [])
    assert post.carry("relay:case/1/a")
    assert (post.waiting(), post.sent()) == ([], ["已登记 #1"])
    post.pass_leases(3)
    assert (post.waiting(), post.sent()) == ([], ["已登记 #1"])


def test_is_never_given_up_however_long_it_takes(post):
    post.decide(say("case/1/a", HERE, "已登记 #1"))
    post.sender.send_due()
    post.pass_leases(MOST_ATTEMPTS * 3)
    assert (post.waiting(), post.given_up) == (["已登记 #1"], [])
    assert post.carry("relay:case/1/a")
    assert post.sent() == ["已登记 #1"]


def test_restart_loses_neither_the_reply_nor_its_age(post):
    post.decide(say("case/1/a", HERE, "已登记 #1"))
    post.sender.send_due()
    post.restart()
    assert post.waiting() == []
    post.pass_leases(1)
    (letter,) = post.channel.waiting(post.clock.now())
    assert (letter.text, letter.since) == ("已登记 #1", NOW)


def test_carried_while_it_is_being_handed_over_again_waits_no_more(post):
    post.decide(say("case/1/a", HERE, "已登记 #1"))
    post.sender.send_due()
    letter = post.channel.take("relay:case/1/a", post.clock.now())
    post.pass_leases(1)  # claimed again under another token: the click's own token is worth nothing now
    with post.ledger.transaction() as work:
        confirm_carried(work, letter, post.clock.now())
    assert (post.waiting(), post.sent()) == ([], ["已登记 #1"])


def test_what_was_cancelled_drops_out(post):
    first = say("case/1/a", HERE, "不用贴了")
    post.decide(first, say("case/1/b", HERE, "这条还要"))
    post.sender.send_due()
    with post.ledger.transaction() as work:
        work.give_up(next(it.token for it in post.channel.waiting(NOW) if it.letter.key == "case/1/a"), "撤了", NOW)
    post.pass_leases(int(HANDED_AGAIN_WITHIN / LEASE) + 1)
    assert post.waiting() == ["这条还要"]
    assert not post.carry("relay:case/1/a")


def test_carrying_twice_or_something_unknown_is_refused(post):
    post.decide(say("case/1/a", HERE, "已登记 #1"))
    post.sender.send_due()
    assert post.carry("relay:case/1/a")
    assert not post.carry("relay:case/1/a")
    assert not post.carry("relay:nothing")


def test_longest_waiting_comes_first(post):
    post.decide(say("case/2/a", HERE, "先"))
    post.sender.send_due()
    post.clock.at += timedelta(seconds=30)
    post.decide(say("case/1/a", HERE, "后"))
    post.sender.send_due()
    assert post.waiting() == ["先", "后"]


def test_other_channels_are_confirmed_at_once(post):
    sent: list[Letter] = []

    class Other:
        name = "page"
        abilities = RelayChannel.abilities

        def send(self, letter: Letter) -> str:
            sent.append(letter)
            return "page:1"

    sender = Sender(HandCarried(post.ledger, post.channel), {"page": Other(), "relay": post.channel}, post.clock, print)
    post.decide(say("page/1/reply", Target("room", ROOM, "page"), "好"))
    sender.send_due()
    assert (len(sent), post.sent()) == (1, ["好"])
