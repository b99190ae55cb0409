"""What noise costs: the same asks misheard, cut, in traditional script, with fillers, or with fewer phrasings to go by.

``python -m benchmarks.noise FOLDER --write``; every change is drawn by a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from benchmarks.learn_weights import misheard
from benchmarks.lines import read_lines
from benchmarks.report import ROOT, Folder, Write, percent, publish, run, table
from bot.library.faq_file import load_library
from bot.matching.engine import Matcher
from bot.model import Library
from bot.simulation.noise import lost, traditional, voiced

DRAWS = 3
"""How often each random change is drawn; the figures are means."""
FEW = (8, 4)
"""Phrasings of an entry that are kept."""

Ask = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of asks: entry ranked first, answered right, answered wrong."""

    asks: int = 0
    first: int = 0
    right: int = 0
    wrong: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.asks + other.asks, self.first + other.first, self.right + other.right, self.wrong + other.wrong)


def fewer(library: Library, phrasings: int, seed: int) -> Library:
    """Return the library with that many phrasings of each entry, drawn by chance."""

    def drawn(entry_id: str, questions: Sequence[str]) -> tuple[str, ...]:
        kept = set(Random(f"{seed} {entry_id}").sample(range(len(questions)), min(phrasings, len(questions))))
        return tuple(question for place, question in enumerate(questions) if place in kept)

    entries = {key: replace(entry, questions=drawn(key, entry.questions)) for key, entry in library.entries.items()}
    return replace(library, entries=entries)


def first(library: Library, phrasings: int) -> Library:
    """Return the library with the first so many phrasings of each entry: those that a curator put first."""
    entries = {key: replace(entry, questions=entry.questions[:phrasings]) for key, entry in library.entries.items()}
    return replace(library, entries=entries)


CHANGES: dict[str, tuple[Callable[[str, int], str], int]] = {
    "as asked": (lambda text, seed: text, 1),
    "one homophone in eight characters": (misheard, DRAWS),
    "one character lost": (lost, DRAWS),
    "traditional script": (traditional, 1),
    "fillers of voice transcripts": (voiced, DRAWS),
}
"""How a text is changed, given a seed, and how often that is drawn."""


def tally(matcher: Matcher, asks: Sequence[Ask]) -> Tally:
    """Ask and count."""
    found = Tally()
    for text, entry in asks:
        judged = matcher.judge(text)
        hit = bool(judged.candidates) and judged.candidates[0].entry_id == entry
        answered = judged.verdict == "answer"
        found += Tally(1, int(hit), int(hit and answered), int(answered and not hit))
    return found


def measured(library: Library, asks: Sequence[Ask]) -> Iterator[tuple[str, Tally]]:
    """Measure every change of the asks, then the asks as they are with fewer phrasings."""
    matcher = Matcher(library)
    for name, (change, draws) in CHANGES.items():
        changed = [
            (change(text, place + draw * 7919), entry) for draw in range(draws) for place, (text, entry) in enumerate(asks)
        ]
        yield name, tally(matcher, changed)
    for phrasings in FEW:
        drawn = (tally(Matcher(fewer(library, phrasings, seed)), asks) for seed in range(DRAWS))
        yield f"{phrasings} phrasings an entry, drawn by chance", sum(drawn, Tally())
    for phrasings in FEW:
        yield f"the first {phrasings} phrasings of each entry", tally(Matcher(first(library, phrasings)), asks)


def main(folder: Folder, write: Write = False) -> None:
    """同一批提问，换同音字、漏字、用繁体、带口头语，或者每条只留几个问法，看还找不找得准、答不答得对。"""
    asks = read_lines(folder).asks
    library = load_library(ROOT / "knowledge")
    rows = [
        [name, percent(one.first, one.asks), percent(one.right, one.asks), percent(one.wrong, one.asks)]
        for name, one in measured(library, asks)
    ]
    publish({"noise": table(["asks", "top-1, %", "answered right, %", "answered wrong, %"], rows)}, write=write)


if __name__ == "__main__":
    run(main)
