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
from bot.desk.scene import Knowledge
from bot.ledger.sqlite import SqliteLedger
from bot.model import Case, Enterprise, Event, Member, Person, Recalled, Said, Snapshot
from bot.routing.config import Routing
from bot.work.intake import Intake
from bot.work.sender import Sender
from bot.work.timers import Timers
from tests.scenarios import transcript
from tests.scenarios.transcript import BOT, Message

CHANNEL = "stage"
STATUS_WORDS = {
    "waiting": "等同行",
    "open": "已登记",
    "acknowledged": "已签收",
    "answered": "已答复",
    "closed": "已办结",
    "withdrawn": "已撤回",
}


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
    name: str = CHANNEL

    def send(self, letter: Letter) -> str:
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
        if source.startswith("过 "):
            self._pass_time(transcript.duration(source[2:]))
        elif source.startswith("绑定码 "):
            with self.ledger.transaction() as transaction:
                self.codes.append(transaction.make_code(source.split()[1], self.clock.now(), by="测试"))
        elif source.startswith("名录 "):
            self._list_enterprise(*source.split()[1:])
        elif source.startswith("账本 绑定 "):
            return self._check_binding(source)
        elif source.startswith("账本 "):
            return self._check_ledger(source)
        else:
            said = transcript.message(source)
            if said is None:
                raise ValueError(f"看不懂的一行：{source}")
            self.clock.at += timedelta(seconds=1)
            self._hear(said)
        self._settle()
        lines = [self._line(letter) for letter in self.channel.fresh]
        self.channel.fresh.clear()
        return lines

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
