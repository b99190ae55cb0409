"""The contacts and workers to whom questions are forwarded: quick, slow, silent, wrong, and often busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial

from bot.channels.port import Letter
from bot.simulation import reading, texts
from bot.simulation.assumptions import MANNERS
from bot.simulation.district import person
from bot.simulation.world import HOUR, MINUTE, World


@dataclass
class Held:
    """A case in a contact's hands: the message by which it came, and whether anything more is going to be done about it."""

    contact: str
    number: int
    receipt: str
    urgent: bool
    done: bool = False
    nudged: int = 0


class Contacts:
    """Everybody whom routing.yaml names; each case takes the course that chance gives it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.courses: dict[str, int] = {}
        self._held: dict[tuple[str, int], Held] = {}
        self._people = {person(name).id: name for name in world.district.routing.contacts}
        world.readers.append(self.read)

    def read(self, letter: Letter, receipt: str) -> None:
        """Let a contact read what the bot wrote to them alone."""
        name = self._people.get(letter.person)
        if name is None:
            return
        finished = reading.done_with(letter.text)
        came = reading.forwarded(letter.text)
        if finished is not None and (name, finished) in self._held:
            # Now and then somebody answers all the same.
            self._held[(name, finished)].done = self.world.chance(0.9)
        elif came is not None and (came.new or (name, came.number) not in self._held):
            held = Held(name, came.number, receipt, urgent=came.kind == "紧急")
            self._held[(name, came.number)] = held
            self._take_up(held)
        elif came is not None:
            self._nudged(self._held[(name, came.number)])
        elif reading.asks_which(letter.text):
            self._say_which(name, letter)

    def _take_up(self, held: Held) -> None:
        if held.urgent:
            self._later(held, 3 * MINUTE, self._acknowledge, at_once=True)
            self._later(held, 12 * MINUTE, self._answer, at_once=True)
            return
        role = self.world.district.routing.contacts[held.contact].role
        manner = MANNERS[role]
        names = [each.name for each in fields(manner)]
        course = self.world.random.choices(names, [getattr(manner, name) for name in names])[0]
        self.courses[course] = self.courses.get(course, 0) + 1
        getattr(self, f"_{course}")(held)

    def _quick(self, held: Held) -> None:
        self._later(held, MINUTE * (3 + 50 * self.world.random.random()), self._answer)

    def _slow(self, held: Held) -> None:
        self._later(held, MINUTE * (5 + 100 * self.world.random.random()), self._acknowledge)
        self._later(held, HOUR * (2 + 8 * self.world.random.random()), self._answer)

    def _silent(self, held: Held) -> None:
        held.done = True

    def _only_received(self, held: Held) -> None:
        self._later(held, MINUTE * (5 + 50 * self.world.random.random()), self._acknowledge)

    def _partial(self, held: Held) -> None:
        self._first_word(held, texts.PARTIALS)

    def _asks_back(self, held: Held) -> None:
        self._first_word(held, texts.ASKS_BACK)

    def _first_word(self, held: Held, lines: tuple[str, ...]) -> None:
        text = self.world.texts.choice(lines)
        self._later(held, MINUTE * (5 + 40 * self.world.random.random()), lambda held: self._say(held, text))
        self._later(held, HOUR * (1 + 5 * self.world.random.random()), self._answer)

    def _wrong_department(self, held: Held) -> None:
        text = f"这个不归我们管，请转{self._other_department(held)}，{self.world.texts.choice(texts.REASONS)}"
        self._later(held, MINUTE * (5 + 90 * self.world.random.random()), partial(self._hand_over, text=text))

    def _transfers(self, held: Held) -> None:
        text = f"转 {self._other_department(held)} {self.world.texts.choice(texts.REASONS)}"
        self._later(held, MINUTE * (5 + 90 * self.world.random.random()), partial(self._hand_over, text=text))

    def _returns(self, held: Held) -> None:
        self._later(
            held, MINUTE * (5 + 90 * self.world.random.random()), partial(self._hand_over, text="退回 说得不清楚，请社区先问一下")
        )

    def _closes(self, held: Held) -> None:
        text = f"关闭 #{held.number} 已电话联系，当场解决"
        self._later(held, MINUTE * (5 + 90 * self.world.random.random()), partial(self._hand_over, text=text))

    def _other_department(self, held: Held) -> str:
        departments = self.world.district.routing.departments
        own = self.world.district.routing.department_of(held.contact)
        return departments[self.world.random.choice([key for key in departments if key != own])].name

    def _nudged(self, held: Held) -> None:
        """Let a reminder work on somebody who had given the case no more thought, the more often the sooner."""
        held.nudged += 1
        if self.world.chance(min(0.15 * held.nudged, 0.75)):
            held.done = False
            self._later(held, MINUTE * (5 + 60 * self.world.random.random()), self._answer)

    # ── What they say ────────────────────────────────────────────────────────────────────────────────────────

    def _later(self, held: Held, delay: timedelta, action: Callable[[Held], None], *, at_once: bool = False) -> None:
        def do() -> None:
            if not held.done:
                action(held)

        if at_once or self.world.chance(self.world.assumed.night_owls):
            self.world.after(MINUTE, delay, do, awake=False)
        else:
            self.world.at_work(delay, do)

    def _acknowledge(self, held: Held) -> None:
        self._say(held, self.world.texts.choice(texts.ACKNOWLEDGEMENTS))

    def _hand_over(self, held: Held, text: str) -> None:
        held.done = True
        self._say(held, text)

    def _answer(self, held: Held) -> None:
        held.done = True
        text = self._answer_text(held)
        case = self.world.witness.cases.get(held.number)
        way = self.world.random.choices(("quote", "number", "plain", "in the group"), (70, 18, 6, 6))[0]
        if way == "number":
            self._speak(held, f"#{held.number} {text}")
        elif way == "plain":
            self._speak(held, text)
        elif way == "in the group" and case is not None and case.asker.room:
            self.world.say(person(held.contact), case.asker.room, text, quoted=case.asker.message_id)
        else:
            self._say(held, text)

    def _answer_text(self, held: Held) -> str:
        return f"{self.world.texts.choice(texts.ANSWERS)}{reading.token(self.world.witness.means(held.number))}"

    def _say(self, held: Held, text: str) -> None:
        self.world.say(person(held.contact), "", text, quoted=held.receipt)

    def _speak(self, held: Held, text: str) -> None:
        self.world.say(person(held.contact), "", text)

    def _say_which(self, name: str, letter: Letter) -> None:
        """Let a contact who answered without saying which case say it again with the number of one of those listed."""
        number = reading.case_number(letter.text.partition("：")[2].partition("\n")[2])
        held = self._held.get((name, number)) if number is not None else None
        if held is not None:
            text = f"#{number} {self._answer_text(held)}"
            self.world.at_work(2 * MINUTE, lambda: self._speak(held, text))
