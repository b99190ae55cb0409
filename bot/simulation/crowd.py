"""The people in the groups: who asks, who talks, who helps, and how askers take what they get."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.channels.port import Letter
from bot.model import Decision, Person, Status
from bot.simulation import reading, texts
from bot.simulation.assumptions import RATINGS
from bot.simulation.district import Group, person
from bot.simulation.questions import Handling, Question
from bot.simulation.texts import Asking
from bot.simulation.world import HOUR, MINUTE, World


class Crowd:
    """Everybody who is no contact; ``questions`` is all that was asked of the bot, in order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.questions: list[Question] = []
        self.talked_at = 0
        self.talk_answered: list[tuple[str, str]] = []
        self._open: dict[tuple[str, str], Question] = {}
        self._groups = {group.room: group for group in world.district.groups}
        world.readers.append(self.read)

    def plan_day(self, day: datetime) -> None:
        """Plan everything that people are going to say of their own accord on a day (its midnight)."""
        assumed, district = self.world.assumed, self.world.district
        for group in district.groups:
            talk = assumed.talk * (0.3 if group.alliance else 1)
            self._plan(day, talk, partial(self._talk, group))
        for community, enterprises in district.enterprises.items():
            # A week has five workdays and two days off, which count for less.
            expected = assumed.questions * len(enterprises) / (5 + 2 * assumed.day_off)
            self._plan(day, expected, partial(self._ask, community))
            self._plan(day, assumed.dangers, partial(self._raise_alarm, community))
            self._plan(day, assumed.strangers, partial(self._pretend, community))
            self._plan(day, assumed.floods, partial(self._flood, community))

    def _plan(self, day: datetime, expected: float, action: Callable[[], object]) -> None:
        for at in self.world.times_of_day(day, expected):
            self.world.agenda.plan(at, action)

    def _member(self, group: Group) -> Person:
        enterprise = self.world.random.choice(self.world.district.enterprises[group.community])
        if self.world.chance(self.world.assumed.newcomers):
            return person(f"新成员{self.world.random.randrange(10_000):04}")
        return person(f"{enterprise.name}-{group.job}")

    def _group(self, community: str, *, alliance: bool = False) -> Group:
        here = [group for group in self.world.district.groups if group.community == community and group.alliance == alliance]
        return self.world.random.choice(here)

    # ── What people say of their own accord ──────────────────────────────────────────────────────────────────

    def _talk(self, group: Group) -> None:
        wordless = self.world.chance(self.world.assumed.pictures)
        kind, text = ("picture", self.world.texts.choice(texts.PICTURES)) if wordless else self.world.texts.talk()
        _, decision = self.world.say(self._member(group), group.room, text, wordless=wordless)
        self.talked_at += 1
        if decision is not None and decision.says:
            self.talk_answered.append((kind, text))

    def _pretend(self, community: str) -> None:
        """Let a stranger under a contact's nickname order or “answer” something."""
        world, group = self.world, self._group(community)
        open_here = [case.number for case in world.witness.cases.values() if case.due and case.asker.room == group.room]
        number = world.random.choice(open_here) if open_here else 1
        contact = world.random.choice([*world.district.routing.contacts])
        lines = (f"关闭 #{number}", f"#{number} 已经处理好了", f"#{number} 收到", f"转 税务局 #{number} 不归我们")
        world.say(Person(f"{person(contact).id}-冒名", contact), group.room, world.texts.choice(lines))

    def _raise_alarm(self, community: str) -> None:
        text, group = self.world.texts.choice(texts.DANGERS), self._group(community)
        self._put(Question(self._member(group), group.room, community, Asking(text, text), self.world.clock.now(), danger=True))

    def _ask(self, community: str) -> None:
        world, assumed = self.world, self.world.assumed
        group = self._group(community, alliance=world.chance(assumed.in_alliance))
        asking = (world.texts.known(group.departments) if world.chance(assumed.known) else None) or world.texts.unknown(
            group.departments
        )
        room = "" if world.chance(assumed.in_private) else group.room
        asker = self._member(group)
        self._put(Question(asker, room, community, asking, world.clock.now()))
        if world.chance(assumed.repeated):
            world.after(5 * MINUTE, HOUR, partial(self._put_anew, asker, room, community, asking), awake=False)
        if world.chance(assumed.hot):
            for _ in range(world.random.randrange(1, 4)):
                there = self._group(community)
                same = world.texts.again(asking)
                world.after(MINUTE, HOUR, partial(self._put_anew, self._member(there), there.room, community, same), awake=False)

    def _put_anew(self, asker: Person, room: str, community: str, asking: Asking) -> None:
        self._put(Question(asker, room, community, asking, self.world.clock.now()))

    def _flood(self, community: str) -> None:
        """Let one person ask far too much at once."""
        world, group = self.world, self._group(community)
        asker = self._member(group)
        for _ in range(12):
            asking = world.texts.known(group.departments) or world.texts.unknown(group.departments)
            world.after(MINUTE / 60, 5 * MINUTE, partial(self._put_anew, asker, group.room, community, asking), awake=False)

    def _put(self, question: Question) -> None:
        world, text = self.world, question.asking.text
        self.questions.append(question)
        self._open[(question.asker.id, question.room)] = question
        if world.chance(world.assumed.personal):
            text, number = world.texts.personal(text)
            world.witness.numbers.append(number)
        pieces = world.texts.pieces(text) if world.chance(world.assumed.burst) and not question.danger else [text]
        if world.chance(world.assumed.addressed):
            pieces[0] = f"@小哨 {pieces[0]}"
        at = world.clock.now()
        for place, piece in enumerate(pieces):
            at += timedelta(seconds=3 + 9 * world.random.random()) if place else timedelta(0)
            world.agenda.plan(at, partial(self._send, question, piece, last=place + 1 == len(pieces)))

    def _send(self, question: Question, text: str, *, last: bool) -> None:
        message_id, decision = self.world.say(question.asker, question.room, text)
        question.heard(message_id, decision)
        if last:
            self._go_on(question, decision)

    # ── What follows a question ──────────────────────────────────────────────────────────────────────────────

    def _go_on(self, question: Question, decision: Decision | None) -> None:
        world = self.world
        if question.handling in (Handling.TALK, Handling.LIMITED):
            if not question.repeated and world.chance(world.assumed.asked_again):
                world.after(20 * MINUTE, 40 * MINUTE, partial(self._ask_again, question))
        elif question.handling is Handling.ANSWERED:
            self._take_answer(question)
        elif question.case is not None and decision is not None and not question.danger:
            case = world.witness.cases[question.case]
            if case.status is Status.WAITING:
                self._may_be_helped(question)
            self._may_change_mind(question)

    def _ask_again(self, question: Question) -> None:
        question.repeated = True
        self._send(question, f"@小哨 {question.asking.source}", last=True)

    def _take_answer(self, question: Question) -> None:
        world = self.world
        line, shortest, longest = world.random.choices(
            (("", 0, 0), (texts.THANKS, 1, 6), (texts.FOLLOW_UPS, 1, 5), (("满意", "👍"), 1, 8), (("还是不行",), 5, 40)),
            (55, 22, 12, 7, 4),
        )[0]
        if line:
            text = world.texts.choice(line)
            world.after(shortest * MINUTE, longest * MINUTE, partial(world.say, question.asker, question.room, text))

    def _may_be_helped(self, question: Question) -> None:
        world, group = self.world, self._groups.get(question.room)
        if group is None:
            return
        if world.chance(world.assumed.peers):
            world.after(MINUTE, 13 * MINUTE, partial(self._help, group, question), awake=False)
        if world.chance(world.assumed.same_here):
            same = partial(world.say, self._member(group), group.room, "同问，我们也想知道", quoted=question.messages[0])
            world.after(MINUTE, 20 * MINUTE, same, awake=False)

    def _help(self, group: Group, question: Question) -> None:
        """Let a colleague answer: by quoting the question, with an @, or just so."""
        world, text, peer = self.world, self.world.texts.choice(texts.PEER_ANSWERS), self._member(group)
        way = world.random.choices(("quote", "mention", "plain"), (5, 3, 2))[0]
        if way == "quote":
            world.say(peer, group.room, text, quoted=question.messages[-1])
        elif way == "mention":
            world.say(peer, group.room, f"@{question.asker.name} {text}", mentions=[question.asker])
        else:
            world.say(peer, group.room, text)

    def _may_change_mind(self, question: Question) -> None:
        world, say = self.world, partial(self.world.say, question.asker, question.room)
        what = world.random.random()
        if what < 0.05:
            world.after(MINUTE, 8 * MINUTE, partial(say, world.texts.choice(texts.SUPPLEMENTS)))
        elif what < 0.08:
            world.after(10 * MINUTE, 12 * HOUR, partial(say, world.texts.choice(texts.WITHDRAWALS)))
        elif what < 0.1:
            world.after(MINUTE, 2 * MINUTE, partial(world.recall, question.asker, question.room, question.messages[-1]))
        elif what < 0.16:
            world.after(3 * HOUR, 30 * HOUR, partial(say, world.texts.choice(texts.URGING)))

    # ── What askers do about what the bot says to them ───────────────────────────────────────────────────────

    def read(self, letter: Letter, receipt: str) -> None:
        """Let the one whom a letter is for read it."""
        who = letter.mention or Person(letter.person, letter.person.partition(":")[2])
        question = self._open.get((who.id, letter.room))
        if question is None:
            return
        question.first_word_at = question.first_word_at or self.world.clock.now()
        world, say = self.world, partial(self.world.say, question.asker, question.room)
        offered = reading.offered(letter.text)
        if offered:
            world.after(MINUTE / 4, 4 * MINUTE, partial(self._pick, question, offered), awake=False)
        elif reading.brings_answer(letter.text) or (reading.asks_for_rating(letter.text) and world.chance(0.6)):
            rating = world.random.choices([*RATINGS, ""], [*RATINGS.values(), 1 - sum(RATINGS.values())])[0]
            if rating:
                world.after(2 * MINUTE, 5 * HOUR, partial(say, rating))
        elif reading.brings_first_word(letter.text) and world.chance(0.5):
            world.after(3 * MINUTE, 90 * MINUTE, partial(say, world.texts.choice(texts.SUPPLEMENTS), quoted=receipt))
        elif reading.is_receipt(letter.text) and world.chance(0.08):
            world.after(HOUR, 14 * HOUR, partial(say, world.texts.choice(texts.SUPPLEMENTS), quoted=receipt))

    def _pick(self, question: Question, offered: dict[int, str]) -> None:
        """Let somebody to whom a choice was put pick what was meant, decline, or say nothing."""
        title = self.world.texts.title(question.asking.entry)
        number = next((number for number, choice in offered.items() if choice == title), 0)
        if self.world.chance(0.25):
            return
        _, decision = self.world.say(question.asker, question.room, str(number))
        if decision is not None and decision.entry:
            question.picked = decision.entry
        mine = list(decision.cases) if decision is not None else []
        if mine:
            question.case, question.handling = mine[-1].number, Handling.CARRIED
