"""The engine as a whole: on small libraries of its own, and on the shipped one with lines that stand nowhere in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.desk.scene import Knowledge
from bot.matching.engine import EntryText, Judgement, Matcher
from bot.matching.wording import Wording
from bot.model import DepartmentExamples, Entry, Library


def entry(name: str, *questions: str, not_this: tuple[str, ...] = (), answer: str = "按下面办。") -> Entry:
    return Entry(name, name, "samr", questions, answer, "某法", date(2026, 1, 1), timedelta(days=90), not_this=not_this)


PLATE = entry(
    "plate",
    "新买的叉车去哪里上牌",
    "叉车怎么上牌",
    "叉车上牌要带什么材料",
    "刚提的电叉牌子去哪弄",
    not_this=("叉车上牌代办，三天拿牌，加微信",),
)
LICENCE = entry("licence", "开叉车要什么证", "叉车证去哪考", "N1怎么报名考试", "没有叉车证能开吗")
SMALL = Library(
    {"plate": PLATE, "licence": LICENCE},
    synonyms={"叉车": ("forklift", "铲车")},
    confusions={"插车": "叉车"},
    chatter={"thanks": ("谢谢", "多谢各位"), "answer": ("叉车上牌去窗口，带合格证就行",), "greeting": ("大家早上好",)},
)


def codes(judgement: Judgement) -> list[str]:
    return [reason.code for reason in judgement.reasons]


def test_every_phrasing_of_a_small_library_is_answered() -> None:
    matcher = Matcher(SMALL)
    for one in SMALL.entries.values():
        for phrasing in one.questions:
            judged = matcher.judge(phrasing)
            assert (judged.verdict, judged.candidates[0].entry_id) == ("answer", one.id), phrasing


def test_words_and_slips_of_the_curators_count() -> None:
    matcher = Matcher(SMALL)
    for typed in ("新买的插车去哪里上牌", "新买的forklift去哪里上牌", "新買的鏟車去哪裡上牌", "新买的叉车😀去哪里上牌？？？"):
        assert matcher.judge(typed).candidates[0].entry_id == "plate", typed
        assert matcher.judge(typed).verdict == "answer", typed


def test_reasons_tell_the_phrasing_the_runner_up_and_the_verdict() -> None:
    judged = Matcher(SMALL).judge("新买的叉车去哪里上牌")
    assert codes(judged)[0] == "ask"
    assert codes(judged)[-1] == "verdict"
    assert any("新买的叉车去哪里上牌" in reason.detail for reason in judged.reasons if reason.code == "phrasing")
    assert any("licence" in reason.detail for reason in judged.reasons if reason.code == "runner_up")


def test_a_near_miss_is_never_answered_with_its_entry() -> None:
    judged = Matcher(SMALL).judge("叉车上牌代办，三天拿牌，加微信")
    assert judged.verdict != "answer"


def test_a_message_to_somebody_else_is_less_of_an_ask() -> None:
    matcher = Matcher(SMALL)
    assert matcher.judge("@张工 叉车上牌去哪").ask < matcher.judge("叉车上牌去哪").ask


def test_a_call_of_the_bot_lowers_the_bar() -> None:
    matcher = Matcher(SMALL)
    text = "叉车上牌"
    assert matcher.judge(text, mentioned=True).ask > matcher.judge(text).ask


@pytest.mark.parametrize("text", ["", "？", "。。。", "[图片]", "\u200b", "1", "叉", "a" * 100_000, "叉车" * 50_000, "\ud800"])
@pytest.mark.parametrize(
    "library",
    [
        Library({}),
        Library({}, chatter={"thanks": ("谢谢",)}),
        Library({"plate": PLATE}),
        Library({"plate": PLATE, "twin": replace(PLATE, id="twin")}),
        Library({"bare": entry("bare")}),
        SMALL,
    ],
    ids=["none", "chatter only", "one", "twins", "no phrasing", "small"],
)
def test_bad_input_gets_a_judgement(library: Library, text: str) -> None:
    matcher = Matcher(library)
    for judged in (matcher.judge(text), matcher.judge(text, mentioned=True)):
        assert judged.verdict in ("answer", "offer", "unknown", "ignore")
        assert 0 <= judged.ask <= 1
        assert all(0 <= candidate.confidence <= 1 for candidate in judged.candidates)
    assert len(matcher.forced(text)) <= 5


@pytest.mark.parametrize("text", [bytes(range(256)).decode("latin-1"), "asdf qwer?", "12:30", "OK?"])
def test_nothing_chinese_is_no_ask(knowledge: Knowledge, text: str) -> None:
    assert knowledge.matcher.judge(text, mentioned=True).verdict == "ignore"


def test_of_two_identical_entries_none_is_preferred_in_silence() -> None:
    twins = Library({"plate": PLATE, "twin": replace(PLATE, id="twin")})
    ranked = Matcher(twins).forced("叉车上牌去哪里")
    assert [candidate.entry_id for candidate in ranked] == ["plate", "twin"]


def test_wording_prefers_the_longer_form_and_whole_latin_words() -> None:
    wording = Wording({"灭火器": ("红罐子",), "加班": ("ot",), "社保": ("五险", "社会保险")}, {"插车": "叉车"})
    assert wording.read("红罐子跟灭火器") == "灭火器跟灭火器"
    assert wording.read("OT费，robot") == "加班费,robot"
    assert wording.read("社会保险和插车") == "社保和叉车"
    assert Wording({}, {}).read("Ａ") == "a"


ASKS = (
    ("刚提了台三吨电叉，牌照该上哪儿办", "forklift-plate"),
    ("有没有人晓得灭火器几年就得报废呀", "fire-extinguisher"),
    ("国庆三天叫工人来上班，工资要按几倍发", "overtime-pay"),
    ("房东到期了不肯退押金怎么办", "lease-deposit"),
    ("數電票這個月額度不夠用，能臨時加嗎", "invoice-quota"),
    ("插车司机证去那里考", "forklift-licence"),
    ("下班路上被汽车撞了算不算工伤", "work-injury-commute"),
    ("污水池要下去清淤，要办什么手续", "confined-space"),
    ("请问我司应如何办理残保金申报？", "disability-fund"),
    ("新员工公积金开户怎么弄", "housing-fund"),
)

CHATTER = (
    ("谢谢王工，已经搞定了", "thanks"),
    ("大家早上好", "greeting"),
    ("叉车上牌去行政服务中心，带上合格证就可以了", "answer"),
    ("【通知】请各企业本周五前上报灭火器台账", "announcement"),
    ("专业代办叉车上牌，价格优惠，加微信", "advert"),
    ("哈哈哈哈笑死我了", "smalltalk"),
    ("我们厂的灭火器上周全部换好了", "statement"),
    ("谁家叉车借我用半小时", "nearmiss"),
    ("@李会计 上个月的发票你寄了没有", "nearmiss"),
    ("二手叉车多少钱一台", "nearmiss"),
)


@pytest.mark.parametrize(("text", "expected"), ASKS)
def test_new_asks_find_their_entry_in_the_shipped_library(knowledge: Knowledge, text: str, expected: str) -> None:
    judged = knowledge.matcher.judge(text)
    assert judged.candidates[0].entry_id == expected
    assert judged.verdict in ("answer", "offer")


@pytest.mark.parametrize(("text", "kind"), CHATTER)
def test_chatter_is_left_alone(knowledge: Knowledge, text: str, kind: str) -> None:
    judged = knowledge.matcher.judge(text)
    assert judged.verdict == "ignore"
    assert judged.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "员工想把公积金转到杭州去，要在哪边办转移",
        "厂门口那条路的窨井盖不见了，该找哪个部门",
        "公司想给员工办港澳通行证要去哪里办",
    ],
)
def test_an_unknown_question_is_asked_but_not_answered(knowledge: Knowledge, text: str) -> None:
    judged = knowledge.matcher.judge(text)
    assert judged.verdict in ("unknown", "offer")
    assert judged.ask >= 0.7


def test_judging_twice_gives_the_same(knowledge: Knowledge) -> None:
    text = "叉车年检过期了还能开吗"
    assert knowledge.matcher.judge(text) == knowledge.matcher.judge(text)


@pytest.mark.parametrize(
    "text",
    ["怎么办怎么办", "依据是什么", "这个怎么弄", "多少钱", "找谁", "急急急怎么办", "有人知道怎么弄吗", "叉车", "这个要钱吗"],
)
def test_without_matter_no_entry_is_sent(knowledge: Knowledge, text: str) -> None:
    assert knowledge.matcher.judge(text).verdict == "ignore"
    assert knowledge.matcher.judge(text, mentioned=True).verdict != "answer"


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("叉车的证怎么弄", {"forklift-licence", "forklift-licence-renewal", "forklift-plate-lost"}),
        ("社保怎么弄", {"social-insurance-enrol", "social-insurance-stop"}),
        ("叉车怎么办", {"forklift-inspection"}),
    ],
)
def test_a_short_question_that_fits_several_entries_is_offered_them(knowledge: Knowledge, text: str, among: set[str]) -> None:
    judged = knowledge.matcher.judge(text)
    assert judged.verdict == "offer"
    assert among <= set(judged.offered)
    assert "ambiguous" in codes(judged)


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [("灭火器怎么弄", "fire-extinguisher"), ("公积金怎么弄", "housing-fund"), ("残保金怎么交", "disability-fund")],
)
def test_a_short_question_that_fits_one_entry_is_answered(knowledge: Knowledge, text: str, entry_id: str) -> None:
    judged = knowledge.matcher.judge(text)
    assert (judged.verdict, judged.candidates[0].entry_id) == ("answer", entry_id)


def test_what_a_department_names_its_own_is_no_entrys() -> None:
    plates = {"police": DepartmentExamples(words=("临时号牌", "摩托车上牌"), questions=("摩托车上牌去哪个车管所",))}
    matcher = Matcher(replace(SMALL, departments=plates))
    judged = matcher.judge("摩托车上牌怎么办")
    assert any("摩托车上牌" in reason.detail for reason in judged.reasons if reason.code == "foreign")
    assert judged.candidates[0].confidence < Matcher(SMALL).judge("摩托车上牌怎么办").candidates[0].confidence


def test_a_number_in_the_message_changes_nothing(knowledge: Knowledge) -> None:
    text = "叉车年检过期了还能开吗"
    bare, numbered = knowledge.matcher.judge(text), knowledge.matcher.judge(f"{text}，电话13800001234")
    assert (numbered.verdict, numbered.candidates[0].entry_id) == (bare.verdict, bare.candidates[0].entry_id)


@pytest.mark.parametrize("spoken", ["那个{}啊然后", "就是说{}", "嗯那个那个{}", "喂{}嗯"])
def test_hedges_of_a_voice_transcript_change_nothing(knowledge: Knowledge, spoken: str) -> None:
    text = "新员工公积金开户怎么弄"
    assert knowledge.matcher.judge(spoken.format(text)).verdict == knowledge.matcher.judge(text).verdict == "answer"


def test_what_nobody_contests_does_what_it_stands_for(knowledge: Knowledge) -> None:
    matcher, standings = knowledge.matcher, knowledge.matcher.standings()
    for one in tuple(knowledge.library.entries.values())[::6]:
        for phrasing in one.questions:
            judged = matcher.judge(phrasing)
            fits = judged.verdict == "answer" and judged.candidates[0].entry_id == one.id
            assert fits or standings[EntryText(one.id, phrasing)].contested, phrasing
        for text in one.not_this:
            judged = matcher.judge(text)
            fits = judged.verdict != "answer" or judged.candidates[0].entry_id != one.id
            assert fits or standings[EntryText(one.id, text, near_miss=True)].contested, text


def test_twins_oddities_and_what_the_others_dispute_are_contested() -> None:
    twin = replace(LICENCE, questions=(*LICENCE.questions, "叉车怎么上牌啊", "PLC", "牌", "@张工 叉车证去哪考", "谢谢"))
    taken = replace(PLATE, not_this=("叉车怎么上牌？",))
    matcher = Matcher(replace(SMALL, entries={"plate": taken, "licence": twin}))
    standings = matcher.standings()
    own = [text for text in twin.questions if not standings[EntryText("licence", text)].contested]
    assert own == list(LICENCE.questions)
    assert standings[EntryText("plate", "叉车怎么上牌？", near_miss=True)].contested
    assert standings[EntryText("plate", "叉车怎么上牌")].contested
    assert not standings[EntryText("plate", "新买的叉车去哪里上牌")].contested


def test_a_phrasing_in_the_wrong_place_looks_astray() -> None:
    plates = ("新叉车去哪里上牌", "新买叉车要去哪里上牌", "叉车上牌去哪里")
    library = replace(SMALL, entries={"plate": PLATE, "licence": replace(LICENCE, questions=(*LICENCE.questions, *plates[:1]))})
    assert Matcher(library).standings()[EntryText("licence", plates[0])].nearer == "plate"
    at_home = replace(SMALL, entries={"plate": replace(PLATE, questions=(*PLATE.questions, *plates)), "licence": LICENCE})
    standings = Matcher(at_home).standings()
    assert not any(standings[EntryText("plate", text)].nearer for text in plates)


def test_a_phrasing_that_asks_nothing_looks_like_chatter(knowledge: Knowledge) -> None:
    stray = replace(
        knowledge.library.entries["forklift-plate"],
        questions=("收到谢谢", *knowledge.library.entries["forklift-plate"].questions),
    )
    matcher = Matcher(replace(knowledge.library, entries={**knowledge.library.entries, "forklift-plate": stray}))
    assert matcher.standings()[EntryText("forklift-plate", "收到谢谢")].chatter == "thanks"
