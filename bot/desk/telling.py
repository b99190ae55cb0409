"""What a step in the life of a case amounts to, and how askers and contacts are addressed about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model import Case, Person, Reason, Say, Target
from bot.routing.config import Routing


@dataclass(frozen=True, slots=True)
class Change:
    """A case after one step of its life, what is said about it, and why.

    ``reminder`` is what is said to remind whoever has it; kept apart, because several to one contact go out as one message.
    """

    case: Case
    says: tuple[Say, ...] = ()
    reasons: tuple[Reason, ...] = ()
    reminder: Say | None = None


def to_askers(
    case: Case, step: str, text: str, *, skip_room: str | None = None, unasked: bool = False, not_before: datetime | None = None
) -> tuple[Say, ...]:
    """Address everybody who asked: one message a room, the first asker of the room @-ed and the others named."""
    places: dict[tuple[str, str, str], list[Person]] = {}
    for asker in case.askers:
        place = (asker.channel, asker.room, "" if asker.room else asker.person.id)
        people = places.setdefault(place, [])
        if asker.person.id not in {person.id for person in people}:
            people.append(asker.person)
    says = []
    for (channel, room, person), people in places.items():
        if room and room == skip_room:
            continue
        target = Target("room", room, channel) if room else Target("person", person, channel)
        others = "".join(f"@{other.name} " for other in people[1:])
        mention = people[0] if room else None
        key = f"case/{case.number}/{step}/{channel}/{room or person}"
        says.append(Say(key, target, others + text, mention, case=case.number, unasked=unasked, not_before=not_before))
    return tuple(says)


def to_contact(
    case: Case, contact: str, step: str, text: str, now: datetime, routing: Routing, *, not_before: datetime | None = None
) -> Say:
    """Tell a contact something about a case: not before they are to hear of it at all, and not at night but for danger."""
    at = max(now, not_before) if not_before else now
    held = at if case.danger else routing.after_quiet(at)
    key = f"case/{case.number}/{step}"
    return Say(key, Target("contact", contact), text, case=case.number, not_before=held, urgent=case.danger)
