"""Carrying a whole ledger from one engine to another, compared row by row before anything counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import LedgerError
from bot.ledger.rows import Rows, Values, layout, rows_of

Progress = Callable[[str, int], None]
"""Is told the step and the number of rows that were just done."""

COPY, COMPARE = "搬", "核对"
_TOLD_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Moved:
    """What was carried: rows by table. ``before`` tells that the target held all of it already."""

    rows: Mapping[str, int]
    before: bool = False


class _Digest:
    """A checksum of rows in any order, and their number."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def through(self, rows: Iterable[Values], tell: Callable[[int], None]) -> Iterator[Values]:
        """Pass rows on and take each into account."""
        told = 0
        for row in rows:
            digest = hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=16).digest()
            self._sum = (self._sum + int.from_bytes(digest)) % (1 << 128)
            self.rows += 1
            if self.rows - told == _TOLD_EVERY:
                told = self.rows
                tell(_TOLD_EVERY)
            yield row
        tell(self.rows - told)

    @property
    def value(self) -> tuple[int, int]:
        """Return what is compared."""
        return self.rows, self._sum


def move(source: Path | str, target: Path | str, starting: Callable[[int], Progress]) -> Moved:
    """Carry everything over in one transaction; the source is left as it is. No bot may have either of them open.

    ``starting`` is told how many rows there are to copy and as many to compare, and returns what is told of the progress.
    Raises ``LedgerError`` for a target that holds anything else, and if a row arrived otherwise than it left.
    """
    with rows_of(source, alone=True) as old, rows_of(target, alone=True) as new:
        return copy(old, new, starting)


def copy(old: Rows, new: Rows, starting: Callable[[int], Progress]) -> Moved:
    """Copy all rows into an empty ledger and compare them; see ``move``."""
    counts = {table: old.count(table) for table in layout()}
    there = {table: count for table in layout() if (count := new.count(table))}
    progress = starting(sum(counts.values()))
    if there:
        if there == {table: count for table, count in counts.items() if count} and _same(old, new, progress):
            return Moved(counts, before=True)
        full = "、".join(f"{table} {count} 行" for table, count in list(there.items())[:4])
        raise LedgerError(f"目标 {new.where} 里已经有内容（{full}），没有动它；请换一个空的数据库或新的文件")
    sent = {}
    for table in layout():
        sent[table] = _Digest()
        new.write(table, sent[table].through(old.read(table), lambda rows: progress(COPY, rows)))
    for table, digest in sent.items():
        if _digest(new, table, progress).value != digest.value:
            raise LedgerError(f"核对不上：表 {table} 到了 {new.where} 和原来的不一样，没有搬；请把这句话告诉开发的人")
    new.finish()
    return Moved(counts)


def _same(old: Rows, new: Rows, progress: Progress) -> bool:
    return all(_digest(old, table, progress).value == _digest(new, table, progress).value for table in layout())


def _digest(side: Rows, table: str, progress: Progress) -> _Digest:
    digest = _Digest()
    for _ in digest.through(side.read(table), lambda rows: progress(COMPARE, rows)):
        pass
    return digest
