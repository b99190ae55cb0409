"""What an entry would catch: its phrasings as they would be judged, what comes close, and which asked questions it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.matching.engine import EntryText, Matcher
from bot.model import Entry, Library

CLOSE = 3
"""Other entries named as close at most."""


@dataclass(frozen=True, slots=True)
class Caught:
    """One sentence of the curator's or of the groups', and what would become of it.

    ``verdict`` is the matcher's; ``entry`` the best entry's title; ``good``: as it should be; ``nearer`` is the title of another
    entry whose phrasings are more like it.
    """

    text: str
    verdict: str
    entry: str
    good: bool
    nearer: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """How an entry stands: ``close`` are other entries' titles with the number of its phrasings that they come close to."""

    phrasings: tuple[Caught, ...]
    near_misses: tuple[Caught, ...]
    close: tuple[tuple[str, int], ...]
    asked: tuple[Caught, ...]


def hits(entry: Entry, library: Library, matcher: Matcher, asked: Iterable[str]) -> Hits:
    """Judge an entry's own sentences, and asked questions that no entry answered, by a matcher built with it.

    Of ``asked`` those are returned that it would now answer or offer.
    """
    standings = matcher.standings()

    def judged(text: str, *, near_miss: bool = False) -> Caught:
        judgement = matcher.judge(text)
        best = judgement.candidates[0].entry_id if judgement.candidates else ""
        answers = judgement.verdict == "answer" and best == entry.matched_as
        offers = judgement.verdict == "offer" and entry.matched_as in judgement.offered
        standing = standings.get(EntryText(entry.matched_as, text, near_miss))
        nearer = standing.nearer if standing else ""
        good = not answers if near_miss else answers or offers
        return Caught(text, judgement.verdict, _title(library, best), good, _title(library, nearer))

    phrasings = tuple(judged(text) for text in entry.questions)
    near_misses = tuple(judged(text, near_miss=True) for text in entry.not_this)
    caught = (judged(text) for text in dict.fromkeys(asked))
    return Hits(phrasings, near_misses, _close(entry, library, matcher), tuple(it for it in caught if it.good))


def _close(entry: Entry, library: Library, matcher: Matcher) -> tuple[tuple[str, int], ...]:
    others: Counter[str] = Counter()
    for text in entry.questions:
        ranked: Sequence[str] = [candidate.entry_id for candidate in matcher.forced(text)[:2]]
        others.update(name for name in ranked if name != entry.matched_as)
    return tuple((_title(library, name), count) for name, count in others.most_common(CLOSE))


def _title(library: Library, entry_id: str) -> str:
    return library.entries[entry_id].title if entry_id in library.entries else ""
