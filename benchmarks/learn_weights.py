"""The recipe of bot/matching/learned*.py: learns the engine's weights from knowledge/ and from benchmarks/practice/.

The texts of knowledge/ are weighed with themselves left out; the lines of benchmarks/practice/ come from writers who
had not seen knowledge/, and are what the bot will meet, so that they count more. Run `python -m benchmarks.learn_weights` after
larger changes to knowledge/; it takes less than a minute and is deterministic.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.learn_ngrams import Example, Recipe
from benchmarks.learned_source import Learned, save
from bot.cli.evaluate import read_lines
from bot.library.faq_file import load_library
from bot.matching.content import is_weighty
from bot.matching.coverage import LeftOut
from bot.matching.evidence import RIDGE_PENALTY, Evidence, Evidences
from bot.matching.grams import sound
from bot.matching.ngrams import wording
from bot.matching.regression import Logistic, fit_logistic
from bot.matching.signs import asks
from bot.model import Library
from bot.text import essence, mentioned_names, normalise

ROOT = Path(__file__).resolve().parent.parent
PRACTICE = ROOT / "benchmarks" / "practice"

ORPHAN_WEIGHT = 0.15
"""Weight of a phrasing that its entry is not found by once it is left out.

Curators don't write the same thing twice, so that leaving a phrasing out often takes away the only one for its matter: 30 % of
phrasings become orphans, but only 3 % of real questions are. The weight moves the learned prior back to that.
"""
MADE_WEIGHT = 0.5
"""Weight of a sample made from a known text (misheard, short) beside the known text itself."""
LEFT_OUT_WEIGHT = 0.1
"""Weight of a curated text that was left out beside a line of practice: it stands in for one only as well as it can."""
KNOWN_WEIGHT = 1.5
"""Weight of a line of practice that an entry answers: in groups they are more than those that none answers, here fewer."""
PART_ASK_WEIGHT, PART_ENTRY_WEIGHT = 0.02, 0.04
"""Weights of a line of practice weighed against a part of the library."""
ENTRY_PENALTY, ASK_PENALTY, KIND_PENALTY = 50.0, 10.0, 0.3
ASKING = Recipe(penalty=0.1, rarest=17, step=0.1, mean=True)
LACKING = Recipe(penalty=3.0, rarest=6, step=0.05, mean=False)


class LeaveOneOut:
    """Weighs texts as if the known text that they were made from did not exist."""

    def __init__(self, evidences: Evidences) -> None:
        self._evidences = evidences
        kernel = evidences.kernel()
        self._inverse = np.linalg.inv(kernel + RIDGE_PENALTY * np.eye(len(kernel), dtype=np.float32))
        self._dual = self._inverse @ evidences.targets()
        self._place = {int(row): place for place, row in enumerate(evidences.taught)}

    def weigh(self, text: str, row: int) -> Evidence:
        """Weigh a text without the known text of that row."""
        evidences = self._evidences
        flat = evidences.read(text)
        message = evidences.vocabulary.read(flat)
        similar = evidences.similarities(message)
        similar[row] = 0
        taught = similar[evidences.taught]
        learned = np.einsum("i,ij->j", taught, self._dual)
        place = self._place.get(row)
        if place is not None:
            column = self._inverse[place]
            learned = learned - (taught * column).sum() * self._dual[place] / column[place]
        known = evidences.known[row]
        entry = known.entry if known.group == "phrasing" else -1
        source = evidences.read(known.text)
        without = LeftOut(entry, evidences.vocabulary.read(source).places, source)
        return evidences.conclude(flat, message, similar, learned, calls_other=bool(mentioned_names(text)), without=without)


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to learn from, the row of the known text that it is or was made from, and how."""

    text: str
    row: int
    made: str = ""  # "" for the known text itself | misheard | short | bare


def samples(evidences: Evidences) -> list[Sample]:
    """Return all known texts, and of each question one that is harder: misheard, cut short, or begun only."""
    found = [Sample(known.text, row) for row, known in enumerate(evidences.known) if known.group != "department_words"]
    made = 0
    for row, known in enumerate(evidences.known):
        if known.group not in ("phrasing", "department"):
            continue
        made += 1
        way = ("misheard", "short")[made % 2]
        if way == "misheard":
            found.append(Sample(misheard(known.text, made), row, way))
        elif known.group == "phrasing":
            found.append(Sample(shortened(known.text, made), row, way))
            found.append(Sample(bare(known.text, made), row, "bare"))
    return [sample for sample in found if sample.text]


def misheard(text: str, seed: int) -> str:
    """Replace one character in eight by another that sounds the same, as pinyin input does."""
    plain = list(normalise(text))
    for place in range(seed % 5, len(plain), 8):
        others = [other for other in homophones().get(sound(plain[place]), "") if other != plain[place]]
        if others and is_weighty(plain[place]):
            plain[place] = others[(seed + place) % len(others)]
    return "".join(plain)


@lru_cache(maxsize=1)
def homophones() -> dict[str, str]:
    """Return the common characters by sound: those of the first plane of GB 2312."""
    table: defaultdict[str, str] = defaultdict(str)
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            character = bytes((high, low)).decode("gb2312", errors="ignore")
            table[sound(character)] += character
    return dict(table)


def bare(text: str, seed: int) -> str:
    """Return a few characters in a row from a question, with nothing that asks in them; the rest of it may be still to come."""
    runs = [run for run in re.split(r"[^\u4e00-\u9fff]+", essence(normalise(text))) if len(run) >= 2 and not asks(run[:8])]
    return runs[seed % len(runs)][: 2 + seed % 7] if runs else ""


def shortened(text: str, seed: int) -> str:
    """Return a few characters of matter in a row from a question, asked about in the most general way."""
    runs = [run for run in re.split(r"[^\u4e00-\u9fff]+", essence(normalise(text))) if len(run) >= 4]
    if not runs:
        return ""
    run = runs[seed % len(runs)]
    length = min(3 + seed % 4, len(run))
    start = seed * 5 % (len(run) - length + 1)
    return run[start : start + length] + ("怎么弄", "怎么办", "去哪办", "要多少钱", "是什么规定", "")[seed % 6]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of practice: a question with its ``entry`` or with none, or chatter of a ``kind``."""

    text: str
    entry: str = ""
    kind: str = ""


def practice_lines(folder: Path) -> list[Line]:
    """Read the lines of practice, in the form that ``xiaoshao eval`` takes."""
    return [Line(row["q"], row.get("id", ""), row.get("kind", "")) for rows in read_lines(folder) for row in rows]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found about one text to learn from: whether it asks, whether the best entry is right, and how much it counts.

    ``asks`` and ``right`` are None where the text says nothing about that, ``kind`` is the kind of chatter or empty. Texts
    of one ``fold`` are made from one another; what is ``made`` (from a known text, from a part) is no text of its own.
    """

    evidence: Evidence
    asks: bool | None
    right: bool | None
    kind: str
    importance: float
    entry_importance: float
    fold: int
    made: str = ""


def learn(library: Library, practice: Iterable[Line] = ()) -> Learned:
    """Learn whether a message asks, whether the best entry is the right one, and which kind of chatter it is."""
    evidences = Evidences(library)
    lines = tuple(practice)
    found = [*left_out(evidences), *(practised(line, evidences, place) for place, line in enumerate(lines))]
    return fit([*found, *(one for part in PARTS for one in practised_in_part(lines, part.of(library)))])


def left_out(evidences: Evidences) -> Iterator[Weighed]:
    """Weigh every sample of the curated texts with its source left out."""
    leave_one_out = LeaveOneOut(evidences)
    for sample in samples(evidences):
        known = evidences.known[sample.row]
        found = leave_one_out.weigh(sample.text, sample.row)
        asked = known.group in ("phrasing", "department")
        right = known.group == "phrasing" and found.ranked[0] == known.entry
        orphan = known.group == "phrasing" and not right and sample.made != "short"
        importance = LEFT_OUT_WEIGHT * (MADE_WEIGHT if sample.made else 1.0)
        yield Weighed(
            evidence=found,
            asks=asked and sample.made != "bare"
            if (asked and sample.made != "short") or known.group in evidences.kinds
            else None,
            right=right if asked and sample.made != "bare" else None,
            kind=known.group if known.group in evidences.kinds else "",
            importance=importance,
            entry_importance=importance * (ORPHAN_WEIGHT if orphan else 1.0),
            fold=sample.row,
            made=sample.made,
        )


def practised(line: Line, evidences: Evidences, fold: int) -> Weighed:
    """Weigh a line of practice."""
    found = evidences.weigh(line.text)
    right = bool(line.entry) and evidences.entries[found.ranked[0]] == line.entry
    weight = KNOWN_WEIGHT if line.entry else 1.0
    return Weighed(found, not line.kind, None if line.kind else right, line.kind, weight, weight, fold)


@dataclass(frozen=True, slots=True)
class Part:
    """A smaller library: every so many entries from one on, with so many phrasings; ``bare``: no departments, little chatter."""

    every: int
    first: int
    phrasings: int
    bare: bool = False

    def of(self, library: Library) -> Library:
        """Return that part of a library."""
        chosen = list(library.entries.values())[self.first :: self.every]
        entries = {entry.id: replace(entry, questions=entry.questions[: self.phrasings]) for entry in chosen}
        if not self.bare:
            return replace(library, entries=entries)
        chatter = {kind: texts[::12] for kind, texts in library.chatter.items()}
        return replace(library, entries=entries, departments={}, general_questions=(), chatter=chatter)


PARTS = (Part(47, 5, 18, bare=True), Part(12, 7, 18, bare=True), Part(47, 20, 6), Part(12, 3, 4), Part(4, 1, 18), Part(1, 0, 4))
"""A park begins with few entries or few phrasings: there the features lie otherwise, and weights of the whole are too sure."""


def practised_in_part(lines: Sequence[Line], library: Library) -> Iterator[Weighed]:
    """Weigh lines of practice against a part: asks of its entries, and a share of all others, which it has no entry for."""
    evidences = Evidences(library)
    for place, line in enumerate(lines):
        if line.entry not in library.entries and place % (5 if line.entry else 3):
            continue
        asked = line if line.entry in library.entries else Line(line.text, "", line.kind)
        weighed = practised(asked, evidences, place)
        yield replace(weighed, importance=PART_ASK_WEIGHT, entry_importance=PART_ENTRY_WEIGHT, made="part")


def fit(found: Sequence[Weighed]) -> Learned:
    """Fit the weights of grams, then the three judges on what those say of texts that they were not learned from."""
    asking, lacking = _asking(found), _lacking(found)
    said = zip(found, ASKING.held_out(asking).tolist(), LACKING.held_out(lacking).tolist(), strict=True)
    ask, entry, kinds = _judges([_with(one, asks, lacks) for one, asks, lacks in said])
    return Learned(ask, entry, kinds, ASKING.learn(asking), LACKING.learn(lacking))


def _asking(found: Sequence[Weighed]) -> list[Example]:
    """Return what the weights of wording are learned from: every text that is no other's copy counts the same."""
    return [Example(wording(one.evidence.text), None if one.made else one.asks, one.fold) for one in found]


def _lacking(found: Sequence[Weighed]) -> list[Example]:
    """Return what the weights of lacking grams are learned from: what the other features of the entry leave unexplained."""
    bare = [replace(one, evidence=one.evidence._replace(entry_features=one.evidence.entry_features[:-1])) for one in found]
    known = _entry_judge([one for one in bare if one.made != "part"])
    return [
        Example(
            frozenset(one.evidence.lacking),
            None if one.made in ("short", "part") else one.right,
            one.fold,
            one.entry_importance / one.importance * (MADE_WEIGHT if one.made else 1.0),
            known.score(one.evidence.entry_features),
        )
        for one in bare
    ]


def _with(one: Weighed, asks: float, lacks: float) -> Weighed:
    """Return a text with other scores by grams, which stand last among the features."""
    evidence = one.evidence
    asked, entry = (*evidence.ask_features[:-2], lacks, asks), (*evidence.entry_features[:-1], lacks)
    return replace(one, evidence=evidence._replace(ask_features=asked, entry_features=entry))


def _entry_judge(found: Sequence[Weighed]) -> Logistic:
    told = [one for one in found if one.right is not None]
    return _fit(
        [one.evidence.entry_features for one in told],
        [bool(one.right) for one in told],
        [one.entry_importance for one in told],
        ENTRY_PENALTY,
    )


def _judges(found: Sequence[Weighed]) -> tuple[Logistic, Logistic, dict[str, Logistic]]:
    asked = [one for one in found if one.asks is not None]
    ask = _fit(
        [one.evidence.ask_features for one in asked],
        [bool(one.asks) for one in asked],
        [one.importance for one in asked],
        ASK_PENALTY,
    )
    entry = _entry_judge(found)
    chats = [one for one in found if one.kind]
    signs = [one.evidence.sign_features for one in chats]
    weights = [one.importance for one in chats]
    names = dict.fromkeys(one.kind for one in chats)
    return ask, entry, {name: _fit(signs, [one.kind == name for one in chats], weights, KIND_PENALTY) for name in names}


def _fit(features: list[tuple[float, ...]], hits: list[bool], importance: list[float], penalty: float) -> Logistic:
    return fit_logistic(np.asarray(features), np.asarray(hits, dtype=float), np.asarray(importance), penalty)


if __name__ == "__main__":
    save(learn(load_library(ROOT / "knowledge"), practice_lines(PRACTICE)))
