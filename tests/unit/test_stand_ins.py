"""A community's own entry stands in for the district's: one matter to matching, the community's own text to its groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.desk.decide import decide
from bot.desk.scene import Knowledge
from bot.errors import Problem
from bot.library.check import check_library
from bot.library.faq_file import load_library, read_library
from bot.library.routing_file import load_routing
from bot.matching.engine import Candidate, EntryText, Judgement, Standing
from bot.model import Action, Answered, Decision, Library, Offer, Said, Snapshot, Thread, WhenStale
from bot.routing.config import Community, Grid, Match, Room, Route, Routing
from bot.routing.departments import DepartmentRanker
from tests.samples import SAFETY, said

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=load_routing(FIXTURES / "routing.yaml").timezone)

DISTRICT = """\
- id: plate
  title: 新叉车上牌
  department: samr
  questions: [叉车怎么上牌, 新叉车上牌去哪里]
  not_this: [叉车上牌代办找我]
  answer: 先检验，再登记。
  parts: {材料: 合格证}
  source: 某法
  verified_on: 2026-11-20
  review_every: 180d
- id: licence
  title: 叉车证怎么考
  department: samr
  questions: [叉车证去哪里考]
  answer: 向市场监管局申请考试。
  source: 某法
  verified_on: 2026-11-20
  review_every: 180d
"""
OWN = """\
- id: plate-lingfeng
  title: 灵峰叉车上牌
  department: community
  answer: 先跟网格员说。
  parts: {材料: 合格证交网格员}
  source: 某法
  verified_on: 2026-11-20
  review_every: 180d
  communities: [灵峰]
  replaces: plate
"""
WITH_PHRASINGS = OWN.replace(
    "  answer", "  questions: [叉车怎么上牌, 灵峰的叉车谁管上牌]\n  not_this: [谁家叉车牌照掉了]\n  answer"
)


class Scripted:
    """A matcher that says what a script says, and knows no other message for a question."""

    def __init__(self, **script: tuple[str, ...]) -> None:
        self.script: Mapping[str, tuple[str, ...]] = script

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        verdict, *entries = self.script.get(text, ("ignore",))
        candidates = tuple(Candidate(entry, 0.9) for entry in entries)
        return Judgement(verdict, candidates, ask=0.9, kind="statement", reasons=(), offered=tuple(entries[:3]))

    def standings(self) -> dict[EntryText, Standing]:
        return {}

    def forced(self, text: str) -> tuple[Candidate, ...]:
        return tuple(Candidate(entry, 0.5) for entry in ("plate", "licence"))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return written(tmp_path, DISTRICT, OWN)


@pytest.fixture(scope="module")
def routing() -> Routing:
    """Two communities: 灵峰 with 互助群 and 泰准金属, 大碶 with 大碶群 and 大碶铸件."""
    found = load_routing(FIXTURES / "routing.yaml")
    room = replace(found.rooms["互助群"], name="大碶群", community="大碶")
    assert isinstance(room, Room)
    other = Community("大碶", ("大碶群",), {"一格": Grid("一格", "网格员一", ("大碶铸件",))}, "值班")
    return replace(found, communities={**found.communities, "大碶": other}, rooms={**found.rooms, "大碶群": room})


def written(folder: Path, *texts: str) -> Library:
    (folder / "叉车.yaml").write_text("".join(texts), encoding="utf-8")
    return load_library(folder)


def decided(
    library: Library, routing: Routing, message: Said, thread: Thread | None = None, **script: tuple[str, ...]
) -> Decision:
    knowledge = Knowledge(library, Scripted(**script), DepartmentRanker(library.for_matching(), routing))  # type: ignore[arg-type]
    return decide(message, Snapshot(next_number=1, thread=thread or Thread()), knowledge, routing, NOW)


def in_room(room: str, text: str) -> Said:
    return said(text, room=room, at=NOW)


class TestLibrary:
    def test_matching_sees_one_entry_with_the_texts_of_both(self, tmp_path: Path) -> None:
        matched = written(tmp_path, DISTRICT, WITH_PHRASINGS).for_matching()
        assert list(matched.entries) == ["plate", "licence"]
        assert matched.entries["plate"].questions == ("叉车怎么上牌", "新叉车上牌去哪里", "灵峰的叉车谁管上牌")
        assert matched.entries["plate"].not_this == ("叉车上牌代办找我", "谁家叉车牌照掉了")
        assert matched.entries["plate"].answer == "先检验，再登记。"

    def test_a_library_without_stand_ins_stays_as_it_is(self, tmp_path: Path) -> None:
        library = written(tmp_path, DISTRICT)
        assert library.for_matching() == library

    def test_a_stand_in_is_sent_in_its_communities_only(self, library: Library, routing: Routing) -> None:
        knowledge = Knowledge(library, Scripted(), DepartmentRanker(library))  # type: ignore[arg-type]
        sent = {place: knowledge.entry_in(place, "plate") for place in ("灵峰", "大碶", "")}
        assert {place: entry and entry.id for place, entry in sent.items()} == {
            "灵峰": "plate-lingfeng",
            "大碶": "plate",
            "": "plate",
        }
        assert knowledge.entry_in("灵峰", "licence") == library.entries["licence"]
        assert knowledge.entry_in("灵峰", "gone") is None
        assert replace(knowledge, library=library.for_matching()).entry_in("灵峰", "plate") == library.entries["plate"]


class TestDesk:
    @pytest.mark.parametrize(("room", "entry"), [("互助群", "plate-lingfeng"), ("大碶群", "plate")])
    def test_the_answer_the_thread_and_the_reasons_name_what_was_sent(
        self, room: str, entry: str, library: Library, routing: Routing
    ) -> None:
        decision = decided(library, routing, in_room(room, "怎么上牌"), 怎么上牌=("answer", "plate"))
        assert (decision.action, decision.entry, decision.says[0].entry) == (Action.ANSWER, entry, entry)
        assert decision.thread and decision.thread.answered and decision.thread.answered.entry == entry
        assert library.entries[entry].answer in decision.says[0].text
        told = next(reason.detail for reason in decision.reasons if reason.code == "candidate")
        assert ("灵峰叉车上牌（plate-lingfeng，代替 plate）" in told) == (entry == "plate-lingfeng")

    def test_in_a_direct_chat_the_enterprise_tells_the_community(self, library: Library, routing: Routing) -> None:
        here = said("怎么上牌", room="", by=SAFETY, at=NOW)
        there = replace(here, sender=replace(SAFETY, name="大碶铸件-安全员"))
        sent = [decided(library, routing, message, 怎么上牌=("answer", "plate")).entry for message in (here, there)]
        assert sent == ["plate-lingfeng", "plate"]

    def test_a_choice_names_and_gives_the_communitys_own(self, library: Library, routing: Routing) -> None:
        decision = decided(library, routing, in_room("互助群", "叉车的证"), 叉车的证=("offer", "licence", "plate"))
        assert "2. 灵峰叉车上牌" in decision.says[0].text
        assert decision.thread and decision.thread.offer and decision.thread.offer.entries == ("licence", "plate-lingfeng")
        assert decided(library, routing, in_room("互助群", "2"), decision.thread).entry == "plate-lingfeng"
        script = {"叉车的证，牌照的": ("answer", "plate")}
        assert decided(library, routing, in_room("互助群", "牌照的"), decision.thread, **script).entry == "plate-lingfeng"

    def test_a_choice_made_before_the_stand_in_came_gives_the_stand_in(self, library: Library, routing: Routing) -> None:
        thread = Thread(offer=Offer(("licence", "plate"), "叉车的证", NOW))
        assert decided(library, routing, in_room("互助群", "2"), thread).entry == "plate-lingfeng"

    @pytest.mark.parametrize(("room", "before"), [("互助群", "plate-lingfeng"), ("大碶群", "plate")])
    def test_a_correction_of_the_topic_goes_on_to_another_matter(
        self, room: str, before: str, library: Library, routing: Routing
    ) -> None:
        thread = Thread(answered=Answered(before, "叉车怎么办", NOW))
        assert decided(library, routing, in_room(room, "不是上牌，是考证"), thread).entry == "licence"

    def test_a_correction_never_brings_another_communitys_entry(self, tmp_path: Path, routing: Routing) -> None:
        library = written(tmp_path, DISTRICT.replace("- id: licence", "- id: licence\n  communities: [灵峰]"))
        thread = Thread(answered=Answered("plate", "叉车怎么办", NOW))
        assert decided(library, routing, in_room("互助群", "不是上牌，是考证"), thread).entry == "licence"
        assert decided(library, routing, in_room("大碶群", "不是上牌，是考证"), thread).entry is None

    @pytest.mark.parametrize(("room", "answer"), [("互助群", "合格证交网格员"), ("大碶群", "【新叉车上牌】材料：合格证")])
    def test_a_follow_up_is_answered_from_what_was_sent(self, room: str, answer: str, library: Library, routing: Routing) -> None:
        asked = decided(library, routing, in_room(room, "怎么上牌"), 怎么上牌=("answer", "plate"))
        assert decided(library, routing, in_room(room, "那要带什么材料"), asked.thread).says[0].text.endswith(answer)

    def test_numbered_questions_get_the_communitys_own(self, library: Library, routing: Routing) -> None:
        script = {"怎么上牌": ("answer", "plate"), "证去哪考": ("answer", "licence")}
        text = in_room("互助群", "1、怎么上牌；2、证去哪考").text
        here, there = (decided(library, routing, in_room(room, text), **script) for room in ("互助群", "大碶群"))
        assert "先跟网格员说。" in here.says[0].text and "先检验" not in here.says[0].text
        assert "先检验，再登记。" in there.says[0].text

    def test_a_stale_stand_in_that_is_to_be_routed_is_not_made_good_by_the_districts(
        self, tmp_path: Path, routing: Routing
    ) -> None:
        library = written(tmp_path, DISTRICT, OWN.replace("verified_on: 2026-11-20", "verified_on: 2026-01-01\n  stale: route"))
        assert library.entries["plate-lingfeng"].stale is WhenStale.ROUTE
        decisions = [
            decided(library, routing, in_room(room, "怎么上牌"), 怎么上牌=("answer", "plate")) for room in ("互助群", "大碶群")
        ]
        assert [decision.action for decision in decisions] == [Action.OPEN, Action.ANSWER]

    def test_an_entry_of_one_community_that_replaces_nothing_is_unknown_elsewhere(self, tmp_path: Path, routing: Routing) -> None:
        library = written(tmp_path, DISTRICT.replace("- id: licence", "- id: licence\n  communities: [灵峰]"))
        decisions = [
            decided(library, routing, in_room(room, "考证"), 考证=("answer", "licence")) for room in ("互助群", "大碶群")
        ]
        assert [decision.action for decision in decisions] == [Action.ANSWER, Action.OPEN]

    @pytest.mark.parametrize("match", [Match(entries=("plate",)), Match(themes=("叉车",))])
    def test_routes_know_it_as_the_districts_entry(self, match: Match, tmp_path: Path, routing: Routing) -> None:
        (tmp_path / "灵峰.yaml").write_text(OWN, encoding="utf-8")
        library = written(tmp_path, DISTRICT)
        only = replace(routing, routes=(Route("叉车的", match, "标准"),))
        thread = Thread(answered=Answered("plate-lingfeng", "怎么上牌", NOW))
        (case,) = decided(library, only, in_room("互助群", "还是不行"), thread).cases
        assert case.entry == "plate-lingfeng"
        found = decided(library, only, in_room("互助群", "还是不行"), thread).reasons
        assert any("叉车的" in reason.detail for reason in found)


FAULTS = {
    "in a community that the other is not for": (
        (DISTRICT.replace("- id: plate", "- id: plate\n  communities: [大碶]"), OWN),
        (28, "条目 plate-lingfeng 要在灵峰代替 plate，可是那一条本来就不用在灵峰"),
    ),
    "a near miss of the other's is a phrasing here": (
        (DISTRICT, OWN.replace("  answer", "  questions: [叉车上牌代办找我？]\n  answer")),
        (5, "“叉车上牌代办找我”写在条目 plate 的 not_this 里，又是 plate-lingfeng 的问法，而这两条是一件事"),
    ),
    "phrasings of a third entry": (
        (DISTRICT, OWN.replace("  answer", "  questions: [叉车证去哪里考]\n  answer")),
        (22, "问法“叉车证去哪里考”与条目 licence 的重复"),
    ),
}


class TestLoader:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_fault_is_told_once_at_its_line(self, fault: str, tmp_path: Path) -> None:
        texts, expected = FAULTS[fault]
        (problem,) = problems(tmp_path, *texts)
        assert (problem.line, problem.message.split("，另一处")[0]) == expected
        assert problem.mend

    def test_two_communities_may_each_have_their_own_with_the_same_phrasings(self, tmp_path: Path) -> None:
        other = WITH_PHRASINGS.replace("plate-lingfeng", "plate-daqi").replace("[灵峰]", "[大碶]")
        assert problems(tmp_path, WITH_PHRASINGS, other, DISTRICT) == []

    def test_communities_that_could_not_be_read_are_told_once(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, DISTRICT, OWN.replace("[灵峰]", "【灵峰】"))
        assert "全角括号" in problem.message

    def test_all_faults_of_an_entry_are_told_at_once(self, tmp_path: Path) -> None:
        found = problems(tmp_path, DISTRICT, OWN.replace("2026-11-20", "去年").replace("replaces: plate", "replaces: plane"))
        assert [problem.line for problem in found] == [25, 28]

    def test_other_entries_still_need_phrasings(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, DISTRICT, OWN.replace("  replaces: plate\n", ""))
        assert "缺少“questions”" in problem.message


class TestCheck:
    def test_shared_phrasings_are_one_matter_and_find_it(self, tmp_path: Path) -> None:
        library = written(tmp_path, DISTRICT, WITH_PHRASINGS.replace("叉车怎么上牌", "请问叉车怎么上牌啊"))
        findings = checked(library, 谁家叉车牌照掉了=("ignore",))
        assert (findings.errors, findings.warnings) == ([], [])

    def test_its_phrasings_and_near_misses_are_tried_like_others(self, tmp_path: Path) -> None:
        library = written(tmp_path, DISTRICT, WITH_PHRASINGS)
        script = {"灵峰的叉车谁管上牌": ("answer", "licence"), "谁家叉车牌照掉了": ("answer", "plate")}
        said = [problem.message for problem in checked(library, **script).errors]
        assert said == [
            "不该答的“谁家叉车牌照掉了”会被用本条 plate-lingfeng 回答",
            "问法“灵峰的叉车谁管上牌”找不到本条 plate-lingfeng：会被当成“叉车证怎么考”（licence）",
        ]

    def test_a_near_miss_like_a_phrasing_of_the_other_is_told(self, tmp_path: Path) -> None:
        library = written(tmp_path, OWN.replace("  answer", "  not_this: [请问叉车怎么上牌啊]\n  answer"), DISTRICT)
        (error,) = checked(library).errors
        assert "不该答的“请问叉车怎么上牌啊”与同一件事的 plate 的问法“叉车怎么上牌”几乎一样" in error.message


def problems(folder: Path, *texts: str) -> list[Problem]:
    (folder / "叉车.yaml").write_text("".join(texts), encoding="utf-8")
    return list(read_library(folder).problems)


def checked(library: Library, **script: tuple[str, ...]):
    own = {text: ("answer", entry.matched_as) for entry in library.entries.values() for text in entry.questions}
    return check_library(library, Scripted(**{**own, **script}))
