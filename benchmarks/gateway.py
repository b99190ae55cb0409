"""Messages a second through a real Wechaty gateway: the whole bot with its answers, beside a bare echo loop.

Run with ``python -m benchmarks.gateway``; it needs what ``make test`` sets up (Node.js and tests/gateway/node_modules). With
``--ahead`` messages are judged in a process of their own.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from threading import Thread
from typing import NamedTuple

from grpclib.client import Channel
from wechaty_grpc.wechaty import PuppetStub

from bot.app import Curated, load_curated
from bot.channels.wechaty.sending import Patience
from bot.settings import Settings
from tests.gateway.world import BOT, TOKEN, WechatBot, WechatGateway, until

COUNT = 2_000
ROUNDS = 3
PEOPLE = 100
GOAL = 0.7
_MESSAGE = 2
_ASKED = 5


def echo(gateway: WechatGateway) -> None:
    """Answer every message with its own text: the least that a bot on this protocol can do."""

    async def loop() -> None:
        channel = Channel("127.0.0.1", gateway.port)
        stub = PuppetStub(channel, metadata={"authorization": f"Wechaty {TOKEN}"})
        try:
            async for event in stub.event():
                if event.type != _MESSAGE:
                    continue
                message = await stub.message_payload(id=event.payload.split('"')[3])
                if message.from_id != BOT:
                    await stub.message_send_text(conversation_id=message.from_id, text=message.text)
        except Exception:  # the gateway is gone: measured
            return
        finally:
            channel.close()

    asyncio.run(loop())


def questions(curated: Curated) -> list[str]:
    """Return a few hundred questions that the FAQ answers."""
    entries = curated.knowledge.library.for_matching().entries.values()
    return [entry.questions[0] for entry in entries][: COUNT // _ASKED]


def world() -> dict[str, object]:
    people = [{"id": f"wxid_{number}", "name": f"企业{number}-安全员"} for number in range(PEOPLE)]
    return {"self": BOT, "contacts": [{"id": BOT, "name": "小哨"}, *people], "rooms": []}


class Spent(NamedTuple):
    """What a burst took, in seconds: on the wall, and of this process's processor time."""

    wall: float
    processor: float


def spent_on(gateway: WechatGateway, texts: list[str]) -> Spent:
    """Return what it takes from the first message to the last answer."""
    talkers = [f"wxid_{number}" for number in range(PEOPLE)]
    until(lambda: gateway.order("listening"), seconds=60)
    start, busy = time.perf_counter(), time.process_time()
    gateway.order("burst", count=COUNT, talkers=talkers, texts=texts)
    until(lambda: len(gateway.sent) >= COUNT, seconds=600)
    return Spent(time.perf_counter() - start, time.process_time() - busy)


def echo_round(texts: list[str]) -> Spent:
    gateway = WechatGateway(world=world()).start()
    listener = Thread(target=echo, args=(gateway,))
    listener.start()
    try:
        return spent_on(gateway, texts)
    finally:
        gateway.kill()
        listener.join()


def bot_round(texts: list[str], curated: Curated, *, judge_ahead: bool) -> Spent:
    gateway = WechatGateway(world=world()).start()
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.db"
        bot = WechatBot(ledger, curated, gateway.address, patience=Patience(), judge_ahead=judge_ahead).open()
        try:
            return spent_on(gateway, texts)
        finally:
            bot.close()
            gateway.kill()


def main(*, judge_ahead: bool = False) -> int:
    """Measure both in turns and print the medians; 1 if the bot is slower than the goal."""
    curated = load_curated(Settings())
    texts = questions(curated)
    rounds: dict[str, list[Spent]] = {"echo": [], "bot": []}
    for _ in range(ROUNDS):
        rounds["echo"].append(echo_round(texts))
        rounds["bot"].append(bot_round(texts, curated, judge_ahead=judge_ahead))
    bare, ours = (median(COUNT / spent.wall for spent in rounds[name]) for name in ("echo", "bot"))
    for name, measured in rounds.items():
        rates = ", ".join(f"{COUNT / spent.wall:.1f}" for spent in measured)
        processor = median(1000 * spent.processor / COUNT for spent in measured)
        rate = median(COUNT / spent.wall for spent in measured)
        print(f"{name:>5}: {rate:7.1f} messages/s  (rounds: {rates}), {processor:.2f} ms of processor a message")
    print(f"ratio: {ours / bare:.2f} (goal {GOAL})")
    return 0 if ours / bare >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(judge_ahead="--ahead" in sys.argv))
