"""The witness: notes every message, decision and letter, and says at once when one of them breaks an invariant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.port import Letter
from bot.model import Action, Asker, Case, Decision, Event, Person, Published, Recalled, Said, Say, Status, Ticked
from bot.routing.config import Routing
from bot.simulation.district import person
from bot.simulation.reading import case_numbers, tokens

RULES: Mapping[str, str] = {
    "lost": "问题一个不丢",
    "stuck": "工单不卡，到点必动",
    "astray": "答复不串人、不串群",
    "unsent": "该发的都发出",
    "twice": "同一条消息不发两次",
    "noise": "一件诉求一小时最多主动说一次",
    "night": "夜里不打扰（紧急除外）",
    "personal": "个人信息不外露",
    "rights": "没有权限的人动不了工单",
    "order": "时间先后不乱",
}
"""The invariants, and what they are called in the report."""

LATE_BY_HICCUPS = timedelta(minutes=15)
"""How long a message may take to go out when sending fails at first."""

IN_HAND = (Status.OPEN, Status.ACKNOWLEDGED)

Place = tuple[str, str]
"""A group (``room``, name) or a direct chat (``person``, id)."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that was broken: which of ``RULES``, when, and what was seen."""

    rule: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A message that the bot decided to send, on what event, and when."""

    say: Say
    event: Event
    at: datetime

    @property
    def ready_at(self) -> datetime:
        """Return when it may go out."""
        return max(self.at, self.say.not_before) if self.say.not_before else self.at


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter that came out of the channel."""

    letter: Letter
    at: datetime
    unasked: bool

    @property
    def place(self) -> Place:
        """Return where it arrived."""
        return ("room", self.letter.room) if self.letter.room else ("person", self.letter.person)


@dataclass(frozen=True, slots=True)
class Replied:
    """A contact's answer (by its mark) that the engine took for a case, and the group in which it was given, if any.

    ``withheld``: somebody else had answered before, so that it is kept and not passed on.
    """

    mark: int
    case: int
    at: datetime
    room: str
    withheld: bool


class Witness:
    """Sees everything from outside the engine, and knows from the simulation alone who asked what where."""

    def __init__(self, routing: Routing) -> None:
        self.routing = routing
        self.violations: list[Violation] = []
        self.messages: dict[str, Said] = {}
        self.cases: dict[int, Case] = {}
        self.asked: dict[int, list[Said]] = {}
        self.decided: dict[str, Decided] = {}
        self.letters: list[Arrived] = []
        self.numbers: list[str] = []
        self.cancelled: set[str] = set()
        self.left: set[tuple[int, str]] = set()
        self.meant: dict[int, int] = {}
        self.mistaken: list[str] = []
        self.actions: dict[str, int] = {}
        self._waiting: dict[str, Decided] = {}
        self._delivered: set[str] = set()
        self._replied: dict[int, Replied] = {}
        self._spoke_unasked: dict[tuple[int, Place], datetime] = {}
        self._answered_in: dict[tuple[str, str], datetime] = {}
        self._contacts = {person(name).id: name for name in routing.contacts}

    def broken(self, rule: str, what: str, at: datetime) -> None:
        """Note that an invariant was broken."""
        self.violations.append(Violation(rule, at, what))

    def heard(self, said: Said) -> None:
        """Note a message that is about to be handed to the bot."""
        self.messages[said.message_id] = said

    def means(self, case: int) -> int:
        """Return a new mark for an answer that a contact is about to give, who means this case."""
        self.meant[len(self.meant) + 1] = case
        return len(self.meant)

    def contact(self, who: str) -> str | None:
        """Return the name of the contact with this id on the channel."""
        return self._contacts.get(who)

    def saw(self, event: Event, decision: Decision, now: datetime) -> None:
        """Check a decision that was committed."""
        self.actions[decision.action] = self.actions.get(decision.action, 0) + 1
        before = {case.number: self.cases.get(case.number) for case in decision.cases}
        for case in decision.cases:
            self._saw_case(event, case, before[case.number], now)
        self._saw_cancelled(set(decision.cancel), set(decision.obsolete))
        for key in self._waiting.keys() & set(decision.unsay):
            del self._waiting[key]
            self.cancelled.add(key)
        for say in decision.says:
            self._saw_say(event, decision, say, now)

    def _saw_cancelled(self, gone: set[int], obsolete: set[int]) -> None:
        if not gone and not obsolete:
            return
        for key, decided in [*self._waiting.items()]:
            say = decided.say
            if say.case in gone or (say.case in obsolete and say.target.kind == "contact"):
                del self._waiting[key]
                self.cancelled.add(key)

    def _saw_case(self, event: Event, case: Case, before: Case | None, now: datetime) -> None:
        number = case.number
        if before is None and number != len(self.cases) + 1:
            self.broken("order", f"工单号跳了：第 {len(self.cases) + 1} 件编成了 #{number}", now)
        if case.status.terminal != (case.due is None):
            self.broken("stuck", f"#{number} {case.status}，下一步却是 {case.due}", now)
        if case.opened_at > now or any(reply.at > now for reply in case.replies) or (case.due and case.due.at < case.opened_at):
            self.broken("order", f"#{number} 里有比现在晚的时间，或者到期早于登记", now)
        self._saw_askers(event, case, before, now)
        if isinstance(event, Said):
            self._saw_change(event, case, before, now)
        self.cases[number] = case

    def _saw_askers(self, event: Event, case: Case, before: Case | None, now: datetime) -> None:
        known = before.askers if before else ()
        for asker in known:
            if asker not in case.askers:
                self._saw_leaving(event, case, asker, now)
        for asker in case.askers:
            if asker in known:
                continue
            said = self.messages.get(asker.message_id)
            quoted = self.messages.get(said.quoted) if said and said.quoted else None
            people = {each.sender.id for each in (said, quoted) if each}
            if said is None or said.room != asker.room or asker.person.id not in people:
                self.broken("astray", f"#{case.number} 的提问人记成了{asker.person.name}（{asker.room}），没有这样的提问", now)
            else:
                self.asked.setdefault(case.number, []).append(said)

    def _saw_leaving(self, event: Event, case: Case, asker: Asker, now: datetime) -> None:
        if not isinstance(event, Said | Recalled) or event.sender.id != asker.person.id:
            self.broken("lost", f"#{case.number} 里的提问人{asker.person.name}不见了，他没有撤回", now)
            return
        self.left.add((case.number, asker.person.id))
        stay = [said for said in self.asked.get(case.number, []) if said.message_id != asker.message_id]
        self.asked[case.number] = stay

    def _saw_change(self, said: Said, case: Case, before: Case | None, now: datetime) -> None:
        contact = self._contacts.get(said.sender.id)
        if before is not None and before.status is not case.status and not self._may_change(said, before, contact):
            self.broken(
                "rights", f"{said.sender.name}说“{said.text}”，#{case.number} 就从{before.status}变成了{case.status}", now
            )
        for reply in case.replies[len(before.replies) if before else 0 :]:
            if reply.withheld and before is not None and before.status in IN_HAND:
                self.broken("lost", f"#{case.number} 还没有人答过，{said.sender.name}的答复却没有转：{reply.text}", now)
            if contact is None:
                self.broken("rights", f"{said.sender.name}不是联络员，他的话却成了 #{case.number} 的答复：{reply.text}", now)
            for mark in tokens(reply.text):
                self._replied[mark] = Replied(mark, case.number, now, said.room, reply.withheld)
                self._meant_that(mark, case, said, now)

    def _meant_that(self, mark: int, case: Case, said: Said, now: datetime) -> None:
        meant = self.cases.get(self.meant.get(mark, 0))
        if meant is None or meant.number == case.number:
            return
        what = f"{said.sender.name}答的是 #{meant.number}（{meant.status}），记到了 #{case.number}：{said.text[:40]}"
        if meant.status in IN_HAND and meant.assignee == self._contacts.get(said.sender.id):
            self.broken("astray", what, now)
        else:
            self.mistaken.append(what)  # about a case that was no longer theirs, without a number: nobody could know

    def _may_change(self, said: Said, case: Case, contact: str | None) -> bool:
        if any(asker.person.id == said.sender.id for asker in case.askers):
            return True
        if contact is None:
            return False
        alerted = case.plan.alert if case.plan else ()
        theirs = contact in (case.assignee, *alerted, *case.carried_from, *case.handed_on)
        return theirs or self.routing.is_worker(contact) or self.routing.department_of(contact) == case.department

    def _saw_say(self, event: Event, decision: Decision, say: Say, now: datetime) -> None:
        if say.key in self.decided:
            return  # the ledger passes over a key that it knows
        self.decided[say.key] = self._waiting[say.key] = Decided(say, event, now)
        if not isinstance(event, Said) or say.target.kind == "contact":
            return
        places = {("room", event.room) if event.room else ("person", event.sender.id)}
        quoted = self.messages.get(event.quoted) if event.quoted else None
        people = {event.sender.id} | ({quoted.sender.id} if quoted else set())
        for case in decision.cases:
            places |= places_of(self.asked.get(case.number, []))
            people |= {asker.person.id for asker in case.askers}
        if (say.target.kind, say.target.name) not in places or (say.mention and say.mention.id not in people):
            self.broken("astray", f"{event.sender.name}在「{event.room}」说话，回的话却要发给{_whom(say)}：{say.text[:40]}", now)
        if say.entry and decision.action is Action.ANSWER and event.room:
            self._saw_answer(event.room, say, now)

    def _saw_answer(self, room: str, say: Say, now: datetime) -> None:
        if "依据：" not in say.text:
            return  # part of an entry
        last = self._answered_in.get((room, say.text))
        known = self.routing.room(room)
        if last is not None and known is not None and now - last < known.same_answer:
            self.broken("twice", f"「{room}」{last:%H:%M} 刚发过的答案又发了一遍：{say.text[:30]}", now)
        self._answered_in[(room, say.text)] = now

    def arrived(self, letter: Letter, receipt: str, now: datetime) -> None:
        """Check a letter that came out of the channel."""
        decided = self.decided.get(letter.key)
        if letter.key in self._delivered:
            self.broken("twice", f"{receipt} 又发了一遍：{letter.text[:40]}", now)
        self._delivered.add(letter.key)
        self._waiting.pop(letter.key, None)
        if any(number in letter.text for number in self.numbers):
            self.broken("personal", f"发出了没打码的号码：{letter.text[:60]}", now)
        if decided is None or letter.key in self.cancelled:
            self.broken("astray", f"没有决定过（或已经取消）的一条发出去了：{letter.text[:40]}", now)
            return
        if now < decided.ready_at:
            self.broken("order", f"{decided.ready_at:%m-%d %H:%M} 才该发的，{now:%m-%d %H:%M} 就发了：{letter.text[:40]}", now)
        unasked = isinstance(decided.event, Ticked)
        arrived = Arrived(letter, now, unasked)
        self.letters.append(arrived)
        self._went_where_it_should(decided, letter, now)
        if isinstance(decided.event, Published):
            self._keeps_what_is_private(letter, now)
        else:
            self._marks_are_theirs(arrived, now)
        if not self._is_urgent(decided.say):
            self._kept_quiet(decided, arrived, now)

    def _went_where_it_should(self, decided: Decided, letter: Letter, now: datetime) -> None:
        target = decided.say.target
        wanted = {"room": target.name, "person": target.name, "contact": person(target.name).id}[target.kind]
        if (letter.room or letter.person) != wanted or letter.mention != decided.say.mention or letter.text != decided.say.text:
            self.broken("astray", f"要发给{_whom(decided.say)}的，到了{letter.room or letter.person}：{letter.text[:40]}", now)

    def _keeps_what_is_private(self, letter: Letter, now: datetime) -> None:
        """Check that a bulletin in a group tells nothing of what was asked of the bot alone."""
        told = [replied.case for mark in tokens(letter.text) if (replied := self._replied.get(mark))]
        for number in (*told, *case_numbers(letter.text)):
            if letter.room and not any(said.room for said in self.asked.get(number, [])):
                self.broken("personal", f"私聊里问的 #{number} 登上了「{letter.room}」的日报", now)

    def _marks_are_theirs(self, arrived: Arrived, now: datetime) -> None:
        found = (self._replied.get(mark) for mark in tokens(arrived.letter.text))
        for replied in found:
            if replied is None or self.contact(arrived.letter.person):
                continue
            asked = self.asked.get(replied.case, [])
            mention = arrived.letter.mention
            quoted = (self.messages.get(said.quoted) for said in asked if said.quoted)
            people = {said.sender.id for said in (*asked, *quoted) if said is not None}
            if arrived.place not in places_of(asked) or (mention and mention.id not in people):
                where = arrived.letter.room or arrived.letter.person
                self.broken("astray", f"#{replied.case} 的答复到了没有问过的人那里：{where} {_name(mention)}", now)

    def _is_urgent(self, say: Say) -> bool:
        return say.urgent or (say.case in self.cases and self.cases[say.case].danger)

    def _kept_quiet(self, decided: Decided, arrived: Arrived, now: datetime) -> None:
        said, text = decided.event, arrived.letter.text[:40]
        own = isinstance(said, Said) and arrived.place == (("room", said.room) if said.room else ("person", said.sender.id))
        relayed = isinstance(said, Said) and self.contact(said.sender.id) and not self.contact(arrived.letter.person)
        late = decided.ready_at < now - LATE_BY_HICCUPS or self.routing.quiet(decided.ready_at)
        if self.routing.quiet(now) and late and not own and not relayed:
            self.broken("night", f"夜里发给{_whom(decided.say)}：{text}", now)
        case = decided.say.case
        room = self.routing.room(arrived.letter.room)
        if not arrived.unasked or case is None or room is None:
            return
        last = self._spoke_unasked.get((case, arrived.place))
        if last is not None and decided.ready_at - last < room.unasked_gap:
            self.broken("noise", f"#{case} 在「{room.name}」{last:%H:%M} 刚主动说过，又说：{text}", now)
        self._spoke_unasked[(case, arrived.place)] = decided.ready_at

    def finish(self, now: datetime) -> None:
        """Check at the end that everything decided went out, and that every answer reached everybody who had asked."""
        for decided in self._waiting.values():
            if decided.ready_at <= now - LATE_BY_HICCUPS:
                self.broken(
                    "unsent", f"{decided.at:%m-%d %H:%M} 要发给{_whom(decided.say)}的没有发：{decided.say.text[:40]}", now
                )
        reached = {(mark, arrived.place) for arrived in self.letters for mark in tokens(arrived.letter.text)}
        for replied in self._replied.values():
            asked = [said for said in self.asked.get(replied.case, []) if said.at <= replied.at]
            for place in sorted(places_of(asked) - {("room", replied.room)}) if not replied.withheld else ():
                if (replied.mark, place) not in reached:
                    self.broken("lost", f"#{replied.case} {replied.at:%m-%d %H:%M} 的答复没有到提问的地方：{place[1]}", now)


def places_of(asked: list[Said]) -> set[Place]:
    """Return where these questions were asked."""
    return {("room", said.room) if said.room else ("person", said.sender.id) for said in asked}


def _whom(say: Say) -> str:
    return f"{say.target.name}{' @' + say.mention.name if say.mention else ''}"


def _name(who: Person | None) -> str:
    return who.name if who else ""
