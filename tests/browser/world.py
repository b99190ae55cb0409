"""A served group-chat page on a real ledger, with a desk that decides by simple rules, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.ledger.sqlite import SqliteLedger
from bot.model import Action, Decision, Event, Reason, Recalled, Reply, Said, Say, Snapshot, Status, Step, Target, Ticked
from bot.routing.config import Routing
from bot.web.app import create_app
from bot.web.server import PageServer, open_socket
from bot.web.services import WebServices, personas
from bot.work.clock import MovableClock
from bot.work.intake import Intake
from bot.work.loop import WorkLoop
from bot.work.sender import Sender
from bot.work.timers import Timers
from tests.samples import HandClock, opened, plan

ANSWER = """新叉车要先办使用登记，拿到牌照才能用：
1. 投入使用前或者投入使用后 30 日内，向市场监管局办理使用登记。
2. 带上产品合格证、监督检验证明、购车发票和营业执照。
3. 登记完成后领牌，固定在车身显眼的地方。
依据：《特种设备安全法》第三十三条｜核实于 2026-11-20"""

QUESTION = "公司车间要做税务注销清算去哪办"


def decide(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
    """Answer about forklifts, open a case for 注销, relay what the contact says, go up when time is over; else stay silent."""
    match event:
        case Ticked():
            return _tick(event, snapshot, now)
        case Recalled() | Said(text="你好"):
            return Decision(Action.IGNORE, (Reason("not_a_question", "打招呼或撤回，不用回答"),), forget=_recalled(event))
        case Said() if snapshot.contact and snapshot.cases:
            return _answered(event, snapshot, now)
        case Said() if "叉车" in event.text:
            reasons = (
                Reason("answer", "与条目「新叉车上牌」的问法几乎一样"),
                Reason("candidate", "新叉车上牌 93%"),
                Reason("candidate", "叉车年检 21%"),
                Reason("words", "共有的词：叉车、上牌"),
            )
            says = (_reply(event, ANSWER, entry="forklift-plate"),)
            return Decision(Action.ANSWER, reasons, says=says, entry="forklift-plate", confidence=0.931)
        case Said() if "注销" in event.text:
            return _open(event, snapshot)
        case _:
            return Decision(Action.IGNORE, (Reason("smalltalk", "像是闲聊，不插话"),))


def _recalled(event: Event) -> str | None:
    return event.recalled if isinstance(event, Recalled) else None


def _reply(event: Said, text: str, **more) -> Say:
    target = Target("room", event.room, "page") if event.room else Target("person", event.sender.id, "page")
    return Say(f"page/{event.message_id}/reply", target, text, None if event.direct else event.sender, **more)


def _open(event: Said, snapshot: Snapshot) -> Decision:
    case = opened(snapshot.next_number, event)
    receipt = f"这个我没有现成答案，已登记 #{case.number}，转税务局（税务局联络员），最晚今天 17:55前答复您。"
    order = f"【诉求 #{case.number}】{event.sender.name} 在「{event.room}」问：\n{event.text}\n请引用本条答复。"
    says = (
        _reply(event, receipt, case=case.number),
        Say(f"case/{case.number}/0", Target("contact", case.assignee), order, case=case.number),
    )
    reasons = (Reason("opened", "问题库里没有，登记转办"), Reason("department", "像是税务局的事（把握 96%）"))
    return Decision(Action.OPEN, reasons, says=says, cases=(case,), confidence=0.42)


def _answered(event: Said, snapshot: Snapshot, now: datetime) -> Decision:
    case = next(case for case in snapshot.cases if not case.status.terminal)
    reply = Reply(snapshot.contact, event.text, now)
    due = Step("rating-1", "rating", now + timedelta(days=1))
    changed = replace(case, status=Status.ANSWERED, replies=(*case.replies, reply), due=due)
    text = f"税务局答复（#{case.number}）：\n{event.text}\n解决了吗？回复 满意 / 一般 / 不满意"
    target = Target("room", case.asker.room, "page")
    says = (Say(f"page/{event.message_id}/relay", target, text, case.asker.person, case=case.number),)
    return Decision(Action.CASE, (Reason("answered", f"{snapshot.contact}答复 #{case.number}"),), says=says, cases=(changed,))


def _tick(event: Ticked, snapshot: Snapshot, now: datetime) -> Decision:
    case = snapshot.case(event.case)
    if event.step == "0/remind-1":
        changed = replace(case, due=case.plan.steps[1])
        says = (
            Say(f"case/{case.number}/remind", Target("contact", case.assignee), f"#{case.number} 还等您答复", case=case.number),
        )
        return Decision(Action.CASE, (Reason("reminded", f"催办{case.assignee}"),), says=says, cases=(changed,))
    has = plan("联盟召集人", tier=1, at=now)
    changed = replace(case, plan=has, due=Step(f"1/{event.step}", "repeat", now + timedelta(days=9)))
    text = f"#{case.number} 过了答复期限，请督办：{case.question}"
    says = (Say(f"case/{case.number}/{event.step}", Target("contact", "联盟召集人"), text, case=case.number),)
    return Decision(Action.CASE, (Reason("escalated", "未按时答复，上报联盟召集人"),), says=says, cases=(changed,))


@dataclass
class World:
    """One running page."""

    services: WebServices
    address: str
    base: HandClock
    loop: WorkLoop
    failing: list[Exception] = field(default_factory=list)
    said: list[Event] = field(default_factory=list)

    def bubbles(self, room: str = "安全生产互助协会", partner: str = ""):
        with self.services.ledger.transaction() as work:
            return work.conversation(room="" if partner else room, partner=partner)


@contextmanager
def served(folder: Path, routing: Routing, *, port: int = 0, demo: bool = True) -> Iterator[World]:
    """Serve a page from a ledger in a folder for as long as the context lasts."""
    ledger = SqliteLedger(folder / "page.db")
    base = HandClock()
    clock = MovableClock.resumed(base, ledger)
    channel = PageChannel(routing.rooms)
    with ledger.transaction() as work:
        for name in routing.contacts:
            work.bind("page", f"{PERSON_PREFIX}{name}", name, clock.now())
    failing: list[Exception] = []
    said: list[Event] = []

    def fails_on_demand(event: Event, snapshot: Snapshot, now: datetime) -> Decision:
        if failing:
            raise failing.pop()
        said.append(event)
        return decide(event, snapshot, now)

    intake = Intake(ledger, fails_on_demand, clock, lambda: loop.wake())
    loop = WorkLoop(
        ledger,
        Timers(ledger, intake, clock),
        Sender(ledger, {"page": channel}, clock, intake.handle),
        clock,
        channel.notify,
    )

    def advance(by: timedelta) -> None:
        clock.advance(by)
        loop.settle()

    services = WebServices(
        ledger=ledger,
        intake=intake,
        receive=intake.handle,
        channel=channel,
        clock=clock,
        routing=routing,
        personas=personas(routing),
        demo=demo,
        advance=advance,
        titles={"forklift-plate": "新叉车上牌"},
    )
    listening = open_socket("127.0.0.1", port)
    server = PageServer(create_app(services), channel)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    loop.start()
    thread.start()
    try:
        yield World(services, f"http://127.0.0.1:{listening.getsockname()[1]}", base, loop, failing, said)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        loop.stop()
        listening.close()
        ledger.close()
        assert not thread.is_alive(), "the server did not stop"
