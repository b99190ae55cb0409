"""The contact's page behind a link, without a browser: the same acts as in a chat, and every kind of link that is no good."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.model import Status
from bot.work.links import CaseLink, Links, page_key
from tests.browser.doors import Answer, Guest, guest, request
from tests.browser.relay_world import WORKER, RelayWorld, relayed
from tests.browser.test_worker_pages import MARKUP, TAX, TAXMAN, do, following, hidden
from tests.samples import ROOM

URL = "https://park.example"


@pytest.fixture
def world(tmp_path, curated):
    with relayed(tmp_path, curated, public_url=URL) as running:
        yield running


def anybody(world: RelayWorld, cookie: str = "anybody-who-has-the-link") -> Guest:
    return guest(world.bot.ledger, world.address, cookie)


def open_link(world: RelayWorld, path: str) -> Answer:
    return request(world.address, "GET", path)


# ── What it is for ──────────────────────────────────────────────────────────────────────────────────────────


def test_link_comes_with_the_case_and_only_to_its_contact(world):
    world.opened(TAX)
    assert URL in world.told(TAXMAN)[-1]
    assert all(URL not in it.text for it in world.said(room=ROOM))
    page = open_link(world, world.link_of(TAXMAN)).text
    for words in (TAX, "泰准金属-安全员", ROOM, "转给您的工单 #1", "知识库里相近的", "登记"):
        assert words in page, words


def test_without_a_public_address_there_is_no_link(tmp_path, curated):
    with relayed(tmp_path, curated) as world:
        world.opened(TAX)
        assert "/c/" not in "".join(world.told(TAXMAN))


def test_contact_acknowledges_and_answers(world):
    world.opened(TAX)
    path, contact = world.link_of(TAXMAN), anybody(world)
    assert "收到，我来办" in contact.get(path).text
    page = following(contact, do(contact, path, "acknowledge"))
    assert world.case(1).status is Status.ACKNOWLEDGED
    assert "收到，我来办" not in page
    page = following(contact, do(contact, path, "answer", text="先在电子税务局办个税申报"))
    assert "您已经答复" in page
    world.bot.loop.settle()
    assert any("先在电子税务局办个税申报" in it.text for it in world.said(room=ROOM) if it.sender is None)
    assert world.case(1).replies[0].by == TAXMAN
    with world.bot.ledger.transaction() as work:
        assert [(line.who, line.way, line.what) for _, line in work.pages.trail()][:2] == [
            (TAXMAN, "链接", "答复"),
            (TAXMAN, "链接", "签收"),
        ]


def test_contact_asks_back_transfers_and_returns(world):
    world.opened(TAX)
    path, contact = world.link_of(TAXMAN), anybody(world)
    do(contact, path, "ask_back", text="是有限公司还是合伙企业？")
    assert world.case(1).replies[0].partial
    assert do(contact, path, "transfer", target="市场监管局", reason="").status == 409
    page = following(contact, do(contact, path, "transfer", target="市场监管局", reason="先要变更登记"))
    assert world.case(1).assignee == "市场监管局联络员"
    assert "已经转到市场监管局联络员手上" in page
    next_path = world.link_of("市场监管局联络员")
    do(contact, next_path, "return", reason="看不出归谁")
    assert world.case(1).assignee not in (TAXMAN, "市场监管局联络员")


def test_case_that_moved_on_or_was_answered_by_somebody_else_is_said(world):
    world.opened(TAX)
    path, contact, worker = world.link_of(TAXMAN), anybody(world), world.guest()
    written = contact.get(path).text
    do(worker, "/work/1", "answer", text="社区先答了")
    fields = {"operation": "answer", "text": "写了很久", "seen": hidden(written, "seen")}
    answer = contact.post(path, once=hidden(written, "form"), **fields)
    assert (answer.status, "已经变了" in answer.text, WORKER in answer.text, "写了很久" in answer.text) == (409, True, True, True)
    assert f"{WORKER}已经先答复了" in contact.get(path).text
    do(worker, "/work/1", "close", reason="好了")
    page = contact.get(path).text
    assert "已经办结" in page and "<form" not in page


def test_merged_case_is_said(world):
    world.opened(TAX)
    world.opened("辐射安全许可证要去哪里申请", "联昌汽配-老板")
    path = world.link_of("生态环境联络员")
    do(world.guest(), "/work/2", "merge", target="#1")
    page = open_link(world, path).text
    assert "已经合并到 #1" in page and "<form" not in page


# ── Links that are no good ──────────────────────────────────────────────────────────────────────────────────


def test_link_that_was_changed_or_made_up_is_refused(world):
    world.opened(TAX)
    path = world.link_of(TAXMAN)
    token = path.removeprefix("/c/")
    body, _, signature = token.partition(".")
    elsewhere = Links(b"another key").token(CaseLink(1, TAXMAN, world.bot.clock.now()))
    for bad in (
        token[:-1],
        token[:-1] + "x",
        body,
        f".{signature}",
        f"{body[:-1]}A.{signature}",
        elsewhere,
        "x" * 4000,
        "%00",
        "☃",
    ):
        answer = open_link(world, f"/c/{bad}" if bad.isascii() else "/c/%E2%98%83")
        assert (answer.status, TAX in answer.text) == (404, False), bad
    assert open_link(world, path).status == 200


def test_foreign_link_opens_no_other_case_and_acts_for_nobody_else(world):
    world.opened(TAX)
    other = world.opened("辐射安全许可证要去哪里申请", "联昌汽配-老板")
    path, contact = world.link_of(TAXMAN), anybody(world)
    answer = contact.post(path, operation="answer", text="x", seen="x", case=str(other.number), operator="社区值班")
    assert answer.status == 409
    assert world.case(other.number).replies == ()
    with world.bot.ledger.transaction() as work:
        links = Links(page_key(work))
    for link in (CaseLink(99, TAXMAN, world.bot.clock.now()), CaseLink(0, TAXMAN, world.bot.clock.now())):
        assert open_link(world, f"/c/{links.token(link)}").status == 404
    # made here, for somebody whom the case does not concern: nothing may be done
    stranger = f"/c/{links.token(CaseLink(1, '人社局联络员', world.bot.clock.now()))}"
    page = open_link(world, stranger).text
    assert "<form" not in page
    assert contact.post(stranger, operation="answer", text="x", seen=hidden(contact.get(path).text, "seen")).status in (403, 409)
    assert world.case(1).replies == ()


def test_old_link_is_refused_with_another_way(world):
    world.opened(TAX)
    path = world.link_of(TAXMAN)
    world.bot.clock.advance(timedelta(days=13, hours=23))
    assert open_link(world, path).status == 200
    world.bot.clock.advance(timedelta(hours=2))
    answer = open_link(world, path)
    assert (answer.status, "过期" in answer.text, "引用" in answer.text) == (410, True, True)


def test_link_ends_when_its_contact_is_somebody_else(world):
    world.opened(TAX)
    path = world.link_of(TAXMAN)
    with world.bot.ledger.transaction() as work:
        work.unbind(TAXMAN, world.bot.clock.now() + timedelta(minutes=1))
        work.bind("page", "page:新来的", TAXMAN, world.bot.clock.now() + timedelta(minutes=2))
    answer = open_link(world, path)
    assert (answer.status, "换了人" in answer.text, TAX in answer.text) == (410, True, False)


def test_form_that_is_replayed_counts_once(world):
    world.opened(TAX)
    path, contact = world.link_of(TAXMAN), anybody(world)
    page = contact.get(path).text
    fields = {"operation": "answer", "text": "同一个表单", "seen": hidden(page, "seen"), "once": hidden(page, "form")}
    assert contact.post(path, **fields).status == 303
    later = contact.get(path).text
    assert contact.post(path, **{**fields, "seen": hidden(later, "seen")}).status == 303
    assert len(world.case(1).replies) == 1


def test_form_needs_the_token_of_its_browser(world):
    world.opened(TAX)
    path, contact, other = world.link_of(TAXMAN), anybody(world), anybody(world, "another browser")
    page = contact.get(path).text
    answer = contact.post(path, csrf=other.csrf, operation="answer", text="别处来的", seen=hidden(page, "seen"))
    assert (answer.status, "别处来的" in answer.text) == (403, True)
    assert world.case(1).replies == ()


def test_links_cannot_be_guessed_or_flooded_without_end(world):
    world.opened(TAX)
    path, contact = world.link_of(TAXMAN), anybody(world)
    seen = hidden(contact.get(path).text, "seen")
    statuses = [contact.post(path, once=f"{n:016x}", operation="answer", text=" ", seen=seen).status for n in range(31)]
    assert statuses == [409] * 30 + [429]
    assert [open_link(world, f"/c/{n}").status for n in range(31)] == [404] * 30 + [429]
    assert open_link(world, path).status == 429
    world.wall.at += timedelta(minutes=61)
    assert open_link(world, path).status == 200


def test_markup_shows_as_text(world):
    case = world.opened(f"{TAX} {MARKUP}")
    path, contact = world.link_of(case.assignee), anybody(world)
    do(contact, path, "ask_back", text=MARKUP)
    page = contact.get(path).text
    assert "<script>alert" not in page and "<img src=x" not in page
    assert re.search(r"&lt;script&gt;alert\(2\)", page)


def test_opening_the_link_changes_nothing(world):
    world.opened(TAX)
    path, before = world.link_of(TAXMAN), world.case(1)
    for _ in range(3):
        assert open_link(world, path).status == 200
    assert world.case(1) == before
