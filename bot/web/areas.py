"""What the pages' navigation lists: one line an area, shown to those whose role it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.web.roles import Role
from bot.web.services import WebServices


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the site: where it begins, what it is called, whose it is, and whether this installation has it.

    ``instead`` is a role whose holders need it not, because they have something better.
    """

    path: str
    title: str
    role: Role
    available: Callable[[WebServices], bool] = lambda services: True
    instead: Role | None = None

    def shown(self, roles: frozenset[Role], services: WebServices) -> bool:
        """Tell whether the navigation shows it to somebody with these roles."""
        return self.role in roles and self.instead not in roles and self.available(services)

    def holds(self, path: str) -> bool:
        """Tell whether a page belongs to the area."""
        return path == self.path or path.startswith(f"{self.path}/")


AREAS = (
    Area("/today", "今天", Role.WORKER),
    Area("/work", "工单", Role.WORKER),
    Area("/asked", "问题", Role.WORKER),
    Area("/candidates", "候选", Role.WORKER),
    Area("/relay", "转贴", Role.WORKER, lambda services: services.relay is not None),
    Area("/entries", "知识库", Role.CURATOR, lambda services: services.curating is not None),
    Area("/scores", "三率", Role.LEADER, lambda services: services.bulletins is not None),
    Area("/bulletins", "每日一报", Role.LEADER, lambda services: services.bulletins is not None),
    Area("/audit", "操作记录", Role.WORKER),
    Area("/status", "运行状况", Role.WORKER, lambda services: services.watch is not None),
    Area("/mine", "在我手上", Role.CONTACT, instead=Role.WORKER),
)
