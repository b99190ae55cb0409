"""The tables of the ledger, as migrations that run once each.

Statements are SQLite's; for PostgreSQL ``bot.ledger.dialect`` reads its own types out of them.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.ledger.first_tables import FIRST, SHARED

APPLICATION_ID = 0x78736861  # "xsha": tells a ledger from any other SQLite file


class Migration(NamedTuple):
    """A step of the schema: its name, kept in the ledger, and its statements; ``postgres`` are more for that engine alone."""

    name: str
    statements: tuple[str, ...]
    postgres: tuple[str, ...] = ()


_ENTRY_VERSIONS = (
    """
    CREATE TABLE entry_versions (
      id INTEGER PRIMARY KEY,
      entry TEXT NOT NULL,
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      body TEXT
    ) STRICT
    """,
    "CREATE INDEX entry_versions_by_entry ON entry_versions (entry, id)",
    """
    CREATE TABLE announced_edits (
      entry TEXT NOT NULL,
      digest TEXT NOT NULL,
      who TEXT NOT NULL,
      PRIMARY KEY (entry, digest)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX cases_by_opening ON cases (opened_at)",
)


_PEOPLE = (
    "ALTER TABLE bindings ADD COLUMN name TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX bindings_by_name ON bindings (channel, name)",
    """
    CREATE TABLE binding_history (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      step TEXT NOT NULL CHECK (step IN ('bound', 'replaced', 'unbound')),
      channel TEXT NOT NULL,
      person TEXT NOT NULL,
      name TEXT NOT NULL,
      contact TEXT NOT NULL,
      who TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX binding_history_by_contact ON binding_history (contact, id)",
    """
    CREATE TABLE binding_codes (
      id INTEGER PRIMARY KEY,
      contact TEXT NOT NULL,
      salt TEXT NOT NULL,
      digest TEXT NOT NULL,
      made_by TEXT NOT NULL,
      made_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      ended TEXT CHECK (ended IN ('used', 'replaced', 'spoiled', 'withdrawn')),
      ended_at INTEGER,
      CHECK ((ended IS NULL) = (ended_at IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE code_tries (
      channel TEXT NOT NULL,
      person TEXT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (channel, person)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE enterprises (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      community TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE enterprise_names (
      known_as TEXT NOT NULL,
      enterprise INTEGER NOT NULL REFERENCES enterprises (id) ON DELETE CASCADE,
      PRIMARY KEY (known_as, enterprise)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX enterprise_names_by_enterprise ON enterprise_names (enterprise)",
)


_PAGES = (
    """
    CREATE TABLE page_records (
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      owner TEXT NOT NULL,
      body TEXT NOT NULL,
      ends_at INTEGER NOT NULL,
      PRIMARY KEY (kind, name)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE page_tries (scope TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
    "CREATE INDEX page_tries_by_scope ON page_tries (scope, at)",
    """
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      way TEXT NOT NULL,
      what TEXT NOT NULL,
      about TEXT NOT NULL,
      detail TEXT NOT NULL
    ) STRICT
    """,
)


_REPORTS = (
    """
    CREATE TABLE stays (
      case_number INTEGER NOT NULL REFERENCES cases (number),
      place INTEGER NOT NULL,
      community TEXT NOT NULL,
      department TEXT NOT NULL,
      assignee TEXT NOT NULL,
      dispatched_at INTEGER NOT NULL,
      acknowledge_by INTEGER NOT NULL,
      answer_by INTEGER NOT NULL,
      acknowledged_at INTEGER,
      answered_at INTEGER,
      ended_at INTEGER,
      ended TEXT CHECK (ended IN ('answered', 'escalated', 'transferred', 'ended')),
      PRIMARY KEY (case_number, place),
      CHECK ((ended IS NULL) = (ended_at IS NULL))
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX stays_by_dispatch ON stays (dispatched_at)",
    "CREATE INDEX stays_by_assignee ON stays (assignee, ended_at)",
    "CREATE INDEX stays_by_answer ON stays (answered_at) WHERE answered_at IS NOT NULL",
    "ALTER TABLE answers ADD COLUMN rating INTEGER",
    "CREATE INDEX answers_by_time ON answers (at)",
    """
    CREATE TABLE bulletins (
      kind TEXT NOT NULL CHECK (kind IN ('daily', 'weekly')),
      day TEXT NOT NULL,
      community TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('held', 'sent', 'dropped', 'empty')),
      text TEXT NOT NULL,
      body TEXT NOT NULL,
      made_at INTEGER NOT NULL,
      who TEXT NOT NULL,
      PRIMARY KEY (kind, day, community)
    ) STRICT, WITHOUT ROWID
    """,
)


MIGRATIONS = (
    Migration("001_tables", FIRST, postgres=SHARED),
    Migration("002_entry_versions", _ENTRY_VERSIONS),
    Migration("003_people", _PEOPLE),
    Migration("004_pages", _PAGES),
    Migration("005_reports", _REPORTS),
)
"""All migrations in their order; a released one never changes."""
