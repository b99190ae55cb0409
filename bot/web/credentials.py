"""What somebody logs in with: a code that is sent to their WeChat, or a password; both kept as salted digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.desk.page_phrases import login_code
from bot.ledger.codec import ZONE, decode, encode
from bot.ledger.page_port import AuditLine
from bot.ledger.port import Ledger, Transaction
from bot.model import Say, Target
from bot.web.sessions import end_sessions_of

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

_CODE, _PASSWORD = "login-code", "password"
_FOREVER = datetime(9999, 1, 1, tzinfo=ZONE)
_COST = {"n": 1 << 14, "r": 8, "p": 1, "maxmem": 1 << 26}


@dataclass(frozen=True, slots=True)
class _Code:
    who: str
    salt: str
    digest: str  # "" where nobody is bound by that name: looks the same from outside
    ends: datetime
    wrong: int = 0


class Credentials:
    """Codes and passwords of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def send_code(self, browser: str, who: str, now: datetime, *, at: datetime) -> None:
        """Send a code to a contact's bound ids, good in this browser (a cookie) only; ``at`` is the outbox's time.

        Where nobody of that name is bound nothing is sent, and nothing tells so from outside.
        """
        code = f"{secrets.randbelow(10**6):06}"
        salt = secrets.token_hex(16)
        with self._ledger.transaction() as work:
            bound = bool(work.addresses(who))
            kept = _Code(who, salt, _digest(salt, code) if bound else "", now + CODE_LIFE)
            work.pages.keep(_CODE, browser, encode(kept), kept.ends, owner=who)
            if bound:
                minutes = int(CODE_LIFE.total_seconds() // 60)
                say = Say(f"pages/code/{secrets.token_hex(8)}", Target("contact", who), login_code(code, minutes), urgent=True)
                work.pages.send((say,), at)
            work.pages.note(AuditLine(at, who, "", "要登录验证码", detail="" if bound else "没有绑定，没有发"))

    def use_code(self, browser: str, given: str, now: datetime) -> str | None:
        """Return whom a code lets in, once; None for a wrong or old one, which is void after some wrong tries."""
        with self._ledger.transaction() as work:
            body = work.pages.kept(_CODE, browser, now)
            if body is None:
                return None
            code = decode(_Code, body)
            if code.digest and hmac.compare_digest(_digest(code.salt, given), code.digest):
                work.pages.drop(_CODE, browser)
                return code.who
            code = replace(code, wrong=code.wrong + 1)
            if code.wrong >= CODE_TRIES:
                work.pages.drop(_CODE, browser)
            else:
                work.pages.keep(_CODE, browser, encode(code), code.ends, owner=code.who)
            work.pages.note(AuditLine(now, code.who, "验证码", "登录没有成功"))
        return None

    def asked_for(self, browser: str, now: datetime) -> str:
        """Return whose code this browser waits for, ``""`` if none."""
        with self._ledger.transaction() as work:
            body = work.pages.kept(_CODE, browser, now)
        return decode(_Code, body).who if body else ""

    def check_password(self, who: str, given: str, now: datetime) -> bool:
        """Tell whether this is somebody's password; takes as long where there is none."""
        with self._ledger.transaction() as work:
            kept = work.pages.kept(_PASSWORD, who, now)
        salt, _, digest = (kept or f"{'0' * 32}:").partition(":")
        right = hmac.compare_digest(_stretched(salt, given), digest)
        if not right:
            with self._ledger.transaction() as work:
                work.pages.note(AuditLine(now, who, "密码", "登录没有成功"))
        return right

    def any_password(self, now: datetime) -> bool:
        """Tell whether anybody has a password."""
        with self._ledger.transaction() as work:
            return bool(work.pages.kept_of(_PASSWORD, now))


def set_password(work: Transaction, who: str, password: str, at: datetime, *, by: str) -> None:
    """Give somebody a password and end their sessions; raises ``ValueError`` (in Chinese) for one too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"密码要 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符")
    salt = secrets.token_hex(16)
    work.pages.keep(_PASSWORD, who, f"{salt}:{_stretched(salt, password)}", _FOREVER, owner=who)
    end_sessions_of(work, who)
    work.pages.note(AuditLine(at, by, "", "设置密码", who))


def drop_password(work: Transaction, who: str, at: datetime, *, by: str) -> bool:
    """Take somebody's password away and end their sessions; False if there was none."""
    there = work.pages.kept(_PASSWORD, who, at) is not None
    work.pages.drop(_PASSWORD, who)
    end_sessions_of(work, who)
    work.pages.note(AuditLine(at, by, "", "取消密码", who))
    return there


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}/{code}".encode("utf-8", "replace")).hexdigest()


def _stretched(salt: str, password: str) -> str:
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=bytes.fromhex(salt), **_COST).hex()
