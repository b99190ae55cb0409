"""One Chromium for all browser tests, one world and page for each; whatever the page complains about fails the test."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bot.library.routing_file import load_routing
from bot.routing.config import Routing
from tests.browser.world import served

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def routing() -> Routing:
    """The routing file alone: a page needs no FAQ."""
    return load_routing(Path(__file__).parents[2] / "routing.yaml")


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def world(tmp_path, routing):
    with served(tmp_path, routing) as running:
        yield running


@pytest.fixture
def browse(chromium: Browser, world):
    """Open a page as somebody in a browser of its own; at the end no script fault and no foreign request may have been seen."""
    contexts, complaints = [], []

    def opened(name: str | None = "泰准金属-安全员", *, width: int = 1280, height: int = 800, chat: str | None = None) -> Page:
        phone = width < 720
        size = {"width": width, "height": height}
        context = chromium.new_context(
            viewport=size, locale="zh-CN", timezone_id="America/New_York", has_touch=phone, is_mobile=phone
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda fault: complaints.append(f"script: {fault}"))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda it: None if it.url.startswith(world.address) else complaints.append(f"foreign: {it.url}"))
        page.goto(world.address + "/" + (f"?as={quote(name)}" if name is not None else ""))
        page.locator("#bubbles > *").first.wait_for(state="attached")
        if chat:
            page.locator(f"[data-chat='{chat}']").click()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
