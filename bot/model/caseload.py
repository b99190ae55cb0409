"""The cases that a decision may look at, found by number, by group and by asker without going through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from bot.model.cases import Case


class Caseload(tuple[Case, ...]):
    """Cases by number, the lowest first; what is looked up is worked out once for everybody who has the same caseload."""

    _base: Caseload | None = None
    _more: tuple[Case, ...] = ()

    def joined(self, more: Iterable[Case]) -> Caseload:
        """Return these cases with further ones, none of which is among them."""
        further = tuple(more)
        if not further:
            return self
        whole = Caseload(sorted((*self, *further), key=_number))
        whole._base, whole._more = self, further
        return whole

    @cached_property
    def by_number(self) -> Mapping[int, Case]:
        """Return the cases by their numbers."""
        if self._base is None:
            return {case.number: case for case in self}
        return {**self._base.by_number, **{case.number: case for case in self._more}}

    def in_room(self, room: str) -> tuple[Case, ...]:
        """Return the cases that were opened in a group (``""``: in direct chats)."""
        return self._rooms.get(room, ())

    def asked_by(self, person: str) -> tuple[Case, ...]:
        """Return the cases among whose askers is somebody with this id."""
        return self._people.get(person, ())

    @cached_property
    def _rooms(self) -> Mapping[str, tuple[Case, ...]]:
        return self._grouped(lambda load: load._rooms, lambda case: (case.askers[0].room,))

    @cached_property
    def _people(self) -> Mapping[str, tuple[Case, ...]]:
        return self._grouped(lambda load: load._people, lambda case: dict.fromkeys(asker.person.id for asker in case.askers))

    def _grouped(
        self, of: Callable[[Caseload], Mapping[str, tuple[Case, ...]]], names: Callable[[Case], Iterable[str]]
    ) -> Mapping[str, tuple[Case, ...]]:
        if self._base is None:
            found: dict[str, list[Case]] = {}
            for case in self:
                for name in names(case):
                    found.setdefault(name, []).append(case)
            return {name: tuple(cases) for name, cases in found.items()}
        groups = dict(of(self._base))
        for case in self._more:
            for name in names(case):
                groups[name] = tuple(sorted((*groups.get(name, ()), case), key=_number))
        return groups


def _number(case: Case) -> int:
    return case.number
