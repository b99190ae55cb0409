"""A pasted stretch of chat as the messages that it brings: which are new, with which ids and times, which were heard before."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.channels.relay.alignment import Heard, align, wording
from bot.channels.relay.reader import Pasted, Quote
from bot.model import Person, Said

CHANNEL = "relay"
PERSON_PREFIX = f"{CHANNEL}:"
"""What every person id of the relay begins with; the group's name, a slash and the nickname follow: there is no stable id."""

OLD = timedelta(days=1)
"""Age from which a message is not taken in unless that is asked for: nobody waits for an answer, and an alarm would be false."""

_QUOTED_AT_LEAST = 4
_ECHO_AT_LEAST = 20
_NOON = time(12)
_APART = timedelta(seconds=30)
_FAST_CLOCK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Carried:
    """A message of the bot that was pasted into the group, or waits to be: ``text`` as it is pasted, with the @."""

    receipt: str
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """What has been heard and said in one group, each in the order of the chat."""

    room: str
    heard: tuple[Heard, ...]
    carried: tuple[Carried, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One pasted message: ``said`` if it is new, ``heard`` if it was taken in before, ``echo`` if it is the bot's own reply.

    ``old`` is a new one that is left alone because of its age. With none of them nobody has told yet who spoke.
    """

    pasted: Pasted
    said: Said | None = None
    heard: Heard | None = None
    echo: Carried | None = None
    old: bool = False


def person(room: str, name: str) -> Person:
    """Return somebody of a group who is known by nickname only, and so may never act as a contact."""
    return Person(f"{person_ids(room)}{name}", name)


def person_ids(room: str) -> str:
    """Return what the ids of all people of a group begin with."""
    return f"{PERSON_PREFIX}{room}/"


def knows_of(message_id: str) -> str:
    """Return what of a message's time was copied, as its id tells (see ``Heard``)."""
    return message_id.rpartition(".")[2]


def lay_out(
    pasted: Sequence[Pasted],
    known: Known,
    now: datetime,
    *,
    bot_name: str,
    with_old: bool = False,
    anew: Iterable[int] = (),
) -> list[Item]:
    """Return what each pasted message is.

    ``now`` is local. ``anew`` are lines that a person says are new although the same was heard before.
    """
    replies = _by_wording(known.carried)
    echoes = [_echo(wording(it.text), replies) for it in pasted]
    spoken = [it for it, echo in zip(pasted, echoes, strict=True) if echo is None and it.name]
    forced = set(anew)
    found = [None if it.line in forced else old for it, old in zip(spoken, align(known.heard, spoken, now), strict=True)]
    times = iter(_times(spoken, found, now))
    matches = iter(found)
    making = _Making(known, replies, bot_name, {it.name for it in spoken} | {it.name for it in known.heard})
    items = []
    for it, echo in zip(pasted, echoes, strict=True):
        if echo is not None or not it.name:
            items.append(Item(it, echo=echo))
            continue
        at, heard = next(times), next(matches)
        if heard is not None:
            items.append(Item(it, heard=heard))
        elif it.day is not None and now - at > OLD and not with_old:
            items.append(Item(it, old=True))
        else:
            items.append(Item(it, said=making.said(it, at)))
    return items


def chat_order(heard: Sequence[Heard], items: Iterable[Item]) -> list[str]:
    """Return the ids of all messages of a group in the order of the chat: the new ones stand where the paste has them.

    A paste that touches nothing heard stands where its time puts it, an undated one at the end.
    """
    laid = [(it.pasted, message) for it in items if (message := it.heard or it.said)]
    ids = [message.message_id for _, message in laid]
    order = [it.message_id for it in heard]
    known = set(order)
    first = next((message_id for message_id in ids if message_id in known), None)
    place = len(order)
    if first is not None:
        place = order.index(first)
    elif laid and (laid[0][0].day or laid[0][0].clock):
        place = max((number for number, it in enumerate(heard, 1) if it.at <= laid[0][1].at), default=0)
    for message_id in ids:
        if message_id in known:
            place = order.index(message_id) + 1
        else:
            order.insert(place, message_id)
            known.add(message_id)
            place += 1
    return order


def in_order(heard: Iterable[Heard], order: Sequence[str]) -> tuple[Heard, ...]:
    """Return what was heard in the order of the chat; what the order does not hold comes first, by its time."""
    places = {message_id: place for place, message_id in enumerate(order)}
    return tuple(sorted(heard, key=lambda it: (places.get(it.message_id, -1), it.at)))


def own_time(it: Pasted, now: datetime) -> datetime | None:
    """Return the time that the copy tells of a message; one without a date is the last such time gone by."""
    clock = it.clock or (it.near.clock if it.near else None)
    if it.day is not None:
        return min(now, datetime.combine(it.day, clock or _NOON, now.tzinfo))
    if clock is None:
        return None
    at = datetime.combine(now.date(), clock, now.tzinfo)
    return at if at <= now + _FAST_CLOCK else at - timedelta(days=1)


def _times(spoken: Sequence[Pasted], found: Sequence[Heard | None], now: datetime) -> list[datetime]:
    """Return a time for each message: its own, else one between its neighbours, the last one's being now.

    What one person said in one go gets one time, so that it is read together; what others said in between parts it.
    """
    times = [old.at if old else own_time(it, now) for it, old in zip(spoken, found, strict=True)]
    last = max((place for place, old in enumerate(found) if old), default=-1)
    later = now
    filled: list[datetime] = []
    for place in range(len(times) - 1, -1, -1):
        goes_on = place + 1 == len(times) or spoken[place].name == spoken[place + 1].name
        before = next((at for at in reversed(times[:place]) if at), None) if place < last else None
        later = times[place] or before or (later if goes_on else later - _APART)
        filled.append(later)
    return filled[::-1]


def _by_wording(carried: Sequence[Carried]) -> dict[str, Carried]:
    """Return the bot's messages by their text, with the @ in front and without; the newest of equals."""
    plain = {wording(it.text.partition(" ")[2]): it for it in carried if it.text.startswith("@")}
    return plain | {wording(it.text): it for it in carried}


def _echo(text: str, replies: Mapping[str, Carried]) -> Carried | None:
    """Return the bot's message that a pasted text is, also where whoever carried it put a word before or after it."""
    whole = replies.get(text)
    if whole or len(text) < _ECHO_AT_LEAST:
        return whole
    return next((reply for words, reply in replies.items() if len(words) >= _ECHO_AT_LEAST and words in text), None)


class _Making:
    """Makes messages with ids that tell equal words of one minute apart, and quotes that find what they quote."""

    def __init__(self, known: Known, replies: dict[str, Carried], bot_name: str, names: Iterable[str]) -> None:
        self._known = known
        self._replies = replies
        self._bot_name = bot_name
        self._names = sorted(names)
        self._seen = Counter(self._key(it.name, it.text, it.at) for it in known.heard)
        self._spoken = [(it.name, wording(it.text), it.message_id) for it in known.heard]

    def said(self, it: Pasted, at: datetime) -> Said:
        key = self._key(it.name, it.text, at)
        self._seen[key] += 1
        digest = hashlib.sha256("\0".join((self._known.room, *key, str(self._seen[key]))).encode("utf-8", "replace"))
        knows = ("d" if it.day else "") + ("c" if it.clock else "")
        message_id = f"{digest.hexdigest()[:24]}.{knows}"
        quoted = self._quoted(it.quote) if it.quote else None
        self._spoken.append((it.name, wording(it.text), message_id))
        return Said(
            channel=CHANNEL,
            message_id=message_id,
            room=self._known.room,
            sender=person(self._known.room, it.name),
            text=it.text,
            at=at,
            quoted=quoted,
            mentions=tuple(person(self._known.room, name).id for name in self._names if f"@{name}" in it.text),
            mentions_bot=f"@{self._bot_name}" in it.text,
        )

    @staticmethod
    def _key(name: str, text: str, at: datetime) -> tuple[str, str, str]:
        return wording(name), wording(text), f"{at:%Y-%m-%dT%H:%M}"

    def _quoted(self, quote: Quote) -> str | None:
        """Return the id of the newest message that a quote, which may be cut short, stands for."""
        words = wording(quote.words).rstrip("….")
        short = len(words) < _QUOTED_AT_LEAST
        for text, reply in reversed(self._replies.items()):
            if not short and text.startswith(words):
                return reply.receipt
        for name, text, message_id in reversed(self._spoken):
            if name == quote.name and (text == words or (not short and text.startswith(words))):
                return message_id
        return None


def named(messages: Iterable[Pasted], names: Mapping[int, str]) -> list[Pasted]:
    """Return the messages with the names that were chosen for lines without one."""
    return [it if it.name else replace(it, name=names.get(it.line, "")) for it in messages]
