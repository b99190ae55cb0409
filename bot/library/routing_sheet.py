"""A NodeReader for mappings with a fixed set of keys, which remembers the lines of what it read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from yaml import MappingNode, Node

from bot.library.yaml_lines import NodeReader, Pair, did_you_mean

T = TypeVar("T")
D = TypeVar("D")


@dataclass(slots=True)
class Sheet(NodeReader):
    """Reads one file; ``lines`` maps (section, name) to the line on which a thing is defined."""

    lines: dict[tuple[str, str], int] = field(default_factory=dict)

    def line(self, section: str, name: str) -> int:
        """Return the line of a thing, or of its section, or 0."""
        return self.lines.get((section, name)) or self.lines.get((section, ""), 0)

    def fields(self, node: Node, what: str, known: Collection[str], required: Collection[str] = ()) -> dict[str, Pair]:
        """Return a mapping's pairs by key; unknown and missing keys are noted, and unknown ones left out."""
        given = {pair.key: pair for pair in self.pairs(node, what)}
        for key, pair in given.items():
            if key not in known:
                self.note(pair.line, f"“{what}”里不认得“{key}”", did_you_mean(key, known))
        if isinstance(node, MappingNode):
            for key in required:
                if key not in given:
                    self.note(node, f"“{what}”没有写 {key}", f"补上“{key}: …”")
        return {key: pair for key, pair in given.items() if key in known}

    def take(self, given: Mapping[str, Pair], key: str, read: Callable[[Node, str], T | None], default: D) -> T | D:
        """Read one key of a mapping; the default where it is absent, or where a problem was noted."""
        if key not in given:
            return default
        value = read(given[key].value, key)
        return default if value is None else value

    def durations(self, given: Mapping[str, Pair], keys: Collection[str]) -> dict[str, timedelta]:
        """Return those of the keys that are given, as lengths of time."""
        read = {key: self.duration(given[key].value, key) for key in keys if key in given}
        return {key: length for key, length in read.items() if length is not None}
