"""The simulated channel: everything that is sent arrives at once, with a receipt."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from bot.channels.port import Abilities, Letter
from bot.errors import SendFailed

NAME = "simulation"
PERSON_PREFIX = "模拟:"


class SimulatedChannel:
    """Hands every letter to ``arrived`` with the receipt that it gives, unless ``hiccups`` says that this one fails."""

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

    def __init__(self, arrived: Callable[[Letter, str], None], hiccups: Callable[[], bool] = lambda: False) -> None:
        self._arrived = arrived
        self._hiccups = hiccups
        self._serial = count(1)

    def send(self, letter: Letter) -> str:
        """Deliver a letter and return its receipt; raises ``SendFailed`` when there is a hiccup."""
        if self._hiccups():
            raise SendFailed("模拟的网络抖动")
        receipt = f"sent-{next(self._serial)}"
        self._arrived(letter, receipt)
        return receipt
