"""Every gram of the curated texts with its number, and texts as numbers of grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from bot.matching.content import is_weighty
from bot.matching.grams import VIEWS, is_break, sound, tokens

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

    For each its number (``UNKNOWN`` for new ones), how often, the place of its view, and whether it carries matter. Characters
    and pairs have ``names`` and in ``heard`` the row of their sounds, for what is no character its own row.
    """

    characters: int
    places: Places
    counts: Places
    views: Places
    weighty: NDArray[np.bool_]
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
        self._heard = heard
        self._keys = np.append(keys, np.iinfo(np.int64).max)

    def __len__(self) -> int:
        """Return how many grams have a number."""
        return len(self._keys) - 1

    @property
    def written(self) -> int:
        """Return how many grams are of characters; those of sounds stand behind them."""
        return int(self._keys.searchsorted(_SOUNDS))

    def pair(self, first: str, second: str) -> int:
        """Return the number of a pair of characters, or ``UNKNOWN``."""
        left, right = self._words.get(first), self._words.get(second)
        if not left or not right:
            return UNKNOWN
        key = _PAIRS | left << _TOKEN_BITS | right
        place = int(self._keys.searchsorted(key))
        return place if self._keys[place] == key else UNKNOWN

    def read(self, text: str) -> Message:
        """Return the grams of a normalised message as they are numbered here."""
        spoken = tokens(text)
        numbers, sounds = self._numbered(spoken)
        written, heard = _keys(numbers, _CHARACTERS, _PAIRS), _keys(sounds, _SOUNDS, _SOUND_PAIRS)
        counted = Counter(written + heard)
        sound_of = dict(zip(written, heard, strict=True))
        rows = dict(zip(counted, range(len(counted)), strict=True))
        long = {number for number, token in zip(numbers, spoken, strict=True) if len(token) > 1}
        if long:
            sound_of.update((key, key) for key in sound_of if key >= _PAIRS and not long.isdisjoint(_numbers_of(key)))
        weighty = [is_weighty(token) and number for number, token in zip(numbers, spoken, strict=True)]
        matter = set(_keys(weighty, _CHARACTERS, _PAIRS))
        keys = np.fromiter(counted, dtype=np.int64, count=len(counted))
        places = self._keys.searchsorted(keys)
        places[self._keys[places] != keys] = UNKNOWN
        return Message(
            characters=len(set(numbers) - {_BREAK}),
            places=places,
            counts=np.fromiter(counted.values(), dtype=np.int64, count=len(counted)),
            views=keys >> _VIEW_SHIFT,
            weighty=np.asarray([key in matter for key in counted], dtype=np.bool_),
            names=tuple(dict(zip(written, _names(numbers, spoken), strict=True)).values()),
            heard=np.asarray([rows[key] for key in sound_of.values()], dtype=np.int64),
        )

    def views(self) -> Places:
        """Return the place of each gram's view."""
        return self._keys[:-1] >> _VIEW_SHIFT

    def _numbered(self, spoken: Sequence[str]) -> tuple[list[int], list[int]]:
        """Return the numbers of a message's tokens and of their sounds, 0 for breaks; new ones get numbers behind the known."""
        words, sounds, heard = self._words, self._sounds, self._heard
        numbers = [words.get(token, UNKNOWN) for token in spoken]
        if UNKNOWN not in numbers:
            return numbers, [heard[number] for number in numbers]
        fresh, unheard = dict[str, int](), dict[str, int]()
        found: list[int] = []
        for place, token in enumerate(spoken):
            if numbers[place] != UNKNOWN:
                found.append(heard[numbers[place]])
            elif is_break(token):
                numbers[place] = _BREAK
                found.append(_BREAK)
            else:
                numbers[place] = fresh.setdefault(token, len(heard) + len(fresh))
                known = sounds.get(sound(token))
                found.append(known or unheard.setdefault(sound(token), len(sounds) + 1 + len(unheard)))
        return numbers, found


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
    for those, alone, paired in ((numbers, _CHARACTERS, _PAIRS), (heard[numbers], _SOUNDS, _SOUND_PAIRS)):
        yield alone | those[single], rows[single]
        yield paired | those[:-1][double] << _TOKEN_BITS | those[1:][double], rows[:-1][double]


def _changes(ordered: Places) -> NDArray[np.bool_]:
    """Tell of each value whether it is another than the one before."""
    changes = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    return changes


def _keys(numbers: Sequence[int], alone: int, paired: int) -> list[int]:
    """Return the keys of a message's tokens or sounds, then of their pairs; 0 holds its neighbours apart."""
    single = [alone | number for number in numbers if number]
    return single + [paired | left << _TOKEN_BITS | right for left, right in pairwise(numbers) if left and right]


def _names(numbers: Sequence[int], spoken: Sequence[str]) -> list[str]:
    """Return what ``_keys`` stand for."""
    words = [token if number else "" for number, token in zip(numbers, spoken, strict=True)]
    return [word for word in words if word] + [left + right for left, right in pairwise(words) if left and right]


def _numbers_of(key: int) -> tuple[int, int]:
    """Return the two numbers of a pair."""
    return key >> _TOKEN_BITS & (1 << _TOKEN_BITS) - 1, key & (1 << _TOKEN_BITS) - 1
