"""Links by which one contact sees and handles one case without logging in: signed, put into the message that brings the case."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.desk.page_phrases import on_the_web
from bot.ledger.port import Transaction
from bot.model import Case, Decision, Say, Status

LINK_LIFE = timedelta(days=14)
LONGEST_TOKEN = 300
_KEY = "pages.key"


def page_key(transaction: Transaction) -> bytes:
    """Return the key that this ledger's forms and links are signed with; it is made once and stays over restarts."""
    known = transaction.setting(_KEY)
    if known is None:
        known = secrets.token_hex(32)
        transaction.set(_KEY, known)
    return bytes.fromhex(known)


def signed(key: bytes, purpose: str, text: str) -> str:
    """Return what only the holder of the key can say of a text, for one purpose."""
    return hmac.new(key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class CaseLink:
    """For which case and which contact a link was made, and when (to the minute)."""

    case: int
    contact: str
    made: datetime

    def expired(self, now: datetime) -> bool:
        """Tell whether it is too old."""
        return now - self.made >= LINK_LIFE


class Links:
    """Makes and reads the links of one installation; ``public_url`` is where its pages are reached from outside."""

    def __init__(self, key: bytes, public_url: str = "") -> None:
        self._key = key
        self._public_url = public_url.rstrip("/")

    def token(self, link: CaseLink) -> str:
        """Return the part of the address that stands for a link."""
        body = json.dumps([link.case, link.contact, int(link.made.timestamp()) // 60], ensure_ascii=False, separators=(",", ":"))
        packed = base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")
        return f"{packed}.{signed(self._key, 'case-link', packed)}"

    def read(self, token: str) -> CaseLink | None:
        """Return what a link says, None for one that was not made here or was changed since."""
        packed, _, signature = token.partition(".")
        if len(token) > LONGEST_TOKEN or not hmac.compare_digest(
            signature.encode("utf-8", "replace"), signed(self._key, "case-link", packed).encode()
        ):
            return None
        try:
            case, contact, minutes = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
            return CaseLink(int(case), str(contact), datetime.fromtimestamp(int(minutes) * 60, UTC))
        except (ValueError, TypeError, binascii.Error):
            return None

    def added(self, decision: Decision, now: datetime) -> Decision:
        """Return a decision whose messages to the handlers of its cases end in their links."""
        cases = {case.number: case for case in decision.cases}
        if not self._public_url or not any(_handled_by(say, cases) for say in decision.says):
            return decision
        return replace(
            decision, says=tuple(self._with_link(say, now) if _handled_by(say, cases) else say for say in decision.says)
        )

    def _with_link(self, say: Say, now: datetime) -> Say:
        assert say.case is not None
        token = self.token(CaseLink(say.case, say.target.name, now))
        return replace(say, text=f"{say.text}\n{on_the_web(f'{self._public_url}/c/{token}')}")


def _handled_by(say: Say, cases: dict[int, Case]) -> bool:
    """Tell whether a message goes to somebody who now has its case to answer."""
    case = cases.get(say.case) if say.case is not None else None
    if case is None or case.plan is None or case.status not in (Status.OPEN, Status.ACKNOWLEDGED):
        return False
    return say.target.kind == "contact" and say.target.name in (case.plan.assignee, *case.plan.alert)
