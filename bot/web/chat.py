"""The group-chat page: the page itself, what is posted from it, and the stream of what is new."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.errors import XiaoshaoError
from bot.model import Recalled, Said
from bot.web import view
from bot.web.browsers import is_local
from bot.web.feed import TAIL, Feed
from bot.web.forms import Refused, Speech, read_json, read_recall, read_seconds, read_speech
from bot.web.login import home
from bot.web.services import WebServices, person_named
from bot.web.site import Site

BEAT = 15.0
"""Seconds without news after which a page hears that the server is still there."""

RETRY = 1.0
"""Seconds after which the ledger is asked again when it could not be read."""

RECALL_WINDOW = timedelta(minutes=2)
"""How long after saying it a member may take a message back."""


class ChatDesk:
    """The page's endpoints; everything that blocks runs in a worker thread."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the endpoints are."""
        site = self._site
        return [
            Route("/", self.root),
            site.demo("/chat", self.page),
            site.demo("/events", self.events),
            site.demo("/messages", self.say, method="POST"),
            site.demo("/recalls", self.recall, method="POST"),
            site.demo("/clock", self.move_clock, method="POST"),
            site.demo("/panel", self.panel),
            site.demo("/cases/{number:int}", self.case),
        ]

    @property
    def _services(self) -> WebServices:
        return self._site.services

    async def root(self, request: Request) -> Response:
        """Show the chat page where it is open to everybody, else the way to the pages of whoever is there."""
        if self._services.demo and is_local(request):
            return await self.page(request)
        visit = await run_in_threadpool(self._site.visit, request)
        return visit.go(home(self._services, visit.who) if visit.roles else "/login")

    async def page(self, request: Request) -> Response:
        """Show the page; the chats come over the event stream."""
        return self._site.pages.response(request, "chat.html", view.page(self._services))

    async def events(self, request: Request) -> Response:
        """Stream what is new since ``after`` (or the browser's Last-Event-ID), beginning with the newest of every chat."""
        asked = request.headers.get("last-event-id") or request.query_params.get("after") or ""
        after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else 0
        feed = Feed(self._services, after=after, also=request.query_params.get("also", "")[:40])
        return StreamingResponse(self._stream(feed), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _stream(self, feed: Feed) -> AsyncIterator[bytes]:
        with self._services.channel.listen() as listener:
            yield b"retry: 1000\n\n"
            while not listener.closed:
                try:
                    bubbles = await run_in_threadpool(feed.read)
                except XiaoshaoError as trouble:
                    yield _event("trouble", {"error": str(trouble)})
                    await listener.news(RETRY)
                    continue
                news = {"bubbles": [view.bubble(it, self._services) for it in bubbles], "clock": view.clock(self._services)}
                yield _event("news", news, position=feed.position)
                while not await listener.news(BEAT):
                    yield _event("beat", view.clock(self._services))

    async def say(self, request: Request) -> Response:
        """Take in one message; the same id again changes nothing. 507/503: nothing was registered."""
        speech = read_speech(await read_json(request), self._services)
        await run_in_threadpool(self._services.receive, self._said(speech))
        self._services.channel.notify()
        return Response(status_code=204)

    def _said(self, speech: Speech) -> Said:
        return Said(
            channel=self._services.channel.name,
            message_id=speech.message_id,
            room=speech.room,
            sender=person_named(speech.name),
            text=speech.text,
            at=self._services.clock.now(),
            quoted=speech.quoted,
            mentions=tuple(person_named(name).id for name in speech.mentions),
            mentions_bot=f"@{self._services.bot_name}" in speech.text,
        )

    async def recall(self, request: Request) -> Response:
        """Take back one's own message of the last two minutes."""
        room, name, message_id = read_recall(await read_json(request), self._services)
        await run_in_threadpool(self._recall, room, name, message_id)
        self._services.channel.notify()
        return Response(status_code=204)

    def _recall(self, room: str, name: str, message_id: str) -> None:
        person, now = person_named(name), self._services.clock.now()
        partner = "" if room else person.id
        with self._services.ledger.transaction() as work:
            bubbles = work.conversation(room=room, partner=partner, limit=TAIL, newest=True)
        own = next((it for it in bubbles if it.message_id == message_id and it.sender and it.sender.id == person.id), None)
        if own is None:
            raise Refused("没有找到这条消息，只能撤回自己发的", status=404)
        if now - own.at > RECALL_WINDOW:
            raise Refused("发出超过两分钟，不能撤回了", status=409)
        event = Recalled(self._services.channel.name, f"recall:{message_id}", room, person, message_id, now)
        self._services.intake.handle(event)

    async def move_clock(self, request: Request) -> Response:
        """Push the demo clock forward by seconds, or to the beginning of the next working day."""
        advance = self._services.advance
        if advance is None or not self._services.demo:
            raise Refused("只有演示时才能拨快时钟", status=404)
        body = await read_json(request)
        step = self._until_workday() if body.get("to") == "workday" else timedelta(seconds=read_seconds(body))
        await run_in_threadpool(advance, step)
        self._services.channel.notify()
        return JSONResponse(view.clock(self._services))

    def _until_workday(self) -> timedelta:
        routing, now = self._services.routing, self._services.clock.now()
        tomorrow = now.astimezone(routing.timezone).date() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, time(), tzinfo=routing.timezone)
        opening = (calendar.next_open(midnight) for calendar in routing.calendars.values() if not calendar.always)
        return min(opening, default=midnight + timedelta(hours=9)) - now

    async def panel(self, request: Request) -> Response:
        """Show what was decided about the last message, and the open cases."""
        return JSONResponse(await run_in_threadpool(self._panel))

    def _panel(self) -> view.Json:
        services = self._services
        with services.ledger.transaction() as work:
            judged = work.last_judged(channel=services.channel.name, limit=1)
            cases = work.cases(open_only=True, limit=50)
        now = services.clock.now()
        return {
            "judged": view.judged(judged[0], services) if judged else None,
            "cases": [view.case_card(case, services, now) for case in cases],
        }

    async def case(self, request: Request) -> Response:
        """Show one case with its history."""
        return JSONResponse(await run_in_threadpool(self._case, int(request.path_params["number"])))

    def _case(self, number: int) -> view.Json:
        services = self._services
        with services.ledger.transaction() as work:
            case = work.case(number) if number < 1 << 60 else None
            lines = work.history(number) if case else []
        if case is None:
            raise Refused(f"没有 #{number} 这个工单", status=404)
        return {"case": view.case_card(case, services, services.clock.now()), "history": view.history(lines, services)}


def _event(name: str, data: view.Json, *, position: int | None = None) -> bytes:
    mark = f"id: {position}\n" if position is not None else ""
    return f"{mark}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
