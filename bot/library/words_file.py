"""knowledge/words.yaml: how people say things, domain words for segmentation, and wrongly typed forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.errors import Problem
from bot.library.curated_nodes import open_curated
from bot.library.yaml_lines import NodeReader, Pair, did_you_mean, is_null


@dataclass(frozen=True, slots=True)
class Words:
    """The three tables of words.yaml, as ``model.Library`` explains them."""

    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dictionary: Mapping[str, int] = field(default_factory=dict)
    confusions: Mapping[str, str] = field(default_factory=dict)


_SECTIONS = ("synonyms", "dictionary", "confusions")


def read_words(path: Path) -> tuple[Words, list[Problem]]:
    """Read the file; a missing one means no words."""
    if not path.exists():
        return Words(), []
    root, reader = open_curated(path)
    tables: dict[str, list[Pair]] = {}
    for section in reader.pairs(root, "文件") if root is not None else []:
        if section.key not in _SECTIONS:
            reader.note(section.line, f"不认得“{section.key}”", did_you_mean(section.key, _SECTIONS))
        elif not is_null(section.value):
            tables[section.key] = reader.pairs(section.value, section.key)
    synonyms = {pair.key: (pair.line, reader.lined_texts(pair.value, pair.key)) for pair in tables.get("synonyms", [])}
    words = Words(
        synonyms={word: tuple(form for form, _ in forms) for word, (_, forms) in synonyms.items()},
        dictionary={pair.key: _weight(reader, pair.key, pair.value) for pair in tables.get("dictionary", [])},
        confusions=dict(_confusion(reader, pair) for pair in tables.get("confusions", [])),
    )
    _check_forms(reader, synonyms)
    for pair in tables.get("confusions", []):
        _check_confusion(reader, pair, words)
    return words, reader.problems


def _weight(reader: NodeReader, word: str, node: yaml.Node) -> int:
    return 0 if is_null(node) else reader.number(node, word) or 0


def _confusion(reader: NodeReader, pair: Pair) -> tuple[str, str]:
    right = reader.text(pair.value, pair.key) or pair.key
    if right == pair.key and isinstance(pair.value, yaml.ScalarNode) and pair.value.value.strip() == pair.key:
        reader.note(pair.line, f"“{pair.key}”改成了它自己", "左边写错的字，右边写对的字")
    return pair.key, right


def _check_forms(reader: NodeReader, synonyms: Mapping[str, tuple[int, Sequence[tuple[str, int]]]]) -> None:
    """Note the ways of saying something that can be read in two ways."""
    seen: dict[str, tuple[str, int]] = {}
    for word, (_, forms) in synonyms.items():
        for form, line in forms:
            other, place = seen.setdefault(form, (word, line))
            if form == word:
                reader.note(line, f"“{form}”是它自己的说法", "左边已经写了，右边的删掉")
            elif form in synonyms:
                message = f"“{form}”在第 {synonyms[form][0]} 行是标准词，又成了“{word}”的说法"
                reader.note(line, message, "只留一处；两个词一个意思就并成一行")
            elif other != word:
                message = f"“{form}”既是“{other}”（第 {place} 行）的说法，又是“{word}”的说法"
                reader.note(line, message, "一个说法只能归一个词：留在一处，拿不准就都删掉")


def _check_confusion(reader: NodeReader, pair: Pair, words: Words) -> None:
    """Note a correction that would spoil what people write correctly."""
    wrong, right = pair.key, words.confusions[pair.key]
    if wrong == right:
        return
    if wrong in right:
        message = f"“{wrong}”是“{right}”的一部分，写对的“{right}”也会被改坏"
        reader.note(pair.line, message, "左边只写真正的错字；换一种说法请写到 synonyms")
    elif wrong in words.synonyms:
        reader.note(pair.line, f"“{wrong}”是 synonyms 里的标准词，会被改成“{right}”", "左边写错的字，右边写对的字；多半是写反了")
    elif words.confusions.get(right, right) != right:
        message = f"“{wrong}”改成“{right}”，而“{right}”又要改成“{words.confusions[right]}”"
        reader.note(pair.line, message, f"右边直接写“{words.confusions[right]}”")
