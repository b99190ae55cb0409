"""Every transcript is played plain, with every input delivered twice, and with a restart after every commit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bot.app import Curated
from tests.scenarios import transcript, worlds
from tests.scenarios.stage import Stage

FILES = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
MODES = {"plain": {}, "twice": {"twice": True}, "restart": {"restart": True}}


@pytest.fixture(scope="session")
def world_named(curated: Curated, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Curated]:
    """Return what builds a world, each only once."""

    @cache
    def built(name: str) -> Curated:
        return worlds.build(name, tmp_path_factory.mktemp("world")) if name else curated

    return built


def test_there_are_transcripts() -> None:
    assert len(FILES) >= 25


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_transcript(file: Path, mode: str, tmp_path: Path, world_named, request) -> None:
    script = transcript.read(file)
    world = world_named(script.world)
    stage = Stage(tmp_path / "ledger.db", script.start, world.knowledge, world.routing, **MODES[mode])
    try:
        for step in script.steps:
            actual = stage.play(step.source)
            if request.config.getoption("--update") and mode == "plain":
                step.said = actual
            assert actual == step.said, f"{file.name}:{step.line} 之后：{step.source}"
    finally:
        stage.close()
    if request.config.getoption("--update") and mode == "plain":
        script.write()
