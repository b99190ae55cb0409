"""Writes what was learned as the source of bot/matching/learned*.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from unicodedata import east_asian_width

from bot.matching.regression import Logistic

TARGETS = Path(__file__).resolve().parent.parent / "bot" / "matching"
HEAD = '"""Learned weights; written by `python -m benchmarks.learn_weights`, never by hand."""'
WIDTH = 120
"""Columns of grams a line; a Chinese character takes two."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The judges of asking, of the entry and of each kind of chatter, and the weights of grams for the first two."""

    ask: Logistic
    entry: Logistic
    kinds: dict[str, Logistic]
    asking: dict[str, float]
    lacking: dict[str, float]


def save(learned: Learned) -> None:
    """Write the three modules."""
    for name, source in (
        ("learned", judges(learned)),
        ("learned_asking", grams("ASKING_GRAMS", learned.asking)),
        ("learned_lacking", grams("LACKING_GRAMS", learned.lacking)),
    ):
        (TARGETS / f"{name}.py").write_text(source, encoding="utf-8")


def judges(learned: Learned) -> str:
    """Return the source text of the judges."""
    signs = next(iter(learned.kinds.values()))
    lines = [
        HEAD,
        "",
        "from bot.matching.regression import Logistic",
        "",
        "# fmt: off",
        *_numbers("_SIGN_MEANS", signs.means),
        *_numbers("_SIGN_SPREADS", signs.spreads),
        *_model("ASK", learned.ask),
        *_model("ENTRY", learned.entry),
        "KINDS: dict[str, Logistic] = {}",
    ]
    for kind, model in learned.kinds.items():
        name = f"_{kind.upper()}"
        lines += _numbers(name, model.weights)
        lines.append(f'KINDS["{kind}"] = Logistic(_SIGN_MEANS, _SIGN_SPREADS, {name}, {model.constant})')
    return "\n".join([*lines, ""])


def grams(name: str, weights: dict[str, float]) -> str:
    """Return the source text of a table of grams by weight."""
    lines = [HEAD, "", "# fmt: off", f"{name}: dict[float, str] = {{"]
    for weight, group in groupby(sorted(weights, key=lambda gram: (weights[gram], gram)), key=weights.__getitem__):
        lines.append(f"    {weight}:")
        lines += [f'    "{row}"' for row in _rows(list(group))]
        lines[-1] += ","
    return "\n".join([*lines, "}", ""])


def _rows(names: list[str]) -> Iterator[str]:
    """Yield lines of names, each with a space behind it."""
    row, width = "", 0
    for name in names:
        wide = sum(2 if east_asian_width(character) in "WF" else 1 for character in name) + 1
        if width + wide > WIDTH:
            yield row
            row, width = "", 0
        row, width = f"{row}{name} ", width + wide
    yield row


def _model(name: str, model: Logistic) -> list[str]:
    parts = (("MEANS", model.means), ("SPREADS", model.spreads), ("WEIGHTS", model.weights))
    lines = [line for part, values in parts for line in _numbers(f"_{name}_{part}", values)]
    return [*lines, f"{name} = Logistic(_{name}_MEANS, _{name}_SPREADS, _{name}_WEIGHTS, {model.constant})"]


def _numbers(name: str, values: tuple[float, ...]) -> list[str]:
    rows = [", ".join(map(repr, values[start : start + 10])) for start in range(0, len(values), 10)]
    return [f"{name} = (", *(f"    {row}," for row in rows), ")"]
