"""The relay page: chat copied out of WeChat is pasted, read and taken in; ready replies wait there to be carried back."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.relay.channel import RelayChannel
from bot.channels.relay.stretch import person_ids
from bot.model import Action, Operated, Operation
from bot.web import relay_view as view
from bot.web.forms import NAME_LIMIT, Refused, read_json, read_room, read_text
from bot.web.roles import Role
from bot.web.services import WebServices
from bot.web.site import Site
from bot.web.view import Json, clock
from bot.web.visit import Visit
from bot.work.pasting import REMEMBERED, Pasting

MOST_LINES = 1500
_NUMBER_IN_FRONT = re.compile(r"^\s*[#＃]\s*\d{1,9}\s*")


class RelayDesk:
    """The relay page's endpoints; everything that blocks runs in a worker thread."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the endpoints are."""
        site = self._site
        return [
            site.page("/relay", self.page, Role.WORKER),
            site.api("/relay/waiting", self.waiting, Role.WORKER),
            site.api("/relay/read", self.read, Role.WORKER, method="POST"),
            site.api("/relay/carried", self.carried, Role.WORKER, method="POST"),
            site.api("/relay/mark", self.mark, Role.WORKER, method="POST"),
        ]

    @property
    def _services(self) -> WebServices:
        return self._site.services

    @property
    def _relay(self) -> RelayChannel:
        relay = self._services.relay
        if relay is None or self._services.pasting is None:
            raise Refused("这里没有开转贴", status=404)
        return relay

    @property
    def _pasting(self) -> Pasting:
        assert self._services.pasting is not None
        return self._services.pasting

    def page(self, visit: Visit) -> Response:
        """Show the page."""
        assert self._relay
        return visit.show("relay.html", start=view.page(visit))

    async def waiting(self, request: Request) -> Response:
        """List the replies that wait to be carried back, and the open cases."""
        return JSONResponse(await run_in_threadpool(self._waiting))

    def _waiting(self) -> Json:
        services = self._services
        letters = self._relay.waiting(services.clock.now())
        with services.ledger.transaction() as work:
            cases = work.cases(open_only=True, limit=100)
        return {
            "clock": clock(services),
            "waiting": [view.waiting(letter, services) for letter in letters],
            "cases": [view.case_choice(case, services) for case in cases],
        }

    async def read(self, request: Request) -> Response:
        """Read a paste and take in what is new in it; the same paste again changes nothing."""
        body = await read_json(request)
        room = read_room(body, self._services)
        if not room:
            raise Refused("先选是哪个群")
        text = read_text(body.get("text"))
        if not text.strip():
            raise Refused("还没有贴东西：在微信里选中消息复制，再粘贴到这里")
        if text.count("\n") >= MOST_LINES:
            raise Refused(f"一次最多 {MOST_LINES} 行，请分几次贴（前后重叠没关系，不会重复登记）", status=413)
        return JSONResponse(await run_in_threadpool(self._read, room, text, body))

    def _read(self, room: str, text: str, body: dict[str, Any]) -> Json:
        services = self._services
        taken = self._pasting.take(
            room,
            text,
            services.routing.timezone,
            names=_names(body),
            with_old=body.get("old") is True,
            anew=_line_numbers(body.get("anew")),
        )
        services.channel.notify()
        with services.ledger.transaction() as work:
            cases = work.cases(open_only=True, limit=100)
        letters = self._relay.waiting(services.clock.now())
        about = {bubble.message_id: bubble.case for bubble in taken.bubbles if bubble.case is not None}
        shown = [
            view.item(item, decision, view.Around(services, room, letters, cases, about))
            for item, decision in zip(taken.items, taken.decided, strict=True)
        ]
        return {
            "items": shown,
            "notices": [{"line": it.line, "text": it.text} for it in taken.reading.notices],
            "unread": [{"line": it.line, "text": it.text, "mend": it.mend} for it in taken.reading.unread],
            "cases": [view.case_choice(case, services) for case in cases],
            "names": sorted({it.name for it in taken.known.heard} | {it.name for it in taken.messages if it.name}),
        }

    async def carried(self, request: Request) -> Response:
        """Note that a reply was pasted into its group: that is its receipt."""
        body = await read_json(request)
        receipt = read_text(body.get("receipt"))
        if not await run_in_threadpool(self._pasting.carried, receipt):
            raise Refused("这条不在待贴的单子里：可能已经贴过，或者不用再贴了", status=409)
        self._services.channel.notify()
        return Response(status_code=204)

    async def mark(self, request: Request) -> Response:
        """Take a pasted message as a contact's answer to a case, on the word of the worker who says so."""
        body = await read_json(request)
        worker = self._site.visit(request).who
        room, number = read_room(body, self._services), body.get("case")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 31:
            raise Refused("先选记到哪个工单")
        return JSONResponse(await run_in_threadpool(self._mark, worker, room, read_text(body.get("id")), number))

    def _mark(self, worker: str, room: str, message_id: str, number: int) -> Json:
        services = self._services
        with services.ledger.transaction() as work:
            bubbles = work.conversation(room=room, limit=REMEMBERED, newest=True) if room else []
        ours = person_ids(room)
        found = next((it for it in bubbles if it.message_id == message_id and it.sender and it.sender.id.startswith(ours)), None)
        if found is None:
            raise Refused("没有找到这条消息，请把它重新贴一次再记", status=404)
        digest = hashlib.sha256(f"{room}\0{message_id}\0{number}".encode("utf-8", "replace")).hexdigest()[:24]
        text = _NUMBER_IN_FRONT.sub("", found.text)
        event = Operated(f"relay-mark/{digest}", worker, Operation.ANSWER, number, "", services.clock.now(), text=text)
        decision = services.intake.handle(event)
        services.channel.notify()
        if decision is None:
            return {"done": True, "said": f"这句话已经记到过 #{number}"}
        if decision.action is not Action.CASE:
            raise Refused(decision.reasons[0].detail, status=409)
        return {"done": True, "said": decision.reasons[0].detail}


def _names(body: dict[str, Any]) -> dict[int, str]:
    given = body.get("names")
    if not isinstance(given, dict):
        return {}
    chosen = {line: " ".join(read_text(name).split())[:NAME_LIMIT] for line, name in given.items()}
    return {int(line): name for line, name in chosen.items() if line.isascii() and line.isdigit() and len(line) < 9 and name}


def _line_numbers(value: object) -> set[int]:
    return {it for it in value if isinstance(it, int)} if isinstance(value, list) else set()
