"""Cases that were read lately, so that a message among hundreds of open cases does not read each of them again."""

from __future__ import annotations

import json
from collections.abc import Collection

from bot.ledger.codec import decode_case
from bot.ledger.connection import IN_NUMBERS, Connection
from bot.model import Case

_MOST = 20_000


class CaseShelf:
    """Keeps cases, each with the id of its last history line: as long as that line is the last, the case is the same.

    To be cleared when a transaction is rolled back, because the ids of its history lines may be given again.
    """

    def __init__(self) -> None:
        self._cases: dict[int, tuple[int, Case]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._cases.clear()

    def read(self, db: Connection, numbers: Collection[int]) -> tuple[Case, ...]:
        """Return the cases of these numbers, the lowest first."""
        if not numbers:
            return ()
        if len(self._cases) > _MOST:
            self._cases.clear()
        rows = db.execute(
            f"""
            SELECT number, (SELECT max(id) FROM history WHERE case_number = number) AS latest
            FROM cases WHERE number {IN_NUMBERS} ORDER BY number
            """,
            (json.dumps(list(numbers)),),
        )
        latest = {row["number"]: row["latest"] for row in rows}
        changed = [number for number, line in latest.items() if self._cases.get(number, (None,))[0] != line]
        if changed:
            for row in db.execute(f"SELECT number, body FROM cases WHERE number {IN_NUMBERS}", (json.dumps(changed),)):
                self._cases[row["number"]] = (latest[row["number"]], decode_case(row["body"]))
        return tuple(self._cases[number][1] for number in latest)
