"""Who and where: groups by the name that routing.yaml uses, people by the name that they show there, kept until they change."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.channels.wechaty.connection import Gateway, GatewayRefused

_KEPT = 20_000
_FRESH = 3600.0
_LISTED_AT_ONCE = 8
_OFFICIAL = 2
_MACHINES = frozenset({"weixin", "filehelper", "fmessage", "newsapp", "medianote", "floatbottle", "qmessage"})

_Known = TypeVar("_Known")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A person as one place shows them: ``shown`` is what others see there (for an @), ``name`` what the bot goes by."""

    shown: str
    name: str
    machine: bool = False


class _Kept(Generic[_Known]):
    """Answers by key, each asked for once at a time and kept for an hour."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, asyncio.Future[_Known]]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[_Known]]) -> _Known:
        found = self._known.get(key)
        if found is not None and time.monotonic() - found[0] < _FRESH:
            return await asyncio.shield(found[1])
        if len(self._known) >= _KEPT:
            self._known.clear()
        asking = asyncio.ensure_future(ask())
        self._known[key] = (time.monotonic(), asking)
        try:
            return await asyncio.shield(asking)
        except BaseException:
            self._known.pop(key, None)
            raise

    def forget(self, matches: Callable[[Hashable], bool] = lambda key: True) -> None:
        for key in [key for key in self._known if matches(key)]:
            del self._known[key]


class Directory:
    """What one account knows. ``known_rooms`` are the groups of routing.yaml, by topic or by the puppet's id.

    A group keeps the name under which it was first recognised, however its topic changes; ``kept`` and ``keep`` remember that
    over restarts, as JSON.
    """

    def __init__(self, known_rooms: Collection[str], bot_name: str, kept: str, keep: Callable[[str], None]) -> None:
        self._known_rooms = frozenset(known_rooms)
        self._bot_name = bot_name
        self._names: dict[str, str] = json.loads(kept) if kept else {}  # room id → name in routing.yaml, of all time
        self._keep = keep
        self._topics: dict[str, str] = {}
        self._members: _Kept[Acquaintance] = _Kept()
        self._contacts: _Kept[Acquaintance] = _Kept()
        self._told: set[str] = set()
        self.own_id = ""
        self._own_name = ""

    def open_rooms(self, rooms: Collection[str]) -> None:
        """Know further groups from now on; one that has left the routing file stays."""
        self._known_rooms |= frozenset(rooms)

    def knows(self, room: str) -> bool:
        """Tell whether routing.yaml has, or had, a group of that name."""
        return room in self._known_rooms

    async def log_in(self, gateway: Gateway, own_id: str) -> None:
        """Learn the account and its groups anew: ids may differ from those of the last login."""
        self._members.forget()
        self._contacts.forget()
        self._topics.clear()
        self._own_name = (await self._contact(gateway, own_id)).shown
        self.own_id = own_id
        ids = await gateway.rooms()
        for start in range(0, len(ids), _LISTED_AT_ONCE):
            await asyncio.gather(*(self.learn_room(gateway, found) for found in ids[start : start + _LISTED_AT_ONCE]))

    async def learn_room(self, gateway: Gateway, room_id: str) -> None:
        """Read a group's topic; a group that can't be read is left out until somebody speaks there."""
        try:
            topic = (await gateway.room(room_id)).topic
        except GatewayRefused as fault:
            log.warning("群 %s 的资料读不出来（%s）", room_id, fault)
            return
        self.rename(room_id, topic)

    def rename(self, room_id: str, topic: str) -> None:
        """Note a group's topic; a renamed group keeps its name from routing.yaml and is told of once."""
        self._topics[room_id] = topic
        listed = next((name for name in (topic, room_id) if name in self._known_rooms), None)
        if listed is not None and self._names.get(room_id) != listed:
            self._names[room_id] = listed
            self._keep(json.dumps(self._names, ensure_ascii=False))
        elif listed is None and room_id in self._names:
            self._tell_once(f"群「{self._names[room_id]}」改名为「{topic}」，照旧听和说；请把 routing.yaml 里的群名也改过来")

    async def room_name(self, gateway: Gateway, room_id: str) -> str | None:
        """Return the name that routing.yaml uses for a group, None for a group that isn't there."""
        if room_id not in self._topics:
            await self.learn_room(gateway, room_id)
        topic = self._topics.get(room_id, "")
        if topic in self._known_rooms:
            return topic
        if self._names.get(room_id) in self._known_rooms:
            return self._names[room_id]
        self._tell_once(f"群「{topic or room_id}」不在 routing.yaml 里：在那里不听也不说")
        return None

    def room_id(self, room: str) -> str | None:
        """Return the puppet's id of a group by its name in routing.yaml, None if the account isn't in it."""
        by_topic = [found for found, topic in self._topics.items() if room in (topic, found)]
        by_name = [found for found in self._topics if self._names.get(found) == room]
        if len(by_topic) > 1:
            self._tell_once(f"有 {len(by_topic)} 个群都叫「{room}」：往先认得的那一个里说，请给其中一个改名")
        return next(iter([*(found for found in by_topic if found in by_name), *by_topic, *by_name]), None)

    async def person(self, gateway: Gateway, room_id: str, contact_id: str) -> Acquaintance:
        """Return a person as seen in a group, or (``room_id`` is ``""``) in a direct chat."""
        if not room_id:
            return await self._contact(gateway, contact_id)
        return await self._members.get((room_id, contact_id), lambda: self._ask_member(gateway, room_id, contact_id))

    async def own_names(self, gateway: Gateway, room_id: str) -> tuple[str, ...]:
        """Return the names by which the account may be called in a place."""
        here = (await self.person(gateway, room_id, self.own_id)).shown if room_id and self.own_id else ""
        return tuple(dict.fromkeys(filter(None, (here, self._own_name, self._bot_name))))

    async def members(self, gateway: Gateway, room_id: str) -> dict[str, str]:
        """Return the ids of a group's members by the names that they show there."""
        ids = list((await gateway.room(room_id)).member_ids)
        shown: dict[str, str] = {}
        for start in range(0, len(ids), _LISTED_AT_ONCE):
            batch = ids[start : start + _LISTED_AT_ONCE]
            people = await asyncio.gather(*(self.person(gateway, room_id, found) for found in batch))
            shown |= {who.shown: found for found, who in zip(batch, people, strict=True)}
        return shown

    def forget_person(self, contact_id: str) -> None:
        """Ask again for a person when next needed: something about them has changed."""
        self._contacts.forget(lambda key: key == contact_id)
        self._members.forget(lambda key: isinstance(key, tuple) and key[1] == contact_id)

    def forget_room(self, room_id: str) -> None:
        """Ask again for a group and its members when next needed."""
        self._topics.pop(room_id, None)
        self._members.forget(lambda key: isinstance(key, tuple) and key[0] == room_id)

    async def _contact(self, gateway: Gateway, contact_id: str) -> Acquaintance:
        return await self._contacts.get(contact_id, lambda: self._ask_contact(gateway, contact_id))

    async def _ask_contact(self, gateway: Gateway, contact_id: str) -> Acquaintance:
        found = await gateway.contact(contact_id)
        machine = contact_id in _MACHINES or contact_id.startswith("gh_") or int(found.type) == _OFFICIAL
        return Acquaintance(found.name, found.alias or found.name, machine)

    async def _ask_member(self, gateway: Gateway, room_id: str, contact_id: str) -> Acquaintance:
        member = await gateway.member(room_id, contact_id)
        try:
            contact = await self._contact(gateway, contact_id)
        except GatewayRefused:  # members who are no friends of the account are unknown to some puppets
            contact = Acquaintance(member.name, "")
        shown = member.room_alias or member.name or contact.shown
        return Acquaintance(shown, member.room_alias or contact.name or shown, contact.machine)

    def _tell_once(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            log.warning("%s", words)
