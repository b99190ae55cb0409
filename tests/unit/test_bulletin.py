"""The bulletins: what they tell, in which words, and what they never tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

from bot.ledger.port import EntryVersion
from bot.model import AnswerFact, Asker, Case, Enterprise, Facts, Member, Person, Reply, Status, Step, TierPlan
from bot.reports import picture
from bot.reports.bulletin import Bulletin, Kind, Material, make
from bot.reports.bulletin_text import as_message, sections
from bot.reports.gathering import named_around
from bot.reports.picture import NoChineseFont, draw
from bot.reports.scorecard import scorecard

DAY = date(2026, 11, 18)
ASKER = Asker(Person("wxid_1", "泰准金属-王小明"), "page", "安全生产互助协会", "m1", "泰准金属")


@pytest.fixture
def at(curated):
    return datetime(2026, 11, 18, 10, 0, tzinfo=curated.routing.timezone)


@pytest.fixture
def made(curated):
    def make_it(material: Material, kind: Kind = Kind.DAILY, **more: object) -> Bulletin:
        entries = curated.knowledge.library.entries
        return make(kind, DAY, DAY, material, entries, curated.routing, **more)  # type: ignore[arg-type]

    return make_it


@pytest.fixture
def case(curated, at):
    ladder = curated.routing.ladders["直达部门"]
    plan = TierPlan(0, "部门", "税务局联络员", at, at, at + timedelta(hours=7, minutes=30), ())
    return Case(
        12,
        Status.OPEN,
        "灵峰",
        (ASKER,),
        "股权转让个税怎么报，我电话13800001234",
        "tax",
        ladder,
        "x",
        at,
        plan=plan,
        due=Step("answer", "escalate", at),
    )


def headings(bulletin: Bulletin) -> list[str]:
    return [section.heading for section in sections(bulletin)]


def test_nothing_happened_is_not_worth_telling(made):
    assert not made(Material()).worth_telling


def test_what_was_asked_in_private_is_counted_and_not_told(made, case, at):
    private = replace(case, askers=(replace(ASKER, room=""),))
    answered = replace(private, number=13, status=Status.ANSWERED, replies=(Reply("税务局联络员", "在电子税务局办", at),))
    bulletin = made(Material(cases=[private, answered]))
    assert (bulletin.asked, bulletin.answered) == (2, 1)
    assert not bulletin.worth_telling
    assert headings(bulletin) == ["今天"]


def test_only_enterprises_that_a_nickname_can_mean_are_compared_with_it(case):
    peer = replace(case, peers=(Reply("海立塑业（老）－人事", "我们办过", case.opened_at),))
    meant = [Enterprise("泰准金属", "灵峰"), Enterprise("海立（老）", "灵峰", people=(Member("人事", "海立塑业（老）－人事"),))]
    others = [Enterprise(f"企业{number:04}", "灵峰") for number in range(50)]
    assert named_around([peer], [*others, *meant]) == tuple(meant)


def test_daily_bulletin_reads_as_a_message(made, case, at):
    answered = replace(
        case,
        number=11,
        question="厂房租约到期怎么续备案",
        status=Status.ANSWERED,
        replies=(Reply("税务局联络员", "在电子税务局续，找王科长也行", at),),
    )
    answers = [AnswerFact("forklift-plate", "安全生产互助协会", at)] * 3
    versions = [EntryVersion("forklift-plate", at, "社区", None)]
    text = as_message(made(Material(answers, [answered, case], versions)))
    assert text.splitlines() == [
        "【每日一报　11月18日（周三）】",
        "■ 今天",
        "· 问 5 次，答 4 次",
        "■ 问得最多",
        "· 新叉车上牌（3 次）",
        "· 厂房租约到期怎么续备案（1 次）",
        "· 股权转让个税怎么报，我电话138****1234（1 次）",
        "■ 新答复",
        "· 问：厂房租约到期怎么续备案",
        "答：在电子税务局续，找王某科长也行（税务局）",
        "■ 还在办",
        "· #12 股权转让个税怎么报，我电话138****1234 → 税务局联络员，11月18日 17:30 前答复",
        "■ 知识库更新",
        "· 停用：forklift-plate",
        "有问题直接在群里问，不用 @。",
    ]


def test_nobody_who_asked_is_named(made, case):
    text = as_message(made(Material(cases=[case])))
    assert "王小明" not in text and "泰准金属" not in text and "13800001234" not in text


def test_emergencies_and_recalled_questions_are_not_told(made, case):
    danger = replace(case, danger=True)
    gone = replace(case, question="（提问人已撤回原话）", status=Status.WITHDRAWN, due=None)
    assert headings(made(Material(cases=[danger, gone]))) == ["今天"]


def test_new_entries_are_told_apart_from_changed_ones(made, curated, at):
    entry = curated.knowledge.library.entries["forklift-plate"]
    versions = [EntryVersion("forklift-plate", at, "社区", entry)]
    assert made(Material(versions=versions)).changed[0].change == "新增"
    assert made(Material(versions=versions, before=frozenset({"forklift-plate"}))).changed[0].change == "修改"


def test_weekly_bulletin_has_the_rates(made, curated, at):
    card = scorecard(Facts((AnswerFact("a", "群", at, 5),)), DAY, DAY, at, curated.routing.timezone, lambda room: "灵峰")
    text = as_message(made(Material(), Kind.WEEKLY, card=card))
    assert "响应率 还没有　解决率 还没有" in text
    assert "满意率 100%（1/1）　未评价 0%（0/1）" in text


def test_picture_is_as_wide_as_a_phone_shows_and_holds_all_lines(made, case):
    short, long = made(Material(cases=[case])), made(Material(cases=[replace(case, number=number) for number in range(1, 7)]))
    first, second = (Image.open(BytesIO(draw(bulletin))) for bulletin in (short, long))
    assert (first.format, first.width, second.width) == ("PNG", 750, 750)
    assert second.height > first.height


def test_without_a_chinese_font_it_says_what_to_install(made, case, monkeypatch):
    monkeypatch.setattr(picture, "FONTS", ("missing.ttf",))
    with pytest.raises(NoChineseFont, match="fonts-noto-cjk"):
        draw(made(Material(cases=[case])))
