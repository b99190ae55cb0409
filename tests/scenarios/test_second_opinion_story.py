"""A chat with the second opinion switched on: what the group sees, what is kept, and what goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.advice import build_advisor
from bot.desk.decide import decide
from bot.desk.inquiry import inquiry_for
from bot.desk.scene import Knowledge
from bot.matching.engine import Candidate, Judgement, Matcher
from bot.model import Inquiry, Opinion, Person, Reason, Said, Snapshot
from bot.opinion.advisor import Advisor
from bot.routing.config import Routing
from bot.settings import Settings
from bot.text import mask_personal
from bot.work.intake import Consultation, Intake
from tests import fake_endpoint as fake
from tests.fake_endpoint import FakeEndpoint
from tests.scenarios.stage import CHANNEL, Stage
from tests.scenarios.transcript import ZONE

ROOM = "安全生产互助协会"
VAGUE = "叉车那个证咋整"
ASKED = f"群「{ROOM}」精诺五金-安全员：{VAGUE}"
OFFERED = f"群「{ROOM}」小哨：@精诺五金-安全员 您问的是哪一个？回复数字就行：⏎1. {{}}⏎2. {{}}⏎都不是请回 0"
START = datetime(2026, 11, 18, 10, 40, tzinfo=ZONE)


class Scripted:
    """The shipped matcher, but for a few texts whose judgement is given."""

    def __init__(self, matcher: Matcher, given: dict[str, Judgement]) -> None:
        self._matcher = matcher
        self._given = given

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        return self._given.get(text) or self._matcher.judge(text, mentioned=mentioned)

    def forced(self, text: str) -> tuple[Candidate, ...]:
        return self._matcher.forced(text)


def judgement(verdict: str, licence: float, plate: float) -> Judgement:
    candidates = (Candidate("forklift-licence", licence), Candidate("forklift-plate", plate))
    offered = ("forklift-licence", "forklift-plate") if verdict == "offer" else ()
    return Judgement(verdict, candidates, 0.9, "statement", (Reason("verdict", "自己的判断"),), offered)


class AdvisedStage(Stage):
    """A stage whose intake asks for second opinions."""

    def __init__(self, advisor: Advisor | None, path: Path, knowledge: Knowledge, routing: Routing, **modes: bool) -> None:
        self.advisor = advisor
        super().__init__(path, START, knowledge, routing, **modes)

    def _open(self) -> None:
        super()._open()
        if self.advisor is not None:
            consultation = Consultation(self._wanted, self.advisor.ask)
            self.intake = Intake(self.ledger, self._decide, self.clock, lambda: None, consultation)

    def _wanted(self, said: Said, snapshot: Snapshot, now: datetime) -> Inquiry | None:
        return inquiry_for(said, snapshot, self.knowledge, self.routing, now)

    def reasons(self) -> list[str]:
        """Return the reasons kept with the decision about the last message."""
        with self.ledger.transaction() as work:
            return [reason.detail for reason in work.last_judged(channel=CHANNEL)[0].decision.reasons]


@contextmanager
def staged(
    tmp_path: Path, knowledge: Knowledge, routing: Routing, endpoint: FakeEndpoint, given: dict[str, Judgement], **modes: bool
) -> Iterator[AdvisedStage]:
    settings = Settings(
        second_opinion="chat", second_opinion_url=endpoint.base, second_opinion_model="small", second_opinion_seconds=30.0
    )
    advisor = build_advisor(settings, {})
    assert advisor is not None
    scripted = replace(knowledge, matcher=Scripted(knowledge.matcher, given))
    stage = AdvisedStage(advisor, tmp_path / "ledger.db", scripted, routing, **modes)
    try:
        yield stage
    finally:
        stage.close()
        advisor.close()


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake.running(fake.says({"choice": 1})) as running:
        yield running


def titles(knowledge: Knowledge, *names: str) -> list[str]:
    return [knowledge.library.entries[name].title for name in names]


@pytest.mark.parametrize("modes", [{}, {"twice": True}, {"restart": True}], ids=["plain", "twice", "restart"])
def test_an_offer_becomes_an_answer_and_the_reason_is_kept(tmp_path, knowledge, routing, endpoint, modes) -> None:
    with staged(tmp_path, knowledge, routing, endpoint, {VAGUE: judgement("offer", 0.6, 0.3)}, **modes) as stage:
        assert stage.play(ASKED) == [f"群「{ROOM}」小哨：@精诺五金-安全员 〔forklift-licence〕"]
        assert "第二意见（small）：选「叉车司机证（N1）报考」，自己的把握 60%，过了 50%，两边一致就回答" in stage.reasons()
        assert len(endpoint.requests) == 1, "a message delivered again is not asked about again"


def test_without_the_endpoint_the_same_question_is_an_offer(tmp_path, knowledge, routing, endpoint) -> None:
    endpoint.answer = fake.sends(500, b"")
    with staged(tmp_path, knowledge, routing, endpoint, {VAGUE: judgement("offer", 0.6, 0.3)}) as stage:
        assert stage.play(ASKED) == [OFFERED.format(*titles(knowledge, "forklift-licence", "forklift-plate"))]
        assert not any("第二意见" in reason for reason in stage.reasons())
        assert stage.advisor.tally().failed == 1


def test_another_choice_comes_first_in_the_offer_and_is_picked_by_its_new_number(tmp_path, knowledge, routing, endpoint) -> None:
    endpoint.answer = fake.says({"choice": 2})
    with staged(tmp_path, knowledge, routing, endpoint, {VAGUE: judgement("offer", 0.6, 0.3)}) as stage:
        assert stage.play(ASKED) == [OFFERED.format(*titles(knowledge, "forklift-plate", "forklift-licence"))]
        assert stage.play(f"群「{ROOM}」精诺五金-安全员：1") == [f"群「{ROOM}」小哨：@精诺五金-安全员 〔forklift-plate〕"]
        assert len(endpoint.requests) == 1


def test_an_unknown_question_goes_to_a_person_without_being_asked_about(tmp_path, knowledge, routing, endpoint) -> None:
    with staged(tmp_path, knowledge, routing, endpoint, {VAGUE: judgement("unknown", 0.3, 0.1)}) as stage:
        assert stage.play(ASKED) == []
        assert stage.play("账本 #1 等同行") == []
        assert endpoint.requests == []


def test_an_abstention_leaves_the_offer_as_it_was(tmp_path, knowledge, routing, endpoint) -> None:
    endpoint.answer = fake.says({"choice": 0})
    with staged(tmp_path, knowledge, routing, endpoint, {VAGUE: judgement("offer", 0.6, 0.3)}) as stage:
        assert stage.play(ASKED) == [OFFERED.format(*titles(knowledge, "forklift-licence", "forklift-plate"))]
        assert "第二意见（small）：候选里没有对得上的，按自己的判断" in stage.reasons()


def test_what_leaves_the_machine_names_nobody(tmp_path, knowledge, routing, endpoint) -> None:
    text = f"我是精诺五金-安全员，{ROOM}里问，电话13800001234，{VAGUE}"
    with staged(tmp_path, knowledge, routing, endpoint, {mask_personal(text): judgement("offer", 0.6, 0.3)}) as stage:
        stage.play(f"群「{ROOM}」精诺五金-安全员：{text}")
        sent = json.dumps([[asked.path, asked.headers, asked.body] for asked in endpoint.requests], ensure_ascii=False)
        assert VAGUE in sent
        for private in ("精诺五金", ROOM, "0000", "m1", CHANNEL):
            assert private not in sent


@pytest.mark.parametrize(
    "line",
    [
        f"群「{ROOM}」精诺五金-安全员：新买的叉车去哪里上牌",
        f"群「{ROOM}」精诺五金-安全员：今天天气不错",
        f"群「{ROOM}」精诺五金-安全员：车间着火了，快来人",
        f"群「{ROOM}」精诺五金-安全员：@小哨 我的问题怎么样了",
        f"群「{ROOM}」精诺五金-安全员：@张工 {VAGUE}",
        f"群「没登记的群」精诺五金-安全员：{VAGUE}",
        "私聊「税务局联络员」税务局联络员：收到",
    ],
)
def test_what_the_own_engine_or_a_rule_settles_is_never_sent(tmp_path, knowledge, routing, endpoint, line) -> None:
    with staged(tmp_path, knowledge, routing, endpoint, {VAGUE: judgement("offer", 0.6, 0.3)}) as stage:
        stage.play(line)
        assert endpoint.requests == []


def test_a_contacts_answer_is_never_sent_even_where_it_reads_like_a_question(tmp_path, knowledge, routing, endpoint) -> None:
    answer = f"#1 {VAGUE}"
    given = {text: judgement("offer", 0.6, 0.3) for text in (answer, VAGUE)}
    with staged(tmp_path, knowledge, routing, endpoint, given) as stage:
        endpoint.answer = fake.says({"choice": 0})
        stage.play(f"群「{ROOM}」精诺五金-安全员：@小哨 公司车间地磅多久强检一次")
        before, holder = len(endpoint.requests), stage._case(1).assignee
        stage.play(f"私聊「{holder}」{holder}：{answer}")
        assert len(endpoint.requests) == before


@pytest.mark.parametrize(("about", "action"), [(VAGUE, "answer"), ("叉车的事", "offer")])
def test_an_opinion_counts_only_for_the_very_text_that_is_judged(knowledge, routing, about, action) -> None:
    scripted = replace(knowledge, matcher=Scripted(knowledge.matcher, {VAGUE: judgement("offer", 0.6, 0.3)}))
    said = Said(CHANNEL, "m1", ROOM, Person("p", "精诺五金-安全员"), VAGUE, START)
    snapshot = Snapshot(1, opinion=Opinion(about, "forklift-licence", "small"))
    assert decide(said, snapshot, scripted, routing, START).action == action
