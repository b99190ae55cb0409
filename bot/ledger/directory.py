"""The directory of enterprises in the ledger, found by what people call themselves in the groups."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from bot.ledger.codec import decode, encode
from bot.ledger.connection import IN_TEXTS, Connection, Row
from bot.ledger.read_cache import ReadCache
from bot.model import Case, Enterprise

_SHORTEST, _LONGEST, _LOOKED_AT = 2, 24, 48


def enterprises(db: Connection) -> list[Enterprise]:
    """Return the whole directory, by community and in the order in which the enterprises were added."""
    rows = db.execute("SELECT body FROM enterprises ORDER BY community, id")
    return [decode(Enterprise, row["body"]) for row in rows]


def put(db: Connection, changed: Iterable[Enterprise], gone: Iterable[str]) -> None:
    """Keep these enterprises as they now stand, and take out those with the names ``gone``."""
    for name in gone:
        db.execute("DELETE FROM enterprises WHERE name = ?", (name,))
    for enterprise in changed:
        row = db.execute(
            """
            INSERT INTO enterprises (name, community, body) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET community = excluded.community, body = excluded.body RETURNING id
            """,
            (enterprise.name, enterprise.community, encode(enterprise)),
        ).fetchone()
        db.execute("DELETE FROM enterprise_names WHERE enterprise = ?", (row["id"],))
        called = (*enterprise.names, *(person.nickname for person in enterprise.people))
        db.executemany(
            "INSERT INTO enterprise_names (known_as, enterprise) VALUES (?, ?) ON CONFLICT (known_as, enterprise) DO NOTHING",
            [(_plain(name), row["id"]) for name in called],
        )


def around(db: Connection, nicknames: Iterable[str], cases: Iterable[Case], cache: ReadCache) -> tuple[Enterprise, ...]:
    """Return the enterprises that people with these nicknames, or the askers of these cases, may belong to."""
    called = {asker.enterprise for case in cases for asker in case.askers if asker.enterprise}
    unknown = {nickname: set(_parts(_plain(nickname))) for nickname in nicknames if nickname not in cache.nicknames}
    names = {name: {_plain(name)} for name in called if name not in cache.enterprises}
    if unknown or names:
        rows = _known_as(db, set().union(*unknown.values(), *names.values()))
        for parts_of, kept in ((unknown, cache.nicknames), (names, cache.enterprises)):
            for text, parts in parts_of.items():
                kept[text] = tuple((row["id"], _read(row["body"])) for row in rows if row["known_as"] in parts)
    found = {pair for name in nicknames for pair in cache.nicknames[name]}
    found |= {pair for name in called for pair in cache.enterprises[name]}
    return tuple(enterprise for _, enterprise in sorted(found, key=lambda pair: pair[0])) if found else ()


def _known_as(db: Connection, names: set[str]) -> list[Row]:
    return db.execute(
        f"""
        SELECT known_as, id, body FROM enterprise_names JOIN enterprises ON id = enterprise WHERE known_as {IN_TEXTS}
        """,
        (json.dumps(sorted(names)),),
    ).fetchall()


@lru_cache(maxsize=4096)
def _read(text: str) -> Enterprise:
    return decode(Enterprise, text)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def _parts(nickname: str) -> Iterable[str]:
    yield nickname
    head = nickname[:_LOOKED_AT]
    for start in range(len(head)):
        for end in range(start + _SHORTEST, min(start + _LONGEST, len(head)) + 1):
            yield head[start:end]
