"""The worker's pages without a browser: today, the list, a case with everything that may be done to it, and what goes wrong."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.model import Status
from tests.browser.doors import Answer, Guest
from tests.browser.relay_world import WORKER, relayed, until
from tests.samples import ROOM

TAX = "个人股东转让股权的个人所得税怎么申报"
RADIATION = "辐射安全许可证要去哪里申请"
TAXMAN = "税务局联络员"


@pytest.fixture
def world(tmp_path, curated):
    with relayed(tmp_path, curated) as running:
        yield running


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="(\w+)"', page)
    assert found
    return found[1]


def do(guest: Guest, path: str, operation: str, **fields: str) -> Answer:
    """Open a page, fill in the form of an act, and send it."""
    page = guest.get(path).text
    given = {"once": hidden(page, "form"), "seen": hidden(page, "seen"), **fields}
    return guest.post(path, operation=operation, **given)


def following(guest: Guest, answer: Answer) -> str:
    assert answer.status == 303, answer.text
    cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    return guest.get(answer.headers["Location"], Cookie=f"{guest.headers['Cookie']}; {cookie}").text


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_today_tells_what_is_late_and_what_waits(world):
    worker = world.guest()
    assert "都处理完了" in worker.get("/today").text
    world.opened(TAX)
    world.ask("POST", "/messages", {"id": "asked-softly", "as": "恒锐模具-人事", "room": ROOM, "text": "有谁知道哪里能修地磅吗"})
    page = worker.get("/today").text
    assert re.search(r"<b>2</b>今天新登记", page)
    assert re.search(r"<b>1</b>等签收", page) and TAX in page
    assert re.search(r"<b>1</b>群里没人答", page)
    world.push(timedelta(hours=8, minutes=30))
    assert "联盟召集人" in worker.get("/today").text
    do(worker, "/work/1", "close", reason="已电话答复")
    assert TAX in worker.get("/work?pile=new").text
    for _ in range(6):
        world.push(timedelta(hours=12))
    page = worker.get("/today").text
    assert re.search(r'class="alarm"[^>]*><b>1</b>过了时限', page)
    assert re.search(r"<b>0</b>今天新登记", page)


def test_cases_are_found_by_number_words_and_state(world):
    worker = world.guest()
    tax, radiation = world.opened(TAX), world.opened(RADIATION, "联昌汽配-老板")
    assert worker.get(f"/work?q=%23{tax.number}").headers["Location"] == f"/work/{tax.number}"
    page = worker.get("/work?q=%E8%BE%90%E5%B0%84").text
    assert RADIATION in page and TAX not in page
    do(worker, f"/work/{radiation.number}", "close", reason="已电话答复")
    assert RADIATION not in worker.get("/work?state=open").text
    assert TAX not in worker.get("/work?state=finished").text
    assert "没有找到" in worker.get("/work?q=%27%20OR%201%3D1").text


@pytest.mark.parametrize("number", ["99", "0", "99999999999999999999", "-1", "abc"])
def test_guessed_numbers_lead_nowhere(world, number):
    assert world.guest().get(f"/work/{number}").status == 404


def test_contacts_see_their_own_cases_only(world):
    case = world.opened(TAX)
    mine = world.guest(TAXMAN)
    assert TAX in mine.get("/mine").text
    assert mine.get(f"/work/{case.number}").status == 200
    other = world.guest("人社局联络员")
    assert other.get(f"/work/{case.number}").status == 403
    answer = other.post(f"/work/{case.number}", operation="answer", text="不归我", seen="x")
    assert answer.status == 403
    assert world.case(case.number).replies == ()
    for path in ("/today", "/work", "/relay", "/audit"):
        assert mine.get(path).status == 403


# ── One case ────────────────────────────────────────────────────────────────────────────────────────────────


def test_answer_goes_to_the_asker_and_stands_in_the_history_and_the_trail(world):
    case, worker = world.opened(TAX), world.guest()
    path = f"/work/{case.number}"
    page = following(worker, do(worker, path, "answer", text="先在电子税务局办个税申报\n再去改执照"))
    assert 'class="flash"' in page and "先在电子税务局办个税申报" in page
    world.bot.loop.settle()
    assert any("再去改执照" in it.text for it in world.said(room=ROOM) if it.sender is None)
    assert world.case(case.number).status is Status.ANSWERED
    with world.bot.ledger.transaction() as work:
        assert work.history(case.number)[-1].who == WORKER
        newest = work.pages.trail()[0][1]
    assert (newest.who, newest.what, newest.about) == (WORKER, "答复", f"#{case.number}")


def test_case_is_taken_over_handed_on_and_transferred(world):
    case, worker = world.opened(TAX), world.guest()
    path = f"/work/{case.number}"
    do(worker, path, "take_over")
    assert world.case(case.number).assignee == WORKER
    assert "接过来自己办" not in worker.get(path).text
    do(worker, path, "reassign", target="网格员二", reason="在他那边")
    assert world.case(case.number).assignee == "网格员二"
    do(worker, path, "transfer", target="人力资源和社会保障局", reason="其实是社保的事")
    assert world.case(case.number).assignee == "人社局联络员"


def test_cases_are_merged_and_the_page_leads_on(world):
    first, second, worker = world.opened(TAX), world.opened(RADIATION, "联昌汽配-老板"), world.guest()
    page = following(worker, do(worker, f"/work/{second.number}", "merge", target=f"#{first.number}"))
    assert f'已合并到 <a href="/work/{first.number}">' in page
    assert len(world.case(first.number).askers) == 2
    assert 'aria-label="办理"' not in page


def test_closing_needs_a_reason_and_reopening_too(world):
    case, worker = world.opened(TAX), world.guest()
    path = f"/work/{case.number}"
    answer = do(worker, path, "close", reason="  ")
    assert (answer.status, 'role="alert"' in answer.text) == (409, True)
    assert world.case(case.number).status is Status.OPEN
    do(worker, path, "close", reason="企业说不用了")
    assert world.case(case.number).status is Status.CLOSED
    do(worker, path, "reopen", reason="企业又来问")
    assert world.case(case.number).status is Status.OPEN


def test_form_that_is_sent_twice_counts_once(world):
    case, worker = world.opened(TAX), world.guest()
    path = f"/work/{case.number}"
    page = worker.get(path).text
    fields = {"operation": "ask_back", "text": "是有限公司吗", "seen": hidden(page, "seen"), "once": hidden(page, "form")}
    assert worker.post(path, **fields).status == 303
    assert worker.post(path, **fields).status == 409  # the case has moved, by this very form
    again = worker.get(path).text
    assert worker.post(path, **{**fields, "seen": hidden(again, "seen")}).status == 303
    assert [reply.text for reply in world.case(case.number).replies] == ["是有限公司吗"]


def test_second_of_two_workers_sees_what_the_first_did_and_loses_no_word(world):
    case, one, two = world.opened(TAX), world.guest(), world.guest("网格员二")
    path = f"/work/{case.number}"
    before = two.get(path).text
    do(one, path, "answer", text="第一个人答的")
    fields = {"operation": "answer", "text": "写了很久的<第二个>回答", "seen": hidden(before, "seen")}
    answer = two.post(path, once=hidden(before, "form"), **fields)
    assert answer.status == 409
    assert "已经变了" in answer.text and WORKER in answer.text
    assert "写了很久的&lt;第二个&gt;回答</textarea>" in answer.text
    assert len(world.case(case.number).replies) == 1
    do(two, path, "answer", text="写了很久的回答")
    assert len(world.case(case.number).replies) == 2


def test_what_is_typed_is_kept_when_it_cannot_be_taken(world):
    case, worker = world.opened(TAX), world.guest()
    answer = do(worker, f"/work/{case.number}", "transfer", target="没有这个部门", reason='因为"引号"')
    assert answer.status == 409
    assert 'value="因为&#34;引号&#34;"' in answer.text
    answer = do(worker, f"/work/{case.number}", "answer", text="长" * 3001)
    assert (answer.status, "最多 3000 字" in answer.text, "长" * 50 in answer.text) == (413, True, True)
    assert world.case(case.number).replies == ()


@pytest.mark.parametrize("operation", ["", "delete", "answer; close", "ANSWER"])
def test_unknown_operations_are_refused(world, operation):
    case, worker = world.opened(TAX), world.guest()
    assert do(worker, f"/work/{case.number}", operation, text="x").status == 422


MARKUP = '<img src=x onerror=alert(1)></textarea><script>alert(2)</script>=HYPERLINK("http://evil")'


def test_markup_and_formulas_show_as_text_everywhere(world):
    case = world.opened(f"{TAX} {MARKUP}", f"泰准金属-安全员{MARKUP[:28]}")
    worker = world.guest()
    path = f"/work/{case.number}"
    do(worker, path, "ask_back", text=MARKUP)
    do(worker, path, "reassign", target="网格员二", reason=MARKUP)
    for where in ("/today", "/work", path, "/audit"):
        page = worker.get(where).text
        assert "<img src=x" not in page and "<script>alert" not in page and "</textarea><script" not in page, where
    assert "&lt;script&gt;alert(2)" in worker.get(path).text


def test_pages_are_small_and_never_kept_by_the_browser(world):
    for number in range(30):
        world.opened(f"{TAX}，第 {number} 种情况，{'情况比较复杂，' * 20}", f"企业{number}-安全员")
    worker = world.guest()
    for path in ("/today", "/work", "/work/1", "/audit", "/login", "/me"):
        answer = worker.get(path)
        assert len(answer.text.encode()) < 100_000, path
        assert answer.headers["Cache-Control"] == "no-store" or answer.status == 303
        assert "<style" not in answer.text and "onclick" not in answer.text


def test_session_that_ended_while_writing_loses_no_word(world):
    case, worker = world.opened(TAX), world.guest()
    path = f"/work/{case.number}"
    page = worker.get(path).text
    world.wall.at += timedelta(days=8)
    answer = worker.post(path, operation="answer", text="写了很久的回答", seen=hidden(page, "seen"))
    assert (answer.status, "写了很久的回答" in answer.text, 'href="/login"' in answer.text) == (401, True, True)
    assert world.case(case.number).replies == ()


def test_form_outlives_a_restart(tmp_path, curated):
    with relayed(tmp_path, curated) as before:
        case, worker = before.opened(TAX), before.guest()
        page = worker.get(f"/work/{case.number}").text
    with relayed(tmp_path, curated) as after:
        again = Guest(after.address, worker.cookie, hidden(page, "csrf"))
        fields = {"operation": "answer", "text": "重启以后提交的", "seen": hidden(page, "seen")}
        assert again.post(f"/work/{case.number}", once=hidden(page, "form"), **fields).status == 303
        assert [reply.text for reply in after.case(case.number).replies] == ["重启以后提交的"]


# ── Questions ───────────────────────────────────────────────────────────────────────────────────────────────


def test_question_log_tells_what_became_of_what_was_asked(world):
    known = {"id": "asked-known-1", "as": "恒锐模具-人事", "room": ROOM, "text": "新买的叉车去哪里上牌？"}
    assert world.ask("POST", "/messages", known)[0] == 204
    assert world.ask("POST", "/messages", {**known, "id": "asked-chat-01", "text": "大家早上好"})[0] == 204
    case = world.opened(TAX)
    page = world.guest().get("/asked").text
    assert re.search(r"新买的叉车.*?直接回答.*?「", page, re.S)
    assert re.search(rf"{TAX}.*?登记转办.*?/work/{case.number}", page, re.S)
    assert "大家早上好" not in page
    assert TAX in world.guest().get("/asked/unknown").text
    assert TAX not in world.guest().get("/asked?before=1").text


def test_answered_question_becomes_a_candidate_with_a_draft(world):
    case, worker = world.opened(TAX), world.guest()
    assert "还没有候选" in worker.get("/candidates").text
    do(world.guest(TAXMAN), f"/work/{case.number}", "answer", text="先在电子税务局办个税申报，再去改执照，找我 13800001234")
    assert until(lambda: TAX in worker.get("/candidates").text)  # grouped anew while the page shows what was known
    page = worker.get(f"/candidates/{case.number}").text
    assert "先在电子税务局办个税申报" in page and "13800001234" not in page and "待填" in page
    assert worker.get("/candidates/99").status == 404
