"""What all tests share: the shipped knowledge and routing, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write what the bot now says into the transcripts")


@pytest.fixture(scope="session")
def routing():
    from bot.library.routing_file import load_routing

    return load_routing(ROOT / "routing.yaml")


@pytest.fixture(scope="session")
def knowledge(routing):
    from bot.app import load_knowledge

    return load_knowledge(ROOT / "knowledge", routing)
