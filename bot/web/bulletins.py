"""The bulletins' pages: drafts to be sent or dropped, earlier ones, the text to copy and the picture to forward."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from bot.ledger.codec import decode
from bot.ledger.report_port import KeptBulletin
from bot.reports.bulletin import Bulletin, Kind
from bot.reports.bulletin_text import as_message, sections, title
from bot.reports.picture import NoChineseFont, draw
from bot.web.forms import Refused
from bot.web.roles import Role
from bot.web.scores import bulletins_of
from bot.web.site import Site
from bot.web.visit import Visit

KIND_WORDS = {Kind.DAILY.value: "每日一报", Kind.WEEKLY.value: "一周小结"}
STATE_WORDS = {
    "held": ("等您看", "wait"),
    "sent": ("已发", "good"),
    "dropped": ("没有发", ""),
    "empty": ("没有内容，没有发", ""),
}


class BulletinDesk:
    """The list of bulletins, and each with what may be done to it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where they are."""
        one = "/bulletins/{kind}/{day}/{community}"
        return [
            self._site.page("/bulletins", self.list, Role.LEADER),
            self._site.page(one, self.page, Role.LEADER),
            self._site.page(f"{one}/picture.png", self.picture, Role.LEADER),
            self._site.action(f"{one}/send", self.send, Role.WORKER),
            self._site.action(f"{one}/drop", self.drop, Role.WORKER),
        ]

    def list(self, visit: Visit) -> Response:
        """List the bulletins that were made, and show what today's would say so far."""
        with visit.services.ledger.transaction() as work:
            kept = work.reports.bulletins()
        today = visit.now.astimezone(visit.services.routing.timezone).date()
        draft = bulletins_of(visit).draft(Kind.DAILY, today)
        plan = visit.services.routing.bulletin
        return visit.show(
            "bulletins.html",
            kept=kept,
            kinds=KIND_WORDS,
            states=STATE_WORDS,
            plan=plan,
            title=title(draft),
            parts=sections(draft),
        )

    def page(self, visit: Visit) -> Response:
        """Show one bulletin."""
        kept = _kept(visit)
        bulletin = decode(Bulletin, kept.body)
        rooms = bulletins_of(visit).rooms(Kind(kept.kind)).get(kept.community, [])
        return visit.show(
            "bulletin.html",
            it=kept,
            kind=KIND_WORDS[kept.kind],
            state=STATE_WORDS[kept.state],
            title=title(bulletin),
            parts=sections(bulletin),
            text=as_message(bulletin),
            rooms=rooms,
            may_decide=Role.WORKER in visit.roles,
        )

    def picture(self, visit: Visit) -> Response:
        """Return the long picture."""
        try:
            drawn = draw(decode(Bulletin, _kept(visit).body))
        except NoChineseFont as missing:
            raise Refused(str(missing), status=503) from None
        return Response(drawn, media_type="image/png", headers={"Cache-Control": "private, max-age=300"})

    def send(self, visit: Visit) -> Response:
        """Send a draft to its groups."""
        kept = _kept(visit)
        done = bulletins_of(visit).publish(Kind(kept.kind), kept.day, kept.community, visit.who)
        return self._decided(visit, kept, done, "发出")

    def drop(self, visit: Visit) -> Response:
        """Decide that a draft is not sent."""
        kept = _kept(visit)
        done = bulletins_of(visit).drop(Kind(kept.kind), kept.day, kept.community, visit.who)
        return self._decided(visit, kept, done, "不发")

    def _decided(self, visit: Visit, kept: KeptBulletin, done: bool, what: str) -> Response:
        words = f"{KIND_WORDS[kept.kind]}已{'发到群里' if what == '发出' else '定为不发'}"
        if done:
            visit.note(f"{KIND_WORDS[kept.kind]}{what}", f"{kept.day} {kept.community}")
        else:
            words = f"这份{KIND_WORDS[kept.kind]}已经有人处理过了：{STATE_WORDS[_kept(visit).state][0]}"
        return visit.go(quote(f"/bulletins/{kept.kind}/{kept.day}/{kept.community}"), words)


def _kept(visit: Visit) -> KeptBulletin:
    try:
        day = date.fromisoformat(visit.path("day"))
    except ValueError:
        raise Refused("没有这份一报", status=404) from None
    with visit.services.ledger.transaction() as work:
        kept = work.reports.bulletin(visit.path("kind"), day, visit.path("community"))
    if kept is None:
        raise Refused("没有这份一报", status=404)
    return kept
