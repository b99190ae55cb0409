"""The tables of the ledger, as migrations that run once each.

Statements are SQLite's; for PostgreSQL ``bot.ledger.dialect`` reads its own types out of them.
"""

from __future__ import annotations

from typing import NamedTuple

APPLICATION_ID = 0x78736861  # "xsha": tells a ledger from any other SQLite file


class Migration(NamedTuple):
    """A step of the schema: its name, kept in the ledger, and its statements; ``postgres`` are more for that engine alone."""

    name: str
    statements: tuple[str, ...]
    postgres: tuple[str, ...] = ()


_FIRST = (
    """
    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      channel TEXT NOT NULL,
      message_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      room TEXT,
      person TEXT,
      name TEXT,
      text TEXT NOT NULL DEFAULT '',
      quoted TEXT,
      refers TEXT,
      recalled INTEGER NOT NULL DEFAULT 0,
      at INTEGER NOT NULL,
      body TEXT NOT NULL,
      UNIQUE (channel, message_id)
    ) STRICT
    """,
    "CREATE INDEX events_by_room ON events (room, position)",
    "CREATE INDEX events_in_direct ON events (person, position) WHERE room = ''",
    "CREATE INDEX events_by_channel ON events (channel, kind, position)",
    """
    CREATE TABLE decisions (
      event INTEGER PRIMARY KEY REFERENCES events (position),
      at INTEGER NOT NULL,
      fault INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX faults ON decisions (at) WHERE fault = 1",
    """
    CREATE TABLE threads (
      channel TEXT NOT NULL,
      room TEXT NOT NULL,
      person TEXT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (channel, room, person)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE cases (
      number INTEGER PRIMARY KEY,
      status TEXT NOT NULL,
      community TEXT NOT NULL,
      channel TEXT NOT NULL,
      room TEXT NOT NULL,
      assignee TEXT NOT NULL,
      department TEXT NOT NULL,
      opened_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      due_at INTEGER,
      due_step TEXT,
      tick_at INTEGER,
      body TEXT NOT NULL,
      CHECK (status IN ('closed', 'withdrawn') OR due_at IS NOT NULL)
    ) STRICT
    """,
    "CREATE INDEX cases_due ON cases (tick_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX cases_overdue ON cases (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX cases_open_by_room ON cases (channel, room, number) WHERE due_at IS NOT NULL",
    "CREATE INDEX cases_open_by_community ON cases (community, number) WHERE due_at IS NOT NULL",
    "CREATE INDEX cases_open ON cases (number) WHERE due_at IS NOT NULL",
    "CREATE INDEX cases_by_room ON cases (channel, room, number)",
    """
    CREATE TABLE askers (
      case_number INTEGER NOT NULL REFERENCES cases (number),
      place INTEGER NOT NULL,
      channel TEXT NOT NULL,
      person TEXT NOT NULL,
      message_id TEXT NOT NULL,
      finished_at INTEGER,
      PRIMARY KEY (case_number, place)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX askers_by_person ON askers (channel, person, finished_at)",
    "CREATE INDEX askers_by_message ON askers (channel, message_id)",
    """
    CREATE TABLE holders (
      contact TEXT NOT NULL,
      case_number INTEGER NOT NULL REFERENCES cases (number),
      PRIMARY KEY (contact, case_number)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX holders_by_case ON holders (case_number)",
    """
    CREATE TABLE history (
      id INTEGER PRIMARY KEY,
      case_number INTEGER NOT NULL REFERENCES cases (number),
      event INTEGER NOT NULL REFERENCES events (position),
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      what TEXT NOT NULL,
      reasons TEXT NOT NULL,
      noted INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX history_by_case ON history (case_number, id)",
    "CREATE INDEX history_by_event ON history (event)",
    """
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      channel TEXT NOT NULL,
      text TEXT NOT NULL,
      mention TEXT,
      mention_name TEXT,
      case_number INTEGER REFERENCES cases (number),
      entry TEXT,
      not_before INTEGER,
      urgent INTEGER NOT NULL,
      unasked INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'claimed', 'sent', 'given_up', 'cancelled')),
      ready_at INTEGER,
      token TEXT UNIQUE,
      unwanted INTEGER NOT NULL DEFAULT 0,
      attempts INTEGER NOT NULL DEFAULT 0,
      receipt TEXT,
      sent_at INTEGER,
      position INTEGER UNIQUE,
      why TEXT NOT NULL DEFAULT '',
      CHECK ((state IN ('pending', 'claimed')) = (ready_at IS NOT NULL))
    ) STRICT
    """,
    "CREATE INDEX outbox_ready ON outbox (ready_at) WHERE ready_at IS NOT NULL",
    "CREATE INDEX outbox_by_case ON outbox (case_number, state)",
    "CREATE INDEX outbox_unasked ON outbox (case_number, created_at) WHERE unasked = 1",
    "CREATE INDEX outbox_given_up ON outbox (id) WHERE state = 'given_up'",
    "CREATE INDEX outbox_by_receipt ON outbox (receipt)",
    "CREATE INDEX outbox_by_target ON outbox (kind, name, created_at)",
    "CREATE INDEX outbox_shown ON outbox (kind, name, position)",
    """
    CREATE TABLE bindings (
      channel TEXT NOT NULL,
      person TEXT NOT NULL,
      contact TEXT NOT NULL,
      bound_at INTEGER NOT NULL,
      PRIMARY KEY (channel, person)
    ) STRICT
    """,
    "CREATE INDEX bindings_by_contact ON bindings (contact, bound_at)",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """
    CREATE TABLE feedback (
      id INTEGER PRIMARY KEY,
      event INTEGER NOT NULL REFERENCES events (position),
      entry TEXT NOT NULL,
      question TEXT NOT NULL,
      rating INTEGER NOT NULL,
      comment TEXT NOT NULL,
      disputes INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX feedback_disputes ON feedback (at) WHERE disputes = 1",
    """
    CREATE TABLE answers (
      id INTEGER PRIMARY KEY,
      channel TEXT NOT NULL,
      room TEXT NOT NULL,
      asker TEXT NOT NULL,
      entry TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX answers_by_room ON answers (channel, room, at)",
)


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
    "CREATE INDEX stays_by_answer ON stays (answered_at) WHERE answered_at IS NOT NULL",
    "ALTER TABLE answers ADD COLUMN rating INTEGER",
    "CREATE INDEX answers_by_time ON answers (at)",
    """
    CREATE TABLE bulletins (
      kind TEXT NOT NULL CHECK (kind IN ('daily', 'weekly')),
      day TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('held', 'sent', 'dropped', 'empty')),
      text TEXT NOT NULL,
      body TEXT NOT NULL,
      made_at INTEGER NOT NULL,
      who TEXT NOT NULL,
      PRIMARY KEY (kind, day)
    ) STRICT, WITHOUT ROWID
    """,
)


MIGRATIONS = (
    Migration("001_tables", _FIRST),
    Migration("002_entry_versions", _ENTRY_VERSIONS),
    Migration("003_people", _PEOPLE),
    Migration("004_pages", _PAGES),
    Migration("005_reports", _REPORTS),
)
"""All migrations in their order; a released one never changes."""
