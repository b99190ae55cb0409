"""What each part of the engine brings: the figures of ``xiaoshao eval`` with one part taken away at a time.

``python -m benchmarks.ablation FOLDER --write``; the figures go into docs/matching.md. The last lines are learned anew: without
the lines of practice, without what is learned of grams, and in turn without a fifth of the lines, which are then measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from unittest.mock import patch

from benchmarks import learn_weights
from benchmarks.learned_source import Learned
from benchmarks.noise import fewer
from benchmarks.report import ROOT, Folder, Write, percent, put, run, table
from bot.cli.evaluate import read_lines
from bot.library.faq_file import load_library
from bot.matching import evidence, learned, ngrams, qualifiers, signs
from bot.matching.engine import Matcher
from bot.matching.ngrams import GramWeights, WordingWeights
from bot.model import Entry, Library
from bot.work.evaluation import ACTIONS, EvaluationReport, Line, Outcome, evaluate

PAGE = ROOT / "docs" / "matching.md"
FOLDS = 5
NEVER = 10**9
HEAD = (
    "part taken away",
    "top-1",
    "right",
    "wrong",
    "right or offered",
    "chatter answered",
    "unknown recognised",
    "unknown answered",
)

Lines = tuple[Sequence[Line], Sequence[Line], Sequence[Line]]


def _each(change: Callable[[Entry], Entry]) -> Callable[[Library], Library]:
    return lambda library: replace(library, entries={name: change(entry) for name, entry in library.entries.items()})


PARTS: dict[str, Callable[[Library], Library]] = {
    "nothing": lambda library: library,
    "synonyms and slips (words.yaml)": lambda library: replace(library, synonyms={}, confusions={}),
    "titles as phrasings": _each(lambda entry: replace(entry, title="")),
    "answers and parts as texts": _each(lambda entry: replace(entry, answer="", parts={})),
    "near misses": _each(lambda entry: replace(entry, not_this=())),
    "examples of chatter": lambda library: replace(library, chatter=dict.fromkeys(library.chatter, ())),
    "departments' questions and words": lambda library: replace(library, departments={}, general_questions=()),
    "half of the phrasings, drawn by chance": lambda library: fewer(library, 9, 0),
}


RECIPES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "what the wording's grams say": lambda: patch.object(learn_weights, "ASKING", replace(learn_weights.ASKING, rarest=NEVER)),
    "what lacking grams say": lambda: patch.object(learn_weights, "LACKING", replace(learn_weights.LACKING, rarest=NEVER)),
    "words that turn a matter into another": lambda: patch.object(
        qualifiers, "measure", lambda *_: ((0.0,) * qualifiers.COUNT, "")
    ),
    "words of asking that ask nothing": lambda: patch.object(signs, "definite", lambda text: text),
}
"""What is left out of learning too, and what the engine is then without."""


def main(folder: Folder, write: Write = False) -> None:
    """每次拿掉引擎的一部分，看各项数字怎么变；再看不用练习句、不用字词的分量、或留下五分之一练习句不学，学出来的怎么样。"""
    library = load_library(ROOT / "knowledge")
    lines = read_lines(folder)
    rows = [_row(name, _measured(Matcher(change(library)), lines)) for name, change in PARTS.items()]
    with patch.object(evidence, "RIDGE_CELLS", 0):
        rows.append(_row("the ridge (closest three phrasings instead)", _measured(Matcher(library), lines)))
    with _weights(learn_weights.learn(library)):
        rows.append(_row("lines of practice in learning", _measured(Matcher(library), lines)))
    practice = learn_weights.practice_lines(learn_weights.PRACTICE)
    for name, change in RECIPES.items():
        with change(), _weights(learn_weights.learn(library, practice)):
            rows.append(_row(f"{name}, learned anew", _measured(Matcher(library), lines)))
    held_out = [_row("five-fold, on the lines of practice held out", _added(list(_folds(library))))]
    parts, folds = table(HEAD, rows), table(("learned without a fifth", *HEAD[1:]), held_out)
    print(f"{parts}\n\n{folds}")
    if write:
        put(PAGE, {"ablation": parts, "folds": folds})


def _folds(library: Library) -> Iterator[EvaluationReport]:
    """Yield for each fifth of the lines of practice what they are judged by weights that were learned without it."""
    practice, lines = learn_weights.practice_lines(learn_weights.PRACTICE), read_lines(learn_weights.PRACTICE)
    for fold in range(FOLDS):
        kept = [line for place, line in enumerate(practice) if place % FOLDS != fold]
        ends = [0, len(lines[0]), len(lines[0]) + len(lines[1])]
        held = [
            [line for place, line in enumerate(some, start) if place % FOLDS == fold]
            for some, start in zip(lines, ends, strict=True)
        ]
        with _weights(learn_weights.learn(library, kept)):
            yield _measured(Matcher(library), (held[0], held[1], held[2]))


@contextmanager
def _weights(found: Learned) -> Iterator[None]:
    judges = patch.multiple(learned, ASK=found.ask, ENTRY=found.entry, KINDS=found.kinds)
    with judges, patch.multiple(ngrams, ASKING=WordingWeights(found.asking), LACKING=GramWeights(found.lacking)):
        yield


def _measured(matcher: Matcher, lines: Lines) -> EvaluationReport:
    def ask(text: str) -> Outcome:
        judged = matcher.judge(text)
        return Outcome(ACTIONS[judged.verdict], tuple(one.entry_id for one in judged.candidates), judged.offered, ())

    return evaluate(*lines, ask, lambda: 0.0)


def _added(reports: Sequence[EvaluationReport]) -> EvaluationReport:
    """Return the counts of several reports together."""
    names = (
        "asks",
        "first_right",
        "asks_right",
        "asks_wrong",
        "asks_offered_right",
        "routes",
        "routes_opened",
        "routes_answered",
    )
    sums = {name: sum(getattr(report, name) for report in reports) for name in names}
    chatter = {f"{fold}": report.chatter_total for fold, report in enumerate(reports)}
    return EvaluationReport(**sums, chatter=chatter)


def _row(name: str, found: EvaluationReport) -> list[str]:
    asks, chatter = found.asks, found.chatter_total
    return [
        name,
        percent(found.first_right, asks),
        percent(found.asks_right, asks),
        percent(found.asks_wrong, asks),
        percent(found.asks_right + found.asks_offered_right, asks),
        percent(chatter.answered, chatter.total),
        percent(found.routes_opened, found.routes),
        percent(found.routes_answered, found.routes),
    ]


if __name__ == "__main__":
    run(main)
