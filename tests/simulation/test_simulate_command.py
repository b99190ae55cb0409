"""``xiaoshao simulate``: the report it prints and keeps, and clear words for what cannot be simulated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.channels.port import Letter
from bot.cli import main
from bot.simulation.channel import SimulatedChannel
from bot.simulation.noise import in_haste
from bot.simulation.texts import with_check_digit
from bot.simulation.witness import RULES

ROOT = Path(__file__).parents[2]
SMALL = ("simulate", "--communities", "1", "--enterprises", "30", "--days", "1", "--questions", "1", "--talk", "2", "--seed", "3")
FILES = ("--knowledge", str(ROOT / "knowledge"), "--routing", str(ROOT / "routing.yaml"))


def test_a_day_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "report.json"
    assert main([*SMALL, *FILES, "--data", str(tmp_path / "ledger.db"), "--report", str(kept)]) == 0
    printed = capsys.readouterr().out
    assert "1 个社区、30 家企业、6 个群，2026-11-23 到 2026-11-24" in printed
    for words in (*RULES.values(), "响应率", "解决率", "满意率", "每群每天的消息"):
        assert words in printed
    assert "破了" not in printed
    score = json.loads(kept.read_text(encoding="utf-8"))
    assert score["seed"] == 3
    assert score["violations"] == []
    assert sum(score["fates"].values()) > 0

    assert main([*SMALL, *FILES, "--data", str(tmp_path / "ledger.db")]) == 1
    assert "这个账本里已经有内容" in capsys.readouterr().err


def test_what_is_broken_is_named_with_the_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = SimulatedChannel.send

    def send(channel: SimulatedChannel, letter: Letter) -> str:
        original(channel, letter)
        return original(channel, letter)

    monkeypatch.setattr(SimulatedChannel, "send", send)
    assert main([*SMALL, *FILES, "--data", str(tmp_path / "ledger.db")]) == 1
    told = capsys.readouterr()
    assert "同一条消息不发两次" in told.out and "破了" in told.out
    assert "xiaoshao simulate --communities 1 --enterprises 30 --days 1 --seed 3" in told.err
    assert "又发了一遍" in told.err


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--speed", "很快"), "--speed 很快：看不懂的倍数"),
        (("--speed", "0"), "--speed 0：看不懂的倍数"),
        (("--speed", "nan"), "--speed nan：看不懂的倍数"),
        (("--start", "11月23日"), "--start 11月23日：看不懂的日期"),
    ],
)
def test_mistyped_options(wrong: tuple[str, str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *FILES, *wrong]) == 1
    assert words in capsys.readouterr().err


def test_noise_is_the_same_every_time() -> None:
    text = "新买的叉车去哪里上牌，要带什么材料？"
    changed = {in_haste(text, seed) for seed in range(40)}
    assert changed == {in_haste(text, seed) for seed in range(40)}
    assert len(changed) > 10


def test_made_up_id_numbers_have_their_check_digit() -> None:
    assert with_check_digit("11010519491231002") == "11010519491231002X"  # the example of GB 11643
