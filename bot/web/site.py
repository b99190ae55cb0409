"""What every page stands on: who may see it, forms that only our own pages can post, and errors said in Chinese."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message

from bot.errors import LedgerFull, XiaoshaoError
from bot.web.browsers import fingerprint, is_local
from bot.web.forms import BODY_LIMIT, Refused
from bot.web.pages import Pages
from bot.web.roles import ROLE_WORDS, Role
from bot.web.services import WebServices
from bot.web.sessions import COOKIE, LONGEST, Sessions
from bot.web.visit import Visit
from bot.work.links import page_key

View: TypeAlias = Callable[[Visit], Response]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class NotLoggedIn(Refused):
    """Somebody must log in first."""


class Site:
    """The pages of one bot, made from its services or from what returns those of the moment."""

    def __init__(self, services: WebServices | Callable[[], WebServices], pages: Pages | None = None) -> None:
        self._given = services
        self.pages = pages or Pages()

    @property
    def services(self) -> WebServices:
        """Return the services as they are now."""
        return self._given() if callable(self._given) else self._given

    def page(self, path: str, view: View, role: Role | None) -> Route:
        """Return the route of a page for a role; None: for everybody, logged in or not."""
        return Route(path, self._served(view, role, posts=False), methods=["GET"])

    def action(self, path: str, view: View, role: Role | None, *, body_limit: int = BODY_LIMIT) -> Route:
        """Return the route that a form of a page posts to; uploads may be as long as ``body_limit`` (bytes)."""
        return Route(path, self._served(view, role, posts=True, body_limit=body_limit), methods=["POST"])

    def _served(self, view: View, role: Role | None, *, posts: bool, body_limit: int = 0) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            visit = await run_in_threadpool(self.visit, request)
            if posts:
                visit.form = await _read_form(request, body_limit)
                self._check_csrf(visit, visit.typed("csrf", 100))
            self._check_role(visit, role)
            return self._with_cookie(visit, await run_in_threadpool(view, visit))

        return endpoint

    def api(self, path: str, endpoint: Endpoint, role: Role, *, method: str = "GET") -> Route:
        """Return the route of an endpoint that a script of a page calls; posts carry the page's token in X-CSRF."""

        async def guarded(request: Request) -> Response:
            visit = await run_in_threadpool(self.visit, request)
            self._check_role(visit, role)
            if method != "GET":
                self._check_csrf(visit, request.headers.get("x-csrf", ""))
            return await endpoint(request)

        return Route(path, guarded, methods=[method])

    def demo(self, path: str, endpoint: Endpoint, *, method: str = "GET") -> Route:
        """Return the route of the demo's chat page: open on this machine, elsewhere for workers, gone outside the demo."""

        async def guarded(request: Request) -> Response:
            if not self.services.demo:
                raise HTTPException(404)
            if not is_local(request):
                self._check_role(await run_in_threadpool(self.visit, request), Role.WORKER)
            return await endpoint(request)

        return Route(path, guarded, methods=[method])

    def visit(self, request: Request) -> Visit:
        """Return the request with who is there; it stays the same visit however often it is asked for."""
        known = getattr(request.state, "visit", None)
        if isinstance(known, Visit):
            return known
        services, cookie = self.services, request.cookies.get(COOKIE, "")
        with services.ledger.transaction() as work:
            key = page_key(work)
        session = Sessions(services.ledger).find(cookie, fingerprint(request), services.wall.now())
        visit = Visit(request, services, self.pages, key, cookie or secrets.token_urlsafe(32), session)
        request.state.visit = visit
        return visit

    def _check_role(self, visit: Visit, role: Role | None) -> None:
        if role is None or role in visit.roles:
            return
        if visit.session is None:
            raise NotLoggedIn("请先登录", status=401)
        raise Refused(f"这一页是给{ROLE_WORDS[role]}看的，{visit.who}没有权限", status=403)

    def _check_csrf(self, visit: Visit, given: str) -> None:
        if not hmac.compare_digest(given.encode("utf-8", "replace"), visit.csrf.encode()):
            raise Refused("这个表单不是从本页面发出的，或者已经过期：请刷新页面后再提交", status=403)

    def _with_cookie(self, visit: Visit, response: Response) -> Response:
        if visit.cookie != visit.request.cookies.get(COOKIE):
            self.set_cookie(visit, response, visit.cookie)
        return response

    def set_cookie(self, visit: Visit, response: Response, value: str) -> None:
        """Give the browser its id."""
        secure = visit.services.public_url.startswith("https:") and not is_local(visit.request)
        visit.cookie = value
        response.set_cookie(
            COOKIE, value, max_age=int(LONGEST.total_seconds()), httponly=True, samesite="lax", secure=secure, path="/"
        )

    # ── Errors ──────────────────────────────────────────────────────────────────────────────────────────────

    async def refused(self, request: Request, refusal: Exception) -> Response:
        """Answer a refusal: a page for people, JSON for scripts; somebody to be logged in is sent there and back."""
        assert isinstance(refusal, Refused)
        if _wants_page(request) and isinstance(refusal, NotLoggedIn) and request.method == "GET":
            visit = await run_in_threadpool(self.visit, request)
            query = f"?{request.url.query}" if request.url.query else ""
            return self._with_cookie(visit, visit.go(f"/login?to={quote(request.url.path + query)}"))
        return await self._told(request, str(refusal), refusal.status, login=isinstance(refusal, NotLoggedIn))

    async def trouble(self, request: Request, trouble: Exception) -> Response:
        """Answer that the ledger or a file could not be used."""
        return await self._told(request, str(trouble), 507 if isinstance(trouble, LedgerFull) else 503)

    async def accident(self, request: Request, accident: Exception) -> Response:
        """Answer a fault of the program; what it is stands in the log."""
        return await self._told(request, "小哨出了意外，请稍后重试", 500)

    async def not_there(self, request: Request, fault: Exception) -> Response:
        """Answer what the router or a page refuses by its HTTP status alone."""
        assert isinstance(fault, HTTPException)
        words = {404: "没有这个页面：地址可能打错了，或者已经不在了", 405: "这个地址不能这样用"}
        return await self._told(request, words.get(fault.status_code, "没有成功"), fault.status_code)

    async def _told(self, request: Request, words: str, status: int, *, login: bool = False) -> Response:
        if not _wants_page(request):
            return JSONResponse({"error": words}, status_code=status)
        try:
            visit = await run_in_threadpool(self.visit, request)
            kept = visit.kept_words()
            return self._with_cookie(visit, visit.show("refused.html", status=status, words=words, kept=kept, login=login))
        except XiaoshaoError:  # the ledger itself is what fails
            return Response(words, status_code=status, media_type="text/plain; charset=utf-8")


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


async def _read_form(request: Request, limit: int) -> dict[str, str | UploadFile]:
    """Read a posted form; raises ``Refused`` as soon as it is longer than the limit."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_long(limit)
    read, receive = 0, request.receive

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _too_long(limit)
        return message

    try:
        form = await Request(request.scope, counted).form(max_files=5, max_fields=200, max_part_size=limit + 1)
    except (HTTPException, ClientDisconnect):
        raise Refused("收到的表单不完整，请回到上一页再提交一次") from None
    return dict(form.items())


def _too_long(limit: int) -> Refused:
    return Refused(f"太大了：最多 {limit / 1_000_000:g} MB", status=413)
