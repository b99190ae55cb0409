"""A library of any size: the FAQ cut down, or grown by entries that are made from it. The recipe is deterministic.

A made entry follows one real entry, with clauses of a second one in it. Its domain words are swapped, the same ones throughout,
for words of departments that the FAQ has no entry for, so that it is about something of its own (“叉车怎么上牌” becomes
“结题报告怎么上牌”); other words are said in another way that the curators know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from random import Random

from bot.model import Entry, Library

PHRASINGS = 16
"""Phrasings of a made entry."""
COMMON = 0.1
"""Share of entries with a word in their phrasings from which it is no domain word (什么, 公司)."""
TRIES = 20

_BETWEEN = re.compile(r"[,，。;；?？!！、\s]+")
_WORD = re.compile(r"[\u4e00-\u9fff]{2,6}")


def grown(library: Library, phrasings: int) -> Library:
    """Return a library of that many phrasings: the real entries in an order drawn once, then made ones."""
    order = list(library.entries.values())
    Random("order").shuffle(order)
    return replace(library, entries=_first(chain(order, made(library)), phrasings))


def cut(library: Library, phrasings: int) -> Library:
    """Return the library with its first phrasings only."""
    return replace(library, entries=_first(library.entries.values(), phrasings))


def counted(library: Library) -> int:
    """Return the number of phrasings."""
    return sum(len(entry.questions) for entry in library.entries.values())


def made(library: Library) -> Iterator[Entry]:
    """Make entries without end; no phrasing is one of the library or comes twice."""
    entries = list(library.entries.values())
    words = _Words(library)
    taken = {question for entry in entries for question in entry.questions}
    number = 0
    while len(entries) > 1 and words.foreign:
        number += 1
        random = Random(f"entry {number}")
        swaps = _Swaps(words, random)
        first, second = random.sample(entries, 2)
        questions = _questions(swaps, first, second, taken)
        if questions:
            title, answer = swaps.of(first.title), swaps.of(first.answer)
            yield replace(first, id=f"made-{number}", title=title, questions=questions, answer=answer, not_this=(), parts={})


def _first(entries: Iterable[Entry], phrasings: int) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    room = phrasings
    for entry in entries:
        if room <= 0:
            break
        found[entry.id] = replace(entry, questions=entry.questions[:room])
        room -= len(entry.questions)
    return found


class _Words:
    """The curators' words: ``foreign`` ones to put in, a pattern of all, and the other ways of saying those that stay."""

    def __init__(self, library: Library) -> None:
        departments = {word for one in library.departments.values() for word in one.words}
        known = sorted(word for word in {*library.dictionary, *library.synonyms, *departments} if _WORD.fullmatch(word))
        self.pattern = re.compile("|".join(sorted(known, key=lambda word: -len(word))) or "(?!)")
        used = [set(self.pattern.findall(" ".join(entry.questions))) for entry in library.entries.values()]
        spread = Counter(word for found in used for word in found)
        self.common = {word for word, count in spread.items() if count > COMMON * len(used)}
        self.foreign = [word for word in known if word in departments and word not in spread]
        self.ways = library.synonyms


class _Swaps:
    """What each domain word becomes in one made entry."""

    def __init__(self, words: _Words, random: Random) -> None:
        self.random = random
        self.topic = random.choice(words.foreign)
        self._words = words
        self._chosen: dict[str, str] = {}

    def of(self, text: str) -> str:
        """Return the text with foreign domain words, and common words said in another way."""
        return self._words.pattern.sub(lambda found: self._said(found.group()), text)

    def is_foreign(self, text: str) -> bool:
        """Say whether a word of this entry's own stands in the text."""
        return self.topic in text or any(word in text for word in self._chosen.values())

    def _said(self, word: str) -> str:
        if word in self._words.common:
            return self.random.choice((word, *self._words.ways.get(word, ())))
        return self._chosen.setdefault(word, self.random.choice(self._words.foreign))


def _questions(swaps: _Swaps, first: Entry, second: Entry, taken: set[str]) -> tuple[str, ...]:
    found: list[str] = []
    for number in range(PHRASINGS):
        tries = (_question(swaps, first, second, number) for _ in range(TRIES))
        fresh = next((text for text in tries if text not in taken), None)
        if fresh is not None:
            taken.add(fresh)
            found.append(fresh)
    return tuple(found)


def _question(swaps: _Swaps, first: Entry, second: Entry, number: int) -> str:
    """Return the numbered phrasing of the first entry, now and then with a clause of the second, in other words."""
    random = swaps.random
    clauses = _clauses(first.questions[number % len(first.questions)])
    if random.random() < 0.5:
        other = random.choice(_clauses(random.choice(second.questions)))
        place = random.randrange(len(clauses) + 1)
        clauses[place : place + (len(clauses) > 2)] = [other]
    text = swaps.of("，".join(clauses))
    return text if swaps.is_foreign(text) else f"{swaps.topic}，{text}"


def _clauses(text: str) -> list[str]:
    return [clause for clause in _BETWEEN.split(text) if clause] or [text]
