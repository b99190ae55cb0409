"""The web application: every desk's routes, around them the guard, and errors said in Chinese."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from bot.errors import XiaoshaoError
from bot.web.audit import AuditDesk
from bot.web.bulletins import BulletinDesk
from bot.web.casework import CaseDesk
from bot.web.chat import ChatDesk
from bot.web.contact_page import ContactDesk
from bot.web.entries import EntryDesk
from bot.web.entry_exchange import EntryExchangeDesk
from bot.web.entry_form import EntryFormDesk
from bot.web.forms import Refused
from bot.web.guard import Guard
from bot.web.health import HealthDesk
from bot.web.login import LoginDesk
from bot.web.pages import STATIC
from bot.web.questions import QuestionDesk
from bot.web.relay import RelayDesk
from bot.web.scores import ScoreDesk
from bot.web.services import WebServices
from bot.web.site import Site
from bot.web.worklist import WorklistDesk

DESKS = (
    ChatDesk,
    LoginDesk,
    WorklistDesk,
    CaseDesk,
    ContactDesk,
    QuestionDesk,
    RelayDesk,
    EntryDesk,
    EntryExchangeDesk,
    EntryFormDesk,
    ScoreDesk,
    BulletinDesk,
    AuditDesk,
    HealthDesk,
)
"""Every part of the site; each is made from the site and tells its routes."""


def create_app(services: WebServices | Callable[[], WebServices]) -> Starlette:
    """Make the web application of the pages from its services, or from what returns those of the moment."""
    site = Site(services)
    return Starlette(
        routes=[
            *(route for desk in DESKS for route in desk(site).routes()),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={
            Refused: site.refused,
            XiaoshaoError: site.trouble,
            HTTPException: site.not_there,
            Exception: site.accident,
        },
    )
