"""What a page posts, read and checked; everything that is refused says why in Chinese."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from bot.errors import XiaoshaoError
from bot.web.services import WebServices

BODY_LIMIT = 2_000_000
"""Bytes of one post; 100,000 characters fit in whatever they are."""

NAME_LIMIT = 40
LONGEST_PUSH = 400 * 24 * 3600
"""Seconds that the demo clock may be pushed at once."""

_MESSAGE_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


class Refused(XiaoshaoError):
    """A post that can't be taken; ``status`` is the HTTP status."""

    def __init__(self, message: str, *, status: int = 422) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Speech:
    """One message as posted; ``room`` is ``""`` in the direct chat with the bot, ``mentions`` are names."""

    message_id: str
    name: str
    room: str
    text: str
    quoted: str | None
    mentions: tuple[str, ...]


async def read_json(request: Request) -> dict[str, Any]:
    """Read a JSON object from a post of this very page; raises ``Refused``."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused("只接受 JSON", status=415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Refused("消息太长，请分几次发", status=413)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("收到的不是有效的 JSON") from None
    if not isinstance(found, dict):
        raise Refused("收到的不是 JSON 对象")
    return found


def read_speech(body: dict[str, Any], services: WebServices) -> Speech:
    """Read a message; raises ``Refused`` for a blank one or an unknown group."""
    text = read_text(body.get("text"))
    if not text.strip():
        raise Refused("不能发送空白消息")
    quoted = body.get("quoted")
    named = {persona.name for persona in services.personas} | {read_text(name) for name in _listed(body.get("mentions"))}
    return Speech(
        message_id=_message_id(body),
        name=_name(body),
        room=read_room(body, services),
        text=text,
        quoted=quoted if isinstance(quoted, str) and 0 < len(quoted) <= 1000 else None,
        mentions=tuple(sorted(name for name in named if name and f"@{name}" in text)),
    )


def read_recall(body: dict[str, Any], services: WebServices) -> tuple[str, str, str]:
    """Read a recall as room, name and message id; raises ``Refused``."""
    return read_room(body, services), _name(body), _message_id(body)


def read_seconds(body: dict[str, Any]) -> int:
    """Read how far to push the clock; raises ``Refused``."""
    seconds = body.get("seconds")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= LONGEST_PUSH:
        raise Refused("时钟只能往前拨，一次最多 400 天")
    return seconds


def _message_id(body: dict[str, Any]) -> str:
    found = body.get("id")
    if not isinstance(found, str) or not _MESSAGE_ID.fullmatch(found):
        raise Refused("消息没有有效的编号，请刷新页面再试")
    return found


def read_room(body: dict[str, Any], services: WebServices) -> str:
    """Read a group's name, ``""`` for none; raises ``Refused`` for an unknown one."""
    room = read_text(body.get("room"))
    if room and room not in services.routing.rooms:
        raise Refused(f"没有群「{room[:NAME_LIMIT]}」", status=404)
    return room


def _name(body: dict[str, Any]) -> str:
    return read_text(body.get("as")).strip()[:NAME_LIMIT]


def _listed(value: object) -> list[object]:
    return value[:200] if isinstance(value, list) else []


def read_text(value: object) -> str:
    """Read a text fit to be stored; anything else is empty."""
    if not isinstance(value, str):
        return ""
    # Half of a surrogate pair can't be stored as UTF-8, and NUL ends a string for some tools that read the ledger.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
