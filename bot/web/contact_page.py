"""A contact's page of one case, by the signed link in the message that brought it: no login, for one person and one case."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from bot.desk.handling import VERBS
from bot.model import Case, Operation, Status
from bot.web.browsers import address
from bot.web.case_view import allowed, department_name, line, mark, nearby, steps
from bot.web.forms import Refused
from bot.web.handling import Outcome, act, read_case
from bot.web.limits import BAD_LINKS_FROM_ADDRESS, LINK_POSTS, Limits
from bot.web.site import Site
from bot.web.visit import Visit
from bot.work.links import CaseLink, Links

WAY = "链接"
IN_CHAT = "在微信里引用那条工单消息回复也一样"


class ContactDesk:
    """The page behind a link."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the page is."""
        return [
            self._site.page("/c/{token}", self.page, None),
            self._site.action("/c/{token}", self.do, None),
        ]

    def page(self, visit: Visit) -> Response:
        """Show the case, and what the contact may do to it now."""
        return self._shown(visit, self._link(visit), None)

    def do(self, visit: Visit) -> Response:
        """Do what the form asks, as the contact whom the link was made for."""
        link, token = self._link(visit), visit.path("token")
        if not Limits(visit.services.ledger).take(LINK_POSTS, token[-20:], visit.services.wall.now()):
            raise Refused(f"提交得太多了，请过十分钟再来；{IN_CHAT}", status=429)
        case, lines = read_case(visit, link.case)
        outcome = act(visit, link.contact, case, lines)
        if not outcome.done:
            return self._shown(visit, link, outcome)
        verb = VERBS[Operation(visit.typed("operation"))]
        detail = visit.typed("reason") or visit.typed("text")
        visit.note(verb, f"#{link.case}", detail, who=link.contact, way=WAY)
        return visit.go(f"/c/{token}", outcome.words)

    def _link(self, visit: Visit) -> CaseLink:
        """Return what the link says; raises ``Refused`` for one that is wrong, old, or whose contact is somebody else by now."""
        limits, now, scope = Limits(visit.services.ledger), visit.services.wall.now(), address(visit.request)
        if limits.reached(BAD_LINKS_FROM_ADDRESS, scope, now):
            raise Refused("打不开的链接试得太多了，请过一小时再来", status=429)
        link = Links(visit.key).read(visit.path("token"))
        if link is None:
            limits.take(BAD_LINKS_FROM_ADDRESS, scope, now)
            raise Refused(f"这个链接不完整，或者被改过：请从微信里重新点开；{IN_CHAT}", status=404)
        if link.expired(visit.now):
            raise Refused(f"这个链接过期了（只管十四天）：{IN_CHAT}", status=410)
        if link.contact not in visit.services.routing.contacts or self._rebound(visit, link):
            raise Refused(f"这个链接是给“{link.contact}”的，这个岗位后来换了人或者取消了，链接不再有效", status=410)
        return link

    def _rebound(self, visit: Visit, link: CaseLink) -> bool:
        """Tell whether an id of the contact was released since the link was made: it may have been somebody else's."""
        with visit.services.ledger.transaction() as work:
            changes = work.binding_history(link.contact)
        return any(change.step != "bound" and change.at >= link.made for change in changes)

    def _shown(self, visit: Visit, link: CaseLink, outcome: Outcome | None) -> Response:
        services, now = visit.services, visit.now
        case, lines = read_case(visit, link.case)
        may = allowed(link.contact, case, services)
        return visit.show(
            "contact.html",
            status=409 if outcome else 200,
            outcome=outcome,
            contact=link.contact,
            now=now,
            case=case,
            line=line(case, services, now),
            department=department_name(case, services),
            moved=_moved(case, link.contact),
            steps=steps(lines),
            nearby=nearby(case, services),
            may={operation.value for operation in may},
            seen=mark(case),
            departments=[it.name for key, it in services.routing.departments.items() if key != case.department],
            typed={name: visit.typed(name) for name in ("operation", "text", "reason", "target")},
        )


def _moved(case: Case, contact: str) -> str:
    """Word why a case no longer waits for this contact, ``""`` if it does."""
    if case.merged_into is not None:
        return f"这件已经合并到 #{case.merged_into}，在那里继续办，您不用再答复。"
    if case.status is Status.WITHDRAWN:
        return "提问人已经撤回，不用再答复。"
    answered = next((reply.by for reply in case.replies if not reply.partial), "")
    if case.status is Status.CLOSED:
        return (
            "这件您已经答复，已办结，谢谢。"
            if answered == contact
            else f"这件已经办结（{case.outcome or answered}），不用再答复。"
        )
    if case.status is Status.ANSWERED:
        return "您已经答复，转告提问人了，谢谢。" if answered == contact else f"{answered or '别人'}已经先答复了，您不用再答。"
    alerted = case.plan.alert if case.plan else ()
    if case.assignee and contact != case.assignee and contact not in alerted:
        return f"这件已经转到{case.assignee}手上，不用您再办；知道答案的，仍可以答复。"
    return ""
