"""Every page in a real browser at two widths: its main job, without JavaScript; its look; what the accessibility checker says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import serious_findings
from tests.browser.doors import enter
from tests.browser.relay_world import WORKER, RelayWorld, relayed
from tests.browser.test_worker_pages import RADIATION, TAX, TAXMAN
from tests.samples import ROOM

SHOTS = Path(__file__).parents[2] / "screenshots"
WIDTHS = ((1280, 860), (360, 740))
Browse = Callable[..., Page]


@pytest.fixture
def world(tmp_path, curated) -> Iterator[RelayWorld]:
    with relayed(tmp_path, curated, public_url="https://park.example") as running:
        yield running


@pytest.fixture
def browse(chromium: Browser, world: RelayWorld) -> Iterator[Browse]:
    """Open a page as somebody; at the end no refused content, script fault or foreign request may have been seen."""
    contexts, complaints = [], []

    def opened(path: str, who: str | None = WORKER, *, width: int = 360, height: int = 740, scripts: bool = True) -> Page:
        phone = width < 720
        size = {"width": width, "height": height}
        context = chromium.new_context(
            viewport=size, locale="zh-CN", has_touch=phone, is_mobile=phone, java_script_enabled=scripts
        )
        contexts.append(context)
        if who:
            enter(context, world.bot.ledger, world.address, who, world.wall.now())
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda fault: complaints.append(f"script: {fault}"))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda it: None if it.url.startswith(world.address) else complaints.append(f"foreign: {it.url}"))
        page.goto(world.address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def filled(world: RelayWorld) -> None:
    """Let a working day happen: an answered case, one that went up, one that waits for colleagues, a known question."""
    world.opened(TAX)
    world.opened(RADIATION, "联昌汽配-老板")
    world.push(timedelta(hours=1))
    answer = {"id": "answer-of-the-contact", "as": TAXMAN, "room": "", "text": "#1 先在电子税务局办个税申报，再去改执照"}
    assert world.ask("POST", "/messages", answer)[0] == 204
    world.push(timedelta(hours=7, minutes=30))
    for number, text in enumerate(("新买的叉车去哪里上牌？", "有谁知道哪里能修地磅吗")):
        body = {"id": f"said-in-the-group-{number}", "as": "恒锐模具-人事", "room": ROOM, "text": text}
        assert world.ask("POST", "/messages", body)[0] == 204
    world.opened("员工宿舍的消防验收找哪个部门办", "海立塑业-财务")


WORKERS_PAGES = (
    "/today", "/work", "/work/1", "/work/2", "/work/99", "/asked", "/asked/unknown", "/candidates", "/candidates/1", "/relay",
    "/audit", "/status", "/me", "/scores", "/bulletins", "/entries", "/entries/forklift-plate", "/entries/new", "/entries/excel",
    "/entries/try?q=%E5%8F%89%E8%BD%A6%E4%B8%8A%E7%89%8C",
)  # fmt: skip
PAGES = (*((path, WORKER) for path in WORKERS_PAGES), ("/login", None), ("/login/first", None), ("/mine", TAXMAN))


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_every_page_fits_looks_right_and_is_accessible(browse: Browse, world: RelayWorld, width: int, height: int) -> None:
    filled(world)
    SHOTS.mkdir(exist_ok=True)
    found = {}
    contact = world.link_of(world.case(2).assignee)
    pages = {who: browse("/login", who, width=width, height=height) for who in (WORKER, TAXMAN, None)}
    for path, who in (*PAGES, (contact, None)):
        page = pages[who]
        page.goto(world.address + path)
        expect(page.locator("h1")).to_be_visible()
        name = "contact" if path == contact else re.sub(r"\W+", "-", path).strip("-")
        page.screenshot(path=SHOTS / f"page-{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found[path] = serious_findings(page)
    assert {path: it for path, it in found.items() if it} == {}


def test_the_checker_finds_what_is_planted(browse: Browse) -> None:
    page = browse("/login", None)
    page.evaluate("document.querySelector('main').append(new Image(), document.createElement('select'))")
    assert {it.partition(":")[0] for it in serious_findings(page)} == {"image-alt", "select-name"}


def code_in(world: RelayWorld, who: str) -> str:
    texts = [found[0] for text in world.told(who) if (found := re.search(r"\d{6}", text))]
    return texts[-1]


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_worker_logs_in_by_code_and_answers_a_case_without_javascript(browse, world, width, height):
    world.opened(TAX)
    page = browse("/today", None, width=width, height=height, scripts=False)
    page.get_by_label("您的岗位").fill(WORKER)
    page.get_by_role("button", name="把验证码发到我的微信").click()
    page.get_by_label("验证码").fill(code_in(world, WORKER))
    page.get_by_role("button", name="登录").click()
    expect(page.locator("h1")).to_have_text("今天")
    page.get_by_role("link", name=TAX).click()
    page.get_by_label("答复的话").fill("先在电子税务局办个税申报")
    page.get_by_role("button", name="答复，转告提问人").click()
    expect(page.locator(".flash")).to_contain_text("已转告提问人")
    expect(page.locator(".head .chip")).to_have_text("已答复")
    page.reload()
    expect(page.locator(".flash")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_worker_hands_a_case_on_and_merges_another(browse, world, width, height):
    world.opened(TAX)
    world.opened(RADIATION, "联昌汽配-老板")
    page = browse("/work/1", width=width, height=height, scripts=False)
    page.get_by_text("改派给别人").click()
    page.get_by_label("派给谁").select_option("网格员二")
    page.get_by_role("button", name="改派", exact=True).click()
    expect(page.locator(".head")).to_contain_text("网格员二")
    page.goto(world.address + "/work/2")
    page.get_by_text("合并到别的工单").click()
    page.get_by_label("并到哪一件").select_option("#1")
    page.get_by_role("button", name="合并", exact=True).click()
    expect(page.locator(".hint")).to_contain_text("已合并到 #1")


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_contact_answers_behind_the_link_without_javascript(browse, world, width, height):
    world.opened(TAX)
    page = browse(world.link_of(TAXMAN), None, width=width, height=height, scripts=False)
    page.get_by_role("button", name="收到，我来办").click()
    expect(page.locator(".head .chip")).to_have_text("办理中")
    page.get_by_label("答复的话").fill("先在电子税务局办个税申报")
    page.get_by_role("button", name="答复，转告提问人").click()
    expect(page.locator(".hint")).to_contain_text("您已经答复")
    world.bot.loop.settle()
    assert any("先在电子税务局办个税申报" in it.text for it in world.said(room=ROOM) if it.sender is None)


def test_stolen_session_is_refused_in_another_browser(browse, chromium: Browser, world):
    page = browse("/today")
    cookies = page.context.cookies()
    thief = chromium.new_context(locale="zh-CN", user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    thief.add_cookies(cookies)
    stolen = thief.new_page()
    stolen.goto(world.address + "/today")
    expect(stolen.locator("h1")).to_have_text("登录")
    thief.close()
    page.reload()
    expect(page.locator("h1")).to_have_text("登录")
