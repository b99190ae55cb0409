"""The screenshot tour of docs/tour.md: the pages after a working day. ``--update`` takes the pictures again for the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from bot.app import Curated
from bot.routing.policies import Bulletin
from tests.browser.doors import enter
from tests.browser.relay_world import WORKER, RelayWorld, relayed
from tests.browser.test_pages import filled
from tests.samples import ROOM

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "tour.md"
KEPT = ROOT / "docs" / "images" / "tour"
SHOTS = ROOT / "screenshots" / "tour"
KNOWN = "新买的叉车去哪里上牌"
PHONE, DESK = (360, 760), (1180, 760)
PASTED = "泰准金属-安全员  09:41\n新买的叉车去哪里上牌？\n\n海立塑业-财务  09:48\n@小哨 出口退税的单证备案放在公司留多久\n"


@pytest.fixture
def world(tmp_path, curated):
    plan = Bulletin(time(17), True, (ROOM,), ())
    told = Curated(replace(curated.routing, bulletin=plan), curated.knowledge)
    with relayed(tmp_path, told, public_url="https://park.example") as running:
        yield running


@pytest.fixture
def photograph(chromium: Browser, world: RelayWorld):
    """Open a page as somebody at a size, let something be done there, and take its picture under a name."""

    def taken(name: str, path: str, size: tuple[int, int], who: str | None = WORKER, then=lambda page: None) -> None:
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", is_mobile=width < 720
        )
        if who:
            enter(context, world.bot.ledger, world.address, who, world.wall.now())
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(world.address + path)
        then(page)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")
        context.close()

    return taken


def paste(page: Page) -> None:
    page.locator("#text").fill(PASTED)
    page.locator("#read").click()
    expect(page.locator("#sum")).to_contain_text("读出 2 条")
    page.locator("#items").scroll_into_view_if_needed()


def look(page: Page) -> None:
    page.get_by_role("button", name="看看效果").click()
    expect(page.locator("#look")).to_contain_text("江南路1588号")


def test_the_tour_shows_what_the_pages_look_like(world, photograph, request):
    filled(world)
    world.bot.loop.settle()
    photograph("chat", "/", DESK, who=None, then=lambda page: expect(page.get_by_text("江南路1588号").first).to_be_visible())
    photograph("today", "/today", PHONE)
    photograph("case", "/work/1", DESK)
    photograph("contact", world.link_of(world.case(2).assignee), PHONE, who=None)
    photograph("relay", "/relay", PHONE, then=paste)
    photograph("entries", "/entries?q=%E5%8F%89%E8%BD%A6", PHONE)
    photograph("entry", "/entries/forklift-plate", DESK, then=look)
    photograph(
        "try", "/entries/try?q=%E6%96%B0%E4%B9%B0%E7%9A%84%E5%8F%89%E8%BD%A6%E5%8E%BB%E5%93%AA%E9%87%8C%E4%B8%8A%E7%89%8C", PHONE
    )
    world.push(timedelta(hours=1))
    assert world.bot.bulletins is not None
    (made,) = world.bot.bulletins.make_due()
    photograph("bulletin", f"/bulletins/{made.kind}/{made.day}/{quote(made.community)}", PHONE)
    photograph("scores", "/scores", DESK)
    if request.config.getoption("--update"):
        KEPT.mkdir(parents=True, exist_ok=True)
        for shot in SHOTS.glob("*.png"):
            with Image.open(shot) as picture:
                picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(KEPT / shot.name, optimize=True)
    shown = re.findall(r"\]\(images/tour/([\w-]+)\.png\)", TOUR.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(shot.stem for shot in SHOTS.glob("*.png"))
    for name in shown:
        with Image.open(SHOTS / f"{name}.png") as now, Image.open(KEPT / f"{name}.png") as kept:
            assert now.size == kept.size, f"{name}：页面的大小变了，用 --update 重拍"
