"""Logging in to the pages without a browser: codes, passwords, sessions that end, forged forms, endless tries, roles."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection
from select import select
from urllib.parse import unquote

import pytest

from bot.web.credentials import set_password
from bot.web.sessions import COOKIE, IDLE, LONGEST
from tests.browser.doors import Answer, Guest, guest, plain_browser, request
from tests.browser.relay_world import WORKER, RelayWorld, relayed, until

TAXMAN = "税务局联络员"
PASSWORD = "北仑的雨天可是很多呢啊"


@pytest.fixture
def world(tmp_path, curated):
    with relayed(tmp_path, curated) as running:
        yield running


def stranger(world: RelayWorld) -> Guest:
    """Return somebody who has opened the login page, and has its cookie."""
    answer = request(world.address, "GET", "/login")
    found = re.search(rf"{COOKIE}=([^;]+)", str(answer.headers["Set-Cookie"]))
    assert answer.status == 200 and found
    return guest(world.bot.ledger, world.address, found[1])


def cookie_of(answer: Answer) -> str:
    for line in answer.headers.get_all("Set-Cookie") or ():
        if line.startswith(f"{COOKIE}="):
            assert "HttpOnly" in line and "samesite=lax" in line.lower()
            return line.partition("=")[2].partition(";")[0]
    raise AssertionError("no cookie")


def code_sent_to(world: RelayWorld, who: str) -> str:
    def look() -> str | None:
        texts = [it.text for it in world.said(partner=f"page:{who}")]
        return next((found[0] for text in reversed(texts) if (found := re.search(r"\d{6}", text))), None)

    found = until(look)
    assert found
    return str(found)


def with_password(world: RelayWorld, who: str = WORKER) -> None:
    with world.bot.ledger.transaction() as work:
        set_password(work, who, PASSWORD, world.wall.now(), by="测试")


def trail(world: RelayWorld) -> list[str]:
    with world.bot.ledger.transaction() as work:
        return [line.what for _, line in work.pages.trail()]


# ── Codes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_code_is_sent_to_the_bound_person_and_lets_in_once(world):
    visitor = stranger(world)
    answer = visitor.post("/login/code", name=WORKER, to="/audit")
    assert (answer.status, answer.headers["Location"]) == (303, "/login/code?to=/audit")
    code = code_sent_to(world, WORKER)
    assert code not in visitor.get("/login/code").text
    answer = visitor.post("/login/check", code=f" {code[:3]} {code[3:]} ", to="/audit")
    assert (answer.status, answer.headers["Location"]) == (303, "/audit")
    inside = guest(world.bot.ledger, world.address, cookie_of(answer))
    assert inside.cookie != visitor.cookie
    assert WORKER in inside.get("/audit").text
    assert visitor.get("/audit").status == 303
    assert visitor.post("/login/check", code=code).headers["Location"] == "/login"


def test_code_is_good_in_the_browser_that_asked_for_it_only(world):
    visitor, thief = stranger(world), stranger(world)
    visitor.post("/login/code", name=WORKER)
    code = code_sent_to(world, WORKER)
    assert thief.post("/login/check", code=code).headers["Location"] == "/login"
    thief.post("/login/code", name=WORKER)
    assert thief.post("/login/check", code=code).status == 422
    assert visitor.post("/login/check", code=code).status == 303


def test_wrong_codes_end_it_and_an_old_one_is_no_good(world):
    visitor = stranger(world)
    visitor.post("/login/code", name=WORKER)
    code = code_sent_to(world, WORKER)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    tries = [visitor.post("/login/check", code=wrong).status for _ in range(5)]
    assert tries == [422, 422, 422, 422, 303]
    assert visitor.post("/login/check", code=code).headers["Location"] == "/login"
    visitor.post("/login/code", name=WORKER)
    world.wall.at += timedelta(minutes=11)
    assert visitor.get("/login/code").headers["Location"] == "/login"


def test_answer_does_not_tell_who_exists_or_is_bound(world):
    pages = []
    for name in (TAXMAN, "没有这个岗位"):
        visitor = stranger(world)
        answer = visitor.post("/login/code", name=name)
        page = visitor.get("/login/code").text.replace(name, "某人").replace(visitor.csrf, "")
        pages.append((answer.status, answer.headers["Location"], re.sub(r'name="form" value="\w+"', "", page)))
    assert pages[0] == pages[1]


def test_codes_for_one_person_are_limited_over_a_restart_of_the_visitor(world):
    statuses = [stranger(world).post("/login/code", name=WORKER).status for _ in range(6)]
    assert statuses == [303, 303, 303, 303, 303, 429]
    assert stranger(world).post("/login/code", name=TAXMAN).status == 303
    world.wall.at += timedelta(minutes=61)
    assert stranger(world).post("/login/code", name=WORKER).status == 303


# ── Passwords ───────────────────────────────────────────────────────────────────────────────────────────────


def test_password_lets_in_and_a_wrong_one_does_not(world):
    with_password(world)
    visitor = stranger(world)
    for name, password in ((WORKER, "不是这个密码呀"), (WORKER, ""), (TAXMAN, PASSWORD), ("没有", PASSWORD)):
        answer = visitor.post("/login/password", name=name, password=password)
        assert (answer.status, "岗位或密码不对" in answer.text, PASSWORD in answer.text) == (422, True, False)
    answer = visitor.post("/login/password", name=WORKER, password=PASSWORD)
    assert answer.status == 303
    assert guest(world.bot.ledger, world.address, cookie_of(answer)).get("/audit").status == 200


def test_passwords_cannot_be_tried_without_end(world):
    with_password(world)
    visitor = stranger(world)
    statuses = {visitor.post("/login/password", name=WORKER, password=f"错的密码{n}").status for n in range(20)}
    assert statuses == {422}
    assert visitor.post("/login/password", name=WORKER, password=PASSWORD).status == 429


def test_first_password_is_set_on_this_machine_once(world):
    visitor = stranger(world)
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-For": "198.51.100.7"}):
        assert visitor.get("/login/first", **headers).status == 403
        answer = visitor.post("/login/first", headers=headers, name=WORKER, password=PASSWORD, again=PASSWORD)
        assert answer.status == 403
    for password, again in (("短", "短"), (PASSWORD, PASSWORD + "不"), ("长" * 201, "长" * 201)):
        assert visitor.post("/login/first", name=WORKER, password=password, again=again).status == 422
    assert visitor.post("/login/first", name=TAXMAN, password=PASSWORD, again=PASSWORD).status == 422
    answer = visitor.post("/login/first", name=WORKER, password=PASSWORD, again=PASSWORD)
    assert (answer.status, guest(world.bot.ledger, world.address, cookie_of(answer)).get("/audit").status) == (303, 200)
    assert stranger(world).get("/login/first").status == 403


def test_new_password_ends_what_was_logged_in(world):
    inside = world.guest()
    assert inside.get("/audit").status == 200
    with_password(world)
    assert inside.get("/audit").status == 303


# ── Sessions ────────────────────────────────────────────────────────────────────────────────────────────────


def test_session_ends_when_idle_and_after_the_longest_time(world):
    idle = world.guest()
    world.wall.at += IDLE
    assert idle.get("/audit").status == 303
    used, began = world.guest(), world.wall.at
    while world.wall.at - began < LONGEST - IDLE / 2:
        world.wall.at += IDLE / 2
        assert used.get("/audit").status == 200
    world.wall.at += IDLE / 2
    assert used.get("/audit").status == 303


def test_session_stolen_to_another_browser_ends_for_both(world):
    inside = world.guest()
    assert inside.get("/audit").status == 200
    assert inside.get("/audit", **{"User-Agent": "another"}).status == 303
    assert inside.get("/audit").status == 303
    assert "登录在另一个浏览器里出现，已作废" in trail(world)


def test_phone_that_changes_its_network_stays_logged_in():
    agent = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50 NetType/{} Language/zh_CN"
    assert plain_browser(user_agent=agent.format("WIFI")) == plain_browser(user_agent=agent.format("5G"))
    assert plain_browser(user_agent=agent) != plain_browser(user_agent=agent.replace("Android", "iOS"))


@pytest.mark.parametrize("cookie", ["", "x", "a" * 5000, "%00", "'; DROP TABLE page_records"])
def test_guessed_cookies_are_nobody(world, cookie):
    assert guest(world.bot.ledger, world.address, cookie).get("/audit").status == 303


def test_logging_out_ends_the_session(world):
    inside = world.guest()
    assert inside.post("/logout").status == 303
    assert inside.get("/audit").status == 303
    assert trail(world)[:2] == ["退出", "登录"]


def test_whoever_leaves_the_file_sees_nothing_more(world):
    gone = world.guest("从前的网格员")
    assert gone.get("/audit").status == 403
    assert "已经没有这个岗位" in gone.get("/me").text


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_form_without_the_token_is_refused_and_what_was_typed_is_not_lost(world):
    inside = world.guest()
    for token in ("", "0" * 40, "另一个"):
        answer = inside.post("/logout", csrf=token, words="写了很久的<b>话</b>")
        assert (answer.status, "写了很久的&lt;b&gt;话&lt;/b&gt;" in answer.text) == (403, True)
    assert inside.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert inside.get("/audit").status == 200
    other = world.guest(TAXMAN)
    assert inside.post("/logout", csrf=other.csrf).status == 403


def test_scripts_posts_need_the_token_too(world):
    inside = world.guest()
    kind = {"Content-Type": "application/json", "Accept": "application/json", "Cookie": f"{COOKIE}={inside.cookie}"}
    assert request(world.address, "POST", "/relay/read", b"{}", kind).status == 403
    assert request(world.address, "POST", "/relay/read", b"{}", {**kind, "X-CSRF": inside.csrf}).status == 422


def test_form_outlives_a_restart_between_form_and_submit(tmp_path, curated):
    with relayed(tmp_path, curated) as before:
        inside = before.guest()
        token = re.search(r'name="csrf" value="(\w+)"', inside.get("/me").text)
        assert token and token[1] == inside.csrf
    with relayed(tmp_path, curated) as after:
        again = guest(after.bot.ledger, after.address, inside.cookie)
        assert again.csrf == inside.csrf
        assert again.post("/logout").status == 303


def test_huge_and_broken_forms_are_refused(world):
    inside = world.guest()
    assert inside.post("/logout", words="长" * 1_000_000).status == 413
    assert request(world.address, "POST", "/logout", None, {**inside.headers, "Content-Type": "text/plain"}).status == 403
    broken = {**inside.headers, "Content-Type": "multipart/form-data"}
    assert request(world.address, "POST", "/logout", b"--x\r\n\r\n", broken).status == 422
    assert inside.get("/me").status == 200


def test_upload_without_end_is_cut_off_while_it_comes(world):
    inside, sent = world.guest(), 0
    connection = HTTPConnection(world.address.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/logout")
    headers = {**inside.headers, "Transfer-Encoding": "chunked", "Content-Type": "multipart/form-data; boundary=x"}
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    piece = b"a" * 1_000_000
    with suppress(ConnectionError):
        head = b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n'
        connection.send(b"%x\r\n%b\r\n" % (len(head), head))
        while sent < 50:
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            sent += 1
            if select([connection.sock], [], [], 0.05)[0]:
                break
    answer = connection.getresponse()
    assert (answer.status, sent < 50) == (413, True)
    connection.close()


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/login"])
def test_login_leads_nowhere_else(world, to):
    with_password(world)
    visitor = stranger(world)
    answer = visitor.post("/login/password", name=WORKER, password=PASSWORD, to=to)
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/") and "evil" not in answer.headers["Location"]


# ── Roles, and what is open ─────────────────────────────────────────────────────────────────────────────────


def test_pages_ask_for_a_login_and_lead_back(world):
    answer = stranger(world).get("/audit?who=x")
    assert (answer.status, unquote(answer.headers["Location"])) == (303, "/login?to=/audit?who=x")
    assert world.guest(TAXMAN).get("/audit").status == 403


def test_markup_in_the_trail_shows_as_text(world):
    visitor = stranger(world)
    visitor.post("/login/code", name="<script>alert(1)</script>")
    page = world.guest().get("/audit").text
    assert "&lt;script&gt;" in page and "<script>alert" not in page


def test_chat_page_is_open_in_the_demo_on_this_machine_only(tmp_path, curated, world):
    here = {"Accept": "*/*"}
    assert request(world.address, "GET", "/panel", headers=here).status == 200
    for headers in ({"Host": "xiaoshao.example"}, {"X-Forwarded-For": "198.51.100.7"}):
        assert request(world.address, "GET", "/panel", headers={**here, **headers}).status == 401
        assert request(world.address, "GET", "/", headers=headers).headers["Location"] == "/login"
        assert world.guest().get("/panel", **headers).status == 200
    with relayed(tmp_path / "real", curated, demo=False) as real:
        assert request(real.address, "GET", "/panel", headers=here).status == 404
        assert request(real.address, "POST", "/messages", b"{}", here).status == 404
        assert request(real.address, "GET", "/").headers["Location"] == "/login"
        assert real.guest().get("/").headers["Location"].startswith("/")


def test_unknown_page_is_said_in_chinese(world):
    answer = world.guest().get("/nowhere")
    assert (answer.status, "没有这个页面" in answer.text) == (404, True)
