"""The stage on which transcripts are played: the real intake, ledger, timers and sender, with a clock that is moved by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import bind_everybody
from bot.channels.port import Letter
from bot.desk import answers
from bot.desk.decide import decide
from bot.desk.handling import VERBS
from bot.desk.scene import Knowledge
from bot.errors import SendFailed
from bot.ledger.sqlite import SqliteLedger
from bot.model import Case, Enterprise, Event, Member, Operated, Operation, Person, Recalled, Said, Snapshot
from bot.routing.config import Routing
from bot.work.intake import Intake
from bot.work.sender import Sender
from bot.work.timers import Timers
from tests.scenarios import changes, transcript
from tests.scenarios.transcript import BOT, Click, Message

CHANNEL = "stage"
STATUS_WORDS = {
    "waiting": "等同行",
    "open": "已登记",
    "acknowledged": "已签收",
    "answered": "已答复",
    "closed": "已办结",
    "withdrawn": "已撤回",
}


WORDS_FOR_ASKERS = (Operation.ANSWER, Operation.ASK_BACK)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class Spoken:
    """One message on the stage, whoever said it."""

    id: str
    room: str
    partner: str
    text: str


@dataclass
class StageChannel:
    """A channel that keeps what was sent."""

    spoken: list[Spoken]
    fresh: list[Letter] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    name: str = CHANNEL

    def send(self, letter: Letter) -> str:
        if letter.person.removeprefix(f"{CHANNEL}:") in self.gone:
            raise SendFailed("对方不在群里，也不是好友", permanent=True)
        self.fresh.append(letter)
        self.spoken.append(Spoken(f"sent:{letter.key}", letter.room, letter.person, letter.text))
        return f"sent:{letter.key}"


class Stage:
    """Plays the steps of a transcript; ``twice`` delivers every input twice, ``restart`` reopens after every commit."""

    def __init__(
        self, path: Path, start: datetime, knowledge: Knowledge, routing: Routing, *, twice: bool = False, restart: bool = False
    ) -> None:
        self.path, self.knowledge, self.routing = path, knowledge, routing
        self.twice, self.restart = twice, restart
        self.clock = HandClock(start)
        self.spoken: list[Spoken] = []
        self.channel = StageChannel(self.spoken)
        self.count = 0
        self.codes: list[str] = []
        self.cases_before: dict[int, str] = {}
        self._open()

    def _open(self) -> None:
        self.ledger = SqliteLedger(self.path)
        bind_everybody(self.ledger, self.routing, CHANNEL, f"{CHANNEL}:", self.clock.now())
        self.intake = Intake(self.ledger, self._decide, self.clock, lambda: None)
        self.sender = Sender(self.ledger, {CHANNEL: self.channel}, self.clock, self.intake.handle)
        self.timers = Timers(self.ledger, self.intake, self.clock)

    def _decide(self, event: Event, snapshot: Snapshot, now: datetime) -> object:
        return decide(event, snapshot, self.knowledge, self.routing, now)

    def _reopen(self) -> None:
        if self.restart:
            self.ledger.close()
            self._open()

    def close(self) -> None:
        self.ledger.close()

    @staticmethod
    def person(name: str) -> Person:
        return Person(f"{CHANNEL}:{name}", name)

    def play(self, source: str) -> list[str]:
        """Play one input line and return the bot's lines that follow it."""
        if source.startswith("账本 绑定 "):
            return self._check_binding(source)
        if source.startswith("账本 "):
            return self._check_ledger(source)
        if (click := transcript.click(source)) is not None:
            return self._operate(click)
        if not self._happens(source):
            said = transcript.message(source)
            if said is None:
                raise ValueError(f"看不懂的一行：{source}")
            self.clock.at += timedelta(seconds=1)
            self._hear(said)
        return self._settled()

    def _settled(self) -> list[str]:
        self._settle()
        lines = [self._line(letter) for letter in self.channel.fresh]
        self.channel.fresh.clear()
        return lines

    def _happens(self, source: str) -> bool:
        """Let something happen that nobody says: time passes, somebody is bound or gone, routing.yaml is edited."""
        verb, _, rest = source.partition(" ")
        happenings: dict[str, Callable[[str], object]] = {
            "过": lambda rest: self._pass_time(transcript.duration(rest)),
            "停机": lambda rest: self._move_clock(transcript.duration(rest)),
            "拨快": lambda rest: self._move_clock(transcript.duration(rest)),
            "拨慢": lambda rest: self._move_clock(-transcript.duration(rest)),
            "绑定码": self._make_code,
            "名录": lambda rest: self._list_enterprise(*rest.split()),
            "失联": self.channel.gone.add,
            "解绑": self._unbind,
            **dict.fromkeys(changes.VERBS, lambda _: self._edit_routing(source)),
        }
        if verb not in happenings:
            return False
        happenings[verb](rest)
        return True

    def _move_clock(self, by: timedelta) -> None:
        """Let the clock jump, as it does where the bot was switched off or somebody set the time."""
        self.clock.at += by

    def _make_code(self, contact: str) -> None:
        with self.ledger.transaction() as transaction:
            self.codes.append(transaction.make_code(contact, self.clock.now(), by="测试"))

    def _unbind(self, contact: str) -> None:
        with self.ledger.transaction() as transaction:
            transaction.unbind(contact, self.clock.now(), by="测试")

    def _edit_routing(self, source: str) -> None:
        self.routing = changes.changed(self.routing, source, self.clock.now())
        bind_everybody(self.ledger, self.routing, CHANNEL, f"{CHANNEL}:", self.clock.now())

    def _operate(self, click: Click) -> list[str]:
        """Let somebody click in a page; what the page then says comes first."""
        self.clock.at += timedelta(seconds=1)
        self.count += 1
        operation = next(each for each, verb in VERBS.items() if verb == click.verb)
        words = {"text": click.words} if operation in WORDS_FOR_ASKERS else {}
        reason = "" if words else click.words
        event = Operated(
            f"click{self.count}", click.who, operation, click.case, reason, self.clock.now(), target=click.target, **words
        )
        decisions = []
        for _ in range(2 if self.twice else 1):
            decisions.append(self.intake.handle(event))
            self._reopen()
        assert decisions[0] is not None
        page = f"网页「{click.who}」{BOT}：{decisions[0].reasons[0].detail}".replace("\n", "⏎")
        return [page, *self._settled()]

    def say(self, room: str, who: str, text: str) -> None:
        """Let somebody say something, whatever it is."""
        self.clock.at += timedelta(seconds=1)
        self._hear(Message(room, who, text))
        self._settle()
        self.channel.fresh.clear()

    def _hear(self, said: Message) -> None:
        event = self._event(said)
        for _ in range(2 if self.twice else 1):
            self.intake.handle(event)
            self._reopen()

    def _event(self, said: Message) -> Event:
        self.count += 1
        sender = Person(self.person(said.known_as or said.who).id, said.who)
        quoted = self._find(said.quote, said, sender) if said.quote else None
        if said.recall:
            recalled = next(
                spoken.id for spoken in reversed(self.spoken) if said.text in spoken.text and spoken.room == said.room
            )
            return Recalled(CHANNEL, f"m{self.count}", said.room, sender, recalled, self.clock.now())
        said = replace(said, text=self._with_codes(said.text))
        self.spoken.append(Spoken(f"m{self.count}", said.room, sender.id, said.text))
        mentions = tuple(self.person(name).id for name in self._mentioned(said.text))
        return Said(
            CHANNEL,
            f"m{self.count}",
            said.room,
            sender,
            said.text,
            self.clock.now(),
            quoted,
            mentions,
            mentions_bot=f"@{BOT}" in said.text,
        )

    def _with_codes(self, text: str) -> str:
        """Fill in 〔码〕, the code made last, and 〔旧码〕, the one before."""
        for name, code in zip(("〔码〕", "〔旧码〕"), reversed(self.codes), strict=False):
            text = text.replace(name, code)
        return text

    def _mentioned(self, text: str) -> list[str]:
        return [name for name in re.findall(r"@([^\s@，。？：]+)", text) if name != BOT]

    def _find(self, quote: str, said: Message, sender: Person) -> str:
        here = [s for s in self.spoken if (s.room == said.room if said.room else (not s.room and s.partner == sender.id))]
        wanted = quote.strip("「」")
        return next(spoken.id for spoken in reversed(here) if wanted in spoken.text)

    def _pass_time(self, span: timedelta) -> None:
        end = self.clock.at + span
        while True:
            with self.ledger.transaction() as transaction:
                due = transaction.next_due()
            if due is None or due > end:
                break
            self.clock.at = max(self.clock.at, due)
            before = (self.clock.at, len(self.spoken))
            self._settle()
            with self.ledger.transaction() as transaction:
                again = transaction.next_due()
            if again is not None and again <= self.clock.at and (self.clock.at, len(self.spoken)) == before:
                raise AssertionError(f"{self.clock.at}：有一步到期了却没有动")
        self.clock.at = end

    def _settle(self) -> None:
        while True:
            fired = self.timers.fire_due()
            self._reopen()
            sent = self.sender.send_due()
            self._reopen()
            if not fired and not sent:
                return

    def _line(self, letter: Letter) -> str:
        where = f"群「{letter.room}」" if letter.room else f"私聊「{letter.person.removeprefix(CHANNEL + ':')}」"
        mention = f"@{letter.mention.name} " if letter.mention else ""
        return f"{where}{BOT}：{mention}{self._short(letter.text)}"

    def _short(self, text: str) -> str:
        for entry in self.knowledge.library.entries.values():
            for part in entry.parts:
                if text == answers.part(entry, part):
                    return f"〔{entry.id}·{part}〕"
            mark = f"〔{entry.id} 过了复核日期〕" if answers.is_stale(entry, self.clock.now()) else f"〔{entry.id}〕"
            text = text.replace(answers.whole(entry, self.clock.now()), mark).replace(
                entry.answer.strip(), f"〔{entry.id} 正文〕"
            )
        return text.replace("\n", "⏎")

    def _check_ledger(self, source: str) -> list[str]:
        found = source.removeprefix("账本 ").split()
        case = self._case(int(found[0].lstrip("#")))
        actual = "没有" if case is None else STATUS_WORDS[case.status.value]
        if actual != found[1]:
            raise AssertionError(f"{source}：实际是{actual}")
        if case and len(found) > 2 and found[2] not in f"{case.outcome} {case.assignee} {case.department}":
            raise AssertionError(f"{source}：实际是 {case.outcome} {case.assignee} {case.department}")
        return []

    def _list_enterprise(self, name: str, community: str, grid: str, *people: str) -> None:
        members = tuple(Member(*person.split("：")) for person in people)
        with self.ledger.transaction() as transaction:
            transaction.put_enterprises([Enterprise(name, community, grid, people=members)])

    def _check_binding(self, source: str) -> list[str]:
        contact, *people = source.removeprefix("账本 绑定 ").split()
        with self.ledger.transaction() as transaction:
            bound = [each.person.removeprefix(f"{CHANNEL}:") for each in transaction.bindings(contact)]
        assert bound == people, f"{source}：实际是 {'、'.join(bound) or '没有人'}"
        return []

    def _case(self, number: int) -> Case | None:
        with self.ledger.transaction() as transaction:
            return transaction.case(number)


Play = Callable[[str], list[str]]
