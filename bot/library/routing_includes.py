"""The files that a district's routing.yaml includes, one for each community."""

from __future__ import annotations

from collections.abc import Iterable
from glob import has_magic
from pathlib import Path

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from bot.library.routing_sheet import Sheet
from bot.library.yaml_lines import read_nodes


def included_files(sheet: Sheet, node: Node, main: Path) -> tuple[Path, ...]:
    """Return the files of the section ``include`` in its order, those of one pattern by name; what cannot be found is noted."""
    found: dict[Path, int] = {}
    for pattern, line in sheet.lined_texts(node, "include"):
        files = _matching(main.parent, pattern)
        if not files:
            mend = "检查文件名，路径从 routing.yaml 所在的文件夹写起"
            sheet.note(line, f"include 里的“{pattern}”找不到文件", mend)
        for file in files:
            if file == main.resolve():
                sheet.note(line, f"include 里写了 {main.name} 自己", "去掉")
            elif file in found and not has_magic(pattern):
                sheet.note(line, f"include 里“{pattern}”写了两遍，第一遍在第 {found[file]} 行", "只留一处")
            else:
                found.setdefault(file, line)
    return tuple(_shown(file, main) for file in found)


def include_patterns(main: Path) -> tuple[str, ...]:
    """Return what stands in a routing file's section ``include``, however faulty the file may be; never raises."""
    root, _ = read_nodes(main)
    if not isinstance(root, MappingNode):
        return ()
    lists = [value for key, value in root.value if isinstance(key, ScalarNode) and key.value == "include"]
    items = [item for value in lists if isinstance(value, SequenceNode) for item in value.value]
    return tuple(item.value for item in items if isinstance(item, ScalarNode))


def included_in(main: Path, patterns: Iterable[str]) -> tuple[Path, ...]:
    """Return the files that these patterns stand for at this moment; never raises."""
    found = dict.fromkeys(file for pattern in patterns for file in _matching(main.parent, pattern))
    return tuple(_shown(file, main) for file in found if file != main.resolve())


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files that a name or a pattern such as ``communities/*.yaml`` stands for, without half-written ones."""
    try:
        files = sorted(folder.glob(pattern)) if has_magic(pattern) else [folder / pattern]
        return [file.resolve() for file in files if file.is_file() and file.name[:1] not in (".", "~", "#")]
    except (OSError, ValueError, NotImplementedError, IndexError):
        return []


def _shown(file: Path, main: Path) -> Path:
    """Return a file's path as seen from where the main one's is, so that problems are told with a short name."""
    home = main.parent.resolve()
    return main.parent / file.relative_to(home) if file.is_relative_to(home) else file
