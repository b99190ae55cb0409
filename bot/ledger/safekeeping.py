"""Backups: a ledger's state at one moment as one SQLite file, and the way back."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bot.errors import LedgerError
from bot.ledger import failures
from bot.ledger.moving import Progress, copy, move
from bot.ledger.rows import rows_of, shut_out
from bot.ledger.sqlite import SqliteLedger
from bot.ledger.verifying import damage_of_file, faults_of_file

_BESIDE = ("", "-wal", "-shm")


def backup(data: Path | str, file: Path, starting: Callable[[int], Progress]) -> list[str]:
    """Write the ledger as it is at this moment into a new file, while bots go on working; return what is wrong with it.

    The file is checked, and is there even if something is wrong: it is the ledger that needs a look then. Raises ``LedgerError``
    if it could not be written; nothing is at ``file`` then.
    """
    if file.exists():
        raise LedgerError(f"{file} 已经有了，没有动它；请换一个文件名")
    with _growing(file) as fresh:
        if isinstance(data, Path):
            _copy_file(data, fresh)
        else:
            with rows_of(data, alone=False) as old, rows_of(fresh, alone=True) as new:
                copy(old, new, starting)
        return list(faults_of_file(fresh))


def restore(file: Path, data: Path | str, now: datetime, starting: Callable[[int], Progress], *, replace: bool) -> Path | None:
    """Put a backup in the place of the ledger; return where the old one is kept aside, None if there was none.

    An older backup is brought up to date when it is opened. Raises ``LedgerError``: for a file that is damaged or no backup, for
    a ledger that is open somewhere, and for one that holds anything, unless it is to be kept aside (``replace``, files only).
    """
    if not file.exists():
        raise LedgerError(f"{file}：找不到这个备份（检查文件名和所在的文件夹）")
    damage = list(damage_of_file(file))
    if damage:
        raise LedgerError("\n".join((f"{file} 不能用：", *damage)))
    if isinstance(data, str):
        with tempfile.TemporaryDirectory() as folder:
            own = Path(folder) / "backup.db"  # a backup is not changed by being used
            _copy_file(file, own)
            move(own, data, starting)
        return None
    if data.exists() and data.samefile(file):
        raise LedgerError(f"{file} 就是现在的账本，不用恢复")
    if data.exists() and not replace:
        raise LedgerError(f"{data} 已经有账本了，没有动它；要换成备份，加 --replace：旧的会改名留在旁边")
    with _growing(data) as fresh:
        _copy_file(file, fresh)
        SqliteLedger(fresh).close()
        return _set_aside(data, now) if data.exists() else None


def _copy_file(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)  # in one step, so that writers in between do not make it begin again
    except sqlite3.Error as error:
        raise failures.explain(error, str(source)) from error


@contextmanager
def _growing(file: Path) -> Generator[Path, None, None]:
    """Yield a path for a file that takes its own name only when it is whole and on the disk."""
    fresh = file.with_name(f"{file.name}.partial")
    _delete(fresh)
    try:
        fresh.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
        with fresh.open("rb+") as whole:
            os.fsync(whole.fileno())
        fresh.rename(file)
    except OSError as error:
        raise failures.explain_system(error, str(file)) from error
    finally:
        _delete(fresh)


def _delete(file: Path) -> None:
    for ending in _BESIDE:
        with suppress(FileNotFoundError):
            file.with_name(file.name + ending).unlink()


def _set_aside(data: Path, now: datetime) -> Path:
    """Rename a ledger that nobody has open."""
    aside = data.with_name(f"{data.stem}-{now:%Y%m%d-%H%M%S}{data.suffix}")
    with closing(sqlite3.connect(data, timeout=1, isolation_level=None)) as db, suppress(sqlite3.DatabaseError):
        shut_out(db, data)
    data.rename(aside)
    for ending in _BESIDE[1:]:  # a damaged ledger may have left them, and they belong to it
        with suppress(FileNotFoundError):
            data.with_name(data.name + ending).rename(aside.with_name(aside.name + ending))
    return aside
