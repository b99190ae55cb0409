"""Coming into the pages without a browser: a session made directly in the ledger, with the headers that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPMessage
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext
from starlette.requests import Request

from bot.ledger.port import Ledger
from bot.web.browsers import fingerprint
from bot.web.sessions import COOKIE, Sessions
from bot.work.links import page_key, signed


@dataclass(frozen=True)
class Answer:
    """What a page answered; ``text`` is its body."""

    status: int
    headers: HTTPMessage
    text: str


@dataclass(frozen=True)
class Guest:
    """Somebody with a cookie in a browser without any headers of its own."""

    address: str
    cookie: str
    csrf: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}", "X-CSRF": self.csrf}

    def get(self, path: str, **headers: str) -> Answer:
        return request(self.address, "GET", path, headers={**self.headers, **headers})

    def post(self, path: str, once: str = "0123456789abcdef", headers: dict[str, str] | None = None, **fields: object) -> Answer:
        body = urlencode({"csrf": self.csrf, "form": once, **fields}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return request(self.address, "POST", path, body, {**self.headers, **kind, **(headers or {})})


def request(address: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
    """Ask a server for a page, as a browser without JavaScript would."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.request(method, path, body, {"Accept": "text/html", **(headers or {})})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return Answer(answer.status, answer.headers, text)


def plain_browser(**headers: str) -> str:
    """Return the fingerprint of a browser that sends these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return fingerprint(Request({"type": "http", "headers": raw}))


def enter(context: BrowserContext, ledger: Ledger, address: str, who: str, now: datetime) -> None:
    """Log somebody in, in a real browser's context with the locale zh-CN."""
    page = context.new_page()
    agent = page.evaluate("navigator.userAgent")
    page.close()
    person = logged_in(ledger, address, who, browser=plain_browser(user_agent=agent, accept_language="zh-CN"), now=now)
    context.add_cookies([{"name": COOKIE, "value": person.cookie, "url": address}])


def logged_in(ledger: Ledger, address: str, who: str, *, browser: str | None = None, now: datetime) -> Guest:
    """Log somebody in."""
    cookie = Sessions(ledger).begin(who, "验证码", plain_browser() if browser is None else browser, now)
    return guest(ledger, address, cookie)


def guest(ledger: Ledger, address: str, cookie: str) -> Guest:
    """Return whoever holds a cookie."""
    with ledger.transaction() as work:
        key = page_key(work)
    return Guest(address, cookie, signed(key, "form", cookie))
