"""The bulletins' round with the real ledger, intake and sender: when one is made, held, published and dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from bot.app import bind_everybody, build_bot
from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.ledger.codec import ZONE, decode
from bot.ledger.sqlite import SqliteLedger
from bot.model import Person, Said
from bot.reports.bulletin import Bulletin, Kind
from bot.routing.policies import Bulletin as BulletinPlan
from bot.work.bulletins import is_workday
from tests.samples import ROOM, HandClock

WEDNESDAY, FRIDAY = date(2026, 11, 18), date(2026, 11, 20)
ALLIANCE = "锋领企服联盟"


class World:
    """A bot with a page, a clock moved by hand, and bulletins at five in the afternoon."""

    def __init__(self, folder, curated, *, approval: bool, plan: BulletinPlan | None = None) -> None:
        plan = plan or BulletinPlan(time(17), approval, (ROOM,), (ALLIANCE,))
        routing = replace(curated.routing, bulletin=plan)
        self.ledger = SqliteLedger(folder / "xiaoshao.db")
        self.clock = HandClock(datetime.combine(WEDNESDAY, time(9), ZONE))
        bind_everybody(self.ledger, routing, "page", PERSON_PREFIX, self.clock.now())
        self.bot = build_bot(self.ledger, curated.knowledge, routing, self.clock, [PageChannel(routing.rooms)], lambda: None)
        assert self.bot.bulletins is not None
        self.bulletins = self.bot.bulletins
        self.count = 0

    def says(self, text: str) -> None:
        self.count += 1
        person = Person("page:泰准金属-安全员", "泰准金属-安全员")
        self.bot.intake.handle(Said("page", f"m{self.count}", ROOM, person, text, self.clock.now(), mentions_bot="@小哨" in text))

    def at(self, day: date, hour: int, minute: int = 0) -> list[str]:
        """Move the clock and return which bulletins were made, in which state."""
        self.clock.at = datetime.combine(day, time(hour, minute), ZONE)
        made = [f"{it.kind} {it.state}" for it in self.bulletins.make_due()]
        self.bot.loop.settle()
        return made

    def told(self, room: str = "", partner: str = "") -> list[str]:
        with self.ledger.transaction() as transaction:
            bubbles = transaction.conversation(room=room, partner=f"page:{partner}" if partner else "")
        return [it.text for it in bubbles if it.sender is None and ("每日一报" in it.text or "一周小结" in it.text)]


@pytest.fixture
def world(tmp_path, curated):
    made = []

    def make(*, approval: bool = False) -> World:
        made.append(World(tmp_path, curated, approval=approval))
        return made[-1]

    yield make
    for it in made:
        it.ledger.close()


def test_made_once_at_its_hour_and_said_in_its_group(world):
    here = world()
    here.says("新买的叉车去哪里上牌？")
    assert here.at(WEDNESDAY, 16, 59) == []
    assert here.at(WEDNESDAY, 17) == ["daily sent"]
    assert here.at(WEDNESDAY, 17, 1) == []
    (text,) = here.told(ROOM)
    assert "· 新叉车上牌（1 次）" in text.splitlines()
    assert here.told(ALLIANCE) == []


def test_nothing_happened_is_not_said(world):
    here = world()
    assert here.at(WEDNESDAY, 17) == ["daily empty"]
    assert here.told(ROOM) == []


def test_weekly_one_for_the_alliance_on_its_weekday(world):
    here = world()
    here.says("新买的叉车去哪里上牌？")
    assert here.at(FRIDAY, 17) == ["daily empty", "weekly sent"]
    (text,) = here.told(ALLIANCE)
    assert text.startswith("【一周小结　11月14日至11月20日】") and "响应率" in text


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 10, 1)])
def test_none_on_days_off(world, day):
    here = world()
    assert here.at(day, 17) == []


def test_make_up_workday_is_a_workday():
    assert is_workday(date(2026, 10, 10)) and not is_workday(date(2026, 10, 11))


def test_draft_goes_to_the_duty_worker_and_out_after_a_yes(world):
    here = world(approval=True)
    here.says("新买的叉车去哪里上牌？")
    assert here.at(WEDNESDAY, 17) == ["daily held"]
    assert here.told(ROOM) == []
    (draft,) = here.told(partner="社区值班")
    assert "这是草稿" in draft
    assert here.bulletins.publish(Kind.DAILY, WEDNESDAY, "灵峰", "网格员一")
    here.bot.loop.settle()
    assert len(here.told(ROOM)) == 1
    assert not here.bulletins.publish(Kind.DAILY, WEDNESDAY, "灵峰", "网格员二")
    assert not here.bulletins.drop(Kind.DAILY, WEDNESDAY, "灵峰", "网格员二")


def test_dropped_draft_is_never_said(world):
    here = world(approval=True)
    here.says("新买的叉车去哪里上牌？")
    here.at(WEDNESDAY, 17)
    assert here.bulletins.drop(Kind.DAILY, WEDNESDAY, "灵峰", "网格员一")
    assert not here.bulletins.publish(Kind.DAILY, WEDNESDAY, "灵峰", "网格员一")
    here.bot.loop.settle()
    assert here.told(ROOM) == []


def test_crash_before_it_was_kept_says_nothing_twice(world, monkeypatch):
    here = world()
    here.says("新买的叉车去哪里上牌？")
    monkeypatch.setattr(here.bulletins, "_keep", lambda bulletin: (_ for _ in ()).throw(RuntimeError("没电了")))
    with pytest.raises(RuntimeError):
        here.at(WEDNESDAY, 17)
    monkeypatch.undo()
    assert here.at(WEDNESDAY, 17, 1) == ["daily sent"]
    assert len(here.told(ROOM)) == 1


def test_kept_body_is_the_bulletin_again(world):
    here = world()
    here.says("新买的叉车去哪里上牌？")
    here.at(FRIDAY, 17)
    with here.ledger.transaction() as transaction:
        kept = transaction.reports.bulletin("weekly", FRIDAY, "灵峰")
    again = decode(Bulletin, kept.body)
    assert again.card.total.by_faq == 1 and again.first == FRIDAY - timedelta(days=6)


def test_figures_of_a_span(world):
    here = world()
    here.says("新买的叉车去哪里上牌？")
    here.says("@小哨 个人股东转让股权的个人所得税怎么申报")
    card = here.bulletins.scorecard(WEDNESDAY, WEDNESDAY)
    assert (card.total.asked, card.total.by_faq, card.total.open) == (2, 1, 1)
    assert [row.department for row in card.departments] == ["tax"]
    assert [row.name for row in card.communities] == ["灵峰"]


def test_each_community_hears_of_its_own_only(tmp_path, curated):
    rooms = {**curated.routing.rooms, "别处互助群": replace(curated.routing.rooms[ROOM], name="别处互助群", community="别处")}
    elsewhere = replace(curated.routing.communities["灵峰"], name="别处", rooms=("别处互助群",))
    places = {**curated.routing.communities, "别处": elsewhere}
    plan = BulletinPlan(time(17), False, (ROOM, "别处互助群"), ())
    two = replace(curated, routing=replace(curated.routing, rooms=rooms, communities=places, bulletin=plan))
    here = World(tmp_path, two, approval=False, plan=plan)
    try:
        here.says("新买的叉车去哪里上牌？")
        assert here.at(WEDNESDAY, 17) == ["daily sent", "daily empty"]
        assert len(here.told(ROOM)) == 1 and here.told("别处互助群") == []
    finally:
        here.ledger.close()
