"""One request to a page: who is there, what they typed, and the answers a page can give."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.ledger.page_port import AuditLine
from bot.web.areas import AREAS
from bot.web.forms import Refused, read_text
from bot.web.pages import Pages
from bot.web.roles import Role, roles_of
from bot.web.services import WebServices
from bot.web.sessions import Session
from bot.work.links import signed

SAID = "xiaoshao-said"
"""The cookie that carries a sentence over a redirect."""

ONCE = re.compile(r"[0-9a-f]{16}")
_SECRET = ("csrf", "form", "password", "again", "code")


@dataclass(slots=True)
class Visit:
    """One request; ``cookie`` is the browser's own id, from which its forms' tokens derive, logged in or not.

    ``form`` is what was posted, read and checked before a page sees it.
    """

    request: Request
    services: WebServices
    pages: Pages
    key: bytes
    cookie: str
    session: Session | None = None
    form: Mapping[str, str | UploadFile] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """Return the contact's name that is logged in, ``""`` if nobody is."""
        return self.session.who if self.session else ""

    @property
    def roles(self) -> frozenset[Role]:
        """Return what the person may see."""
        return roles_of(self.services.routing, self.who)

    @property
    def now(self) -> datetime:
        """Return the time by the bot's clock."""
        return self.services.clock.now()

    @property
    def csrf(self) -> str:
        """Return the token that this browser's forms carry; it outlives a restart of the server."""
        return signed(self.key, "form", self.cookie)

    def path(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """Return a value of the query, ``""`` if it isn't there."""
        return read_text(self.request.query_params.get(name)).strip()[:200]

    def typed(self, name: str, limit: int = 5000) -> str:
        """Return what was typed into a field, without blanks around it; raises ``Refused`` if it is too long."""
        value = self.form.get(name)
        text = read_text(value if isinstance(value, str) else "").replace("\r\n", "\n").strip()
        if len(text) > limit:
            raise Refused(f"写得太长了（{len(text)} 字），最多 {limit} 字", status=413)
        return text

    @property
    def once(self) -> str:
        """Return the id of the form that was posted, under which it counts once however often it comes."""
        found = self.typed("form", 100)
        if not ONCE.fullmatch(found):
            raise Refused("这个表单不完整，请回到上一页刷新后再提交")
        return found

    def show(self, template: str, /, *, status: int = 200, **context: Any) -> Response:
        """Return a page."""
        said = unquote(self.request.cookies.get(SAID, ""))
        everything = {
            "bot": self.services.bot_name,
            "areas": [area for area in AREAS if area.shown(self.roles, self.services)],
            "here": self.request.url.path,
            "who": self.who,
            "said": said[:300],
            "csrf": self.csrf,
            "fresh_form": lambda: secrets.token_hex(8),
            "demo": self.services.demo,
            **context,
        }
        response = self.pages.response(self.request, template, everything)
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        if said:
            response.delete_cookie(SAID)
        return response

    def go(self, path: str, said: str = "") -> Response:
        """Send the browser on to another page, which says a sentence once."""
        response = RedirectResponse(path, status_code=303)
        if said:
            response.set_cookie(SAID, quote(said), max_age=60, httponly=True, samesite="lax")
        return response

    def note(self, what: str, about: str = "", detail: str = "", *, who: str = "", way: str = "") -> None:
        """Write into the audit trail what this person did, or (``who``, ``way``) somebody who is here without a login."""
        way = way or (self.session.way if self.session else "")
        line = AuditLine(self.now, who or self.who, way, what, about, detail[:300])
        with self.services.ledger.transaction() as work:
            work.pages.note(line)

    def kept_words(self) -> list[str]:
        """Return what was typed into the form, to be shown where it could not be taken, so that it is not lost."""
        return [value for name, value in self.form.items() if isinstance(value, str) and value.strip() and name not in _SECRET]
