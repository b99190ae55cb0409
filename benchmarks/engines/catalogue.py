"""The engines of the comparison by name, and the ways in which the others are helped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.engines.ours import ThisEngine
from benchmarks.engines.port import SILENCE, ByPhrasing, Engine, Search
from benchmarks.engines.rivals import Bm25, ChatterBot, FullText, Fuzzy, TfIdf, trigrams, words
from bot.model import Library
from bot.text import normalise

OURS = "小哨"
ALONE = "小哨, phrasings alone"
"""This engine without answers, words, near misses, chatter and departments."""
CHATTERBOT = "ChatterBot"

SEARCHES: Mapping[str, Callable[[], Search]] = {
    "rapidfuzz WRatio": lambda: Fuzzy("WRatio"),
    "rapidfuzz token_set_ratio": lambda: Fuzzy("token_set_ratio"),
    "bm25s on jieba": Bm25,
    "TF-IDF characters 1–3": lambda: TfIdf("char"),
    "TF-IDF words by jieba": lambda: TfIdf("word"),
    "SQLite FTS5 trigram": lambda: FullText(trigrams),
    "SQLite FTS5 on jieba": lambda: FullText(words),
}
ENGINES = (OURS, *SEARCHES, CHATTERBOT)


@dataclass(frozen=True, slots=True)
class Way:
    """A way of using a search: the normaliser, how many phrasings of an entry are summed, and whether silent texts are taught."""

    name: str
    normaliser: Callable[[str], str] = normalise
    together: int = 1
    silent: bool = False


PLAIN = Way("closest phrasing")
WAYS = (
    PLAIN,
    Way("without the normaliser", normaliser=str),
    Way("three phrasings summed", together=3),
    Way("with silent texts", silent=True),
    Way("both", together=3, silent=True),
)


def engine(name: str, library: Library, way: Way = PLAIN) -> Engine:
    """Return an engine that isn't built yet."""
    if name == OURS:
        return ThisEngine(library)
    if name == ALONE:
        return ThisEngine(Library({}))
    if name == CHATTERBOT:
        return ChatterBot()
    return ByPhrasing(SEARCHES[name](), way.normaliser, together=way.together)


def taught(library: Library, way: Way = PLAIN) -> tuple[Sequence[str], Sequence[str]]:
    """Return the phrasings and their entries, with ``way.silent`` what must stay unanswered too."""
    pairs = [(text, entry.id) for entry in library.entries.values() for text in entry.questions]
    if way.silent:
        pairs += [(text, SILENCE) for entry in library.entries.values() for text in entry.not_this]
        pairs += [(text, SILENCE) for texts in library.chatter.values() for text in texts]
        pairs += [(text, SILENCE) for one in library.departments.values() for text in one.questions]
        pairs += [(text, SILENCE) for text in library.general_questions]
    return [text for text, _ in pairs], [owner for _, owner in pairs]
