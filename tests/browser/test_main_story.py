"""The main story, as a newcomer sees it: the real program with the whole FAQ, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "screenshots"
ROOM = "room:安全生产互助协会"
SAFETY, TAXMAN = "泰准金属-安全员", "税务局联络员"
UNKNOWN = "个人股东转让股权的个人所得税怎么申报"


@contextmanager
def running(data: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "bot.cli", "run", "--no-browser", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+?/", process.stdout.readline())
        assert found, "the program did not start"
        yield found.group(0)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def last_reply(page: Page):
    return page.locator(".from-bot .bubble").last


def push_clock(page: Page, step: str) -> None:
    page.locator("#clock-push").click()
    page.locator(step).click()


def speak_as(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}?as={quote(name)}")
    page.locator("#bubbles > *").first.wait_for(state="attached")


def test_main_story(chromium: Browser, tmp_path: Path) -> None:
    SHOTS.mkdir(exist_ok=True)
    page = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    with running(tmp_path / "ledger.db") as address:
        speak_as(page, address, SAFETY)
        push_clock(page, "[data-to='workday']")
        asked_and_answered(page)
        carried_and_brought_back(page, address)
        deadline_passes(page, address)
    with running(tmp_path / "ledger.db") as address:
        speak_as(page, address, SAFETY)
        expect(page.locator("#bubbles")).to_contain_text("已办结，谢谢评价")
        expect(page.locator("[data-case='2']")).to_contain_text("联盟召集人")
        page.screenshot(path=SHOTS / "story-after-restart.png")
    page.context.close()


def asked_and_answered(page: Page) -> None:
    say(page, "新买的叉车去哪里上牌？")
    expect(last_reply(page)).to_contain_text("江南路1588号")
    expect(page.locator("#judged .chip")).to_have_text("直接回答")
    page.screenshot(path=SHOTS / "story-answered.png")


def carried_and_brought_back(page: Page, address: str) -> None:
    say(page, f"@小哨 {UNKNOWN}")
    expect(last_reply(page)).to_contain_text("已登记 #1，转税务局（税务局联络员）")
    expect(page.locator(f"#others-list [data-person='{TAXMAN}'] .badge")).to_have_text("1")
    page.locator(f"#others-list [data-person='{TAXMAN}']").click()
    expect(last_reply(page)).to_contain_text(UNKNOWN)
    last_reply(page).hover()
    page.locator(".acts button", has_text="引用").click()
    say(page, "先在电子税务局办个税申报，再去改执照")
    expect(last_reply(page)).to_contain_text("已转告提问人")
    page.screenshot(path=SHOTS / "story-contact.png")
    speak_as(page, address, SAFETY)
    expect(last_reply(page)).to_contain_text("税务局答复（#1）")
    say(page, "满意")
    expect(last_reply(page)).to_contain_text("#1 已办结，谢谢评价")
    page.screenshot(path=SHOTS / "story-rated.png")


def deadline_passes(page: Page, address: str) -> None:
    say(page, "@小哨 辐射安全许可证要去哪里申请")
    expect(last_reply(page)).to_contain_text("已登记 #2")
    for _ in range(2):
        push_clock(page, "[data-seconds='28800']")
    expect(page.locator("[data-case='2']")).to_contain_text("联盟召集人")
    expect(last_reply(page)).to_contain_text("已上报联盟召集人")
    page.locator("[data-case='2']").click()
    expect(page.locator(".steps")).to_contain_text("上报")
    page.screenshot(path=SHOTS / "story-escalated.png")
    phone = page.context.browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True).new_page()
    phone.goto(f"{address}?as={quote(SAFETY)}")
    phone.locator(f"[data-chat='{ROOM}']").tap()
    expect(phone.locator("#bubbles")).to_contain_text("已办结")
    phone.screenshot(path=SHOTS / "story-phone.png")
    phone.context.close()
