"""From a normalised message to what it is compared by: characters, their pairs, and the sounds of both."""

from __future__ import annotations

import re
from itertools import groupby

from bot.matching.sounds import OF_CHARACTER

VIEWS = {"c": 0.30, "d": 0.35, "p": 0.15, "q": 0.20}
"""Share of each view in a similarity: characters, pairs, sounds, pairs of sounds."""

_TOKEN = re.compile(r"[\u3400-\u9fff]|[a-z&+]+|[0-9]+(?:\.[0-9]+)*|\n|[^a-z0-9&\u3400-\u9fff+\n]+")


def sound(token: str) -> str:
    """Return a common character's first reading without its tone; anything else stays as it is."""
    return OF_CHARACTER.get(token, token)


def tokens(text: str) -> list[str]:
    """Return a normalised text's characters, latin words and numbers, and the breaks between them; a line's end is one."""
    return _TOKEN.findall(text)


def is_break(token: str) -> bool:
    """Tell whether a token holds its neighbours apart: it has neither letter nor digit nor character."""
    first = token[0]
    return not ("\u3400" <= first <= "\u9fff" or "a" <= first <= "z" or "0" <= first <= "9" or first in "&+")


def segments(text: str) -> list[list[str]]:
    """Return the tokens of a normalised text, split at the breaks."""
    return [list(run) for apart, run in groupby(tokens(text), is_break) if not apart]
