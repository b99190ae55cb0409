"""knowledge/words.yaml: how people say things, domain words for segmentation, and wrongly typed forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.errors import Problem
from bot.library.yaml_lines import NodeReader, Pair, did_you_mean, is_null, read_nodes


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
    root, problems = read_nodes(path)
    reader = NodeReader(str(path), problems)
    tables: dict[str, list[Pair]] = {}
    for section in reader.pairs(root, "文件") if root is not None else []:
        if section.key not in _SECTIONS:
            reader.note(section.line, f"不认得“{section.key}”", did_you_mean(section.key, _SECTIONS))
        elif not is_null(section.value):
            tables[section.key] = reader.pairs(section.value, section.key)
    words = Words(
        synonyms={pair.key: reader.texts(pair.value, pair.key) for pair in tables.get("synonyms", [])},
        dictionary={pair.key: _weight(reader, pair.key, pair.value) for pair in tables.get("dictionary", [])},
        confusions=dict(_confusion(reader, pair) for pair in tables.get("confusions", [])),
    )
    return words, problems


def _weight(reader: NodeReader, word: str, node: yaml.Node) -> int:
    return 0 if is_null(node) else reader.number(node, word) or 0


def _confusion(reader: NodeReader, pair: Pair) -> tuple[str, str]:
    right = reader.text(pair.value, pair.key) or pair.key
    if right == pair.key and isinstance(pair.value, yaml.ScalarNode) and pair.value.value.strip() == pair.key:
        reader.note(pair.line, f"“{pair.key}”改成了它自己", "左边写错的字，右边写对的字")
    return pair.key, right
