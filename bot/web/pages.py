"""Rendering of templates: always escaped, undefined names are an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

HERE = Path(__file__).parent
STATIC = HERE / "static"


class Pages:
    """The templates of ``bot/web/templates``."""

    def __init__(self) -> None:
        env = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
        self._templates = Jinja2Templates(env=env)

    def response(self, request: Request, template: str, context: dict[str, Any]) -> Response:
        """Return a rendered page."""
        return self._templates.TemplateResponse(request, template, context)
