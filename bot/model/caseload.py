"""The cases that a decision may look at, found by number, by group and by asker without going through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from bot.model.cases import Case

Index = dict[str, tuple[Case, ...]]


class Caseload(tuple[Case, ...]):
    """Cases by number, the lowest first; what is looked up is worked out once for everybody who has the same caseload."""

    @cached_property
    def by_number(self) -> Mapping[int, Case]:
        """Return the cases by their numbers."""
        return {case.number: case for case in self}

    def in_room(self, room: str) -> tuple[Case, ...]:
        """Return the cases that were opened in a group (``""``: in direct chats)."""
        return self._rooms.get(room, ())

    def asked_by(self, person: str) -> tuple[Case, ...]:
        """Return the cases among whose askers is somebody with this id."""
        return self._people.get(person, ())

    @cached_property
    def _rooms(self) -> Index:
        found: dict[str, list[Case]] = {}
        for case in self:
            found.setdefault(case.askers[0].room, []).append(case)
        return {room: tuple(cases) for room, cases in found.items()}

    @cached_property
    def _people(self) -> Index:
        found: dict[str, list[Case]] = {}
        for case in self:
            for person in _askers(case):
                found.setdefault(person, []).append(case)
        return {person: tuple(cases) for person, cases in found.items()}

    def changed(self, gone: Iterable[Case], come: Iterable[Case]) -> Caseload:
        """Return the caseload without some of its cases and with others, at little cost where it has been looked up before."""
        numbers, rooms, people = dict(self.by_number), dict(self._rooms), dict(self._people)
        for case in gone:
            del numbers[case.number]
            for person in _askers(case):
                people[person] = _without(people[person], case)
            rooms[case.askers[0].room] = _without(rooms[case.askers[0].room], case)
        in_order = True
        for case in come:
            in_order = in_order and (not numbers or case.number > next(reversed(numbers)))
            numbers[case.number] = case
            for person in _askers(case):
                people[person] = _with(people.get(person, ()), case)
            rooms[case.askers[0].room] = _with(rooms.get(case.askers[0].room, ()), case)
        if not in_order:
            numbers = dict(sorted(numbers.items()))
        whole = Caseload(numbers.values())
        vars(whole).update(by_number=numbers, _rooms=rooms, _people=people)
        return whole


def _askers(case: Case) -> Iterable[str]:
    return (case.askers[0].person.id,) if len(case.askers) == 1 else {asker.person.id for asker in case.askers}


def _without(cases: tuple[Case, ...], gone: Case) -> tuple[Case, ...]:
    return tuple([case for case in cases if case.number != gone.number])


def _with(cases: tuple[Case, ...], come: Case) -> tuple[Case, ...]:
    return (*cases, come) if not cases or cases[-1].number < come.number else tuple(sorted((*cases, come), key=_number))


def _number(case: Case) -> int:
    return case.number
