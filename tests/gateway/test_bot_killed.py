"""The bot itself killed with -9 in front of a real gateway: what it took in is answered, to the right person; the gap is told."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.app import Curated
from tests.gateway.world import BOT, GENEROUS, TOKEN, WechatGateway, until

ROOT = Path(__file__).parents[2]
KILLS = 3
ASKED = 12
"""Questions between two kills."""

_UNPACED = {
    "XIAOSHAO_WECHATY_GAP_SECONDS": "0",
    "XIAOSHAO_WECHATY_ROOM_GAP_SECONDS": "0",
    "XIAOSHAO_WECHATY_SETTLE_SECONDS": "0.3",
    "XIAOSHAO_DEMO": "false",
}


@contextmanager
def running(gateway: WechatGateway, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the program until the context ends, when it is killed if it still runs."""
    command = [sys.executable, "-m", "bot.cli", "run", "--wechaty", "--port", "0", "--data", str(data)]
    environment = {**os.environ, **gateway.environment, **_UNPACED}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            while f"127.0.0.1:{gateway.port}" not in (line := program.stdout.readline()) or "正在连" in line:
                assert line, "the program ended"
            yield program
        finally:
            program.kill()


def let_leases_end(data: Path) -> None:
    """Let what the dead program had claimed be free at once, as it would be a minute later."""
    with closing(sqlite3.connect(data, timeout=GENEROUS)) as database, database:
        database.execute("UPDATE outbox SET ready_at = 0 WHERE state = 'claimed'")


def rows(data: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(data, timeout=GENEROUS)) as database:
        return database.execute(query).fetchall()


def test_bot_killed_again_and_again_answers_what_it_took_in(curated: Curated, tmp_path: Path) -> None:
    entries = list(curated.knowledge.library.for_matching().entries.values())
    people = [{"id": f"wxid_{number}", "name": f"企业{number}-安全员"} for number in range(ASKED * (KILLS + 1))]
    world = {"self": BOT, "contacts": [{"id": BOT, "name": "小哨"}, *people], "rooms": []}
    gateway, data = WechatGateway(world=world, token=TOKEN).start(), tmp_path / "ledger.db"
    asked: dict[str, str] = {}
    try:
        for turn in range(KILLS + 1):
            sent_before, known = len(gateway.sent), gaps(data) if turn else 0
            with running(gateway, data) as program:
                for place in range(turn * ASKED, (turn + 1) * ASKED):
                    entry, person = entries[place % len(entries)], str(people[place]["id"])
                    gateway.say(person, entry.questions[0], room="")
                    asked[person] = entry.answer.splitlines()[0]
                if turn < KILLS:
                    until(lambda wanted=sent_before + 1 + turn: len(gateway.sent) >= wanted)
                    until(lambda: rows(data, "SELECT 1 FROM settings WHERE name = 'wechaty.heard_until'"))  # where a gap begins
                    program.kill()
                    program.wait()
                    let_leases_end(data)
                else:
                    until(lambda: all(sent for (sent,) in rows(data, "SELECT state = 'sent' FROM outbox WHERE kind = 'person'")))
                    until(lambda: taken_in(data) <= answered(gateway))
                    until(lambda known=known: gaps(data) > known)
    finally:
        gateway.kill()
    assert len(taken_in(data)) >= ASKED  # at least those of the last turn
    for sent in gateway.sent:
        assert asked[sent["to"]] in sent["text"] or "1." in sent["text"], sent  # the answer, or a choice that holds it
    twice = sum(count - 1 for count in Counter((sent["to"], sent["text"]) for sent in gateway.sent).values())
    assert twice <= KILLS * 10  # at most what was claimed when it was killed
    assert 1 <= gaps(data) <= KILLS  # a bot killed again before it told of a gap tells of both as one


def gaps(data: Path) -> int:
    """Return how many gaps the duty workers were told of."""
    return len(rows(data, "SELECT 1 FROM events WHERE kind = 'unheard'"))


def taken_in(data: Path) -> set[str]:
    """Return whose questions the ledger holds."""
    return {person.removeprefix("wechaty:") for (person,) in rows(data, "SELECT person FROM events WHERE kind = 'said'")}


def answered(gateway: WechatGateway) -> set[str]:
    return {str(sent["to"]) for sent in gateway.sent}
