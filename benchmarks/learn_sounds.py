"""The recipe of bot/matching/sounds.py: the readings of the common characters without tones, from pypinyin's table.

Run `python -m benchmarks.learn_sounds`; the whole table takes a fifth of a second to load, the common characters a hundredth.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections import defaultdict
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

TARGET = Path(__file__).resolve().parent.parent / "bot" / "matching" / "sounds.py"
WIDTH = 60
"""Characters a line, of which each is as wide as two."""


def toneless(reading: str) -> str:
    """Return a reading without the marks of its tones."""
    return "".join(letter for letter in unicodedata.normalize("NFD", reading) if not unicodedata.combining(letter))


def common() -> dict[str, str]:
    """Return the characters of GB 2312 by the sound of their first reading."""
    table: defaultdict[str, str] = defaultdict(str)
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            character = bytes((high, low)).decode("gb2312", errors="ignore")
            if character and ord(character) in pinyin_dict:
                table[toneless(pinyin_dict[ord(character)].split(",", 1)[0])] += character
    return dict(sorted(table.items()))


def written() -> str:
    """Return the source text of bot/matching/sounds.py."""
    parts = (f"{sound}:{part}" for sound, characters in common().items() for part in textwrap.wrap(characters, WIDTH - 8))
    lines = textwrap.wrap(" ".join(parts), WIDTH, break_long_words=False)
    return "\n".join(
        [
            '"""The common characters by their sound; written by `python -m benchmarks.learn_sounds`, never by hand."""',
            "",
            'BY_SOUND = """',
            *lines,
            '"""',
            "",
            "OF_CHARACTER = {",
            "    character: sound",
            '    for sound, _, those in (part.partition(":") for part in BY_SOUND.split())',
            "    for character in those",
            "}",
            "",
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
