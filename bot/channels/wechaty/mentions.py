"""Calling people by @ in WeChat: a name, then the narrow space U+2005 that tells where the name ends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.text import BOT_NAMES

SEPARATOR = "\u2005"
EVERYBODY = ("announcement@all", "notify@all")
"""What puppets put among the mentioned ids when somebody calls the whole group."""

_MARKED = re.compile(r"@([^@\u2005\n]{1,40})\u2005")


def call(name: str, text: str) -> str:
    """Return the text with a call of that name in front, as WeChat writes it itself."""
    return f"@{name.replace(SEPARATOR, ' ')}{SEPARATOR}{text}"


def mentioned(text: str, ids: Sequence[str], members: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the people whom a message calls.

    ``ids`` is what the puppet says; where it says nothing, the marked names are looked up among ``members`` (name to id).
    """
    named = [found for found in ids if found and found not in EVERYBODY]
    if not ids:
        named = [members[name] for name in (found.strip() for found in _MARKED.findall(text)) if name in members]
    return tuple(dict.fromkeys(named))


def calls_bot(text: str, own_names: Sequence[str]) -> bool:
    """Tell whether a message calls the bot by one of its names, picked or typed."""
    return any(re.search(rf"@{re.escape(name)}(?:{SEPARATOR}|[\s,，:：。!！?？]|$)", text) for name in own_names if name)


def in_house_name(text: str, own_names: Sequence[str]) -> str:
    """Return the text with calls of the account's own nicknames put as calls of 小哨, which the desk knows."""
    for name in sorted(filter(None, own_names), key=len, reverse=True):
        if name not in BOT_NAMES:
            text = re.sub(rf"@{re.escape(name)}(?:{SEPARATOR}|(?=[\s,，:：。!！?？])|$)", f"@{BOT_NAMES[0]} ", text)
    return text
