"""The relay page as it runs beside the chat page: the real desk, ledger and sender, with a clock that is moved by hand."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

from bot.app import Bot, Curated, bind_everybody, build_bot
from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.channels.relay.channel import RelayChannel
from bot.ledger.port import Bubble
from bot.ledger.sqlite import SqliteLedger
from bot.model import Case
from bot.serving import page_services
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.server import PageServer, open_socket
from bot.work.clock import MovableClock
from tests.browser.doors import Guest, logged_in
from tests.samples import ROOM, HandClock

WORKER = "网格员一"
PATIENCE = 10.0


@dataclass
class RelayWorld:
    """A running bot with both pages."""

    bot: Bot
    address: str
    wall: HandClock = field(default_factory=HandClock)
    asked: int = 0
    guests: dict[str, Guest] = field(default_factory=dict)

    def guest(self, who: str = WORKER) -> Guest:
        """Log somebody in, in a browser without headers of its own."""
        return logged_in(self.bot.ledger, self.address, who, now=self.wall.now())

    def ask(self, method: str, path: str, body: object = None, *, as_: str = WORKER) -> tuple[int, Any]:
        if as_ not in self.guests:
            self.guests[as_] = self.guest(as_)
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **self.guests[as_].headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def read(self, text: str, *, room: str = ROOM, as_: str = WORKER, **more: object) -> Any:
        status, found = self.ask("POST", "/relay/read", {"room": room, "text": text, **more}, as_=as_)
        return found if status == 200 else (status, found)

    def kinds(self, text: str, **more: Any) -> list[str]:
        return [it["kind"] for it in self.read(text, **more)["items"]]

    def waiting(self) -> list[str]:
        return [it["text"] for it in self.ask("GET", "/relay/waiting")[1]["waiting"]]

    def opened(self, text: str, who: str = "泰准金属-安全员", *, room: str = ROOM) -> Case:
        """Let somebody ask what the FAQ does not know, and return the case once its contact has been told."""
        self.asked += 1
        body = {"id": f"asked-{self.asked:08}", "as": who, "room": room, "text": f"@小哨 {text}"}
        assert self.ask("POST", "/messages", body)[0] == 204
        number = max(case.number for case in self.cases())
        self.bot.loop.settle()
        return self.case(number)

    def case(self, number: int) -> Case:
        with self.bot.ledger.transaction() as work:
            found = work.case(number)
        assert found is not None
        return found

    def told(self, contact: str) -> list[str]:
        """Return what a contact was sent, the newest last."""
        self.bot.loop.settle()
        return [it.text for it in self.said(partner=f"page:{contact}") if it.sender is None]

    def link_of(self, contact: str) -> str:
        """Return the path of the newest link that a contact was sent."""
        found = re.findall(r"https://park\.example(/c/\S+)", "\n".join(self.told(contact)))
        return str(found[-1])

    def waits_for(self, words: str) -> dict[str, str]:
        """Return the waiting reply that holds some words, once it is there."""

        def look() -> dict[str, str] | None:
            return next((it for it in self.ask("GET", "/relay/waiting")[1]["waiting"] if words in it["text"]), None)

        found = until(look)
        assert found is not None
        return found

    def cases(self) -> list[Case]:
        with self.bot.ledger.transaction() as work:
            return work.cases(open_only=False)

    def said(self, *, room: str = "", partner: str = "") -> list[Bubble]:
        with self.bot.ledger.transaction() as work:
            return work.conversation(room=room, partner=partner)

    def push(self, by: timedelta) -> None:
        assert isinstance(self.bot.clock, MovableClock)
        self.bot.clock.advance(by)
        self.bot.loop.settle()


def until(look: Callable[[], Any]) -> Any:
    """Ask again and again until there is something, for as long as a slow machine may need."""
    end = time.monotonic() + PATIENCE
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


@contextmanager
def relayed(
    folder: Path, curated: Curated, *, demo: bool = True, public_url: str = "", knowledge: Path = Path("knowledge")
) -> Iterator[RelayWorld]:
    """Serve both pages from a ledger in a folder for as long as the context lasts."""
    ledger = SqliteLedger(folder / "relay.db")
    clock = MovableClock.resumed(HandClock(), ledger)
    page, relay = PageChannel(curated.routing.rooms), RelayChannel(curated.routing.rooms)
    bind_everybody(ledger, curated.routing, "page", PERSON_PREFIX, clock.now())
    bot = build_bot(ledger, curated.knowledge, curated.routing, clock, [page, relay], page.notify, public_url=public_url)
    settings, wall = Settings(data=folder / "relay.db", demo=demo, public_url=public_url, knowledge=knowledge), HandClock()
    listening = open_socket("127.0.0.1", 0)
    server = PageServer(create_app(lambda: replace(page_services(settings, bot, page), wall=wall)), page)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    bot.start()
    thread.start()
    try:
        yield RelayWorld(bot, f"http://127.0.0.1:{listening.getsockname()[1]}", wall)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
        bot.close()
