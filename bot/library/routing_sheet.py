"""A NodeReader for mappings with a fixed set of keys, which remembers where it read what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from yaml import MappingNode, Node

from bot.errors import Problem
from bot.library.places import Place
from bot.library.yaml_lines import NodeReader, Pair, did_you_mean, nearest

T = TypeVar("T")
D = TypeVar("D")

SECTIONS_OF = {
    "人": ("contacts",),
    "部门": ("departments",),
    "轮值": ("duty",),
    "轮值或人": ("duty", "contacts"),
    "梯子": ("ladders",),
    "日历": ("calendars",),
    "群": ("rooms",),
    "社区": ("communities",),
    "群类型": (),
}
"""Where the names of each kind are defined."""


@dataclass(slots=True)
class Sheet(NodeReader):
    """Reads one file; ``places`` maps (section, name) to where a thing is defined, and is shared by the files of one district."""

    places: dict[tuple[str, str], Place] = field(default_factory=dict)

    def beside(self, file: str, problems: list[Problem]) -> Sheet:
        """Return the sheet of a file that this one includes: what either of them notes or marks, both know."""
        self.problems += problems
        return Sheet(file, self.problems, self.places)

    def mark(self, section: str, name: str, line: int) -> None:
        """Remember the line of a thing; one that another file has already is noted."""
        known = self.places.setdefault((section, name), Place(self.file, line))
        if known.file != self.file and name:
            self.note(line, f"“{name}”在 {Path(known.file).name} 第 {known.line} 行已经写过", "只留一处；是两样东西就改个名字")

    def at(self, section: str, name: str = "") -> Place:
        """Return the place of a thing, or of its section, or the whole file."""
        return self.places.get((section, name)) or self.places.get((section, "")) or Place(self.file, 0)

    def blame(self, place: Place, message: str, mend: str = "") -> None:
        """Note a problem at a place, which may be in another file of the district."""
        self.problems.append(Problem(place.file, place.line, message, mend))

    def know(self, place: Place, where: str, name: str, known: Collection[str], kind: str) -> None:
        """Note a name that is not among those defined; ``where`` it was written and of what ``kind`` it is are in Chinese.

        What is defined, though in a way that could not be read, was noted there, and so were commas that join several names.
        """
        defined = any((section, name) in self.places for section in SECTIONS_OF[kind])
        if name and name not in known and not defined and not any(mark in name for mark in "，、"):
            mend = did_you_mean(name, known) or f"先加上这个{kind}，或改成已有的"
            self.blame(place, f"{where}写了“{name}”，但没有这个{kind}", mend)

    def fields(self, node: Node, what: str, known: Collection[str], required: Collection[str] = ()) -> dict[str, Pair]:
        """Return a mapping's pairs by key; unknown and missing keys are noted, and unknown ones left out."""
        given = {pair.key: pair for pair in self.pairs(node, what)}
        for key, pair in given.items():
            if key not in known:
                self.note(pair.line, f"“{what}”里不认得“{key}”", did_you_mean(key, known))
        if isinstance(node, MappingNode):
            meant = {nearest(key, known) for key in given if key not in known}
            for key in required:
                if key not in given and key not in meant:
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
