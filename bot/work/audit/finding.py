"""One thing that a person should look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: ``code`` for programs, ``text`` in Chinese with what to do, fit for everybody to read.

    ``subject`` tells findings of one code apart. ``detail`` are words that only workers may read. ``grave``: the bot does not do
    what was promised, and its health is red. ``community``: whose duty worker is told (``""``: of all). ``urgent``: also at
    night. ``quiet``: a message about it would not help; it stands in the log and on the page.
    """

    code: str
    subject: str
    text: str
    detail: str = ""
    grave: bool = True
    community: str = ""
    urgent: bool = False
    quiet: bool = False

    @property
    def key(self) -> str:
        """Return what tells this finding from all others, short enough to be kept."""
        return hashlib.sha256(f"{self.code}\n{self.subject}".encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.text}：{self.detail}" if self.detail else self.text
