"""The simulated channel: everything that is sent arrives at once, with a receipt."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from bot.channels.port import Abilities, Letter

NAME = "simulation"
PERSON_PREFIX = "模拟:"


class SimulatedChannel:
    """Hands every letter to ``arrived`` with the receipt that it gives."""

    name = NAME
    abilities = Abilities(
        title="模拟",
        receives=True,
        sends=True,
        mentions=True,
        reads_quotes=True,
        sends_quotes=False,
        reads_recalls=True,
        files=False,
        groups=True,
        direct=True,
        limits="只在模拟里",
        risk="没有",
    )

    def __init__(self, arrived: Callable[[Letter, str], None]) -> None:
        self._arrived = arrived
        self._serial = count(1)

    def send(self, letter: Letter) -> str:
        """Deliver a letter and return its receipt."""
        receipt = f"sent-{next(self._serial)}"
        self._arrived(letter, receipt)
        return receipt
