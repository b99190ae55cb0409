"""What goes wrong with gateways, done to a real one: killed, frozen, late, taken by another bot, limited, silent."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot.app import Curated
from bot.channels.wechaty.address import NO_TLS, TOKEN
from bot.channels.wechaty.connection import Gateway
from bot.errors import XiaoshaoError
from tests.gateway.world import FINANCE, GENEROUS, HELP_ID, QUICK, SAFETY, WechatBot, WechatGateway, until

ROOT = Path(__file__).parents[2]
ASK, ANSWER = "新买的叉车去哪里上牌？", "叉车"
DUTY, DUTY_ID = "社区值班", "wxid_tax"


def unheard(bot: WechatBot) -> list[str]:
    return [text for (text,) in bot.rows("SELECT text FROM outbox WHERE key LIKE 'unheard/%' ORDER BY id")]


def test_killed_gateway_comes_back_and_the_gap_is_told(gateway: WechatGateway, bot: WechatBot) -> None:
    bot.bind(DUTY_ID, DUTY)
    gateway.say(SAFETY, ASK)
    until(lambda: bot.rows("SELECT 1 FROM outbox WHERE state = 'sent'"))
    gateway.kill()
    until(lambda: not bot.channel.wait_ready(0))
    gateway.start()
    assert bot.channel.wait_ready(GENEROUS)
    gateway.say(FINANCE, "个体户怎么转成公司")
    until(lambda: len(bot.heard()) == 2)
    assert "微信网关断开" in until(lambda: gateway.texts(DUTY_ID))[0]
    assert len(unheard(bot)) == 1
    assert [text for text in gateway.texts() if ANSWER in text] == gateway.texts()[:1]


def test_what_is_to_be_sent_waits_for_the_gateway_however_long_it_takes(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.order("fault", list=[{"text": "busy"}])
    gateway.say(SAFETY, ASK)
    until(lambda: bot.rows("SELECT 1 FROM outbox WHERE why <> ''"))
    gateway.kill()
    until(lambda: not bot.channel.wait_ready(0))
    assert until(lambda: bot.rows("SELECT attempts FROM outbox WHERE why = '微信网关没有连上'")) == [(1,)]
    gateway.start()
    assert ANSWER in until(lambda: gateway.texts())[0]


def test_frozen_gateway_is_noticed_and_nothing_is_said_twice(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.say(SAFETY, "早")
    until(lambda: bot.heard())
    gateway.freeze()
    until(lambda: not bot.channel.wait_ready(0))
    gateway.thaw()
    assert bot.channel.wait_ready(GENEROUS)
    gateway.say(SAFETY, ASK)
    assert ANSWER in until(lambda: gateway.texts())[0]
    assert len(until(lambda: unheard(bot))) == 1


def test_short_freeze_while_sending_is_survived_without_a_second_copy(
    gateway: WechatGateway, tmp_path: Path, curated: Curated
) -> None:
    patient = replace(QUICK, call=0.5, pings=1000)
    bot = WechatBot(tmp_path / "ledger.db", curated, gateway.address, patience=patient).open()
    try:
        gateway.order("fault", list=[{"silent": True}])
        gateway.say(SAFETY, ASK)
        until(lambda: bot.rows("SELECT 1 FROM outbox WHERE state = 'sent' AND receipt LIKE 'm-%'"))
        gateway.say(FINANCE, "好的")
        until(lambda: len(bot.heard()) == 2)
        until(lambda: bot.rows("SELECT state FROM outbox") == [("sent",)])
        assert len(gateway.texts()) == 1
    finally:
        bot.close()


def test_frozen_gateway_gets_nothing_more_to_send(gateway: WechatGateway, tmp_path: Path, curated: Curated) -> None:
    patient = replace(QUICK, call=0.5, pings=1000)
    bot = WechatBot(tmp_path / "ledger.db", curated, gateway.address, patience=patient).open()
    try:
        with bot.bot.loop._sending:  # nothing is sent before the gateway is frozen
            gateway.say(SAFETY, ASK)
            gateway.say(FINANCE, "灭火器多久检一次")
            until(lambda: len(bot.rows("SELECT 1 FROM outbox")) == 2)
            gateway.freeze()
        until(lambda: bot.rows("SELECT 1 FROM outbox WHERE why = '微信网关没有回应'"))
        gateway.thaw()
        until(lambda: bot.rows("SELECT 1 FROM outbox") and not bot.rows("SELECT 1 FROM outbox WHERE state <> 'sent'"))
        assert len(set(gateway.texts())) == len(gateway.texts())
    finally:
        bot.close()


def test_message_announced_before_the_freeze_is_read_after_it(gateway: WechatGateway, bot: WechatBot) -> None:
    for number in range(20):
        gateway.say(SAFETY, f"第{number}条")
    until(lambda: len(bot.heard()) + len(bot.channel._unread) >= 20)  # the gateway has told of all of them
    gateway.freeze()
    until(lambda: not bot.channel.wait_ready(0))
    gateway.thaw()
    until(lambda: len(bot.heard()) == 20)
    assert bot.heard() == [f"第{number}条" for number in range(20)]


def test_clean_end_of_the_stream_is_noticed(gateway: WechatGateway, bot: WechatBot) -> None:
    async def stop() -> None:
        async with Gateway(gateway.address, limit=5) as other:
            await other._calls.stop()

    asyncio.run(stop())
    until(lambda: unheard(bot) and bot.channel.wait_ready(0))
    gateway.say(SAFETY, ASK)
    assert ANSWER in until(lambda: gateway.texts())[0]


def test_late_gateway_is_waited_for(tmp_path: Path, curated: Curated) -> None:
    gateway = WechatGateway()
    bot = WechatBot(tmp_path / "ledger.db", curated, gateway.address).open(wait=False)
    try:
        assert not bot.channel.wait_ready(0.3)
        gateway.start()
        assert bot.channel.wait_ready(GENEROUS)
        gateway.say(SAFETY, ASK)
        assert ANSWER in until(lambda: gateway.texts())[0]
        assert unheard(bot) == []
    finally:
        bot.close()
        gateway.kill()


def test_tls_gateway_with_the_communitys_certificate(tmp_path: Path, curated: Curated) -> None:
    gateway = WechatGateway(tls=True).start()
    bot = WechatBot(tmp_path / "ledger.db", curated, gateway.address).open()
    try:
        gateway.say(SAFETY, ASK)
        assert ANSWER in until(lambda: gateway.texts())[0]
    finally:
        bot.close()
        gateway.kill()


def test_second_bot_gives_up_and_says_why(gateway: WechatGateway, bot: WechatBot, tmp_path: Path, curated: Curated) -> None:
    second = WechatBot(tmp_path / "second.db", curated, gateway.address).open(wait=False)
    try:
        fatal = until(lambda: second.channel.fatal)
        assert isinstance(fatal, XiaoshaoError)
        assert "已经有另一个机器人在用" in str(fatal)
        gateway.say(SAFETY, ASK)
        assert ANSWER in until(lambda: gateway.texts())[0]
    finally:
        second.close()


def test_limit_of_wechat_stops_all_sending(gateway: WechatGateway, bot: WechatBot, caplog: pytest.LogCaptureFixture) -> None:
    gateway.order("fault", list=[{"text": f"操作过于频繁 {gateway.token} at 10.0.0.8"}])
    with caplog.at_level(logging.WARNING):
        gateway.say(SAFETY, ASK)
        until(lambda: bot.rows("SELECT 1 FROM outbox WHERE why = '微信限制了发消息'"))
        gateway.say(FINANCE, "灭火器多久检一次")
        until(lambda: len(bot.rows("SELECT 1 FROM outbox WHERE why <> ''")) == 2)
    assert gateway.sent == []
    assert "微信在限制这个号发消息" in caplog.text
    assert gateway.token not in caplog.text
    assert all("10.0.0.8" not in why for (why,) in bot.rows("SELECT why FROM outbox"))


def test_logout_is_a_gap_until_the_next_login(gateway: WechatGateway, bot: WechatBot) -> None:
    gateway.order("logout")
    until(lambda: not bot.channel.wait_ready(0))
    gateway.order("login")
    assert bot.channel.wait_ready(GENEROUS)
    assert "微信号下线了" in until(lambda: unheard(bot))[0]


def test_the_channel_says_since_when_it_is_cut_off(gateway: WechatGateway, bot: WechatBot) -> None:
    assert bot.channel.cut_off_since() is None
    before = bot.clock.now()
    gateway.order("logout")
    since = until(bot.channel.cut_off_since)
    assert before - timedelta(seconds=1) <= since <= bot.clock.now()
    gateway.order("login")
    assert bot.channel.wait_ready(GENEROUS)
    assert bot.channel.cut_off_since() is None


def test_time_without_the_bot_is_a_gap(gateway: WechatGateway, bot: WechatBot) -> None:
    until(lambda: bot.rows("SELECT 1 FROM settings WHERE name = 'wechaty.heard_until'"))
    bot.close()
    bot.open()
    assert "小哨没有运行" in until(lambda: unheard(bot))[0]


def run_program(gateway: WechatGateway, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = {"XIAOSHAO_CHANNEL": "wechaty", **environment}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "run", "--port", "0", "--data", str(tmp_path / "ledger.db")],
        cwd=ROOT,
        env={**os.environ, **gateway.environment, **environment},
        capture_output=True,
        text=True,
        timeout=GENEROUS,
    )


def test_wrong_token_ends_the_program_with_what_to_do(gateway: WechatGateway, tmp_path: Path) -> None:
    ended = run_program(gateway, tmp_path, **{TOKEN: "insecure_wrong-one"})
    assert ended.returncode == 1
    assert "不认这个令牌" in ended.stderr and "WECHATY_PUPPET_SERVICE_TOKEN" in ended.stderr
    assert "insecure_wrong-one" not in ended.stderr and gateway.token not in ended.stderr
    assert "Traceback" not in ended.stderr


def status(address: str) -> int:
    try:
        with urlopen(address, timeout=GENEROUS) as answer:
            return answer.status
    except HTTPError as refusal:
        return refusal.code


def test_program_runs_in_wechat_until_it_is_told_to_stop(gateway: WechatGateway, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot.cli", "run", "--wechaty", "--port", "0", "--data", str(tmp_path / "ledger.db")]
    environment = {**os.environ, **gateway.environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert "正在连微信网关" in program.stdout.readline()
        pages = re.search(r"http://\S+", program.stdout.readline())
        assert pages is not None
        assert f"127.0.0.1:{gateway.port}" in program.stdout.readline()
        assert [status(f"{pages[0]}{path}") for path in ("health", "metrics", "login", "events")] == [200, 200, 200, 404]
        gateway.say(SAFETY, ASK)
        assert ANSWER in until(lambda: gateway.texts(HELP_ID))[0]
        program.send_signal(signal.SIGTERM)
        assert "已停止" in program.stdout.read()
    assert program.returncode == 0


def test_missing_settings_are_all_named(gateway: WechatGateway, tmp_path: Path) -> None:
    ended = run_program(gateway, tmp_path, WECHATY_PUPPET_SERVICE_TOKEN="", WECHATY_PUPPET_SERVICE_ENDPOINT="", **{NO_TLS: ""})
    assert ended.returncode == 1
    assert "WECHATY_PUPPET_SERVICE_TOKEN" in ended.stderr and "WECHATY_PUPPET_SERVICE_ENDPOINT" in ended.stderr
