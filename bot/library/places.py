"""Where things stand in the curated files, so that every later finding can name file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the curated files; ``line`` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where each entry stands, and each of its fields, parts, phrasings and near misses; ``texts`` is where their words begin."""

    entries: Mapping[str, Place] = field(default_factory=dict)
    parts: Mapping[tuple[str, str], Place] = field(default_factory=dict)
    texts: Mapping[tuple[str, str], Place] = field(default_factory=dict)

    def at(self, entry: str, part: str = "") -> Place:
        """Return the place of an entry, or of a field's name or a phrasing's text in it where that is known.

        A part of the answer is asked for as ``parts/材料``; where it isn't known, the place of ``parts`` is returned.
        """
        found = self.parts.get((entry, part)) or self.parts.get((entry, part.split("/")[0]))
        return found or self.entries.get(entry) or Place("knowledge", 0)

    def within(self, entry: str, part: str, text: str, position: int) -> Place:
        """Return the place of a character (from 0) of a field's or part's text."""
        first = self.texts.get((entry, part))
        return Place(first.file, first.line + text.count("\n", 0, position)) if first else self.at(entry, part)
