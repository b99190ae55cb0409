"""From a normalised message to what it is compared by: characters, their pairs, and the sounds of both."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from bot.matching.sounds import OF_CHARACTER

VIEWS = {"c": 0.30, "d": 0.35, "p": 0.15, "q": 0.20}
"""Share of each view in a similarity: characters, pairs, sounds, pairs of sounds."""

_SEGMENT = re.compile(r"[^a-z0-9&\u3400-\u9fff.+]+")
_TOKEN = re.compile(r"[a-z&+]+|\d+(?:\.\d+)?|[\u3400-\u9fff]")
_CHINESE_ONLY = re.compile(r"[\u3400-\u9fff]+")


def sound(token: str) -> str:
    """Return a common character's first reading without its tone; anything else stays as it is."""
    return OF_CHARACTER.get(token, token)


def heard(gram: str) -> str:
    """Return the gram of sounds that belongs to a gram of one or two characters; anything else gives one that no text has."""
    if gram[0] == "c":
        return "p" + sound(gram[1:])
    return f"q{sound(gram[1])} {sound(gram[2])}" if len(gram) == 3 else "q"


def segments(text: str) -> list[list[str]]:
    """Split at everything that isn't a letter, digit or character; a word of latin letters and a number are one token each."""
    parts = _SEGMENT.split(text)
    found = (list(part) if _CHINESE_ONLY.fullmatch(part) else _TOKEN.findall(part) for part in parts if part)
    return [tokens for tokens in found if tokens]


def grams(text: str) -> Counter[str]:
    """Count the grams of a normalised text; the first letter of each key names its view."""
    found: list[str] = []
    for tokens in segments(text):
        sounds = [OF_CHARACTER.get(token, token) for token in tokens]
        found += ["c" + token for token in tokens]
        found += ["p" + syllable for syllable in sounds]
        found += [f"d{left}{right}" for left, right in pairwise(tokens)]
        found += [f"q{left} {right}" for left, right in pairwise(sounds)]
    return Counter(found)
