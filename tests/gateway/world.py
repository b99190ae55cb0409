"""A real Wechaty gateway as a process, with a small mock WeChat behind it, and a bot in front of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from bot.app import Bot, Curated, build_bot
from bot.channels.wechaty.address import GatewayAddress
from bot.channels.wechaty.channel import WechatyChannel
from bot.channels.wechaty.pacing import UNPACED, Pace
from bot.channels.wechaty.sending import Patience
from bot.ledger.codec import ZONE
from bot.ledger.sqlite import SqliteLedger
from bot.work.notebook import LedgerNotebook

HERE = Path(__file__).parent
TOKEN = "insecure_0f3b2c71-gateway-test"
GENEROUS = 40.0
"""Seconds that a slow machine may take for anything; nothing waits that long when all is well."""

HELP_ROOM, ALLIANCE = "安全生产互助协会", "锋领企服联盟"
HELP_ID, ALLIANCE_ID, OTHER_ID = "1001@chatroom", "1002@chatroom", "1003@chatroom"
BOT, SAFETY, FINANCE, TAXMAN, STRANGER = "wxid_bot", "wxid_safety", "wxid_finance", "wxid_tax", "wxid_stranger"
EVERYBODY = [BOT, SAFETY, FINANCE, TAXMAN, STRANGER]
WORLD: dict[str, Any] = {
    "self": BOT,
    "contacts": [
        {"id": BOT, "name": "园区小哨"},
        {"id": SAFETY, "name": "老王"},
        {"id": FINANCE, "name": "海立塑业-财务"},
        {"id": TAXMAN, "name": "小李", "alias": "税务局小李"},
        {"id": "wxid_tax_again", "name": "小李", "alias": "税务局小李"},
        {"id": STRANGER, "name": "路人"},
        {"id": "泰准金属-安全员", "name": "泰准金属-安全员"},
        {"id": "gh_news", "name": "某公众号", "type": 2},
    ],
    "rooms": [
        {"id": HELP_ID, "topic": HELP_ROOM, "memberIdList": EVERYBODY, "aliases": {SAFETY: "泰准金属-安全员"}},
        {"id": ALLIANCE_ID, "topic": ALLIANCE, "memberIdList": EVERYBODY, "aliases": {}},
        {"id": OTHER_ID, "topic": "吃饭群", "memberIdList": EVERYBODY, "aliases": {}},
    ],
}

QUICK = Patience(
    call=2.0, ping_every=0.5, pings=3, first_wait=0.1, longest_wait=0.5, settle=0.3, other_bot=1.0, remember_every=0.2
)
"""Time limits for tests: long enough for a busy machine, short enough that nobody waits."""

TEXT, AUDIO, IMAGE, ATTACHMENT, RECALLED = 7, 2, 6, 1, 13


class WorkdayClock:
    """Runs like the machine's clock, but from a Wednesday morning on, when contacts are at work."""

    def __init__(self) -> None:
        self._offset = datetime(2026, 11, 18, 9, 55, tzinfo=ZONE) - datetime.now(ZONE)

    def now(self) -> datetime:
        return datetime.now(ZONE) + self._offset


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], Any], *, seconds: float = GENEROUS) -> Any:
    """Return the first true value of ``what``, asked again and again; fails when it takes too long."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
    return value


@dataclass
class WechatGateway:
    """The gateway's process; ``sent`` is what anybody made it send, in order."""

    port: int = field(default_factory=free_port)
    tls: bool = False
    token: str = TOKEN
    sent: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    world: dict[str, Any] = field(default_factory=lambda: WORLD)
    process: subprocess.Popen[str] | None = None
    _listener: Thread | None = None
    _answers: Queue[dict[str, Any]] = field(default_factory=Queue)

    @property
    def address(self) -> GatewayAddress:
        return GatewayAddress("127.0.0.1", self.port, self.token, self.tls, "insecure" if self.tls else "")

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a bot's process is told of this gateway."""
        return {
            "WECHATY_PUPPET_SERVICE_TOKEN": self.token,
            "WECHATY_PUPPET_SERVICE_ENDPOINT": f"127.0.0.1:{self.port}",
            "WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT": str(not self.tls).lower(),
        }

    def start(self) -> WechatGateway:
        setting = json.dumps({"port": self.port, "token": self.token, "tls": self.tls, "world": self.world})
        environment = {**os.environ, "WECHATY_LOG": "silent", "NODE_NO_WARNINGS": "1", "GATEWAY_WORLD": setting}
        self.process = subprocess.Popen(
            ["node", "gateway.mjs"], cwd=HERE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._listener = Thread(target=self._listen, args=(self.process,), daemon=True)
        self._listener.start()
        assert "ready" in self._answers.get(timeout=GENEROUS)
        return self

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            if "sent" in told:
                self.sent.append(told["sent"])
            elif "accepted" in told:
                self.accepted.append(told["accepted"])
            else:
                self._answers.put(told)

    def order(self, do: str, **details: Any) -> Any:
        """Make something happen in WeChat and return once it has."""
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self.process.stdin.flush()
        try:
            answer = self._answers.get(timeout=GENEROUS)
        except Empty:
            raise AssertionError(f"the gateway did not do {do}") from None
        assert "fault" not in answer, answer
        return answer.get("result")

    def say(self, talker: str, text: str, room: str = HELP_ID, **more: Any) -> str:
        """Say something in a group, or (``room=""``) to the bot; return the message's id."""
        return str(self.order("say", talker=talker, text=text, **({"room": room} if room else {}), **more))

    def texts(self, to: str = HELP_ID) -> list[str]:
        return [sent["text"] for sent in self.sent if sent["to"] == to]

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait(GENEROUS)
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            assert self._listener is not None
            self._listener.join(GENEROUS)
            process.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)


@dataclass
class WechatBot:
    """The whole bot, on a ledger in a file, in this process; may be closed and opened again."""

    path: Path
    curated: Curated
    address: GatewayAddress
    patience: Patience = QUICK
    pace: Pace = UNPACED
    accepts: bool = False
    judge_ahead: bool = False
    clock: WorkdayClock = field(default_factory=WorkdayClock)

    def open(self, *, wait: bool = True) -> WechatBot:
        clock = self.clock
        self.ledger = SqliteLedger(self.path)
        notebook = LedgerNotebook(self.ledger, WechatyChannel.name, clock)
        self.channel = WechatyChannel(
            self.address,
            self.curated.routing.rooms,
            notebook,
            clock.now,
            pace=self.pace,
            patience=self.patience,
            accepts=self.accepts,
            seed=7,
        )
        routing = self.curated.routing
        self.bot: Bot = build_bot(
            self.ledger, self.curated.knowledge, routing, clock, [self.channel], lambda: None, judge_ahead=self.judge_ahead
        )
        self.bot.start()
        assert self.bot.ahead is None or self.bot.ahead.ready.wait(GENEROUS)
        self.channel.start(self.bot.receive_all)
        if wait:
            assert self.channel.wait_ready(GENEROUS)
        return self

    def close(self) -> None:
        self.channel.close()
        self.bot.close()

    def bind(self, contact_id: str, contact: str) -> None:
        with self.ledger.transaction() as work:
            work.bind("wechaty", f"wechaty:{contact_id}", contact, self.clock.now())

    def heard(self, room: str = HELP_ROOM) -> list[str]:
        """What people said in a group, as the ledger has it."""
        with self.ledger.transaction() as work:
            return [it.text for it in work.conversation(room=room, limit=10_000) if it.sender is not None]

    def judged(self) -> list[Any]:
        with self.ledger.transaction() as work:
            return work.last_judged(channel="wechaty", limit=10_000)

    def cases(self) -> list[Any]:
        with self.ledger.transaction() as work:
            return work.cases(open_only=False)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the ledger's file directly, beside the program."""
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(query).fetchall()
