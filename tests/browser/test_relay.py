"""The relay page in a real browser: paste, read, copy, carry, mark a contact's answer; on a phone's width too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doors import enter
from tests.browser.relay_world import WORKER, relayed
from tests.samples import ROOM

SHOTS = Path(__file__).parents[2] / "screenshots"
ALLIANCE = "锋领企服联盟"
SAFETY, HR = "泰准金属-安全员", "恒锐模具-人事"
KNOWN = "新买的叉车去哪里上牌？"
UNKNOWN = "个人股东转让股权的个人所得税怎么申报"
CHAT = f"""{HR}  昨天 17:20
大家下班了吗

{SAFETY}  09:41
{KNOWN}

“网格员一”邀请“宏达五金-安全员”加入了群聊

海立塑业-财务  09:48
@小哨 {UNKNOWN}

{HR}  09:50
[图片]
"""


@pytest.fixture
def world(tmp_path, curated):
    with relayed(tmp_path, curated) as running:
        yield running


@pytest.fixture
def browse(chromium: Browser, world):
    """Open the relay page; at the end no script fault, refused content or foreign request may have been seen."""
    contexts, complaints = [], []

    def opened(*, width: int = 1280, height: int = 860) -> Page:
        phone = width < 720
        size = {"width": width, "height": height}
        context = chromium.new_context(
            viewport=size,
            locale="zh-CN",
            timezone_id="America/New_York",
            has_touch=phone,
            is_mobile=phone,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda fault: complaints.append(f"script: {fault}"))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda it: None if it.url.startswith(world.address) else complaints.append(f"foreign: {it.url}"))
        enter(context, world.bot.ledger, world.address, WORKER, world.wall.now())
        page.goto(world.address + "/relay")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def paste(page: Page, text: str, *, room: str = ROOM) -> None:
    page.locator("#room").select_option(room)
    page.locator("#text").fill(text)
    page.locator("#read").click()
    expect(page.locator("#read")).to_be_enabled()
    expect(page.locator("#sum")).not_to_have_text("在读…")


def item(page: Page, words: str):
    return page.locator("#items > li", has_text=words)


def letter(page: Page, words: str):
    return page.locator("#waiting > li", has_text=words)


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_paste_is_read_answered_and_carried(browse):
    page = browse()
    expect(page.locator("#waiting")).to_have_text("没有要贴回的")
    paste(page, CHAT)
    expect(page.locator("#sum")).to_have_text("读出 4 条，新的 4 条")
    expect(item(page, KNOWN).locator(".chip")).to_have_text("直接回答")
    expect(item(page, UNKNOWN).locator(".chip")).to_have_text("登记转办")
    expect(item(page, "[图片]").locator(".chip")).to_have_text("不插话")
    expect(item(page, "大家下班了吗").locator("time")).to_have_text("昨天 17:20")
    expect(page.locator("#waiting > li")).to_have_count(2)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "relay-read.png", full_page=True)
    waits = letter(page, "江南路1588号")
    expect(waits).to_contain_text(f"请贴回「{ROOM}」")
    waits.locator("button", has_text="复制").click()
    expect(page.locator("#toast")).to_have_text("已复制，到群里粘贴")
    assert clipboard(page).startswith(f"@{SAFETY} ")
    assert "江南路1588号" in clipboard(page)
    waits.locator("button", has_text="已贴").click()
    expect(page.locator("#waiting > li")).to_have_count(1)
    expect(item(page, KNOWN).locator(".done")).to_have_text("已贴回")
    paste(page, CHAT)
    expect(page.locator("#sum")).to_have_text("读出 4 条，新的 0 条，读过的 4 条")
    expect(item(page, UNKNOWN)).to_contain_text("已登记 #1")


def test_contacts_answer_is_marked_by_the_worker_and_carried_back(browse, world):
    page = browse()
    paste(page, CHAT)
    expect(letter(page, "已登记 #1")).to_be_visible()
    paste(page, "北仑税务-小李  09:54\n先在电子税务局办个税申报，再去改执照\n", room=ALLIANCE)
    row = item(page, "先在电子税务局")
    row.locator("button", has_text="这是税务局联络员的答复 → 记到 #1").click()
    expect(row.locator(".ask")).to_contain_text(f"记到 #1「{UNKNOWN}」，转告提问人？会记下是{WORKER}记的。")
    page.screenshot(path=SHOTS / "relay-mark.png", full_page=True)
    assert world.cases()[-1].replies == ()
    row.locator("button", has_text="确认").click()
    expect(row.locator(".done")).to_have_text("#1 已转告提问人，谢谢。")
    back = letter(page, "税务局答复（#1）")
    expect(back).to_contain_text(f"请贴回「{ROOM}」")
    expect(back).to_contain_text("刚到")
    world.push(timedelta(minutes=40))
    expect(back.locator(".age.late")).to_have_text("等了 40 分钟")
    back.locator("button", has_text="已贴").click()
    expect(back).to_have_count(0)
    assert world.cases()[-1].replies[0].by == WORKER


def test_answer_can_be_put_to_any_open_case_and_thought_better_of(browse, world):
    page = browse()
    paste(page, CHAT)
    paste(page, "小王  09:54\n我来答：去电子税务局\n", room=ALLIANCE)
    row = item(page, "我来答")
    row.locator("button", has_text="记为联络员的答复…").click()
    row.locator("select").select_option(label=f"#1 税务局：{UNKNOWN}")
    row.locator("button", has_text="记到它").click()
    row.locator("button", has_text="算了").click()
    expect(row.locator(".ask")).to_have_count(0)
    assert world.cases()[-1].replies == ()


def test_line_without_a_name_asks_who_said_it(browse):
    page = browse()
    paste(page, KNOWN)
    row = item(page, KNOWN)
    expect(row.locator(".chip")).to_have_text("谁说的？")
    row.locator("button", has_text="读这一条").click()
    expect(page.locator("#toast")).to_have_text("先选或写上是谁说的")
    row.locator("input").fill(SAFETY)
    row.locator("button", has_text="读这一条").click()
    expect(item(page, KNOWN).locator(".chip")).to_have_text("直接回答")
    expect(letter(page, f"@{SAFETY}")).to_be_visible()


def test_what_cannot_be_read_says_how_to_mend_it(browse):
    page = browse()
    paste(page, f"上半句在前一屏\n{SAFETY}  09:41\n早\n")
    expect(page.locator(".unread")).to_contain_text("上半句在前一屏")
    expect(page.locator(".unread")).to_contain_text("第 1 行看不出是谁说的")
    expect(page.locator("#sum")).to_have_text("读出 1 条，新的 1 条，没读懂的 1 处")


def test_read_before_can_be_said_to_be_new(browse, world):
    page = browse()
    paste(page, f"{HR}:\n大家早\n")
    paste(page, f"{HR}:\n大家早\n")
    world.bot.clock._base.at = world.bot.clock._base.at.replace(minute=59)  # the same words in another minute
    item(page, "大家早").locator("button", has_text="其实是新的一条").click()
    expect(page.locator("#sum")).to_have_text("读出 1 条，新的 1 条")


def test_whoever_is_logged_in_is_named_as_the_one_who_does_it(browse):
    page = browse()
    expect(page.locator(".me")).to_have_text(WORKER)
    expect(page.locator(".foot")).to_contain_text(f"记着是{WORKER}做的")


def test_markup_stays_text(browse):
    page = browse()
    paste(page, "<img src=x onerror=alert(1)>:\n<b>粗</b><script>alert(1)</script> \u202eעברית\u202c\n")
    expect(item(page, "<b>粗</b>")).to_be_visible()
    assert page.locator("#items img, #items script").count() == 0


def test_server_that_is_away_is_said_and_the_paste_stays(browse):
    page = browse()
    page.context.set_offline(True)
    page.locator("#text").fill(CHAT)
    page.locator("#read").click()
    expect(page.locator("#sum")).to_have_text("连不上小哨，请检查网络后重试")
    expect(page.locator("#text")).to_have_value(CHAT)
    page.context.set_offline(False)
    page.locator("#read").click()
    expect(page.locator("#sum")).to_have_text("读出 4 条，新的 4 条")


def test_usable_on_a_phone(browse):
    page = browse(width=360, height=740)
    paste(page, CHAT + f"\n{'很长的名字' * 8}  09:51\n{'长' * 300} https://example.com/{'a' * 200}\n")
    expect(page.locator("#waiting > li")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for words in ("复制", "已贴"):
        button = letter(page, "江南路1588号").locator("button", has_text=words)
        found = button.bounding_box()
        assert found is not None and found["height"] >= 36 and found["x"] + found["width"] <= 360
    page.screenshot(path=SHOTS / "relay-phone.png", full_page=True)
    letter(page, "江南路1588号").locator("button", has_text="已贴").tap()
    expect(page.locator("#waiting > li")).to_have_count(1)
    paste(page, "北仑税务-小李  09:54\n先在电子税务局办个税申报\n", room=ALLIANCE)
    item(page, "先在电子税务局").locator("button", has_text="记到 #1").tap()
    page.screenshot(path=SHOTS / "relay-phone-mark.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    item(page, "先在电子税务局").locator("button", has_text="确认").tap()
    expect(letter(page, "税务局答复（#1）")).to_be_visible()
