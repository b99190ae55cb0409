"""Every gram of the curated texts with its number, and texts as numbers of grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import add

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
_REMEMBERED = 50_000
"""Grams of messages that are remembered, about 15 MB of them: what people say again and again."""
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


@dataclass(eq=False, slots=True)
class _Sound:
    """A sound or a pair of sounds, with its number and the place of its view."""

    place: int
    view: int
    weighty: bool = False


@dataclass(eq=False, slots=True)
class _Gram:
    """A token or a pair of them as a message has it; ``like`` is its sound, where it is of characters only."""

    place: int
    view: int
    weighty: bool
    name: str
    sound: _Sound
    like: _Sound | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """The grams that messages had, as they are written, None for what has a break; and the sounds of those."""

    grams: dict[str, _Gram | None]
    sounds: dict[tuple[str, ...], _Sound]


class Vocabulary:
    """Numbers of tokens, of sounds, and of the grams made of them; made by ``count``."""

    def __init__(self, words: Mapping[str, int], sounds: Mapping[str, int], keys: Places) -> None:
        self._words = words
        self._sounds = sounds
        self._keys = np.append(keys, np.iinfo(np.int64).max)
        self._seen = _Seen({}, {})

    def __len__(self) -> int:
        """Return how many grams have a number."""
        return len(self._keys) - 1

    @property
    def written(self) -> int:
        """Return how many grams are of characters; those of sounds stand behind them."""
        return int(self._keys.searchsorted(_SOUNDS))

    def pair(self, first: str, second: str) -> int:
        """Return the number of a pair of characters, or ``UNKNOWN``."""
        return self._places([(first, second)], self._words, _CHARACTERS, _PAIRS)[0]

    def read(self, text: str) -> Message:
        """Return the grams of a normalised message as they are numbered here."""
        if len(self._seen.grams) > _REMEMBERED:
            self._seen = _Seen({}, {})
        # One and the same memory throughout: another thread may begin a new one.
        seen, spoken = self._seen, tokens(text)
        said = [*spoken, *map(add, spoken, spoken[1:])]
        fresh = set(said).difference(seen.grams)
        if fresh:
            self._remember(fresh, seen)
        written = [gram for gram in map(seen.grams.__getitem__, said) if gram]
        unique = dict.fromkeys(written)
        counted: Counter[_Gram | _Sound] = Counter([*written, *[gram.sound for gram in written]])
        rows = dict(zip(counted, range(len(counted)), strict=True))
        views = np.asarray([gram.view for gram in counted], dtype=np.int64)
        return Message(
            characters=int(views.searchsorted(1)),
            places=np.asarray([gram.place for gram in counted], dtype=np.int64),
            counts=np.fromiter(counted.values(), dtype=np.int64, count=len(counted)),
            views=views,
            weighty=np.asarray([gram.weighty for gram in counted], dtype=np.bool_),
            names=tuple([gram.name for gram in unique]),
            heard=np.asarray([rows[gram.like or gram] for gram in unique], dtype=np.int64),
        )

    def views(self) -> Places:
        """Return the place of each gram's view."""
        return self._keys[:-1] >> _VIEW_SHIFT

    def _remember(self, fresh: Iterable[str], seen: _Seen) -> None:
        """Look up all new grams of a message at once: that takes hardly longer than one of them."""
        grams: dict[str, tuple[str, ...]] = {}
        for name in fresh:
            words = tuple(tokens(name))
            if any(map(is_break, words)):
                seen.grams[name] = None
            else:
                grams[name] = words
        heard = {name: tuple(map(sound, words)) for name, words in grams.items()}
        unheard = [sounds for sounds in dict.fromkeys(heard.values()) if sounds not in seen.sounds]
        for sounds, place in zip(unheard, self._places(unheard, self._sounds, _SOUNDS, _SOUND_PAIRS), strict=True):
            seen.sounds.setdefault(sounds, _Sound(place, VIEW_PLACE["p" if len(sounds) == 1 else "q"]))
        places = self._places(list(grams.values()), self._words, _CHARACTERS, _PAIRS)
        for (name, words), place in zip(grams.items(), places, strict=True):
            spoken = seen.sounds[heard[name]]
            alike = spoken if len(words) == 1 or max(map(len, words)) == 1 else None
            gram = _Gram(place, VIEW_PLACE["c" if len(words) == 1 else "d"], all(map(is_weighty, words)), name, spoken, alike)
            seen.grams.setdefault(name, gram)

    def _places(self, grams: Sequence[tuple[str, ...]], numbers: Mapping[str, int], alone: int, paired: int) -> list[int]:
        """Return the numbers of grams made of the numbered, each alone or a pair, ``UNKNOWN`` for new ones."""
        keys = np.asarray([_key([numbers.get(word, 0) for word in words], alone, paired) for words in grams], dtype=np.int64)
        places = self._keys.searchsorted(keys)
        places[self._keys[places] != keys] = UNKNOWN
        found: list[int] = places.tolist()
        return found


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
    return Vocabulary(dict(words), sounds, cells[fresh]), Counted(len(texts), rows, grams, counts)


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


def _key(numbers: Sequence[int], alone: int, paired: int) -> int:
    """Return the key of a token or sound, or of a pair, by their numbers; one that no gram has where a number is 0."""
    if not all(numbers):
        return UNKNOWN
    return alone | numbers[0] if len(numbers) == 1 else paired | numbers[0] << _TOKEN_BITS | numbers[1]
