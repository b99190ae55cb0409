"""One transaction of the ledger on any engine: each of the port's words is handed to the module that has its statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.ledger import bindings, changes, curation, directory, outbox, snapshots, views
from bot.ledger.connection import Connection
from bot.ledger.pages import LedgerPageRecords
from bot.ledger.port import Address, BindingChange, Bubble, EntryVersion, HistoryLine, Judged, Outgoing, Tally
from bot.ledger.privacy import LedgerPrivacy
from bot.ledger.read_cache import ReadCache
from bot.ledger.reports import LedgerReports
from bot.model import Binding, BindingCode, Case, Caseload, Decision, Enterprise, Entry, Event, Snapshot, Ticked


class LedgerTransaction:
    """Everything that may be done within one transaction; see ``bot.ledger.port.Transaction``."""

    def __init__(self, db: Connection, cache: ReadCache) -> None:
        self._db = db
        self._recorded: tuple[Event, int] | None = None
        self._seen: Caseload | None = None
        self._cache = cache

    @property
    def pages(self) -> LedgerPageRecords:
        """Return what the pages keep."""
        return LedgerPageRecords(self._db)

    @property
    def reports(self) -> LedgerReports:
        """Return what reports are made of, and the bulletins made."""
        return LedgerReports(self._db)

    @property
    def privacy(self) -> LedgerPrivacy:
        """Return what takes people out of the ledger."""
        return LedgerPrivacy(self._db)

    def record(self, event: Event) -> bool:
        """Keep the event; return False if it has been seen before."""
        self._cache.check()
        position = changes.record(self._db, event, self._cache)
        self._cache.note()
        self._recorded = None if position is None else (event, position)
        return position is not None

    def snapshot(self, event: Event, now: datetime) -> Snapshot:
        """Read everything that the core may know when it decides about the event."""
        self._cache.check(now)
        seen = snapshots.snapshot(self._db, event, now, self._cache)
        self._seen = seen.caseload
        return seen

    def apply(self, event: Event, decision: Decision, now: datetime) -> None:
        """Write the decision; raises ``ValueError`` if it cannot stand, ``CaseMoved`` if the snapshot is out of date."""
        seen, self._seen = self._seen, None
        position = self._recorded[1] if self._recorded is not None and self._recorded[0] is event else None
        self._cache.check()
        changes.apply(self._db, event, position, decision, now, seen, self._cache)
        self._cache.note()

    def due(self, now: datetime, limit: int) -> list[Ticked]:
        """Return the steps that are due, the longest overdue first."""
        return views.due(self._db, now, limit)

    def next_due(self) -> datetime | None:
        """Return when the next step of a case or the next unsent message is due."""
        return views.next_due(self._db)

    def claim(self, now: datetime, lease: timedelta, limit: int) -> list[Outgoing]:
        """Lease outgoing messages that may be sent now."""
        self._cache.check()
        claimed = outbox.claim(self._db, now, lease, limit, self._cache)
        self._cache.note()
        return claimed

    def confirm(self, token: str, receipt: str, now: datetime) -> None:
        """Note that a claimed message went out."""
        self._cache.check()
        outbox.confirm(self._db, token, receipt, now)
        self._cache.note()

    def echo(self, channel: str, place: tuple[str, str], text: str, receipt: str, now: datetime) -> bool:
        """Take the bot's own message, seen on a channel, as a receipt."""
        return outbox.echo(self._db, channel, place, text, receipt, now)

    def postpone(self, token: str, why: str, retry_at: datetime, *, tried: bool = True) -> None:
        """Note that sending failed this time, or that it must wait."""
        self._cache.check()
        outbox.postpone(self._db, token, why, retry_at, tried=tried)
        self._cache.note()

    def give_up(self, token: str, why: str, now: datetime) -> None:
        """Note that sending failed for good."""
        self._cache.check()
        outbox.give_up(self._db, token, why)
        self._cache.note()

    def bind(self, channel: str, person: str, contact: str, now: datetime, *, by: str = "") -> None:
        """Bind a channel's person id to a contact of routing.yaml."""
        bindings.bind(self._db, Binding(channel, person, contact, now), by, now)

    def unbind(self, contact: str, now: datetime, *, channel: str = "", by: str = "") -> list[Binding]:
        """Release a contact's ids and withdraw its codes; return the bindings that there were."""
        bindings.withdraw_codes(self._db, contact, now)
        return bindings.unbind(self._db, contact, channel, by, now)

    def bindings(self, contact: str = "") -> list[Binding]:
        """Return the bindings in the order in which they were made."""
        return bindings.bindings(self._db, contact)

    def binding_history(self, contact: str = "") -> list[BindingChange]:
        """Return what happened to the bindings, the oldest first."""
        return bindings.history(self._db, contact)

    def make_code(self, contact: str, now: datetime, *, by: str = "") -> str:
        """Return a new binding code, good once and for 24 hours."""
        return bindings.make_code(self._db, contact, by, now)

    def good_codes(self, now: datetime) -> list[BindingCode]:
        """Return the binding codes that may still be used, the oldest first."""
        return bindings.good_codes(self._db, now)

    def enterprises(self) -> list[Enterprise]:
        """Return the directory of enterprises."""
        return directory.enterprises(self._db)

    def put_enterprises(self, changed: Iterable[Enterprise], gone: Iterable[str] = ()) -> None:
        """Keep these enterprises as they now stand, and take out those with the names ``gone``."""
        directory.put(self._db, changed, gone)

    def addresses(self, contact: str) -> list[Address]:
        """Return where a contact is reached, in the order of binding."""
        return [Address(each.channel, person=each.person) for each in bindings.bindings(self._db, contact)]

    def cases(self, *, open_only: bool = True, limit: int = 200) -> list[Case]:
        """Return cases, the newest first."""
        return views.cases(self._db, open_only=open_only, limit=limit)

    def case(self, number: int) -> Case | None:
        """Return one case."""
        return views.case(self._db, number)

    def history(self, number: int) -> list[HistoryLine]:
        """Return what happened to a case, the oldest first."""
        return views.history(self._db, number)

    def overdue(self, now: datetime, grace: timedelta) -> list[Case]:
        """Return open cases whose next step is overdue by more than ``grace``."""
        return views.overdue(self._db, now, grace)

    def undelivered(self, since: datetime | None = None) -> list[Outgoing]:
        """Return the outgoing messages that were given up."""
        return outbox.undelivered(self._db, since)

    def tally(self, now: datetime, grace: timedelta) -> Tally:
        """Count what must not pile up."""
        return views.tally(self._db, now, grace)

    def faults(self, since: datetime) -> list[Judged]:
        """Return the events that could not be decided."""
        return views.faults(self._db, since)

    def conversation(
        self, *, room: str = "", partner: str = "", after: int = 0, limit: int = 200, newest: bool = False
    ) -> list[Bubble]:
        """Return a group's or a person's direct messages after a position, the oldest first."""
        return views.conversation(self._db, room=room, partner=partner, after=after, limit=limit, newest=newest)

    def last_judged(self, *, channel: str, limit: int = 1) -> list[Judged]:
        """Return the last messages said on a channel with the decisions about them, the newest first."""
        return views.last_judged(self._db, channel, limit)

    def latest_versions(self) -> Mapping[str, EntryVersion]:
        """Return the last known version of every FAQ entry, by entry id."""
        return curation.latest_versions(self._db)

    def versions(self, entry: str) -> list[EntryVersion]:
        """Return all versions of an FAQ entry, the newest first."""
        return curation.versions(self._db, entry)

    def keep_version(self, version: EntryVersion) -> None:
        """Keep a new version of an entry, under the announced name if there is one."""
        curation.keep_version(self._db, version)

    def announce_edit(self, entry: str, content: Entry | None, who: str) -> None:
        """Note who is about to give an entry this content."""
        curation.announce_edit(self._db, entry, content, who)

    def opened_since(self, since: datetime | None = None, *, replied: bool = False) -> list[Case]:
        """Return the cases opened since a time, the oldest first."""
        return curation.opened_since(self._db, since, replied=replied)

    def setting(self, name: str) -> str | None:
        """Return a small persistent value."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row["value"] if row else None

    def settings(self, prefix: str) -> Mapping[str, str]:
        """Return the small persistent values whose names begin so."""
        rows = self._db.execute(
            "SELECT name, value FROM settings WHERE substr(name, 1, ?) = ? ORDER BY name", (len(prefix), prefix)
        )
        return {row["name"]: row["value"] for row in rows}

    def unset(self, name: str) -> None:
        """Forget a small persistent value."""
        self._db.execute("DELETE FROM settings WHERE name = ?", (name,))

    def set(self, name: str, value: str) -> None:
        """Keep a small persistent value."""
        self._db.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )
