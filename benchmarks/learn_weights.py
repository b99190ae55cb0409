"""The recipe of bot/matching/learned.py: learns the engine's weights from knowledge/ alone, leaving one text out at a time.

Run `python -m benchmarks.learn_weights` after larger changes to knowledge/; it takes about ten seconds and is deterministic.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.library.faq_file import load_library
from bot.matching.evidence import RIDGE_PENALTY, Evidence, Evidences
from bot.matching.regression import Logistic, fit_logistic
from bot.model import Library
from bot.text import mentioned_names

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "bot" / "matching" / "learned.py"

ORPHAN_WEIGHT = 0.15
"""Weight of a phrasing that its entry is not found by once it is left out.

Curators don't write the same thing twice, so that leaving a phrasing out often takes away the only one for its matter: 30 % of
phrasings become orphans, but only 3 % of real questions are. The weight moves the learned prior back to that.
"""
ENTRY_PENALTY, ASK_PENALTY, KIND_PENALTY = 1.0, 3.0, 3.0


def leave_one_out(evidences: Evidences) -> list[Evidence]:
    """Weigh every known text as if it were new."""
    kernel = evidences.phrasing_kernel()
    inverse = np.linalg.inv(kernel + RIDGE_PENALTY * np.eye(len(kernel), dtype=np.float32))
    dual = inverse @ evidences.targets
    left_out = (evidences.targets - dual / np.diag(inverse)[:, None]).astype(np.float32)
    phrasings = [row for row, known in enumerate(evidences.known) if known.group == "phrasing"]
    position = {row: place for place, row in enumerate(phrasings)}
    found = []
    for row, known in enumerate(evidences.known):
        counted = evidences.grams[row]
        similar = evidences.similarities(counted)
        similar[row] = 0
        learned = left_out[position[row]] if row in position else (similar[phrasings] @ dual).astype(np.float32)
        own = known.entry if known.group == "phrasing" else -1
        flat, calls = evidences.read(known.text), bool(mentioned_names(known.text))
        found.append(evidences.conclude(flat, counted, similar, learned, calls_other=calls, own=own))
    return found


def learn(library: Library) -> tuple[Logistic, Logistic, dict[str, Logistic]]:
    """Learn whether a message asks, whether the best entry is the right one, and which kind of chatter it is."""
    evidences = Evidences(library)
    found = leave_one_out(evidences)
    groups = np.asarray([known.group for known in evidences.known])
    entries = np.asarray([known.entry for known in evidences.known])
    asks = (groups == "phrasing") | (groups == "department")
    chatter = np.isin(groups, evidences.kinds)
    ask = _fit([one.ask_features for one in found], asks, asks | chatter, np.ones(len(found)), ASK_PENALTY)
    first = np.asarray([one.ranked[0] for one in found])
    right = (groups == "phrasing") & (first == entries)
    importance = np.where((groups == "phrasing") & ~right, ORPHAN_WEIGHT, 1.0)
    entry = _fit([one.entry_features for one in found], right, asks, importance, ENTRY_PENALTY)
    kinds = {
        kind: _fit([one.sign_features for one in found], groups == kind, chatter, np.ones(len(found)), KIND_PENALTY)
        for kind in evidences.kinds
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
