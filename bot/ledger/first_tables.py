"""The tables with which the ledger began, and what several bots on one PostgreSQL need beside them."""

from __future__ import annotations

from bot.ledger.dialect import NUMBERS_AHEAD

FIRST = (
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


SHARED = (
    "CREATE SEQUENCE positions",
    "ALTER TABLE bindings ADD COLUMN rowid BIGINT GENERATED BY DEFAULT AS IDENTITY",
    "CREATE TABLE case_numbers (number BIGINT PRIMARY KEY)",
    f"INSERT INTO case_numbers SELECT generate_series(1, {NUMBERS_AHEAD})",
    f"""
    CREATE FUNCTION take_case_number() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM case_numbers WHERE number = NEW.number;
      INSERT INTO case_numbers VALUES (NEW.number + {NUMBERS_AHEAD}) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER take_case_number AFTER INSERT ON cases FOR EACH ROW EXECUTE FUNCTION take_case_number()",
    """
    CREATE TABLE room_leases (
      channel TEXT NOT NULL,
      room TEXT NOT NULL,
      bot TEXT NOT NULL,
      since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
      until TIMESTAMPTZ NOT NULL,
      PRIMARY KEY (channel, room)
    )
    """,
    "CREATE INDEX room_leases_by_bot ON room_leases (bot)",
)
