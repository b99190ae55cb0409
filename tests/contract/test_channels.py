"""What every channel promises, over the port: a stable receipt, shown once, verbatim, and a clear refusal of unknown places."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.channels.page import PageChannel
from bot.channels.port import Channel, Letter
from bot.channels.relay.channel import RelayChannel
from bot.channels.terminal import TerminalChannel, TerminalServices, TerminalSession
from bot.channels.wechaty.channel import WechatyChannel
from bot.channels.wechaty.pacing import UNPACED
from bot.errors import SendFailed
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Person, Say, Target
from bot.work.notebook import LedgerNotebook
from tests.gateway.world import GENEROUS, QUICK, WechatGateway
from tests.samples import NOW, ROOM, HandClock, decided, said

PERSON = "泰准金属-安全员"
NASTY = [
    "一行\n两行\n\n四行，  两个空格",
    "😀👨‍👩‍👧🇨🇳 表情",
    "<b>粗</b> <script>alert(1)</script> &amp; \" ' {{ x }}",
    "# 标题 **粗** `代码` http://example.com",
    "\u202eעברית العربية\u202c 左右",
    "零\u200b宽\u200d字\ufeff符",
    "长" * 5000,
]


@dataclass
class Bench:
    """A channel, how a letter is put through it, and what people see in a chat."""

    channel: Channel
    prefix: str
    deliver: Callable[[Letter], str]
    shown: Callable[[], list[str]]


@pytest.fixture(scope="module")
def gateway() -> Iterator[WechatGateway]:
    gateway = WechatGateway().start()
    yield gateway
    gateway.kill()


@pytest.fixture(params=["page", "relay", "terminal", "wechaty"])
def bench(request, tmp_path):
    if request.param == "wechaty":
        ledger = SqliteLedger(tmp_path / "wechaty.db")
        yield from wechaty_bench(request.getfixturevalue("gateway"), ledger)
        ledger.close()
        return
    if request.param == "relay":
        yield relay_bench()
    elif request.param == "page":
        ledger = SqliteLedger(tmp_path / "channels.db")
        yield page_bench(ledger)
        ledger.close()
    else:
        yield terminal_bench()


def page_bench(ledger: SqliteLedger) -> Bench:
    """On the page people see what the ledger has confirmed."""
    channel = PageChannel([ROOM])
    at = [NOW]

    def deliver(letter: Letter) -> str:
        target = Target("room", letter.room, "page") if letter.room else Target("person", letter.person, "page")
        event = said(message_id=f"for-{letter.key}-{at[0].timestamp()}")
        at[0] += timedelta(minutes=2)  # past every lease
        with ledger.transaction() as work:
            work.record(event)
            work.apply(event, decided(action=Action.REPLY, says=(Say(letter.key, target, letter.text),)), NOW)
            claimed = work.claim(at[0], timedelta(seconds=60), 5)
        receipt = channel.send(letter)
        with ledger.transaction() as work:
            for outgoing in claimed:
                work.confirm(outgoing.token, receipt, at[0])
        return receipt

    def shown() -> list[str]:
        with ledger.transaction() as work:
            chats = [*work.conversation(room=ROOM), *work.conversation(partner=f"page:{PERSON}")]
        return [bubble.text for bubble in chats if bubble.sender is None]

    return Bench(channel, "page:", deliver, shown)


def relay_bench() -> Bench:
    """On the relay page people see what waits to be carried."""
    channel = RelayChannel([ROOM])

    def deliver(letter: Letter) -> str:
        receipt = channel.send(letter)
        channel.hold(receipt, "token", NOW, NOW)
        return receipt

    return Bench(channel, "relay:", deliver, lambda: [it.text for it in channel.waiting(NOW)])


def terminal_bench() -> Bench:
    """On the terminal people see what was printed."""
    channel, out = TerminalChannel([ROOM]), io.StringIO()
    services = TerminalServices(
        handle=lambda event: None,
        settle=lambda: None,
        now=lambda: NOW,
        cases=list,
        channel=channel,
        rooms=(ROOM,),
        people=(PERSON,),
    )
    TerminalSession(services, io.StringIO(""), out).run()

    def shown() -> list[str]:
        pieces = ("\n" + out.getvalue()).split("\n[")[1:]
        return [piece.partition("｜小哨：")[2].removesuffix("\n").replace("\n    ", "\n") for piece in pieces]

    return Bench(channel, "terminal:", channel.send, shown)


def wechaty_bench(gateway: WechatGateway, ledger: SqliteLedger) -> Iterator[Bench]:
    """In WeChat people see what the gateway was made to send."""
    notebook = LedgerNotebook(ledger, "wechaty", HandClock())
    channel = WechatyChannel(gateway.address, [ROOM], notebook, lambda: NOW, pace=UNPACED, patience=QUICK)
    channel.start(lambda events: [None for _ in events])
    assert channel.wait_ready(GENEROUS)
    before = len(gateway.sent)

    def shown() -> list[str]:
        gateway.order("ping")  # whatever was sent before has been told by then
        return [sent["text"] for sent in gateway.sent[before:]]

    yield Bench(channel, "wechaty:", channel.send, shown)
    channel.close()


def test_has_a_name_that_targets_can_use(bench):
    assert bench.prefix == f"{bench.channel.name}:"


def test_receipt_is_stable_and_differs_between_keys(bench):
    first = bench.channel.send(Letter("case/1/a", ROOM, "", "甲"))
    assert first == bench.channel.send(Letter("case/1/a", ROOM, "", "甲"))
    assert first != bench.channel.send(Letter("case/1/b", ROOM, "", "甲"))


def test_same_key_sent_twice_shows_once(bench):
    letter = Letter("case/1/a", ROOM, "", "只说一遍")
    assert bench.deliver(letter) == bench.deliver(letter)
    assert bench.shown() == ["只说一遍"]


def test_reaches_one_person_too(bench):
    bench.deliver(Letter("case/1/a", "", f"{bench.prefix}{PERSON}", "只给你"))
    assert bench.shown() == ["只给你"]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_text_survives_verbatim(bench, text):
    bench.deliver(Letter("case/1/a", ROOM, "", text))
    assert bench.shown() == [text]


def test_unknown_room_is_refused_for_good(bench):
    with pytest.raises(SendFailed, match="没有群") as refusal:
        bench.channel.send(Letter("case/1/a", "别的群", "", "甲"))
    assert refusal.value.permanent


def test_person_of_another_channel_is_refused_for_good(bench):
    with pytest.raises(SendFailed) as refusal:
        bench.channel.send(Letter("case/1/a", "", "elsewhere:某人", "甲"))
    assert refusal.value.permanent


def test_refused_letter_is_not_shown(bench):
    with pytest.raises(SendFailed):
        bench.channel.send(Letter("case/1/a", "别的群", "", "甲"))
    assert bench.shown() == []


def test_mention_does_not_change_the_receipt(bench):
    plain = bench.channel.send(Letter("case/1/a", ROOM, "", "甲"))
    assert plain == bench.channel.send(Letter("case/1/a", ROOM, "", "甲", Person(f"{bench.prefix}某", "某")))
