"""Every change of an FAQ entry goes into the ledger: when it was found, by whom it was made, and what stood there before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot.ledger.port import EntryVersion, Ledger, Transaction
from bot.model import Entry

FIRST = "首次登记"
"""Stands for the one who wrote what was there when the ledger first saw the FAQ."""

FILE_EDIT = "文件修改"

Who = Callable[[Entry], str]
"""Says who made an entry what it is now; of an entry that was taken out, its last content is given."""


def file_owner(folder: Path) -> Who:
    """Return what names the system's owner of the file in which an entry stands."""

    def who(entry: Entry) -> str:
        try:
            return f"{(folder / f'{entry.theme}.yaml').owner()}（{FILE_EDIT}）"
        except (OSError, KeyError, NotImplementedError):
            return FILE_EDIT

    return who


def keep_versions(ledger: Ledger, entries: Mapping[str, Entry], who: Who, now: datetime) -> tuple[str, ...]:
    """Keep what differs from the last known versions and return the ids; the very first time everything is kept as it stands.

    Raises ``LedgerError``.
    """
    with ledger.transaction() as transaction:
        known = transaction.latest_versions()
        changed = tuple(name for name, entry in entries.items() if name not in known or known[name].content != entry)
        for name in changed:
            transaction.keep_version(EntryVersion(name, now, who(entries[name]) if known else FIRST, entries[name]))
        gone = tuple((name, last.content) for name, last in known.items() if last.content is not None and name not in entries)
        for name, content in gone:
            transaction.keep_version(EntryVersion(name, now, who(content), None))
    return changed + tuple(name for name, _ in gone)


@contextmanager
def edited_by(ledger: Ledger, who: str, entries: Iterable[Entry], now: datetime) -> Generator[None, None, None]:
    """Write, within this context, the curated files so that they hold these entries: the changes are kept under this name.

    They are announced before, because a running bot may find them first. Raises ``LedgerError``.
    """
    changed = {entry.id: entry for entry in entries}
    with ledger.transaction() as transaction:
        for name, entry in changed.items():
            transaction.announce_edit(name, entry, who)
    yield
    with ledger.transaction() as transaction:
        _keep_new(transaction, changed, who, now)


def _keep_new(transaction: Transaction, changed: Mapping[str, Entry], who: str, now: datetime) -> None:
    known = transaction.latest_versions()
    if not known:
        return  # nobody has run on this ledger yet: the first run keeps everything as it then stands
    for name, entry in changed.items():
        if name not in known or known[name].content != entry:
            transaction.keep_version(EntryVersion(name, now, who, entry))
