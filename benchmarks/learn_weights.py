"""The recipe of bot/matching/learned.py: learns the engine's weights from knowledge/ alone, leaving one text out at a time.

Run `python -m benchmarks.learn_weights` after larger changes to knowledge/; it takes about half a minute and is deterministic.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.library.faq_file import load_library
from bot.matching.content import is_weighty
from bot.matching.coverage import LeftOut
from bot.matching.evidence import RIDGE_PENALTY, Evidence, Evidences
from bot.matching.grams import grams, sound
from bot.matching.regression import Logistic, fit_logistic
from bot.matching.signs import asks
from bot.model import Library
from bot.text import essence, mentioned_names, normalise

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "bot" / "matching" / "learned.py"

ORPHAN_WEIGHT = 0.15
"""Weight of a phrasing that its entry is not found by once it is left out.

Curators don't write the same thing twice, so that leaving a phrasing out often takes away the only one for its matter: 30 % of
phrasings become orphans, but only 3 % of real questions are. The weight moves the learned prior back to that.
"""
MADE_WEIGHT = 0.5
"""Weight of a sample made from a known text (misheard, short) beside the known text itself."""
ENTRY_PENALTY, ASK_PENALTY, KIND_PENALTY = 150.0, 30.0, 3.0


class LeaveOneOut:
    """Weighs texts as if the known text that they were made from did not exist."""

    def __init__(self, evidences: Evidences) -> None:
        self._evidences = evidences
        kernel = evidences.kernel()
        self._inverse = np.linalg.inv(kernel + RIDGE_PENALTY * np.eye(len(kernel), dtype=np.float32))
        self._dual = self._inverse @ evidences.targets
        self._place = {int(row): place for place, row in enumerate(evidences.taught)}

    def weigh(self, text: str, row: int) -> Evidence:
        """Weigh a text without the known text of that row."""
        evidences = self._evidences
        flat = evidences.read(text)
        message = evidences.vocabulary.read(grams(flat))
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
        without = LeftOut(entry, grams(evidences.read(known.text)).keys())
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


def learn(library: Library) -> tuple[Logistic, Logistic, dict[str, Logistic]]:
    """Learn whether a message asks, whether the best entry is the right one, and which kind of chatter it is."""
    return fit(*gather(Evidences(library)))


def gather(evidences: Evidences) -> tuple[Evidences, list[Sample], list[Evidence]]:
    """Weigh every sample with its source left out."""
    left_out = LeaveOneOut(evidences)
    chosen = samples(evidences)
    return evidences, chosen, [left_out.weigh(sample.text, sample.row) for sample in chosen]


def fit(evidences: Evidences, chosen: list[Sample], found: list[Evidence]) -> tuple[Logistic, Logistic, dict[str, Logistic]]:
    """Fit the three judges."""
    groups = np.asarray([evidences.known[sample.row].group for sample in chosen])
    entries = np.asarray([evidences.known[sample.row].entry for sample in chosen])
    made = np.asarray([sample.made for sample in chosen])
    asked = (groups == "phrasing") | (groups == "department")
    chatter = np.isin(groups, evidences.kinds)
    plain = np.where(made == "", 1.0, MADE_WEIGHT)
    bare = made == "bare"
    ask = _fit([one.ask_features for one in found], asked & ~bare, asked & (made != "short") | chatter, plain, ASK_PENALTY)
    first = np.asarray([one.ranked[0] for one in found])
    right = (groups == "phrasing") & (first == entries)
    orphan = (groups == "phrasing") & ~right & (made != "short")
    importance = plain * np.where(orphan, ORPHAN_WEIGHT, 1.0)
    entry = _fit([one.entry_features for one in found], right, asked & ~bare, importance, ENTRY_PENALTY)
    kinds = {
        kind: _fit([one.sign_features for one in found], groups == kind, chatter, plain, KIND_PENALTY) for kind in evidences.kinds
    }
    return ask, entry, kinds


def _fit(
    features: list[tuple[float, ...]],
    hits: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    importance: NDArray[np.float64],
    penalty: float,
) -> Logistic:
    return fit_logistic(np.asarray(features)[chosen], hits[chosen].astype(float), importance[chosen], penalty)


def written(ask: Logistic, entry: Logistic, kinds: dict[str, Logistic]) -> str:
    """Return the source text of bot/matching/learned.py."""
    signs = next(iter(kinds.values()))
    lines = [
        '"""Learned weights; written by `python -m benchmarks.learn_weights`, never by hand."""',
        "",
        "from bot.matching.regression import Logistic",
        "",
        "# fmt: off",
        *_numbers("_SIGN_MEANS", signs.means),
        *_numbers("_SIGN_SPREADS", signs.spreads),
        *_model("ASK", ask),
        *_model("ENTRY", entry),
        "KINDS: dict[str, Logistic] = {}",
    ]
    for kind, model in kinds.items():
        name = f"_{kind.upper()}"
        lines += _numbers(name, model.weights)
        lines.append(f'KINDS["{kind}"] = Logistic(_SIGN_MEANS, _SIGN_SPREADS, {name}, {model.constant})')
    return "\n".join([*lines, ""])


def _model(name: str, model: Logistic) -> list[str]:
    parts = (("MEANS", model.means), ("SPREADS", model.spreads), ("WEIGHTS", model.weights))
    lines = [line for part, values in parts for line in _numbers(f"_{name}_{part}", values)]
    return [*lines, f"{name} = Logistic(_{name}_MEANS, _{name}_SPREADS, _{name}_WEIGHTS, {model.constant})"]


def _numbers(name: str, values: tuple[float, ...]) -> list[str]:
    rows = [", ".join(map(repr, values[start : start + 10])) for start in range(0, len(values), 10)]
    return [f"{name} = (", *(f"    {row}," for row in rows), ")"]


if __name__ == "__main__":
    TARGET.write_text(written(*learn(load_library(ROOT / "knowledge"))), encoding="utf-8")
