"""Who is logged in: sessions that end, kept in the ledger under a digest, good in the browser that began them only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.ledger.codec import decode, encode
from bot.ledger.page_port import AuditLine
from bot.ledger.port import Ledger, Transaction

COOKIE = "xiaoshao"
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=5)
"""A session's last use is written down this often at most."""

_SESSION = "session"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in; ``way`` is how, ``browser`` the digest of the browser it was done in."""

    who: str
    way: str
    browser: str
    began: datetime
    seen: datetime

    @property
    def ends(self) -> datetime:
        """Return when it ends if it isn't used again."""
        return min(self.seen + IDLE, self.began + LONGEST)


class Sessions:
    """The sessions of one ledger; ``now`` is the wall's time, which a demo's clock does not move."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def begin(self, who: str, way: str, browser: str, now: datetime, *, audited: datetime | None = None) -> str:
        """Begin a session and return its id, which is kept nowhere else; ``audited`` is the time for the audit trail."""
        token = secrets.token_urlsafe(32)
        session = Session(who, way, browser, now, now)
        with self._ledger.transaction() as work:
            work.pages.sweep(now)
            self._keep(work, token, session)
            work.pages.note(AuditLine(audited or now, who, way, "登录"))
        return token

    def find(self, token: str, browser: str, now: datetime) -> Session | None:
        """Return the session of an id; one that turns up in another browser ends, for whoever has stolen it and for its owner."""
        if not token:
            return None
        with self._ledger.transaction() as work:
            body = work.pages.kept(_SESSION, _digest(token), now)
            if body is None:
                return None
            session = decode(Session, body)
            if not hmac.compare_digest(session.browser, browser):
                work.pages.drop(_SESSION, _digest(token))
                work.pages.note(AuditLine(now, session.who, session.way, "登录在另一个浏览器里出现，已作废"))
                return None
            if now - session.seen >= _SEEN_EVERY:
                session = replace(session, seen=now)
                self._keep(work, token, session)
        return session

    def _keep(self, work: Transaction, token: str, session: Session) -> None:
        work.pages.keep(_SESSION, _digest(token), encode(session), session.ends, owner=session.who)

    def end(self, token: str) -> None:
        """End a session."""
        with self._ledger.transaction() as work:
            work.pages.drop(_SESSION, _digest(token))


def end_sessions_of(work: Transaction, who: str) -> None:
    """End every session of somebody."""
    work.pages.drop_of(_SESSION, who)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
