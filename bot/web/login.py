"""Logging in and out: by a code sent to the bound WeChat, by password, and the first password on this machine."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from bot.web.areas import AREAS
from bot.web.browsers import address, fingerprint, is_local
from bot.web.credentials import SHORTEST_PASSWORD, Credentials, set_password
from bot.web.forms import Refused
from bot.web.limits import CODES_FOR_ONE, CODES_FROM_ADDRESS, LOGINS_FROM_ADDRESS, LOGINS_OF_ONE, Limit, Limits
from bot.web.roles import ROLE_WORDS, roles_of
from bot.web.services import WebServices
from bot.web.sessions import Sessions
from bot.web.site import Site
from bot.web.visit import Visit

NAME_LIMIT = 40


class LoginDesk:
    """The pages about logging in."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where the pages are."""
        site = self._site
        return [
            site.page("/login", self.page, None),
            site.action("/login/code", self.send_code, None),
            site.page("/login/code", self.code_page, None),
            site.action("/login/check", self.check_code, None),
            site.action("/login/password", self.check_password, None),
            site.page("/login/first", self.first_page, None),
            site.action("/login/first", self.first_password, None),
            site.action("/logout", self.log_out, None),
            site.page("/me", self.me, None),
        ]

    def page(self, visit: Visit) -> Response:
        """Ask who it is."""
        if visit.roles:
            return visit.go(_inside(visit.query("to")) or home(visit.services, visit.who))
        return self._asked(visit)

    def _asked(self, visit: Visit, trouble: str = "", status: int = 200) -> Response:
        local = is_local(visit.request)
        first = local and not Credentials(visit.services.ledger).any_password(visit.services.wall.now())
        names = tuple(visit.services.routing.contacts) if local else ()
        to = _inside(visit.query("to") or visit.typed("to", 500))
        name = visit.typed("name", NAME_LIMIT)
        return visit.show("login.html", status=status, names=names, first=first, to=to, name=name, trouble=trouble)

    def send_code(self, visit: Visit) -> Response:
        """Send a code; what is answered is the same whether somebody of that name is bound or not."""
        name, services = self._name(visit), visit.services
        now = services.wall.now()
        self._count(visit, CODES_FROM_ADDRESS, address(visit.request))
        self._count(visit, CODES_FOR_ONE, name)
        Credentials(services.ledger).send_code(visit.cookie, name, now, at=visit.now)
        to = _inside(visit.typed("to", 500))
        return visit.go(f"/login/code?to={quote(to)}" if to else "/login/code")

    def code_page(self, visit: Visit) -> Response:
        """Ask for the code."""
        name = Credentials(visit.services.ledger).asked_for(visit.cookie, visit.services.wall.now())
        if not name:
            return visit.go("/login", "验证码已经过期，请重新发一个")
        return visit.show("login_code.html", name=name, to=_inside(visit.query("to")), trouble="")

    def check_code(self, visit: Visit) -> Response:
        """Let in whoever has the code."""
        credentials, now = Credentials(visit.services.ledger), visit.services.wall.now()
        name, to = credentials.asked_for(visit.cookie, now), _inside(visit.typed("to", 500))
        self._count(visit, LOGINS_FROM_ADDRESS, address(visit.request))
        given = "".join(visit.typed("code", 100).split())
        who = credentials.use_code(visit.cookie, given, now)
        if who:
            return self._let_in(visit, who, "验证码", to)
        if not credentials.asked_for(visit.cookie, now):
            return visit.go("/login", "验证码不对或已经过期，请重新发一个")
        trouble = "验证码不对：看一下微信里最新的那一条"
        return visit.show("login_code.html", status=422, name=name, to=to, trouble=trouble)

    def check_password(self, visit: Visit) -> Response:
        """Let in whoever has the password."""
        name, now = self._name(visit), visit.services.wall.now()
        self._count(visit, LOGINS_FROM_ADDRESS, address(visit.request))
        self._count(visit, LOGINS_OF_ONE, name)
        value = visit.form.get("password")
        given = value if isinstance(value, str) else ""
        if given and Credentials(visit.services.ledger).check_password(name, given[:1000], now):
            return self._let_in(visit, name, "密码", _inside(visit.typed("to", 500)))
        return self._asked(visit, "岗位或密码不对", 422)

    def first_page(self, visit: Visit) -> Response:
        """Offer to set the very first password, on this machine only."""
        self._check_first(visit)
        return self._first(visit)

    def _first(self, visit: Visit, trouble: str = "") -> Response:
        workers = [name for name in visit.services.routing.contacts if visit.services.routing.is_worker(name)]
        chosen = visit.typed("name", NAME_LIMIT)
        return visit.show(
            "login_first.html",
            status=422 if trouble else 200,
            workers=workers,
            chosen=chosen,
            shortest=SHORTEST_PASSWORD,
            trouble=trouble,
        )

    def first_password(self, visit: Visit) -> Response:
        """Set the very first password and let its owner in."""
        self._check_first(visit)
        name, password = self._name(visit), visit.form.get("password")
        if not visit.services.routing.is_worker(name):
            return self._first(visit, "先选是谁的密码")
        if not isinstance(password, str) or password != visit.form.get("again"):
            return self._first(visit, "两次打的密码不一样")
        try:
            with visit.services.ledger.transaction() as work:
                set_password(work, name, password, visit.services.wall.now(), by="本机第一次启动")
        except ValueError as fault:
            return self._first(visit, str(fault))
        return self._let_in(visit, name, "密码", "")

    def _check_first(self, visit: Visit) -> None:
        if not is_local(visit.request):
            raise Refused("第一个密码只能在小哨运行的那台电脑上设（打开 http://127.0.0.1 开头的网址）", status=403)
        if Credentials(visit.services.ledger).any_password(visit.services.wall.now()):
            raise Refused("已经有人设过密码了；再设用命令 xiaoshao password 岗位", status=403)

    def log_out(self, visit: Visit) -> Response:
        """End the session."""
        if visit.session:
            Sessions(visit.services.ledger).end(visit.cookie)
            visit.note("退出")
        return visit.go("/login", "已退出")

    def me(self, visit: Visit) -> Response:
        """Show who is logged in and as what."""
        if not visit.session:
            return visit.go("/login?to=/me")
        return visit.show("me.html", session=visit.session, roles=[ROLE_WORDS[role] for role in sorted(visit.roles)])

    def _let_in(self, visit: Visit, who: str, way: str, to: str) -> Response:
        services = visit.services
        token = Sessions(services.ledger).begin(
            who, way, fingerprint(visit.request), services.wall.now(), audited=services.clock.now()
        )
        response = visit.go(to or home(services, who))
        self._site.set_cookie(visit, response, token)
        return response

    def _name(self, visit: Visit) -> str:
        name = visit.typed("name", NAME_LIMIT)
        if not name:
            raise Refused("先写上您的岗位，例如 网格员一")
        return name

    def _count(self, visit: Visit, limit: Limit, scope: str) -> None:
        if not Limits(visit.services.ledger).take(limit, scope, visit.services.wall.now()):
            minutes = int(limit.within.total_seconds() // 60)
            raise Refused(f"试得太多了，请过 {minutes} 分钟再来", status=429)


def home(services: WebServices, who: str) -> str:
    """Return where somebody begins after logging in."""
    roles = roles_of(services.routing, who)
    return next((area.path for area in AREAS if area.shown(roles, services)), "/me")


def _inside(path: str) -> str:
    """Return a path of this site, ``""`` for anything that leads elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and not path.startswith("/login") else ""
