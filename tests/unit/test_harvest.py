"""From what was asked and answered to candidates for the FAQ: grouping, masking, drafts, new phrasings."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk.lifecycle import CLEARED_UP, PEERS_ANSWERED, RECALLED
from bot.errors import Problem, XiaoshaoError
from bot.library.faq_file import load_library, read_library
from bot.library.harvest.asked import Group, endings, grouped, most_asked_first, tidy, unknown_questions
from bot.library.harvest.candidates import find_candidates
from bot.library.harvest.drafts import draft, write_draft
from bot.library.harvest.masks import mask
from bot.library.harvest.phrasing import plan_phrasing, write_phrasing
from bot.model import Asker, Case, Person, Reply, Status
from bot.routing.config import Routing
from tests.samples import NOW, SAFETY, opened, said

KNOWLEDGE = Path(__file__).parent.parent / "fixtures" / "knowledge"
DAY = timedelta(days=1)


def case(number: int, question: str = "车间地磅多久强检一次", *, nickname: str = SAFETY.name, **more) -> Case:
    message = said(question, by=Person(f"page:{nickname}", nickname), at=NOW + number * DAY)
    return opened(number, message, **{"status": Status.CLOSED, "plan": None, **more})


def by_peers(number: int, *words: tuple[str, str], question: str = "车间地磅多久强检一次", **more) -> Case:
    replies = tuple(Reply(by, text, NOW) for by, text in words)
    return case(number, question, peers=replies, outcome=PEERS_ANSWERED, **more)


def by_contact(number: int, text: str, *, by: str = "市场监管局联络员", **more) -> Case:
    return case(number, replies=(Reply(by, text, NOW),), outcome="评价 5 分", **more)


class TestMasks:
    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("找张三13812345678", "找某人138****5678"),
            ("张小三 电话13812345678", "某人 电话138****5678"),
            ("联系王经理就行", "联系王某经理就行"),
            ("问李工", "问李某工"),
            ("@泰准金属-安全员 去特检院办", "去特检院办"),
            ("加我微信号 abc_12345", "加我微信号 ****"),
            ("发到 zhang.san@qq.com", "发到 ****@qq.com"),
            ("车牌浙B12345的叉车", "车牌浙B****的叉车"),
            ("330206199001011234 的证", "330206****34 的证"),
        ],
    )
    def test_people_are_taken_out(self, text: str, masked: str) -> None:
        assert mask(text) == masked

    @pytest.mark.parametrize(
        "text",
        [
            "拨 12366 或 0574-86781234",
            "由总局备案，对于总包单位也一样",
            "特种设备安全管理员要持证，高级工程师不用",
            "去市场监管局，找窗口主任科员以外的人也行",
            "问总工会，或打 12351",
            "找石工程队，叫钟点工",
            "和金属粉尘有关的按《安全生产法》第三十六条",
        ],
    )
    def test_everything_else_stays(self, text: str) -> None:
        assert mask(text) == text

    def test_known_people_become_what_they_stand_for(self) -> None:
        assert mask("@老王 说的对，老王去年办过", {"老王": "一家企业"}) == "说的对，一家企业去年办过"


class TestGroups:
    def test_likes_are_together_under_the_number_of_the_first(self) -> None:
        cases = [case(3), case(1, "公司注销税务怎么办"), case(2, "车间的地磅多久强检一次呀"), case(4, "公司注销，税务怎么办？")]
        assert [[each.number for each in group.cases] for group in grouped(cases)] == [[1, 4], [2, 3]]
        assert [group.number for group in grouped(cases)] == [1, 2]

    def test_figures_hold_questions_apart(self) -> None:
        assert len(grouped([case(1, "3吨叉车年检多少钱"), case(2, "5吨叉车年检多少钱")])) == 2

    def test_later_cases_change_no_earlier_group(self) -> None:
        cases = [
            case(number, f"{what}怎么申请") for number, what in enumerate(["开票", "用电增容", "开票额度", "排污许可证"] * 5, 1)
        ]
        before = [group.number for group in grouped(cases[:12])]
        assert [group.number for group in grouped(cases)][: len(before)] == before

    def test_the_most_asked_come_first_joiners_counted(self) -> None:
        joined = replace(case(2, "公司注销税务怎么办"), askers=(*case(2).askers, *(_asker(name) for name in "甲乙")))
        groups = most_asked_first(grouped([case(1), joined, case(3)]))
        assert [(group.number, group.asked) for group in groups] == [(2, 3), (1, 2)]

    def test_only_what_the_faq_did_not_know_is_logged(self) -> None:
        kept = case(1)
        others = [
            case(2, danger=True),
            case(3, tried=("看过答案【新叉车上牌】",)),
            case(4, outcome=CLEARED_UP),
            case(5, RECALLED, status=Status.WITHDRAWN),
        ]
        assert unknown_questions([kept, *others]) == [kept]

    def test_how_they_ended(self) -> None:
        answered = replace(by_contact(3, "一年一次"), rating=4)
        ends = [
            by_peers(1, ("甲", "一年")),
            by_peers(2, ("甲", "一年")),
            answered,
            case(4, status=Status.OPEN),
            case(5, status=Status.WITHDRAWN),
            case(6, outcome="网格员一办结：张三说不用了"),
            by_contact(7, "一年一次"),
        ]
        assert endings(Group(tuple(ends))) == [
            ("同行已答", 2),
            ("部门答复，评价 4 分", 1),
            ("已转出，待签收", 1),
            ("提问人撤回", 1),
            ("没有答复就办结", 1),
            ("部门答复，未评价", 1),
        ]

    def test_a_question_is_one_line_and_a_follow_up_says_what_it_follows(self) -> None:
        assert tidy("车间地磅\n 多久强检") == "车间地磅，多久强检"
        assert tidy("（接着「新叉车上牌」问）要不要年检") == "新叉车上牌要不要年检"


def _asker(name: str) -> Asker:
    return Asker(Person(f"page:{name}", name), "page", "安全生产互助协会", f"m-{name}")


class TestCandidates:
    def test_what_peers_and_contacts_said_without_their_names(self, routing: Routing) -> None:
        cases = [
            by_peers(1, ("恒锐模具-张伟", "@泰准金属-安全员 一年一次，找李科长13812345678"), ("阿强", "阿强我也是一年")),
            replace(by_contact(2, "一年一次，在强检平台申报"), rating=5, question="@小哨 车间地磅多久强检一次"),
        ]
        (found,) = find_candidates(cases, routing)
        assert (found.number, found.asked, found.cases, found.department) == (1, 2, (1, 2), "tax")
        assert found.wordings == ("车间地磅多久强检一次",)
        assert [(given.by, given.text, given.peer, given.rating) for given in found.answers] == [
            ("恒锐模具", "一年一次，找某人138****5678", True, None),
            ("一家企业", "一家企业我也是一年", True, None),
            ("市场监管局", "一年一次，在强检平台申报", False, 5),
        ]
        assert not any(name in repr(found) for name in ("张伟", "阿强", "联络员", "安全员"))

    def test_what_has_no_answer_is_no_candidate(self, routing: Routing) -> None:
        partial = Reply("税务局联络员", "我问一下", NOW, partial=True)
        cases = [
            case(1, status=Status.OPEN),
            case(2, peers=(Reply("甲", "我也想知道", NOW),), outcome="评价 5 分"),
            case(3, replies=(partial,)),
            by_peers(4, ("甲", "快跑"), danger=True),
            by_peers(5, ("甲", "一年"), question=RECALLED),
        ]
        assert find_candidates(cases, routing) == []

    def test_the_same_words_of_the_same_firm_count_once(self, routing: Routing) -> None:
        cases = [by_peers(number, ("恒锐模具-人事", "一年一次")) for number in (1, 2)]
        (found,) = find_candidates(cases, routing)
        assert len(found.answers) == 1


class TestDrafts:
    def test_a_draft_cannot_go_live_unfilled(self, routing: Routing, tmp_path: Path) -> None:
        (found,) = find_candidates([by_contact(7, "一年一次。\n在强检平台申报: 先注册")], routing)
        folder = tmp_path / "knowledge"
        shutil.copytree(KNOWLEDGE, folder)
        path = write_draft(found, folder)
        assert path == tmp_path / "drafts" / "候选-7.yaml"
        assert read_library(folder).problems == ()
        shutil.copyfile(path, folder / "草稿.yaml")
        messages = [problem.message for problem in read_library(folder).problems]
        assert any("待填" in message and "id" in message for message in messages)
        assert any("verified_on" in message for message in messages)
        filled = path.read_text(encoding="utf-8").replace("id: 待填", "id: weighbridge")
        (folder / "草稿.yaml").write_text(filled.replace("verified_on: 待填", "verified_on: 2026-11-20"), encoding="utf-8")
        entry = read_library(folder).library.entries["weighbridge"]
        assert entry.questions == ("车间地磅多久强检一次",)
        assert entry.answer.endswith("部门：市场监管局（2026-11-18）：一年一次。\n在强检平台申报: 先注册")
        assert entry.todo[0].startswith("待核实")

    def test_a_draft_is_never_overwritten(self, routing: Routing, tmp_path: Path) -> None:
        (found,) = find_candidates([by_contact(7, "一年一次")], routing)
        path = write_draft(found, tmp_path / "knowledge")
        path.write_text("改了一半", encoding="utf-8")
        with pytest.raises(XiaoshaoError, match="已经有草稿了"):
            write_draft(found, tmp_path / "knowledge")
        assert path.read_text(encoding="utf-8") == "改了一半"

    def test_odd_words_stay_words(self, routing: Routing) -> None:
        odd = "- 一: '二' #三\n\t制表\n  缩进 \"四\""
        (found,) = find_candidates([by_contact(7, odd)], routing)
        assert "一: '二' #三" in draft(found)


class TestPhrasing:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(KNOWLEDGE, tmp_path / "knowledge"))

    def test_a_sound_phrasing_is_added_and_nothing_else_changes(self, folder: Path) -> None:
        library = load_library(folder)
        before = (folder / "叉车.yaml").read_text(encoding="utf-8")
        checked: list[Path] = []

        def check(copy: Path) -> Sequence[Problem]:
            checked.append(copy)
            assert "叉车落户找哪里" in (copy / "叉车.yaml").read_text(encoding="utf-8")
            return ()

        addition = plan_phrasing(folder, library, library.entries["forklift-plate"], "叉车落户找哪里", check)
        assert (folder / "叉车.yaml").read_text(encoding="utf-8") == before
        write_phrasing(addition)
        lines = (folder / "叉车.yaml").read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line not in before.splitlines()] == ["  - 叉车落户找哪里"]
        assert len(lines) == len(before.splitlines()) + 1
        assert load_library(folder).entries["forklift-plate"] == addition.entry
        assert checked != [folder] and not checked[0].exists()

    def test_what_fails_the_check_is_not_written_and_is_told_with_the_real_place(self, folder: Path) -> None:
        library = load_library(folder)
        old = Problem(str(folder / "税务.yaml"), 4, "早就有的问题")

        def check(place: Path) -> Sequence[Problem]:
            known = replace(old, file=old.file.replace(str(folder), str(place)))
            return (
                (known,)
                if place == folder
                else (known, Problem(str(place / "叉车.yaml"), 11, f"找不到，另一处在 {place}/税务.yaml"))
            )

        addition = plan_phrasing(folder, library, library.entries["forklift-plate"], "发票呢", check)
        assert addition.problems == (Problem(f"{folder}/叉车.yaml", 11, f"找不到，另一处在 {folder}/税务.yaml"),)
        with pytest.raises(XiaoshaoError, match="没有写"):
            write_phrasing(addition)
        assert load_library(folder) == library

    def test_a_file_changed_in_between_is_left_alone(self, folder: Path) -> None:
        library = load_library(folder)
        addition = plan_phrasing(folder, library, library.entries["forklift-plate"], "叉车落户找哪里", lambda copy: ())
        with (folder / "叉车.yaml").open("a", encoding="utf-8") as file:
            file.write("# 我也在改\n")
        with pytest.raises(XiaoshaoError, match="刚刚被别人改过"):
            write_phrasing(addition)
        assert "叉车落户" not in (folder / "叉车.yaml").read_text(encoding="utf-8")
