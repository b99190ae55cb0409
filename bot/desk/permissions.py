"""Who may do what to a case, at which status, and what it then is; docs/cases.md shows the same as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.model import Case, Operation, Status
from bot.routing.config import Routing


class Role(StrEnum):
    """What a bound contact is to a case; one may be several."""

    HANDLER = "经办人"  # has it, or was alerted together with whoever has it
    COLLEAGUE = "同部门的人"  # speaks for the department that it is with
    FORMER = "以前的经办人"
    WORKER = "社区的人"


@dataclass(frozen=True, slots=True)
class Permission:
    """Who may do something to a case; ``becomes`` maps the statuses that it may have before to what it may have after."""

    roles: tuple[Role, ...]
    becomes: Mapping[Status, tuple[Status, ...]]
    needs_reason: bool = False


WAITING, OPEN, ACKNOWLEDGED, ANSWERED = Status.WAITING, Status.OPEN, Status.ACKNOWLEDGED, Status.ANSWERED
THEIRS = (Role.HANDLER, Role.COLLEAGUE)
ALL = tuple(Role)
WORKERS = (Role.WORKER,)
HANDED_ON = {OPEN: (OPEN,), ACKNOWLEDGED: (OPEN,)}

PERMISSIONS: Mapping[Operation, Permission] = {
    Operation.ACKNOWLEDGE: Permission(THEIRS, {OPEN: (ACKNOWLEDGED,)}),
    Operation.ANSWER: Permission(
        ALL, {WAITING: (ANSWERED,), OPEN: (ANSWERED,), ACKNOWLEDGED: (ANSWERED,), ANSWERED: (ANSWERED,)}
    ),
    # Only whoever has the case acknowledges it by asking back.
    Operation.ASK_BACK: Permission((*THEIRS, Role.WORKER), {OPEN: (ACKNOWLEDGED, OPEN), ACKNOWLEDGED: (ACKNOWLEDGED,)}),
    # After an answer too: the other half of a question may be another department's.
    Operation.TRANSFER: Permission((*THEIRS, Role.WORKER), {WAITING: (OPEN,), **HANDED_ON, ANSWERED: (OPEN,)}, needs_reason=True),
    Operation.RETURN: Permission(THEIRS, HANDED_ON, needs_reason=True),
    Operation.TAKE_OVER: Permission(WORKERS, {WAITING: (ACKNOWLEDGED,), OPEN: (ACKNOWLEDGED,), ACKNOWLEDGED: (ACKNOWLEDGED,)}),
    Operation.REASSIGN: Permission(WORKERS, {WAITING: (OPEN,), **HANDED_ON}),
    Operation.MERGE: Permission(WORKERS, dict.fromkeys((WAITING, OPEN, ACKNOWLEDGED), (Status.CLOSED,))),
    Operation.CLOSE: Permission(
        (*THEIRS, Role.WORKER), dict.fromkeys((WAITING, OPEN, ACKNOWLEDGED, ANSWERED), (Status.CLOSED,)), needs_reason=True
    ),
    Operation.ESCALATE: Permission((*THEIRS, Role.WORKER), {WAITING: (OPEN,), **HANDED_ON}, needs_reason=True),
    Operation.SUPERVISE: Permission(WORKERS, {WAITING: (OPEN,), **HANDED_ON}),
    Operation.REOPEN: Permission(WORKERS, dict.fromkeys((ANSWERED, Status.CLOSED, Status.WITHDRAWN), (OPEN,)), needs_reason=True),
}
"""What contacts and workers may do. What askers and deadlines do is not theirs to be allowed: see docs/cases.md."""


def roles(contact: str, case: Case, routing: Routing) -> frozenset[Role]:
    """Return what a contact is to a case; empty for somebody whom it does not concern, or who has left the routing file."""
    if contact not in routing.contacts:
        return frozenset()
    alerted = case.plan.alert if case.plan else ()
    holds = {
        Role.HANDLER: contact in (case.assignee, *alerted),
        Role.COLLEAGUE: routing.department_of(contact) == case.department,
        Role.FORMER: contact in (*case.handed_on, *case.carried_from),
        Role.WORKER: routing.is_worker(contact),
    }
    return frozenset(role for role, held in holds.items() if held)


def has_a_say(contact: str, case: Case, routing: Routing, operation: Operation) -> bool:
    """Tell whether a contact may do this to the case, whatever its status."""
    return not roles(contact, case, routing).isdisjoint(PERMISSIONS[operation].roles)


def decides_freely(contact: str, routing: Routing) -> bool:
    """Tell whether a contact may hand on a case that was transferred too often: workers, and the default department."""
    return routing.is_worker(contact) or routing.department_of(contact) == routing.default.department
