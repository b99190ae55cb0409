"""Who may see which pages, by routing.yaml."""

from __future__ import annotations

from enum import StrEnum

from bot.routing.config import Routing


class Role(StrEnum):
    """What somebody who logged in is here for."""

    CONTACT = "contact"  # has cases of their own
    WORKER = "worker"
    CURATOR = "curator"
    LEADER = "leader"


ROLE_WORDS = {Role.CONTACT: "联络员", Role.WORKER: "社区工作人员", Role.CURATOR: "知识库维护", Role.LEADER: "领导"}

_OF_WORKERS = frozenset((Role.CURATOR, Role.LEADER))


def roles_of(routing: Routing, name: str) -> frozenset[Role]:
    """Return the roles of a contact of routing.yaml; one who has left the file has none."""
    contact = routing.contacts.get(name)
    if contact is None:
        return frozenset()
    named = frozenset(Role(page) for page in contact.pages)
    if routing.is_worker(name):
        return frozenset((Role.CONTACT, Role.WORKER)) | (named or _OF_WORKERS)
    return frozenset((Role.CONTACT,)) | named
