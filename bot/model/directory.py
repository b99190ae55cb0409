"""The enterprises of a community as its workers keep them: what they are called, in whose grid they are, who speaks for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of an enterprise in the groups: the job (安全员, 人事 …) and the group nickname."""

    role: str
    nickname: str


@dataclass(frozen=True, slots=True)
class Enterprise:
    """One enterprise; ``name`` is the short name by which it is known here, ``also`` what else it is called in nicknames.

    ``grid`` is a grid of its community in routing.yaml, ``""`` if it is in none.
    """

    name: str
    community: str
    grid: str = ""
    full_name: str = ""
    also: tuple[str, ...] = ()
    people: tuple[Member, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return everything that it may be called in a nickname."""
        return tuple(dict.fromkeys(name for name in (self.name, self.full_name, *self.also) if name))
