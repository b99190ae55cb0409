"""The scorecard and the bulletins in a real browser, on a phone and on a desk, after two weeks in the groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.app import Curated
from bot.model import Person, Said
from bot.routing.policies import Bulletin
from tests.browser.accessibility import serious_findings
from tests.browser.doors import enter, logged_in
from tests.browser.relay_world import WORKER, RelayWorld, relayed
from tests.samples import ROOM

SHOTS = Path(__file__).parents[2] / "screenshots"
SAFETY, TAXMAN, MARKETS = "泰准金属-安全员", "税务局联络员", "市场监管局联络员"
KNOWN = ("新买的叉车去哪里上牌？", "叉车年检多久一次", "灭火器多久检一次", "工伤怎么认定")
UNKNOWN = ("个人股东转让股权的个人所得税怎么申报", "车间地磅多久强检一次", "出口退税的单证备案怎么做")


def say(world: RelayWorld, who: str, text: str, *, room: str = ROOM) -> None:
    world.count = getattr(world, "count", 0) + 1  # type: ignore[attr-defined]
    person = Person(f"page:{who}", who)
    message = Said("page", f"m{world.count}", room, person, text, world.bot.clock.now(), mentions_bot="@小哨" in text)  # type: ignore[attr-defined]
    world.bot.intake.handle(message)
    world.bot.loop.settle()


@pytest.fixture
def world(tmp_path, curated):
    plan = Bulletin(time(17), True, (ROOM,), ("锋领企服联盟",))
    with relayed(tmp_path, Curated(replace(curated.routing, bulletin=plan), curated.knowledge)) as running:
        yield running


def live_through(world: RelayWorld, days: int) -> None:
    """Let people ask and contacts answer, some late, day after day."""
    for day in range(days):
        for question in KNOWN[: 1 + day % 4]:
            say(world, SAFETY, question)
            world.push(timedelta(minutes=31))
        say(world, SAFETY, f"@小哨 {UNKNOWN[day % 3]}")
        with world.bot.ledger.transaction() as work:
            newest = work.cases(open_only=False, limit=1)[0]
        world.push(timedelta(minutes=20 + 40 * (day % 3)))
        if day % 4:
            say(world, newest.assignee or TAXMAN, f"#{newest.number} 收到", room="")
            world.push(timedelta(hours=2))
            say(world, newest.assignee or TAXMAN, f"#{newest.number} 请到窗口办理，带营业执照和身份证明材料。", room="")
            say(world, SAFETY, "满意" if day % 3 else "不满意，没说清楚")
        world.push(timedelta(hours=19))


@pytest.fixture
def browse(chromium: Browser, world):
    contexts, complaints = [], []

    def opened(path: str, *, width: int) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 860}, locale="zh-CN", is_mobile=width < 720)
        contexts.append(context)
        enter(context, world.bot.ledger, world.address, WORKER, world.wall.now())
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda it: complaints.append(it.text) if it.type in ("error", "warning") else None)
        page.on("pageerror", lambda it: complaints.append(str(it)))
        page.goto(f"{world.address}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", [360, 1280])
def test_scorecard_is_read_at_a_glance(world, browse, width):
    live_through(world, 6)
    page = browse("/scores", width=width)
    expect(page.get_by_role("heading", name="响应率")).to_be_visible()
    today = world.bot.clock.now().date()
    card = world.bot.bulletins.scorecard(today - timedelta(days=6), today)
    assert card.response.whole and card.total.by_faq and card.total.by_departments
    expect(page.locator(".rate").first).to_contain_text(f"{card.response.part} / {card.response.whole}")
    expect(page.get_by_role("img", name="每天的提问")).to_be_visible()
    expect(page.get_by_role("rowheader", name="税务局")).to_be_visible()
    assert fits(page)
    assert SAFETY not in page.content() and "泰准金属" not in page.content()
    assert serious_findings(page) == []
    page.screenshot(path=SHOTS / f"scores-{width}.png", full_page=True)


def test_scorecard_as_a_workbook(world):
    guest = logged_in(world.bot.ledger, world.address, WORKER, now=world.wall.now())
    answer = guest.get("/scores?from=2026-11-18&to=2026-11-01")
    assert (answer.status, "开始要在结束之前" in answer.text) == (422, True)
    assert "看不懂这个日期" in guest.get("/scores?from=heute").text


@pytest.mark.parametrize("width", [360, 1280])
def test_draft_is_looked_at_and_sent(world, browse, width):
    say(world, SAFETY, KNOWN[0])
    world.push(timedelta(hours=7, minutes=30))
    assert world.bot.bulletins is not None
    world.bot.bulletins.make_due()
    page = browse("/bulletins", width=width)
    page.get_by_role("link", name="每日一报 2026-11-18 灵峰").click()
    expect(page.get_by_text("· 新叉车上牌（1 次）")).to_be_visible()
    picture = page.locator("img.picture")
    assert page.evaluate("async (it) => { await it.decode(); return it.naturalWidth }", picture.element_handle()) == 750
    assert fits(page)
    assert serious_findings(page) == []
    page.screenshot(path=SHOTS / f"bulletin-{width}.png", full_page=True)
    page.get_by_role("button", name="发到群里").click()
    expect(page.get_by_role("status")).to_have_text("每日一报已发到群里")
    world.bot.loop.settle()
    assert any(it.sender is None and it.text.startswith("【每日一报") for it in world.said(room=ROOM))


def test_second_worker_hears_that_it_was_decided(world):
    say(world, SAFETY, KNOWN[0])
    world.push(timedelta(hours=7, minutes=30))
    assert world.bot.bulletins is not None
    world.bot.bulletins.make_due()
    path = f"/bulletins/daily/{date(2026, 11, 18)}/{quote('灵峰')}"
    first, second = (logged_in(world.bot.ledger, world.address, who, now=world.wall.now()) for who in (WORKER, "网格员二"))
    assert first.post(f"{path}/drop").status == 303
    second.post(f"{path}/send", once="fedcba9876543210")
    world.bot.loop.settle()
    assert "没有发" in second.get(path).text
    assert not any(it.text.startswith("【每日一报") for it in world.said(room=ROOM))


@pytest.mark.parametrize("path", ["/bulletins/daily/2026-01-01/x", "/bulletins/daily/heute/x", "/bulletins/yearly/2026-11-18/x"])
def test_no_such_bulletin(world, path):
    guest = logged_in(world.bot.ledger, world.address, WORKER, now=world.wall.now())
    assert guest.get(path).status == 404


@pytest.mark.parametrize("path", ["/scores", "/scores.xlsx", "/bulletins"])
def test_not_for_contacts(world, path):
    guest = logged_in(world.bot.ledger, world.address, TAXMAN, now=world.wall.now())
    assert guest.get(path).status == 403
