"""From what a puppet brings to what the core knows: texts, recalls, and messages without words; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from bot.channels.wechaty import mentions
from bot.model import Person, Recalled, Said

NAME = "wechaty"
PREFIX = f"{NAME}:"
"""What every person id of this channel begins with; the rest is the puppet's id."""

_NEWEST = timedelta(minutes=5)
_RECALLED_IDS = (re.compile(r"<newmsgid>(\d+)</newmsgid>"), re.compile(r"<msgid>(\d+)</msgid>"))


class MessageType(IntEnum):
    """The puppet's own numbers, which gateways pass on as they are; those of the protocol's enum differ from 4 on."""

    UNKNOWN = 0
    ATTACHMENT = 1
    AUDIO = 2
    CONTACT = 3
    CHAT_HISTORY = 4
    EMOTICON = 5
    IMAGE = 6
    TEXT = 7
    LOCATION = 8
    MINI_PROGRAM = 9
    GROUP_NOTE = 10
    TRANSFER = 11
    RED_ENVELOPE = 12
    RECALLED = 13
    URL = 14
    VIDEO = 15
    POST = 16


_MARKERS: dict[int, str] = {
    MessageType.ATTACHMENT: "[文件]",
    MessageType.AUDIO: "[语音]",
    MessageType.CONTACT: "[名片]",
    MessageType.CHAT_HISTORY: "[聊天记录]",
    MessageType.EMOTICON: "[表情]",
    MessageType.IMAGE: "[图片]",
    MessageType.LOCATION: "[位置]",
    MessageType.MINI_PROGRAM: "[小程序]",
    MessageType.GROUP_NOTE: "[群笔记]",
    MessageType.TRANSFER: "[转账]",
    MessageType.RED_ENVELOPE: "[红包]",
    MessageType.URL: "[链接]",
    MessageType.VIDEO: "[视频]",
    MessageType.POST: "[动态]",
}
_OTHER = "[其他消息]"
_DETAIL_AT_MOST = 80


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the puppet has it, with the people and the group around it looked up.

    ``room`` is the name that routing.yaml uses, ``""`` in a direct chat; ``members`` maps shown names to ids;
    ``own_id`` and ``own_names`` are the bot's account.
    """

    message_id: str
    type: int
    text: str
    filename: str
    timestamp: int
    talker: str
    talker_name: str
    listener: str
    room: str
    mention_ids: tuple[str, ...]
    own_id: str
    own_names: tuple[str, ...]
    members: dict[str, str]


@dataclass(frozen=True, slots=True)
class Echo:
    """The bot's own message, as the puppet brings it back: a receipt. ``person`` is whom a direct one went to."""

    message_id: str
    room: str
    person: str
    text: str


def read(incoming: Incoming, now: datetime) -> Said | Recalled | Echo:
    """Return what a message means for the core; whatever its type, nothing is dropped."""
    if incoming.talker == incoming.own_id and incoming.type != MessageType.RECALLED:
        person = "" if incoming.room else person_id(incoming.listener)
        return Echo(incoming.message_id, incoming.room, person, incoming.text)
    sender = Person(person_id(incoming.talker), incoming.talker_name)
    at = moment(incoming.timestamp, now)
    if incoming.type == MessageType.RECALLED:
        return Recalled(NAME, incoming.message_id, incoming.room, sender, recalled_id(incoming.text), at)
    text, wordless = words(incoming)
    if wordless:
        return Said(NAME, incoming.message_id, incoming.room, sender, text, at, wordless=True)
    called = mentions.mentioned(text, incoming.mention_ids, incoming.members)
    return Said(
        NAME,
        incoming.message_id,
        incoming.room,
        sender,
        mentions.in_house_name(text, incoming.own_names),
        at,
        mentions=tuple(person_id(found) for found in called if found != incoming.own_id),
        mentions_bot=incoming.own_id in called or mentions.calls_bot(text, incoming.own_names),
    )


def words(incoming: Incoming) -> tuple[str, bool]:
    """Return a message's text, and whether it has no words of its sender's own; other types read like “[文件] 名.pdf”."""
    kind = incoming.type
    if kind == MessageType.TEXT:
        return incoming.text, False
    marker = _MARKERS.get(kind, _OTHER)
    detail = " ".join((incoming.filename or incoming.text).split())
    if detail.startswith(("<", "{")):  # the raw form of the message, which puppets often put there
        detail = ""
    if kind == MessageType.AUDIO and detail:
        return f"{marker}转文字：{detail}", False
    return f"{marker} {detail[:_DETAIL_AT_MOST]}".strip(), True


def recalled_id(text: str) -> str:
    """Return the id of the message that was taken back, which puppets give plainly or within WeChat's XML."""
    for form in _RECALLED_IDS:
        found = form.search(text)
        if found:
            return found[1]
    return text.strip()


def moment(timestamp: int, now: datetime) -> datetime:
    """Return when a message was sent: puppets give seconds, milliseconds or microseconds; nonsense counts as now."""
    seconds = timestamp / 1_000_000 if timestamp > 10**14 else timestamp / 1_000 if timestamp > 10**11 else timestamp
    if seconds <= 0:
        return now
    at = datetime.fromtimestamp(seconds, UTC).astimezone(now.tzinfo)
    return min(at, now) if at - now < _NEWEST else now


def person_id(contact_id: str) -> str:
    """Return the channel's id for a puppet's contact id."""
    return f"{PREFIX}{contact_id}"
