"""The group-chat page in a real browser: talking, quoting, recalling, playing a contact, faults, odd text, a phone's width."""

from __future__ import annotations

import json
import re
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from bot.errors import LedgerFull
from tests.browser.accessibility import serious_findings
from tests.browser.world import ANSWER, QUESTION, served

ROOM = "room:安全生产互助协会"
SAFETY, HR, TAXMAN = "泰准金属-安全员", "恒锐模具-人事", "税务局联络员"


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def registered(page: Page) -> None:
    """Wait until nothing on the page is still on its way into the ledger."""
    expect(page.locator(".mine[data-state='registered']").last).to_be_attached()
    expect(page.locator(".mine:not([data-state='registered'])")).to_have_count(0)


def bubbles(page: Page):
    return page.locator("#bubbles .bubble")


def post(world, path: str, body: dict) -> None:
    data = json.dumps(body).encode()
    urlopen(Request(world.address + path, data, {"Content-Type": "application/json"}), timeout=5).close()


def says(world, text: str, *, name: str = HR, number: int = 0) -> None:
    post(world, "/messages", {"id": f"from-the-test-{number}", "as": name, "room": ROOM[5:], "text": text})


def box(locator):
    found = locator.bounding_box()
    assert found is not None
    return found


# ── Talking ──────────────────────────────────────────────────────────────────


def test_question_is_answered_in_place(browse):
    page = browse()
    say(page, "新买的叉车去哪里上牌？")
    expect(bubbles(page)).to_have_text(["新买的叉车去哪里上牌？", f"@{SAFETY} {ANSWER}"], use_inner_text=True)
    own, answer = page.locator(".mine .bubble"), page.locator(".from-bot .bubble")
    assert own.evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(149, 236, 105)"
    assert box(own)["x"] + box(own)["width"] > box(answer)["x"] + box(answer)["width"]
    expect(page.locator(".from-bot .nick")).to_have_text("小哨")
    expect(page.locator("#text")).to_have_value("")


def test_everything_is_there_after_a_reload(browse):
    page = browse()
    say(page, "新买的叉车去哪里上牌？")
    expect(bubbles(page)).to_have_count(2)
    page.reload()
    expect(bubbles(page)).to_have_count(2)


def test_others_see_it_without_reload(browse):
    here, there = browse(), browse(HR)
    say(here, "大家早")
    expect(there.locator(".theirs .bubble")).to_have_text("大家早")
    expect(there.locator(".theirs .nick")).to_have_text(SAFETY)


def test_shift_enter_makes_a_line_and_enter_sends(browse):
    page = browse()
    text = page.locator("#text")
    text.press_sequentially("第一行")
    text.press("Shift+Enter")
    text.press_sequentially("第二行")
    expect(bubbles(page)).to_have_count(0)
    text.press("Enter")
    expect(bubbles(page)).to_have_text("第一行\n第二行", use_inner_text=True)


def test_enter_of_an_input_method_does_not_send(browse):
    page = browse()
    page.locator("#text").fill("ni hao")
    enter = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    page.locator("#text").dispatch_event("keydown", enter)
    expect(page.locator("#text")).to_have_value("ni hao")
    expect(bubbles(page)).to_have_count(0)
    page.locator("#text").dispatch_event("keydown", {**enter, "isComposing": False})
    expect(bubbles(page)).to_have_count(1)


@pytest.mark.parametrize("blank", ["", "   ", "\n\n"])
def test_blank_is_not_sent(browse, world, blank):
    page = browse()
    say(page, blank)
    say(page, "到了")
    registered(page)
    expect(bubbles(page)).to_have_text("到了")
    assert len(world.bubbles()) == 1


def test_at_lists_members_the_bot_first(browse):
    page = browse()
    text = page.locator("#text")
    text.press_sequentially("问一下 @")
    expect(page.locator("#members li").first).to_have_text("小哨")
    text.press("Enter")
    expect(text).to_have_value("问一下 @小哨 ")
    text.press_sequentially("和 @税务")
    expect(page.locator("#members li bdi")).to_have_text([TAXMAN, "税务局备班"])
    text.press("ArrowDown")
    text.press("ArrowUp")
    text.press("Tab")
    expect(text).to_have_value(f"问一下 @小哨 和 @{TAXMAN} ")
    expect(page.locator("#members")).to_be_hidden()
    text.press("Enter")
    expect(bubbles(page)).to_have_text(re.compile("^问一下 @小哨"))


def test_no_member_list_in_a_direct_chat(browse):
    page = browse(chat=f"direct:page:{SAFETY}")
    page.locator("#text").press_sequentially("@")
    expect(page.locator("#members")).to_be_hidden()
    expect(page.locator("#at-bot")).to_be_hidden()


def test_quote_stands_above_the_line_and_under_the_bubble(browse, world):
    says(world, "充电桩要不要审批", name=HR)
    page = browse()
    page.locator(".theirs .bubble").hover()
    page.locator(".acts button", has_text="引用").click()
    expect(page.locator("#quoting")).to_contain_text(f"{HR}：充电桩要不要审批")
    say(page, "要的")
    expect(page.locator(".mine .quote")).to_have_text(f"{HR}：充电桩要不要审批")
    expect(page.locator("#quoting")).to_be_hidden()
    registered(page)
    assert world.bubbles()[-1].quoted == world.bubbles()[0].message_id


def test_time_is_shown_after_a_pause(browse, world):
    page = browse()
    say(page, "早")
    expect(page.locator(".time")).to_have_text(["09:55"])
    page.locator("#clock-push").click()
    page.locator("[data-seconds='1200']").click()
    expect(page.locator("#clock")).to_have_text("11月18日 周三 10:15")
    say(page, "又来了")
    expect(page.locator(".time")).to_have_text(["09:55", "10:15"])
    page.locator("#clock-push").click()
    page.locator("[data-seconds='86400']").click()
    expect(page.locator(".time")).to_have_text(["昨天 09:55", "昨天 10:15"])


def test_new_messages_do_not_pull_down_somebody_who_reads_above(browse, world):
    for number in range(30):
        says(world, f"第 {number} 条", number=number)
    page = browse()
    expect(bubbles(page)).to_have_count(30)
    page.locator("#log").evaluate("it => { it.scrollTop = 0; }")
    says(world, "新的一条", number=99)
    expect(page.locator("#more")).to_have_text("↓ 1 条新消息")
    assert page.locator("#log").evaluate("it => it.scrollTop") == 0
    page.locator("#more").click()
    expect(bubbles(page).last).to_be_in_viewport()
    expect(page.locator("#more")).to_be_hidden()


# ── Taking back ──────────────────────────────────────────────────────────────


def test_recall_shows_on_every_page_and_the_text_can_be_edited_again(browse, world):
    here, there = browse(), browse(HR)
    say(here, "发错群了")
    expect(there.locator(".theirs .bubble")).to_have_count(1)
    registered(here)
    here.locator(".mine .bubble").hover()
    here.locator(".acts button", has_text="撤回").click()
    expect(here.locator(".recalled")).to_contain_text("你撤回了一条消息")
    expect(there.locator(".recalled")).to_have_text(f"“{SAFETY}”撤回了一条消息")
    expect(bubbles(there)).to_have_count(0)
    here.locator(".reedit").click()
    expect(here.locator("#text")).to_have_value("发错群了")
    here.reload()
    expect(here.locator(".recalled")).to_have_text("你撤回了一条消息")
    assert world.bubbles()[0].text == ""


def test_recall_is_offered_for_own_messages_of_the_last_two_minutes(browse, world):
    says(world, "别人的")
    page = browse()
    say(page, "自己的")
    registered(page)
    page.locator(".theirs .bubble").hover()
    expect(page.locator(".acts button")).to_have_text(["引用"])
    page.locator(".mine .bubble").hover()
    expect(page.locator(".acts button")).to_have_text(["引用", "撤回"])
    page.locator("#clock-push").click()
    page.locator("[data-seconds='1200']").click()
    expect(page.locator("#clock")).to_have_text("11月18日 周三 10:15")
    page.locator(".theirs .bubble").hover()
    page.locator(".mine .bubble").hover()
    expect(page.locator(".acts button")).to_have_text(["引用"])


# ── The story: asked, carried, answered by quoting, brought back, gone up ────


def test_question_is_carried_to_the_contact_and_the_answer_comes_back(browse, world):
    page = browse()
    say(page, f"@小哨 {QUESTION}")
    expect(page.locator(".from-bot .bubble")).to_contain_text("已登记 #1")
    contact = page.locator(f"#others-list [data-person='{TAXMAN}']")
    expect(contact.locator(".badge")).to_have_text("1")
    contact.click()
    expect(page.locator("#me-name")).to_have_text(TAXMAN)
    expect(page.locator("#title")).to_have_text("小哨")
    page.locator(".from-bot .bubble").hover()
    page.locator(".acts button", has_text="引用").click()
    say(page, "到税务大厅办，带公章")
    expect(page.locator(f"[data-chat='{ROOM}'] .badge")).to_have_text("1")
    expect(page.locator("#others")).to_be_hidden()
    page.locator(f"[data-chat='{ROOM}']").click()
    expect(page.locator(".from-bot .bubble").last).to_contain_text(f"@{SAFETY} 税务局答复（#1）：")
    expect(page.locator(f"[data-chat='{ROOM}'] .badge")).to_have_count(0)
    expect(page.locator("[data-case='1'] .chip")).to_have_text("已答复，待您评价")
    page.locator("[data-case='1']").click()
    expect(page.locator(".steps b")).to_have_text(["登记", "答复"])
    expect(page.locator(".replies")).to_contain_text("到税务大厅办，带公章")


def test_mention_of_me_is_marked_in_the_list(browse, world):
    page = browse(HR, chat=f"direct:page:{HR}")
    says(world, "叉车上牌", name=HR)
    expect(page.locator(f"[data-chat='{ROOM}'] .snip em")).to_have_text("[有人@我]")


def test_deadline_passes_and_the_case_goes_up(browse, world):
    page = browse()
    say(page, f"@小哨 {QUESTION}")
    expect(page.locator("[data-case='1'] .case-due")).to_have_text("答复期限 今天 17:55（还有 8 小时）")
    for _ in range(2):
        page.locator("#clock-push").click()
        page.locator("[data-seconds='28800']").click()
    boss = page.locator("#others-list [data-person='联盟召集人']")
    expect(boss.locator(".badge")).to_have_text("1")
    expect(page.locator("[data-case='1']")).to_contain_text("联盟召集人")
    expect(page.locator("#clock")).to_have_text("11月19日 周四 01:55")


def test_clock_goes_to_the_next_working_day(browse, world):
    page = browse()
    page.locator("#clock-push").click()
    page.locator("[data-to='workday']").click()
    expect(page.locator("#clock")).to_have_text(re.compile(r"^11月19日 周四 0[89]:\d\d$"))


def test_panel_tells_what_was_decided_and_why(browse):
    page = browse()
    say(page, "新买的叉车去哪里上牌？")
    judged = page.locator("#judged")
    expect(judged.locator(".chip")).to_have_text("直接回答")
    expect(judged).to_contain_text("把握 93%")
    expect(judged).to_contain_text("新叉车上牌")
    expect(judged).to_contain_text("叉车年检 21%")
    expect(judged.locator(".reasons li").first).to_have_text("与条目「新叉车上牌」的问法几乎一样")
    say(page, "今天天气不错")
    expect(judged.locator(".chip")).to_have_text("不插话")


def test_case_number_in_a_message_opens_its_history(browse):
    page = browse()
    say(page, f"@小哨 {QUESTION}")
    page.locator(".from-bot .case-link").click()
    expect(page.locator("#panel-case .case-q")).to_contain_text(QUESTION)
    page.locator(".panel-back").click()
    expect(page.locator("#panel-main")).to_be_visible()


def test_own_nickname_can_be_made_up_and_is_kept(browse):
    page = browse()
    page.locator("#me").click()
    page.locator("#people-name").fill("宏达五金-安全员")
    page.locator("#people-own button").click()
    expect(page.locator("#me-name")).to_have_text("宏达五金-安全员")
    page.locator("[data-chat='direct:page:宏达五金-安全员']").click()
    say(page, "叉车怎么上牌")
    expect(page.locator(".from-bot .bubble")).to_contain_text("新叉车要先办使用登记")
    page.reload()
    page.locator("[data-chat='direct:page:宏达五金-安全员']").click()
    expect(bubbles(page)).to_have_count(2)


# ── Faults ───────────────────────────────────────────────────────────────────


def test_full_disk_is_said_and_the_message_can_be_sent_again(browse, world):
    page = browse()
    world.failing.append(LedgerFull("磁盘满了，这条没有登记"))
    say(page, "新叉车上牌")
    expect(page.locator(".why")).to_contain_text("未发送 磁盘满了，这条没有登记")
    assert world.bubbles() == []
    page.reload()
    expect(page.locator(".why")).to_contain_text("未发送")
    page.locator(".again").click()
    expect(page.locator(".from-bot")).to_have_count(1)
    expect(page.locator(".why")).to_have_count(0)
    assert len(world.bubbles()) == 2


def test_message_that_never_left_is_not_shown_as_sent(browse, world):
    page = browse()
    page.route("**/messages", lambda route: route.abort())
    say(page, "新叉车上牌")
    expect(page.locator(".why")).to_contain_text("未发送 连不上小哨")
    page.unroute("**/messages")
    page.locator(".failed").click()
    expect(page.locator(".from-bot")).to_have_count(1)


def test_lost_receipt_and_a_retry_make_one_message(browse, world):
    page = browse()

    def lose_the_receipt(route):
        route.fetch()
        route.abort()

    page.route("**/messages", lose_the_receipt)
    say(page, "新叉车上牌")
    expect(page.locator(".from-bot")).to_have_count(1)
    registered(page)
    expect(page.locator(".mine")).to_have_count(1)
    assert len(world.bubbles()) == 2


def test_page_goes_on_by_itself_after_a_restart(chromium, tmp_path, routing):
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    with served(tmp_path, routing) as world:
        port = int(world.address.rpartition(":")[2])
        page.goto(world.address)
        says(world, "停机之前")
        expect(bubbles(page)).to_have_text(["停机之前"])
    expect(page.locator("#offline")).to_be_visible()
    with served(tmp_path, routing, port=port) as world:
        says(world, "重启之后", number=1)
        expect(bubbles(page)).to_have_text(["停机之前", "重启之后"], timeout=10000)
        expect(page.locator("#offline")).to_be_hidden()
        context.close()


def test_without_demo_there_is_the_login_instead(chromium, tmp_path, routing):
    with served(tmp_path, routing, demo=False) as world:
        page = chromium.new_page()
        page.goto(world.address)
        expect(page.locator("h1")).to_have_text("登录")
        page.close()


# ── Odd text ─────────────────────────────────────────────────────────────────

MARKUP = '<img src=x onerror="document.title=1"><script>document.title=2</script></li>&amp;'


def test_markup_in_names_and_texts_shows_as_text(browse, world):
    name = "<b>粗</b>&lt;-安全员"
    here = browse(name)
    say(here, f"{MARKUP} 叉车")
    expect(here.locator(".mine .bubble")).to_have_text(f"{MARKUP} 叉车")
    expect(here.locator(".from-bot .bubble")).to_contain_text(f"@{name} 新叉车")
    there = browse()
    expect(there.locator(".nick").first).to_have_text(name)
    expect(there.locator(".theirs .bubble").first).to_have_text(f"{MARKUP} 叉车")
    expect(there.locator("#judged")).to_contain_text(MARKUP)
    assert there.locator("#bubbles img:not(.avatar), #bubbles script, #bubbles b, #judged img").count() == 0
    assert "群聊" in there.title()


def test_message_without_a_sender_name(browse, world):
    page = browse("")
    say(page, "我没有名字")
    expect(page.locator(".mine .bubble")).to_have_text("我没有名字")
    there = browse()
    expect(there.locator(".nick")).to_have_text("无名成员")


def test_hundred_thousand_characters_are_taken_and_folded(browse, world):
    page = browse()
    page.locator("#text").evaluate("it => { it.value = '长'.repeat(100000); }")
    page.locator("#text").press("Enter")
    expect(page.locator(".unfold")).to_be_visible()
    registered(page)
    assert len(world.bubbles()[0].text) == 100_000
    assert box(page.locator(".mine .bubble"))["height"] < 400
    page.locator(".unfold").click()
    assert box(page.locator(".mine .bubble"))["height"] > 4000


@pytest.mark.parametrize(
    "text",
    ["\u200b\u200d\ufeff", "\u202eمرحبا بالعالم abc 123", "😀👨‍👩‍👧🇨🇳", "一\x00二\x07三", "Z̷͑a̶l̵g̷o̸", "x" * 400, "a\u2028b"],
    ids=["zero-width", "right-to-left", "emoji", "binary", "zalgo", "one-word", "separator"],
)
def test_odd_text_is_shown_inside_its_bubble(browse, world, text):
    page = browse(width=360, height=740)
    page.locator(f"[data-chat='{ROOM}']").click()
    say(page, text)
    expect(page.locator(".mine .bubble")).to_have_count(1)
    registered(page)
    assert len(world.bubbles()) == 1
    assert box(page.locator(".mine .bubble"))["height"] >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#log").evaluate("it => it.scrollWidth - it.clientWidth") <= 0


# ── A phone ──────────────────────────────────────────────────────────────────


def test_phone_shows_list_then_chat_and_goes_back(browse, world):
    says(world, "叉车上牌去哪")
    page = browse(width=360, height=740)
    expect(page.locator("#talk")).to_be_hidden()
    row = page.locator(f"[data-chat='{ROOM}']")
    expect(row.locator(".badge")).to_have_text("2")
    row.tap()
    expect(bubbles(page).last).to_be_in_viewport()
    expect(page.locator("#text")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#back").tap()
    expect(page.locator("#talk")).to_be_hidden()
    expect(row.locator(".badge")).to_have_count(0)
    row.tap()
    page.go_back()
    expect(row).to_be_visible()


def test_phone_has_the_panel_in_a_drawer(browse, world):
    page = browse(width=360, height=740)
    page.locator(f"[data-chat='{ROOM}']").tap()
    say(page, f"@小哨 {QUESTION}")
    expect(page.locator("#panel")).to_be_hidden()
    page.locator("#panel-open").tap()
    expect(page.locator("[data-case='1']")).to_be_in_viewport()
    page.locator("#shade").tap(position={"x": 10, "y": 300})
    expect(page.locator("#panel")).to_be_hidden()


def test_phone_switches_identity_from_the_chat(browse, world):
    page = browse(width=360, height=740)
    page.locator(f"[data-chat='{ROOM}']").tap()
    say(page, f"@小哨 {QUESTION}")
    expect(page.locator("#who .badge")).to_be_visible()
    page.locator("#who").tap()
    contact = page.locator(f"#people [data-person='{TAXMAN}']")
    expect(contact.locator(".badge")).to_have_text("1")
    contact.tap()
    expect(bubbles(page)).to_contain_text("【诉求 #1】")
    expect(page.locator("#title")).to_have_text("小哨")


def test_long_press_opens_the_menu(browse, world):
    says(world, "长按我")
    page = browse(width=360, height=740)
    page.locator(f"[data-chat='{ROOM}']").tap()
    touch = {"pointerType": "touch", "clientX": 120, "clientY": 200, "bubbles": True}
    page.locator(".theirs .bubble").dispatch_event("pointerdown", touch)
    expect(page.locator("#menu button").first).to_have_text("引用")
    page.locator("#menu button").first.tap()
    expect(page.locator("#quoting")).to_contain_text("长按我")


# ── For everybody ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [1280, 360])
def test_page_is_accessible(browse, world, width):
    says(world, "新买的叉车去哪里上牌？")
    says(world, f"@小哨 {QUESTION}", number=1)
    page = browse(width=width, chat=None if width > 720 else ROOM)
    expect(page.locator(".from-bot")).to_have_count(2)
    assert serious_findings(page) == []
