"""What was built is used again for exactly the same files, and for no others."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Curated, build_knowledge
from bot.desk.scene import Knowledge
from bot.library.faq_file import load_library
from bot.model import Library
from bot.routing.config import Routing
from bot.work.prepared import FILE, prepared

QUESTION = "新买的叉车去哪里上牌"


@pytest.fixture
def library() -> Library:
    return load_library(Path(__file__).parents[1] / "fixtures" / "knowledge")


@pytest.fixture
def build():
    built: list[Library] = []

    def count(library: Library, routing: Routing) -> Knowledge:
        built.append(library)
        return build_knowledge(library, routing)

    count.built = built
    return count


def test_the_second_start_reads_what_the_first_built(library, build, curated: Curated, tmp_path: Path) -> None:
    first = prepared(library, curated.routing, tmp_path, build)
    second = prepared(library, curated.routing, tmp_path, build)
    assert len(build.built) == 1
    assert second.matcher.judge(QUESTION) == first.matcher.judge(QUESTION)
    assert second.ranker.rank(QUESTION) == first.ranker.rank(QUESTION)
    assert second.library == library
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_changed_word_is_built_anew(library, build, curated: Curated, tmp_path: Path) -> None:
    prepared(library, curated.routing, tmp_path, build)
    first, *others = library.entries.values()
    changed = replace(first, answer=f"{first.answer}。")
    again = prepared(
        replace(library, entries={changed.id: changed, **{e.id: e for e in others}}), curated.routing, tmp_path, build
    )
    assert len(build.built) == 2
    assert again.library.entries[changed.id].answer == changed.answer


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_file_is_built_anew(library, build, curated: Curated, tmp_path: Path, damage: bytes | None, caplog) -> None:
    prepared(library, curated.routing, tmp_path, build)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with caplog.at_level(logging.CRITICAL):
        assert prepared(library, curated.routing, tmp_path, build).matcher.judge(QUESTION).candidates
    assert len(build.built) == 2
    assert (tmp_path / FILE).read_bytes()[:32] == whole[:32]


def test_a_folder_that_cannot_be_written_is_no_obstacle(library, build, curated: Curated, tmp_path: Path, caplog) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="utf-8")
    assert prepared(library, curated.routing, tmp_path / "data", build).library == library
    assert "写不进去" in caplog.text
