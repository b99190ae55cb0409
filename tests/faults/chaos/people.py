"""The people: they ask, chat, answer what they are given, and rate, and remember what they were told."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bot.model import Person, Said
from bot.simulation import reading
from tests.faults.chaos.scene import CHANNEL, FastClock

PREFIX = f"{CHANNEL}:"
KNOWN = "发票额度不够怎么调"
"""A question that the library answers, and what its answer has to hold."""
KNOWN_ANSWER = "12366"

TOPICS = (
    "车间地磅强检要去哪里申请",
    "个人股东转让股权的个人所得税怎么申报",
    "员工宿舍要不要装喷淋",
    "食堂换了厨师健康证怎么办",
    "外来务工子女上学怎么报名",
    "危废仓库的标识牌去哪里领",
    "厂房屋顶装光伏要报谁批",
    "门口的路灯坏了要去哪里报修",
    "高新企业的补助怎么申请",
    "公积金比例调低要去哪里办",
    "出口退税单证备案怎么做",
    "夜里施工噪声要去哪里投诉",
)
CHATTER = ("大家早上好", "收到谢谢", "哈哈哈", "今天好冷啊", "辛苦了各位")
_MARK = re.compile(r"〔编号(\d+)〕")


@dataclass(slots=True)
class Question:
    """One that was asked; ``kind`` is known, unknown (with an @), waits (without) or chatter."""

    number: int
    kind: str
    topic: str
    said: Said
    taken: bool = False


@dataclass(slots=True)
class Answer:
    """What a contact wrote about a case, to the question of that number as the contact was shown it."""

    case: int
    question: int
    said: Said
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of the bot as it arrived."""

    key: str
    room: str
    person: str
    mention: str
    text: str


@dataclass(slots=True)
class People:
    """Everybody who talks. ``ready`` is what wants to be said; what was said stays in ``questions`` and ``answers``."""

    random: Random
    clock: FastClock
    rooms: Sequence[str]
    contacts: frozenset[str]
    ready: deque[Said] = field(default_factory=deque)
    questions: dict[int, Question] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    by_id: dict[str, Question | Answer] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    _rated: set[str] = field(default_factory=set)
    _silent: bool = False

    def ask(self) -> None:
        """Let somebody new say something in a group."""
        number = len(self.questions) + 1
        kind = self.random.choices(("known", "unknown", "waits", "chatter"), (25, 45, 15, 15))[0]
        room = self.random.choice(self.rooms)
        topic = {"known": KNOWN, "chatter": self.random.choice(CHATTER)}.get(kind) or self.random.choice(TOPICS)
        text = topic if kind in ("known", "chatter") else f"{topic}〔编号{number:05}〕"
        said = self._say(f"甲企业{number}-安全员", room, f"@小哨 {text}" if kind == "unknown" else text, f"q{number}")
        self.questions[number] = self.by_id[said.message_id] = Question(number, kind, topic, said)

    def stop_answering(self) -> None:
        """Let nobody react any more."""
        self._silent = True

    def taken(self, message_id: str) -> None:
        """Note that the bot has acknowledged a message."""
        known = self.by_id.get(message_id)
        if known is not None:
            known.taken = True

    def hear(self, message: dict[str, Any]) -> None:
        """Let a message of the bot arrive, and whom it reaches react."""
        it = Delivery(message["sent"], message["room"], message["person"], message["mention"], message["text"])
        self.deliveries.append(it)
        if self._silent:
            return
        if it.person.removeprefix(PREFIX) in self.contacts:
            self._contact_reads(it)
        elif it.mention and reading.brings_answer(it.text) and it.key not in self._rated:
            self._rated.add(it.key)
            if self.random.random() < 0.8:
                self._say(it.mention.removeprefix(PREFIX), it.room, "满意", f"r/{it.key}")

    def _contact_reads(self, it: Delivery) -> None:
        put = reading.forwarded(it.text)
        asked = _MARK.search(it.text)
        if put is None or asked is None or f"read/{it.key}" in self._rated:
            return
        self._rated.add(f"read/{it.key}")
        name, course = it.person.removeprefix(PREFIX), self.random.random()
        if course < 0.15:
            self._say(name, "", "收到", f"ack/{it.key}", quoted=f"{CHANNEL}:{it.key}")
        elif course < 0.9:
            number = len(self.answers) + 1
            text = f"#{put.number} 到二楼窗口办，{reading.token(number)}"
            said = self._say(name, "", text, f"a{number}")
            self.answers[number] = self.by_id[said.message_id] = Answer(put.number, int(asked[1]), said)

    def _say(self, name: str, room: str, text: str, message_id: str, quoted: str | None = None) -> Said:
        person = Person(f"{PREFIX}{name}", name)
        said = Said(CHANNEL, message_id, room, person, text, self.clock.now(), quoted, mentions_bot=text.startswith("@小哨"))
        self.ready.append(said)
        return said
