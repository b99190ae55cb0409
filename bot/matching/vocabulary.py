"""Every gram of the curated texts with its number, and texts as numbers of grams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import add

import numpy as np
from numpy.typing import NDArray

from bot.matching.content import is_weighty
from bot.matching.grams import VIEWS, is_break, sound, tokens

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Numbers = NDArray[np.int32]
"""Half as wide as ``Places``, for what is kept of every gram of every text."""

VIEW_PLACE = {view: place for place, view in enumerate(VIEWS)}
UNKNOWN = -1
"""Number of a gram that no curated text has; as an index it takes what stands last, where tables keep the unknown one's."""

# A gram's key: its view, and one or two numbers of tokens or sounds. A key and a text fit into one integer.
_TOKEN_BITS, _TEXT_BITS = 20, 21
_VIEW_SHIFT = 2 * _TOKEN_BITS
_CHARACTERS, _PAIRS, _SOUNDS, _SOUND_PAIRS = (VIEW_PLACE[view] << _VIEW_SHIFT for view in "cdpq")
_BREAK, _LINE_END = 0, 1
_AT_ONCE = 256
"""Texts that are cut into tokens at once: enough to be quick, few enough to need little memory."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The grams of some texts, gram after gram: for each its text (ascending), its number and how often it occurs there."""

    size: int
    texts: Numbers
    grams: Numbers
    counts: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Message:
    """The grams of one message, each once: its ``characters``, then the pairs of them, then the sounds of both.

    They come in the order of their tokens' numbers, new ones last. For each its number (``UNKNOWN`` for new ones), how often, the
    place of its view, and whether it carries matter. Characters and pairs have ``names`` and in ``heard`` the row of their
    sounds, for what is no character its own row.
    """

    characters: int
    places: Places
    counts: Places
    views: Places
    weighty: Flags
    names: tuple[str, ...]
    heard: Places

    def __len__(self) -> int:
        """Return how many different grams the message has."""
        return len(self.places)


class Vocabulary:
    """Numbers of tokens, of sounds, and of the grams made of them; made by ``count``."""

    def __init__(self, words: Mapping[str, int], sounds: Mapping[str, int], heard: Sequence[int], keys: Places) -> None:
        self._words = words
        self._sounds = sounds
        self._heard = np.asarray(heard, dtype=np.int64)
        self._keys = np.append(keys, np.iinfo(np.int64).max)

    def __len__(self) -> int:
        """Return how many grams have a number."""
        return len(self._keys) - 1

    @property
    def written(self) -> int:
        """Return how many grams are of characters; those of sounds stand behind them."""
        return int(self._keys.searchsorted(_SOUNDS))

    def read(self, text: str) -> Message:
        """Return the grams of a normalised message as they are numbered here."""
        spoken = tokens(text)
        numbers, heard = self._numbered(spoken)
        single = numbers != _BREAK
        double = single[:-1] & single[1:]
        views = _keys(numbers, heard, single, double)
        unique, rows = _different(np.concatenate(views))
        characters, size = unique.searchsorted((_PAIRS, _SOUNDS)).tolist()
        places = self._keys.searchsorted(unique)
        places[self._keys[places] != unique] = UNKNOWN
        written, sounds = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        alike = np.empty(size, dtype=np.int64)
        alike[written] = sounds
        lettered = np.asarray([len(token) > 1 for token in spoken], dtype=np.bool_)
        if lettered.any():
            apart = written[len(views[0]) :][(lettered[:-1] | lettered[1:])[double]]
            alike[apart] = apart
        matter = np.asarray([is_weighty(token) for token in spoken], dtype=np.bool_)
        weighty = np.zeros(len(unique), dtype=np.bool_)
        weighty[written] = np.concatenate((matter[single], (matter[:-1] & matter[1:])[double]))
        said = dict(zip(written.tolist(), _names(spoken, single, double), strict=True))
        return Message(
            characters=characters,
            places=places,
            counts=np.bincount(rows, minlength=len(unique)),
            views=unique >> _VIEW_SHIFT,
            weighty=weighty,
            names=tuple([said[row] for row in range(size)]),
            heard=alike,
        )

    def views(self) -> Places:
        """Return the place of each gram's view."""
        return self._keys[:-1] >> _VIEW_SHIFT

    def _numbered(self, spoken: Sequence[str]) -> tuple[Places, Places]:
        """Return the numbers of a message's tokens and of their sounds, 0 for breaks; new ones get numbers behind the known."""
        words, heard = self._words, self._heard
        numbers = [words.get(token, UNKNOWN) for token in spoken]
        if UNKNOWN not in numbers:
            known = np.asarray(numbers, dtype=np.int64)
            return known, heard[known]
        fresh, unheard = dict[str, int](), dict[str, int]()
        sounds: list[int] = []
        for place, token in enumerate(spoken):
            if numbers[place] == UNKNOWN and not is_break(token):
                numbers[place] = fresh.setdefault(token, len(heard) + len(fresh))
                said = sound(token)
                sounds.append(self._sounds.get(said) or unheard.setdefault(said, len(self._sounds) + 1 + len(unheard)))
            else:
                numbers[place] = max(numbers[place], _BREAK)
                sounds.append(int(heard[numbers[place]]))
        return np.asarray(numbers, dtype=np.int64), np.asarray(sounds, dtype=np.int64)


class _Numbering(dict[str, int]):
    """Numbers tokens as they turn up; all breaks are one."""

    def __missing__(self, token: str) -> int:
        number = self[token] = _BREAK if is_break(token) else len(self) + 1
        return number


def count(texts: Sequence[str]) -> tuple[Vocabulary, Counted]:
    """Count the grams of normalised texts, and number them."""
    words, sounds, heard = _Numbering({"\n": _LINE_END}), dict[str, int](), [_BREAK, _BREAK]
    # One large block, of which only what is written takes memory; many small ones would be left behind in pieces.
    cells = np.empty(len(VIEWS) * sum(map(len, texts)), dtype=np.int64)
    end = 0
    for start in range(0, len(texts), _AT_ONCE):
        spoken = tokens("\n".join((*texts[start : start + _AT_ONCE], "")))
        numbers = np.fromiter(map(words.__getitem__, spoken), dtype=np.int64, count=len(spoken))
        for token, number in islice(words.items(), len(heard) - 1, None):
            heard.append(sounds.setdefault(sound(token), len(sounds) + 1) if number else _BREAK)
        for keys, those in _grams(numbers, np.asarray(heard)):
            begin, end = end, end + len(keys)
            cells[begin:end] = keys << _TEXT_BITS | those + start
    if len(texts) >> _TEXT_BITS or len(words) >> _TOKEN_BITS:
        raise OverflowError("too many texts or words to count")
    words["\n"] = _BREAK
    cells = cells[:end]
    cells.sort()
    begins = np.flatnonzero(_changes(cells))
    counts = np.diff(begins, append=len(cells)).astype(np.uint16)
    cells = cells[begins]
    rows = (cells & (1 << _TEXT_BITS) - 1).astype(np.int32)
    cells >>= _TEXT_BITS
    fresh = _changes(cells)
    grams = np.cumsum(fresh, dtype=np.int32) - np.int32(1)
    return Vocabulary(dict(words), sounds, heard, cells[fresh]), Counted(len(texts), rows, grams, counts)


def _grams(numbers: Places, heard: Places) -> Iterator[tuple[Places, Places]]:
    """Yield view by view the keys of all grams of some texts, each closed by a line's end, and the text of each."""
    ends = numbers == _LINE_END
    rows = np.cumsum(ends)
    single = (numbers != _BREAK) & ~ends
    double = single[:-1] & single[1:]
    alone, paired = rows[single], rows[:-1][double]
    yield from zip(_keys(numbers, heard[numbers], single, double), (alone, paired, alone, paired), strict=True)


def _keys(numbers: Places, heard: Places, single: Flags, double: Flags) -> tuple[Places, ...]:
    """Return the keys of tokens, of their pairs, of their sounds and of the pairs of those."""
    return (
        _CHARACTERS | numbers[single],
        _PAIRS | numbers[:-1][double] << _TOKEN_BITS | numbers[1:][double],
        _SOUNDS | heard[single],
        _SOUND_PAIRS | heard[:-1][double] << _TOKEN_BITS | heard[1:][double],
    )


def _different(keys: Places) -> tuple[Places, Places]:
    """Return the different keys in their order, and for each key which of them it is: as ``numpy.unique``, in half the time."""
    order = keys.argsort(kind="stable")
    ordered = keys[order]
    first = _changes(ordered)
    rows = np.empty(len(keys), dtype=np.int64)
    rows[order] = first.cumsum() - 1
    return ordered[first], rows


def _changes(ordered: Places) -> Flags:
    """Tell of each value whether it is another than the one before."""
    changes = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    return changes


def _names(spoken: Sequence[str], single: Flags, double: Flags) -> list[str]:
    """Return what is written of the keys: the tokens, then their pairs."""
    return [*compress(spoken, single.tolist()), *compress(map(add, spoken, spoken[1:]), double.tolist())]
