"""Which phrasings of different entries say nearly the same, and which entries lie too close to each other to be told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bot.errors import Problem
from bot.library.faq_entries import bare
from bot.library.places import Places
from bot.library.text_check import problem_at
from bot.matching.index import Index
from bot.matching.postings import Floats
from bot.matching.vocabulary import count
from bot.matching.wording import Wording
from bot.model import Entry, Library
from bot.text import essence

MARGIN = 0.05
"""How much more similar a phrasing must be to another entry's than to its own entry's other phrasings."""
LEAST = 0.3
"""Similarity below which nothing is said to be near: unlike phrasings share a “去哪里” or “要什么”."""
SHARE = 1 / 3
"""Share of an entry's phrasings that lie nearer to one other entry, from which the two count as too close."""
FEWEST = 3
SHOWN = 3

_FILLING = re.compile(r"[的了吗呢么吧啊嘛]")
_ASKING = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        ("如何|怎样|咋样|咋个|咋", "怎么"),
        ("啥", "什么"),
        ("哪儿|哪里|哪边", "哪"),
        ("需要|须要|得要|应该|应当", "要"),
    )
)


def same_in_other_words(library: Library) -> Iterator[tuple[Entry, str, str, str]]:
    """Yield (entry, phrasing, other entry's id, its phrasing) where two entries say the same in other words.

    That is: the phrasings differ in particles, openings, synonyms or the order of the words only. A near miss is held against the
    phrasings of its own entry, to which those of its stand-ins belong.
    """
    wording = Wording(library.synonyms, library.confusions)
    seen: dict[str, tuple[Entry, str]] = {}
    for entry in library.entries.values():
        for phrasing in entry.questions:
            key = _core(wording.read(phrasing))
            other, text = seen.setdefault(key, (entry, phrasing))
            if key and other.matched_as != entry.matched_as and bare(text) != bare(phrasing):
                yield entry, phrasing, other.id, text
    for entry in library.entries.values():
        for near_miss in entry.not_this:
            same = seen.get(_core(wording.read(near_miss)))
            if same and same[0].matched_as == entry.matched_as and bare(same[1]) != bare(near_miss):
                yield entry, near_miss, same[0].id, same[1]


def _core(text: str) -> str:
    """Return the characters that carry the matter of a phrasing, in an order of their own."""
    flat = essence(text)
    for pattern, word in _ASKING:
        flat = pattern.sub(word, flat)
    return "".join(sorted(bare(_FILLING.sub("", flat))))


@dataclass(frozen=True, slots=True)
class CloseEntries:
    """An entry whose phrasings are often nearer to another one; ``strayed`` maps them to the other's nearest phrasing."""

    entry: str
    other: str
    strayed: Mapping[str, str]


def nearly_twins(library: Library, places: Places) -> Iterator[Problem]:
    """Yield a problem for each phrasing that another entry has in other words, or its own near misses, with both places."""
    for entry, phrasing, other, text in same_in_other_words(library):
        if library.entries[other].matched_as == entry.matched_as:
            whose = "本条" if other == entry.id else "同一件事的"
            message = f"不该答的“{phrasing}”与{whose} {other} 的问法“{text}”几乎一样，另一处在 {places.at(other, text)}"
            yield problem_at(places, entry, phrasing, message, "只留一处：该答就留在 questions，不该答就留在 not_this")
            continue
        rival = f"“{library.entries[other].title}”（{other}）的“{text}”"
        message = f"问法“{phrasing}”找不到本条 {entry.id}：与{rival}几乎一样，另一处在 {places.at(other, text)}"
        yield problem_at(places, entry, phrasing, message, "只留在该回答它的那一条，另一处改成不一样的问法或删掉")


def likeness(library: Library) -> Floats:
    """Return the similarity (0–1) of each phrasing to each, in the order of the library."""
    wording = Wording(library.synonyms, library.confusions)
    texts = [phrasing for entry in library.entries.values() for phrasing in entry.questions]
    index = Index(*count([wording.read(text) for text in texts]))
    return index.kernel(np.arange(len(texts)))


def close_entries(library: Library, similar: Floats) -> Iterator[CloseEntries]:
    """Yield the entries that lie too close to another one; ``similar`` is the ``likeness`` of the library's phrasings."""
    entries = list(library.entries.values())
    if len(entries) < 2:
        return
    texts = [phrasing for entry in entries for phrasing in entry.questions]
    owner = np.repeat(np.arange(len(entries)), [len(entry.questions) for entry in entries])
    rows = np.arange(len(texts))
    other_texts = similar.copy()
    np.fill_diagonal(other_texts, -1)
    best = np.maximum.reduceat(other_texts, np.searchsorted(owner, np.arange(len(entries))), axis=1)
    own = np.maximum(best[rows, owner], 0)
    best[rows, owner] = -1
    rival = best.argmax(1)
    nearer = best[rows, rival] > np.maximum(own + MARGIN, LEAST)
    for place, entry in enumerate(entries):
        mine = rows[nearer & (owner == place)]
        for other in sorted(set(rival[mine].tolist())):
            strayed = [int(row) for row in mine if rival[row] == other]
            if len(strayed) >= max(FEWEST, SHARE * len(entry.questions)):
                theirs = np.flatnonzero(owner == other)
                nearest = {texts[row]: texts[theirs[other_texts[row, theirs].argmax()]] for row in strayed}
                yield CloseEntries(entry.id, entries[other].id, nearest)


def too_close(library: Library, similar: Floats, places: Places) -> Iterator[Problem]:
    """Yield a problem for each entry that lies too close to another one, with the phrasings that are nearer to the other."""
    found = {(pair.entry, pair.other): pair for pair in close_entries(library, similar)}
    for pair in found.values():
        back = found.get((pair.other, pair.entry))
        if back and (len(back.strayed), list(library.entries).index(back.entry)) > (
            len(pair.strayed),
            list(library.entries).index(pair.entry),
        ):
            continue  # said from the other side
        entry, other = library.entries[pair.entry], library.entries[pair.other]
        shown = "；".join(f"“{text}”像它的“{nearest}”" for text, nearest in list(pair.strayed.items())[:SHOWN])
        more = "等" if len(pair.strayed) > SHOWN else ""
        message = (
            f"条目 {entry.id} 与 {other.id}（{other.title}，{places.at(other.id)}）太接近：{len(entry.questions)} 句问法里有"
            f" {len(pair.strayed)} 句更像后者，{shown}{more}"
        )
        mend = "把这几句移过去，或给本条多补几句只属于它的问法；本来是一件事就合成一条"
        yield problem_at(places, entry, next(iter(pair.strayed)), message, mend)
