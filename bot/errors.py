"""The exception tree: everything this program raises on purpose, each with words for the person who must mend it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class XiaoshaoError(Exception):
    """Base of all errors raised on purpose; its text is Chinese and fit to be shown to a user."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a curated file: where it is, what is wrong, and how to mend it (both in Chinese).

    ``line`` counts from 1; 0 means the file as a whole.
    """

    file: str
    line: int
    message: str
    mend: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}：{self.message}" + (f"（{self.mend}）" if self.mend else "")


class InvalidFiles(XiaoshaoError):
    """Curated files (knowledge/, routing.yaml) cannot be used; carries every problem found, sorted by place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidSettings(XiaoshaoError):
    """A setting from the settings file or the environment cannot be used."""


class LedgerError(XiaoshaoError):
    """The ledger could not be read or written; nothing was registered."""


class LedgerFull(LedgerError):
    """The disk is full: nothing was registered, and no receipt may be shown."""


class CaseMoved(LedgerError):
    """Somebody else has changed a case since it was read: to be decided again on what it is now."""


class HeldElsewhere(LedgerError):
    """Another bot has this room and is expected to handle the message; to be tried again in a moment."""


class LedgerTooNew(LedgerError):
    """The database was written by a newer version of this program."""


class SendFailed(XiaoshaoError):
    """A channel could not deliver a message this time; ``permanent`` says that trying again is pointless.

    ``retry_after``: nothing was tried, because the channel is down or must go slowly; to be tried then, as often as it takes.
    """

    def __init__(self, message: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> None:
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(message)
