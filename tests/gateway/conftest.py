"""A gateway and a bot for each test that wants them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import Curated
from tests.gateway.world import WechatBot, WechatGateway


@pytest.fixture
def gateway() -> Iterator[WechatGateway]:
    gateway = WechatGateway().start()
    yield gateway
    gateway.kill()


@pytest.fixture
def bot(gateway: WechatGateway, tmp_path: Path, curated: Curated) -> Iterator[WechatBot]:
    bot = WechatBot(tmp_path / "ledger.db", curated, gateway.address).open()
    yield bot
    bot.close()
