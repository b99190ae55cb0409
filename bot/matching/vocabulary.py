"""Every gram of the curated texts with its number, and texts as numbers of grams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bot.matching.compiled import compiled
from bot.matching.content import is_weighty
from bot.matching.grams import VIEWS, is_break, sound, tokens
from bot.matching.lookup import places_in

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Numbers = NDArray[np.int32]
"""Half as wide as ``Places``, for what is kept of every gram of every text."""

VIEW_PLACE = {view: place for place, view in enumerate(VIEWS)}
UNKNOWN = -1
"""Number of a gram that no curated text has (see ``places_in``); as an index it takes what stands last, the unknown one's."""

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
    heard: Places
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many different grams the message has."""
        return len(self.places)


class Vocabulary:
    """Numbers of tokens, of sounds, and of the grams made of them; made by ``count``."""

    def __init__(self, words: Mapping[str, int], sounds: Mapping[str, int], heard: Sequence[int], keys: Places) -> None:
        self._words = words
        self._sounds = sounds
        self._heard = np.asarray(heard, dtype=np.int64)
        # Words and breaks were numbered from 1 on.
        self._weighty = _flags(map(is_weighty, ("", *words)))
        self._lettered = _flags(map(_is_lettered, ("", *words)))
        self._keys = keys

    def __len__(self) -> int:
        """Return how many grams have a number."""
        return len(self._keys)

    @property
    def written(self) -> int:
        """Return how many grams are of characters; those of sounds stand behind them."""
        return int(self._keys.searchsorted(_SOUNDS))

    def read(self, text: str) -> Message:
        """Return the grams of a normalised message as they are numbered here."""
        spoken = tokens(text)
        characters, said, places, counts, views, weighty, alike = _read(*self._numbered(spoken), self._keys)
        begins = said.tolist()
        single, double = begins[:characters], begins[characters:]
        names = (*[spoken[place] for place in single], *[spoken[place] + spoken[place + 1] for place in double])
        return Message(characters, places, counts, views, weighty, alike, names)

    def views(self) -> Places:
        """Return the place of each gram's view."""
        return self._keys >> _VIEW_SHIFT

    def _numbered(self, spoken: Sequence[str]) -> tuple[Places, Places, Flags, Flags]:
        """Return a message's tokens by number, and what is known by number; new ones get numbers behind the known, breaks 0."""
        numbers = [self._words.get(token, UNKNOWN) for token in spoken]
        if UNKNOWN not in numbers:
            return np.asarray(numbers, dtype=np.int64), self._heard, self._weighty, self._lettered
        fresh, unheard = dict[str, int](), dict[str, int]()
        for place, token in enumerate(spoken):
            if numbers[place] == UNKNOWN:
                numbers[place] = _BREAK if is_break(token) else fresh.setdefault(token, len(self._heard) + len(fresh))
        sounds = [
            self._sounds.get(said) or unheard.setdefault(said, len(self._sounds) + 1 + len(unheard)) for said in map(sound, fresh)
        ]
        return (
            np.asarray(numbers, dtype=np.int64),
            np.append(self._heard, np.asarray(sounds, dtype=np.int64)),
            np.append(self._weighty, _flags(map(is_weighty, fresh))),
            np.append(self._lettered, _flags(map(_is_lettered, fresh))),
        )


def _is_lettered(token: str) -> bool:
    return len(token) > 1


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)


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


def _changes(ordered: Places) -> Flags:
    """Tell of each value whether it is another than the one before."""
    changes = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    return changes


@compiled
def _read(
    numbers: Places, sounds: Places, matter: Flags, lettered: Flags, known: Places
) -> tuple[int, Places, Places, Places, Places, Flags, Places]:
    """Return how many characters a message has, the token at which each of its written grams begins, and the grams.

    It is given as the ``numbers`` of its tokens; by such a number there is that of the sound, whether it carries matter, and
    whether it is more than a character. ``known`` are the keys of all grams. The grams are told as ``Message`` has them.
    """
    heard = sounds[numbers]
    keys, begins, counts = _different(_cells(numbers, heard))
    characters, written = int(np.searchsorted(keys, _PAIRS)), int(np.searchsorted(keys, _SOUNDS))
    weighty, spoken = np.zeros(len(keys), dtype=np.bool_), keys[:written].copy()
    for row in range(written):
        place = begins[row]
        if row < characters:
            weighty[row] = matter[numbers[place]]
            spoken[row] = _SOUNDS | heard[place]
        else:
            weighty[row] = matter[numbers[place]] and matter[numbers[place + 1]]
            if not (lettered[numbers[place]] or lettered[numbers[place + 1]]):
                spoken[row] = _SOUND_PAIRS | heard[place] << _TOKEN_BITS | heard[place + 1]
    places, alike = places_in(known, keys), places_in(keys, spoken)
    return characters, begins[:written], places, counts, keys >> _VIEW_SHIFT, weighty, alike


@compiled
def _cells(numbers: Places, heard: Places) -> Places:
    """Return the keys of a message's grams, each with the place of its first token, in ascending order."""
    cells = np.empty(4 * len(numbers), dtype=np.int64)
    end = 0
    for place in range(len(numbers)):
        if numbers[place] == _BREAK:
            continue
        cells[end] = (_CHARACTERS | numbers[place]) << _TEXT_BITS | place
        cells[end + 1] = (_SOUNDS | heard[place]) << _TEXT_BITS | place
        end += 2
        if place + 1 < len(numbers) and numbers[place + 1] != _BREAK:
            cells[end] = (_PAIRS | numbers[place] << _TOKEN_BITS | numbers[place + 1]) << _TEXT_BITS | place
            cells[end + 1] = (_SOUND_PAIRS | heard[place] << _TOKEN_BITS | heard[place + 1]) << _TEXT_BITS | place
            end += 2
    return np.sort(cells[:end])


@compiled
def _different(cells: Places) -> tuple[Places, Places, Places]:
    """Return the different keys of cells, for each the place of one of its first tokens, and how often it occurs."""
    keys, begins, counts = np.empty_like(cells), np.empty_like(cells), np.zeros_like(cells)
    size = 0
    for cell in cells:
        key = cell >> _TEXT_BITS
        if not size or keys[size - 1] != key:
            keys[size], begins[size] = key, cell & (1 << _TEXT_BITS) - 1
            size += 1
        counts[size - 1] += 1
    return keys[:size], begins[:size], counts[:size]
