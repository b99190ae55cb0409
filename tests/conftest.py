"""What all tests share: the shipped knowledge and routing, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import Curated, load_curated
from bot.desk.scene import Knowledge
from bot.routing.config import Routing
from bot.settings import Settings
from tests.postgres_server import PostgresServer, running_server

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write what the bot now says into the transcripts")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of an empty ledger."""
    return postgres_server.ledger_url()


@pytest.fixture(scope="session")
def curated() -> Curated:
    return load_curated(Settings(knowledge=ROOT / "knowledge", routing=ROOT / "routing.yaml"))


@pytest.fixture(scope="session")
def routing(curated: Curated) -> Routing:
    return curated.routing


@pytest.fixture(scope="session")
def knowledge(curated: Curated) -> Knowledge:
    return curated.knowledge
