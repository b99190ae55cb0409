"""Rendering of templates: always escaped, undefined names are an error."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from bot.ledger.codec import ZONE
from bot.text import shorten

HERE = Path(__file__).parent
STATIC = HERE / "static"


def moment(at: datetime, now: datetime | None = None) -> str:
    """Word an instant as people do: the time alone today, with the day and, in another year, the year else."""
    local = at.astimezone(ZONE)
    today = now.astimezone(ZONE) if now else None
    if today and local.date() == today.date():
        return f"今天 {local:%H:%M}"
    if today and local.year != today.year:
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"


class Pages:
    """The templates of ``bot/web/templates``."""

    def __init__(self) -> None:
        env = Environment(
            trim_blocks=True,
            lstrip_blocks=True,
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
        )
        env.filters["moment"] = moment
        env.filters["shorten"] = shorten
        self._templates = Jinja2Templates(env=env)

    def response(self, request: Request, template: str, context: dict[str, Any]) -> Response:
        """Return a rendered page."""
        return self._templates.TemplateResponse(request, template, context)
