"""What must hold after all the killing, from what people saw and what the ledger holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.ledger.port import Ledger
from bot.model import Case, FilesChanged
from bot.simulation import reading
from bot.work.audit.ledger import GRACE
from tests.faults.chaos.arena import Toll
from tests.faults.chaos.people import KNOWN_ANSWER, People, Question

FOR_EVER = 1_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures, and what is wrong in words; all is well without any."""

    kills: int
    kills_at_start: int
    questions: int
    answers: int
    cases: int
    sends: int
    in_flight: int
    extra_sends: int
    lost: int
    stuck: int
    wrong_person: int
    faults: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def judge(people: People, ledger: Ledger, toll: Toll, now: datetime) -> Verdict:
    """Look at everything as of ``now``, when it had settled: what came due while the last bot stopped is not late."""
    with ledger.transaction() as work:
        cases = {case.number: case for case in work.cases(open_only=False, limit=FOR_EVER)}
        stuck = [*_stuck(work.overdue(now, GRACE)), *(f"给不出去：{out.key}" for out in work.undelivered())]
        tally = work.tally(now, GRACE)
        ready = work.snapshot(FilesChanged("chaos", (), 0, now), now).next_number
        undecided = [f"没有处理成：{it.message_id} {it.decision.reasons}" for it in work.faults(now - timedelta(days=30))]
    if tally.waiting or tally.stuck:
        stuck.append(f"没发出去：{tally}")
    lost = list(_lost(people, cases))
    wrong = list(_wrong(people, cases))
    sends = Counter(it.key for it in people.deliveries)
    extra = {key: count - 1 for key, count in sends.items() if count > 1}
    unexplained = [f"{key} 发了 {count + 1} 次" for key, count in extra.items() if count > toll.in_flight[key]]
    return Verdict(
        kills=toll.kills,
        kills_at_start=toll.at_start,
        questions=sum(question.taken for question in people.questions.values()),
        answers=sum(answer.taken for answer in people.answers.values()),
        cases=len(cases),
        sends=len(people.deliveries),
        in_flight=toll.in_flight.total(),
        extra_sends=sum(extra.values()),
        lost=len(lost),
        stuck=len(stuck),
        wrong_person=len(wrong),
        faults=(*lost, *stuck, *wrong, *undecided, *unexplained, *_changed(people), *_gaps(cases, ready)),
    )


def _stuck(overdue: list[Case]) -> Iterator[str]:
    for case in overdue:
        yield f"没有做到点的一步：#{case.number} {case.due}"


def _lost(people: People, cases: Mapping[int, Case]) -> Iterator[str]:
    """Yield what was asked or answered and came to nothing, and what came to more than one thing."""
    told = defaultdict(list)
    for it in people.deliveries:
        told[it.mention].append(it)
    carried = Counter(asker.message_id for case in cases.values() for asker in case.askers)
    for question in people.questions.values():
        heard = [it for it in told[question.said.sender.id] if it.room == question.said.room]
        if not question.taken:
            yield f"没有收下：{question.said}"
        elif question.kind == "known" and not heard:
            yield f"知道的问题没有答：{question.said}"
        elif question.kind in ("unknown", "waits") and carried[question.said.message_id] != 1:
            yield f"有 {carried[question.said.message_id]} 张工单：{question.said}"
        elif question.kind == "unknown" and not heard:
            yield f"登记了没有告诉提问人：{question.said}"
        elif question.kind == "chatter" and (heard or carried[question.said.message_id]):
            yield f"闲聊被搭了话：{question.said}"
    yield from _answers_lost(people, cases)


def _answers_lost(people: People, cases: Mapping[int, Case]) -> Iterator[str]:
    kept = {number for case in cases.values() for reply in case.replies for number in reading.tokens(reply.text)}
    kept |= {number for case in cases.values() for note in case.notes for number in reading.tokens(note)}
    arrived = {number for it in people.deliveries if it.room for number in reading.tokens(it.text)}
    first: dict[int, int] = {}
    for number, answer in people.answers.items():
        if not answer.taken:
            yield f"答复没有收下：{answer.said}"
        elif number not in kept | arrived:
            yield f"答复不见了：{answer.said}"
        first.setdefault(answer.case, number)
    answered = {case for case, number in first.items()}
    for case in answered:
        if not any(number in arrived for number, answer in people.answers.items() if answer.case == case):
            yield f"#{case} 有人答复，提问人没有收到"


def _wrong(people: People, cases: Mapping[int, Case]) -> Iterator[str]:
    """Yield what reached somebody whom it was not for; known is whose question it was that a contact answered."""
    askers = {question.said.sender.id: question for question in people.questions.values()}
    for it in people.deliveries:
        whom = it.mention or it.person
        question = askers.get(whom)
        if question is not None and it.room and it.room != question.said.room:
            yield f"到了别的群：{it}"
        for number in reading.tokens(it.text):
            if question is not None and not _may_hear(question, people, number, cases):
                yield f"答复给了别人：{it}"
            if question is None and it.room:
                yield f"答复没有给提问人：{it}"
        if KNOWN_ANSWER in it.text and (question is None or question.kind != "known"):
            yield f"答案给了别人：{it}"


def _may_hear(question: Question, people: People, number: int, cases: Mapping[int, Case]) -> bool:
    """Tell whether an answer is for an asker: it answers this very question, or one on the same topic that this one joined."""
    answer = people.answers[number]
    if answer.question == question.number:
        return True
    joined = any(asker.message_id == question.said.message_id for asker in cases[answer.case].askers)
    return joined and people.questions[answer.question].topic == question.topic


def _changed(people: People) -> Iterator[str]:
    """Yield messages that were sent again and read otherwise."""
    first: dict[str, object] = {}
    for it in people.deliveries:
        if first.setdefault(it.key, it) != it:
            yield f"同一条第二次发得不一样：{it}"


def _gaps(cases: Mapping[int, Case], ready: int) -> Iterator[str]:
    """Yield a number that is missing, unless a bot gave it back and the next case gets it."""
    missing = sorted(set(range(1, max(cases, default=0) + 1)) - cases.keys())
    if missing and missing[0] != ready:
        yield f"工单号有缺：{missing}，下一个是 {ready}"
