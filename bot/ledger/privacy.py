"""Taking people out of the ledger: ids and nicknames give way to a name without meaning, words are emptied, counts stay."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.ledger.codec import decode, decode_case, encode, micros
from bot.ledger.connection import Connection
from bot.ledger.privacy_port import KnownPerson
from bot.model import Asker, Case, Decision, Person, Reason, Recalled, Reply, Said

NOBODY = "已匿名"
"""What somebody is called who was taken out."""

FORGOTTEN = "forgotten:"
"""What the id of somebody who was taken out begins with."""

_LEFT_OUT = "（已匿名）"
_OF_TEXT = {"outbox": ("key", "name", "text", "mention", "mention_name"), "history": ("who", "what", "reasons")}


@dataclass(frozen=True, slots=True)
class _Swap:
    """Ids that give way to others, and nicknames that give way to ``NOBODY``."""

    ids: Mapping[str, str]
    names: frozenset[str]

    def person(self, person: Person) -> Person:
        """Return who stands in a person's place."""
        return Person(self.ids[person.id], NOBODY) if person.id in self.ids else person

    def name(self, name: str) -> str:
        """Return what stands in the place of a name."""
        return NOBODY if name in self.names else name

    def text(self, text: str) -> str:
        """Return a text in which nobody of them is named."""
        known = [*self.ids.items(), *((name, NOBODY) for name in self.names)]
        for old, new in sorted(known, key=lambda pair: -len(pair[0])):
            text = text.replace(old, new).replace(encode(old)[1:-1], new)  # as it stands, and within JSON
        return text


class LedgerPrivacy:
    """The part of a transaction that takes people out; see ``bot.ledger.privacy_port.PrivacyRecords``."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def people(self, called: str) -> list[KnownPerson]:
        """Return the people with this id, or who have shown this nickname."""
        rows = self._db.execute(
            """
            SELECT DISTINCT channel, person FROM events WHERE person IS NOT NULL AND (person = ? OR name = ?)
            ORDER BY channel, person
            """,
            (called, called),
        ).fetchall()
        return [self._known(row["channel"], row["person"]) for row in rows if not row["person"].startswith(FORGOTTEN)]

    def _known(self, channel: str, person: str) -> KnownPerson:
        key = (channel, person)
        names = self._db.execute("SELECT DISTINCT name FROM events WHERE channel = ? AND person = ? ORDER BY name", key)
        said = self._db.execute("SELECT count(*) AS n FROM events WHERE channel = ? AND person = ? AND kind = 'said'", key)
        cases = self._db.execute(
            """
            SELECT DISTINCT case_number, due_at FROM askers JOIN cases ON number = case_number
            WHERE askers.channel = ? AND person = ? ORDER BY case_number
            """,
            key,
        ).fetchall()
        bound = self._db.execute("SELECT contact FROM bindings WHERE channel = ? AND person = ?", key).fetchone()
        return KnownPerson(
            channel,
            person,
            tuple(row["name"] for row in names if row["name"]),
            int(said.fetchone()["n"]),
            tuple(row["case_number"] for row in cases),
            tuple(row["case_number"] for row in cases if row["due_at"] is not None),
            bound["contact"] if bound else "",
        )

    def forget(self, person: KnownPerson, now: datetime) -> str:
        """Take somebody out of everything, and return the id that stands in their place."""
        if person.open_cases:
            raise ValueError("还有没办结的工单")
        other = _new_id()
        swap = _Swap({person.id: other}, frozenset(person.names))
        key = (person.channel, person.id)
        own = self._db.execute("SELECT position FROM events WHERE channel = ? AND person = ? ORDER BY position", key).fetchall()
        positions = [row["position"] for row in own]
        numbers = {*person.cases, *self._cases_of(positions)}
        for number in sorted(numbers):
            self._take_out_of_case(number, swap, now)
        for position in positions:
            self._empty(position, swap)
        self._take_out_of_outbox("(kind = 'person' AND name = ?) OR mention = ?", (person.id, person.id), swap)
        for name in person.names:
            mentioned = (f"@{name}", f"@{NOBODY}", f"%@{_literally(name)}%")
            self._db.execute("UPDATE events SET text = replace(text, ?, ?) WHERE text LIKE ? ESCAPE '\\'", mentioned)
        quoted = (encode(person.id), encode(other), f"%{_literally(encode(person.id))}%")
        self._db.execute("UPDATE events SET body = replace(body, ?, ?) WHERE body LIKE ? ESCAPE '\\'", quoted)
        self._db.execute("UPDATE answers SET asker = ? WHERE channel = ? AND asker = ?", (other, *key))
        self._db.execute(
            "UPDATE binding_history SET person = ?, name = ? WHERE channel = ? AND person = ?", (other, NOBODY, *key)
        )
        for table in ("threads", "code_tries"):
            self._db.execute(f"DELETE FROM {table} WHERE channel = ? AND person = ?", key)
        return other

    def forget_askers(self, before: datetime, now: datetime, limit: int) -> int:
        """Take the askers and colleagues out of cases that ended before a time; return of how many."""
        rows = self._db.execute(
            """
            SELECT number, body FROM cases WHERE due_at IS NULL AND changed_at < ? AND EXISTS (
              SELECT 1 FROM askers WHERE case_number = number AND person NOT LIKE ?
            ) ORDER BY number LIMIT ?
            """,
            (micros(before), f"{FORGOTTEN}%", limit),
        ).fetchall()
        for row in rows:
            case = decode_case(row["body"])
            people = [asker.person for asker in case.askers]
            swap = _Swap(
                {person.id: _new_id() for person in people},
                frozenset((*(person.name for person in people), *(reply.by for reply in case.peers))),
            )
            self._take_out_of_case(row["number"], swap, now)
        return len(rows)

    def forget_words(self, before: datetime, limit: int) -> int:
        """Empty what was said before a time, unless a case that is open began with it; return how many."""
        rows = self._db.execute(
            """
            SELECT position, channel, room, person, name FROM events
            WHERE at < ? AND kind IN ('said', 'recalled') AND person NOT LIKE ? AND NOT EXISTS (
              SELECT 1 FROM askers
              WHERE askers.channel = events.channel AND askers.message_id = events.message_id AND finished_at IS NULL
            )
            ORDER BY position LIMIT ?
            """,
            (micros(before), f"{FORGOTTEN}%", limit),
        ).fetchall()
        for row in rows:
            self._empty(row["position"], _Swap({row["person"]: _new_id()}, frozenset((row["name"],)) - {""}))
        for channel, room, person in {(row["channel"], row["room"], row["person"]) for row in rows}:
            self._db.execute(
                """
                DELETE FROM threads WHERE channel = ? AND room = ? AND person = ? AND NOT EXISTS (
                  SELECT 1 FROM events WHERE events.room = threads.room AND events.person = threads.person
                )
                """,
                (channel, room, person),
            )
        return len(rows)

    def _cases_of(self, positions: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for position in positions:
            found |= {
                row["case_number"] for row in self._db.execute("SELECT case_number FROM history WHERE event = ?", (position,))
            }
        return found

    def _take_out_of_case(self, number: int, swap: _Swap, now: datetime) -> None:
        row = self._db.execute("SELECT body FROM cases WHERE number = ? /* FOR NO KEY UPDATE */", (number,)).fetchone()
        case = _without(decode_case(row["body"]), swap)
        self._db.execute("UPDATE cases SET body = ? WHERE number = ?", (encode(case), number))
        for known, other in swap.ids.items():
            self._db.execute("UPDATE askers SET person = ? WHERE case_number = ? AND person = ?", (other, number, known))
        lines = self._db.execute("SELECT id, event, who, what, reasons FROM history WHERE case_number = ?", (number,)).fetchall()
        for line in lines:
            self._rewrite("history", line, swap)
            self._strip(line["event"], swap)
        # A line of its own: bots that keep read cases look for a newer line before they use one.
        self._db.execute(
            "INSERT INTO history (case_number, event, at, who, what, reasons, noted) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, lines[0]["event"], micros(now), "隐私", "提问人已匿名", "[]", 0),
        )
        self._take_out_of_outbox("case_number = ?", (number,), swap)

    def _take_out_of_outbox(self, condition: str, values: tuple[object, ...], swap: _Swap) -> None:
        for row in self._db.execute(f"SELECT * FROM outbox WHERE {condition}", values).fetchall():
            self._rewrite("outbox", row, swap)

    def _rewrite(self, table: str, row: Mapping[str, object], swap: _Swap) -> None:
        columns = _OF_TEXT[table]
        values = [swap.text(value) if isinstance(value := row[column], str) else value for column in columns]
        places = ", ".join(f"{column} = ?" for column in columns)
        self._db.execute(f"UPDATE {table} SET {places} WHERE id = ?", (*values, row["id"]))

    def _empty(self, position: int, swap: _Swap) -> None:
        """Empty one event: what was said, by whom, and what was quoted of it in the decision."""
        row = self._db.execute("SELECT kind, person, body FROM events WHERE position = ?", (position,)).fetchone()
        empty: Said | Recalled
        if row["kind"] == "said":
            said = decode(Said, row["body"])
            empty = replace(said, sender=swap.person(said.sender), text="", mentions=(), forwarded=None)
        else:
            recalled = decode(Recalled, row["body"])
            empty = replace(recalled, sender=swap.person(recalled.sender))
        self._db.execute(
            "UPDATE events SET text = '', name = ?, person = ?, body = ? WHERE position = ?",
            (NOBODY, swap.ids.get(row["person"], row["person"]), encode(empty), position),
        )
        self._strip(position, swap)

    def _strip(self, position: int, swap: _Swap) -> None:
        row = self._db.execute("SELECT body FROM decisions WHERE event = ?", (position,)).fetchone()
        if row is None:
            return
        decision = decode(Decision, swap.text(row["body"]))
        reasons = tuple(Reason(reason.code, _LEFT_OUT) for reason in decision.reasons)
        kept = replace(decision, reasons=reasons, says=tuple(replace(say, text="") for say in decision.says))
        self._db.execute("UPDATE decisions SET body = ? WHERE event = ?", (encode(kept), position))


def _without(case: Case, swap: _Swap) -> Case:
    def reply(it: Reply) -> Reply:
        return replace(it, by=swap.name(it.by), text=swap.text(it.text))

    def asker(it: Asker) -> Asker:
        it = replace(it, words=swap.text(it.words))
        return replace(it, person=swap.person(it.person), enterprise="") if it.person.id in swap.ids else it

    return replace(
        case,
        askers=tuple(map(asker, case.askers)),
        question=swap.text(case.question),
        notes=tuple(map(swap.text, case.notes)),
        tried=tuple(map(swap.text, case.tried)),
        peers=tuple(map(reply, case.peers)),
        replies=tuple(map(reply, case.replies)),
    )


def _literally(text: str) -> str:
    """Return a text as a LIKE pattern that means just it."""
    return "".join(f"\\{char}" if char in "%_\\" else char for char in text)


def _new_id() -> str:
    return f"{FORGOTTEN}{secrets.token_hex(8)}"
