"""Several bots on one PostgreSQL, one of them killed: nothing is lost, nothing is done twice, its work goes on elsewhere."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import psycopg

from bot.ledger.postgres import PostgresLedger
from bot.model import Person, Said, Step, Target, Ticked
from bot.work.intake import Intake
from bot.work.sender import Sender
from bot.work.timers import Timers
from tests.samples import NOW, HandClock, decided, opened, opens, said, say, silent, take_in

ROOT = Path(__file__).parents[2]
BOTS = "甲乙丙"
ROUNDS = 60

BOT = """
import sys
from datetime import timedelta
from bot.ledger.postgres import PostgresLedger
from bot.model import Person
from bot.work.intake import Intake
from bot.work.sender import Sender
from tests.samples import HandClock, opens, said

class Page:
    name = "page"
    def send(self, letter):
        print("sent", letter.key, flush=True)
        return letter.key

url, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger = PostgresLedger(url, lease=timedelta(seconds=2), precedence=timedelta(seconds=0.2))
intake = Intake(ledger, opens, HandClock(), lambda: None)
sender = Sender(ledger, {"page": Page()}, HandClock(), intake.handle)
print("ready", flush=True)
for index in range(rounds):
    # What is said in the common group reaches every account, under ids of its own.
    for room, heard, by in ((f"{name}群", f"{name}/{index}", name), ("公共群", f"{name}/common/{index}", "企业")):
        message = said(f"问题 {index}", message_id=heard, room=room, by=Person(f"page:{by}", by))
        if intake.handle(message) is not None:
            print("kept", heard, flush=True)
    sender.send_due()
ledger.close()
"""


class Page:
    name = "page"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, letter) -> str:
        self.sent.append(letter.key)
        return letter.key


def run_bots(url: str, killed: str) -> dict[str, list[str]]:
    """Run the bots side by side, kill one in the middle, and return the whole lines that each printed."""
    bots = {}
    for name in BOTS:
        rounds = 1_000_000 if name == killed else ROUNDS
        arguments = [sys.executable, "-c", BOT, url, name, str(rounds)]
        bots[name] = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines: dict[str, list[str]] = {name: [] for name in BOTS}

    def listen(name: str) -> None:
        for line in bots[name].stdout:
            if line.endswith("\n"):  # a line that was cut off in the middle was never acknowledged
                lines[name].append(line.strip())
            if name == killed and len(lines[name]) == ROUNDS:
                bots[name].kill()

    listeners = [Thread(target=listen, args=(name,)) for name in BOTS]
    for listener in listeners:
        listener.start()
    complaints = {name: bot.stderr.read() for name, bot in bots.items()}
    for listener in listeners:
        listener.join()
    ends = {name: bot.wait() for name, bot in bots.items()}
    for bot in bots.values():
        bot.stdout.close()
        bot.stderr.close()
    assert ends == {name: -signal.SIGKILL if name == killed else 0 for name in BOTS}, complaints
    return lines


def test_three_bots_share_the_work_and_one_is_killed(postgres_url: str) -> None:
    lines = run_bots(postgres_url, killed="丙")
    kept = [line.removeprefix("kept ") for each in lines.values() for line in each if line.startswith("kept ")]
    sent = [line.removeprefix("sent ") for each in lines.values() for line in each if line.startswith("sent ")]
    for name in "甲乙":
        assert {f"{name}/{index}" for index in range(ROUNDS)} <= set(kept)
    assert len(sent) - len(set(sent)) <= 10  # what the killed one had claimed, at most

    ledger = PostgresLedger(postgres_url, precedence=timedelta(0))
    with psycopg.connect(postgres_url) as link:
        events = link.execute("SELECT message_id, room, text FROM events WHERE kind = 'said'").fetchall()
        numbers = [row[0] for row in link.execute("SELECT number FROM cases ORDER BY number")]
        unsent = {row[0] for row in link.execute("SELECT key FROM outbox WHERE state <> 'sent'")}
        keys = [row[0] for row in link.execute("SELECT key FROM outbox")]
    assert set(kept) <= {row[0] for row in events}
    assert len(events) - len(kept) <= 1
    assert len(numbers) == len(set(numbers)) == len(events)
    given_back = max(numbers) - len(numbers)  # by the killed one
    assert set(keys) - unsent <= set(sent)
    common = Counter(text for _, room, text in events if room == "公共群")
    assert {f"问题 {index}" for index in range(ROUNDS)} <= set(common)
    assert set(common.values()) == {1}

    # A bot that comes later handles the dead one's group, and what it left unsent goes out once.
    clock, page = HandClock(NOW + timedelta(minutes=2)), Page()
    intake = Intake(ledger, opens, clock, lambda: None)
    assert intake.handle(said("还在吗", room="丙群", by=Person("page:丙", "丙"))) is not None
    with ledger.transaction():
        ledger._db.execute("UPDATE room_leases SET until = clock_timestamp() - interval '1 s'")
    Sender(ledger, {"page": page}, clock, intake.handle).send_due()
    assert set(page.sent) >= {key for key in unsent if not key.startswith("case/")}
    assert len(page.sent) == len(set(page.sent))

    # What it gave back are the next cases' numbers: in the end none is missing.
    for turn in range(given_back):
        assert intake.handle(said(f"后来的问题 {turn}", room="丙群", by=Person("page:丙", "丙"))) is not None
    with psycopg.connect(postgres_url) as link:
        numbers = [row[0] for row in link.execute("SELECT number FROM cases ORDER BY number")]
    assert numbers == list(range(1, len(events) + 1 + given_back + 1))
    ledger.close()


def test_two_bots_fire_the_same_deadlines_once(postgres_url: str) -> None:
    ledgers = [PostgresLedger(postgres_url) for _ in range(2)]
    for number in range(1, 31):
        message = said(at=NOW - timedelta(hours=9))
        case = opened(number, message, due=Step("0/escalate", "escalate", NOW - timedelta(hours=1)))
        take_in(ledgers[0], message, decided(cases=(case,)))

    def decide(event, snapshot, now):
        if not isinstance(event, Ticked):
            return silent(event, snapshot, now)
        [case] = (each for each in snapshot.cases if each.number == event.case)
        later = replace(case, due=Step("1/escalate", "escalate", NOW + timedelta(hours=1)))
        return decided(cases=(later,), says=(say(f"tick/{case.number}", Target("contact", "联盟召集人"), case=case.number),))

    def work(ledger: PostgresLedger) -> None:
        Timers(ledger, Intake(ledger, decide, HandClock(), lambda: None), HandClock()).fire_due()

    threads = [Thread(target=work, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledgers[0].transaction() as transaction:
        assert transaction.due(NOW, 100) == []
        assert all(len(transaction.history(number)) == 2 for number in range(1, 31))
        assert len(transaction.claim(NOW, timedelta(minutes=1), 100)) == 30
    for ledger in ledgers:
        ledger.close()


def test_one_message_in_several_bots_at_once_is_handled_once(postgres_url: str) -> None:
    ledgers = [PostgresLedger(postgres_url, precedence=timedelta(seconds=30)) for _ in range(3)]
    messages = [
        said(f"第 {index} 句", message_id=f"m{index}", room="" if index % 2 else "安全生产互助协会") for index in range(20)
    ]
    handled: list[Said] = []

    def work(ledger: PostgresLedger) -> None:
        intake = Intake(ledger, opens, HandClock(), lambda: None)
        for message in messages:
            if intake.handle(message) is not None:
                handled.append(message)

    threads = [Thread(target=work, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(message.message_id for message in handled) == sorted(message.message_id for message in messages)
    for ledger in ledgers:
        ledger.close()
