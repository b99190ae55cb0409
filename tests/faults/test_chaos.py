"""A short stretch of ``make chaos``: bots are killed with -9 while people talk, and nothing is lost, stuck or told to others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_thirty_kills_lose_nothing(engine: str) -> None:
    command = [sys.executable, "-m", "tests.faults.chaos", "--engine", engine, "--kills", "30"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout, done.stderr
    verdict = json.loads(done.stdout)
    assert (verdict["faults"], done.returncode) == ([], 0)
    assert (verdict["kills"], verdict["lost"], verdict["stuck"], verdict["wrong_person"]) == (30, 0, 0, 0)
    assert verdict["extra_sends"] <= verdict["in_flight"]
    assert verdict["questions"] > 30
    assert verdict["answers"] > 5
