"""What the rest of the program asks of a scorer, and the ways in which it may fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.errors import XiaoshaoError
from bot.model import Inquiry, Opinion


class Failure(StrEnum):
    """Why there was no opinion, in the words of the log."""

    TIMEOUT = "超时"
    UNREACHABLE = "连不上或断开"
    DENIED = "密钥不对或没有权限"
    LIMITED = "对方嫌太频繁"
    SERVER = "对方出错"
    REFUSED = "对方不接受请求（看看地址和模型名）"
    REDIRECTED = "对方要求转到别的地址（没有跟去）"
    TOO_BIG = "回复太长"
    BROKEN = "回复不是 JSON"
    MALFORMED = "回复的格式不对"
    FAULT = "程序出错"


class NoOpinion(XiaoshaoError):
    """A scorer could not say anything this time; carries the kind of failure, and neither the message nor the key."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"第二意见没有问到：{failure.value}")


class Scorer(Protocol):
    """Chooses one of an inquiry's candidates or abstains; it never writes text."""

    def choose(self, inquiry: Inquiry) -> Opinion:
        """Return the opinion within the scorer's time limit; raises ``NoOpinion``."""
        ...

    def close(self) -> None:
        """Let go of connections and threads."""
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the inquiries since the start; ``skipped`` were not sent: too many at once, or paused after failures."""

    chosen: int = 0
    abstained: int = 0
    skipped: int = 0
    failures: Mapping[Failure, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Return how many were sent and brought no opinion."""
        return sum(self.failures.values())

    def __str__(self) -> str:
        kinds = "、".join(f"{failure.value} {count}" for failure, count in self.failures.items())
        failed = f"失败 {self.failed}" + (f"（{kinds}）" if kinds else "")
        asked = self.chosen + self.abstained + self.failed
        return f"第二意见：问了 {asked} 次，选了 {self.chosen}，弃权 {self.abstained}，{failed}，没有问 {self.skipped}"
