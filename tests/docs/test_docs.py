"""Every command and every example in README.md and docs/ works as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "knowledge" / "README.md", *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
SETTINGS = re.compile(r"^```toml\n(.*?)^```", re.M | re.S)
TARGETS = re.compile(r"`make (\w+)`|^make (\w+)$", re.M)
LINKS = re.compile(r"\]\((?!https?:|#)([^)#]+)")
PATHS = re.compile(r"`((?:bot|tests|docs|knowledge|benchmarks)/[\w./\u4e00-\u9fff-]+)`")


def commands() -> list[tuple[Path, str]]:
    return [
        (page, line.removeprefix("$ ").strip())
        for page in PAGES
        for block in CONSOLE.findall(page.read_text(encoding="utf-8"))
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


def test_the_readme_has_commands() -> None:
    assert len(commands()) >= 4


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: value if isinstance(value, str) else value.name)
def test_command_works(page: Path, command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    assert words[0] in ("xiaoshao", "make"), f"{page}: {command}"
    run = [*words[:1], "--dry-run", *words[1:]] if words[0] == "make" else [sys.executable, "-m", "bot.cli", *words[1:]]
    environment = {**os.environ, "XIAOSHAO_DATA": str(tmp_path / "ledger.db")}
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", SETTINGS.findall((ROOT / "README.md").read_text(encoding="utf-8")))
def test_settings_in_the_readme_load(block: str, tmp_path: Path) -> None:
    file = tmp_path / "xiaoshao.toml"
    file.write_text(block, encoding="utf-8")
    assert load_settings(file, {}) != Settings()


def test_the_readme_shows_how_to_switch_a_second_opinion_on() -> None:
    assert any("second_opinion" in block for block in SETTINGS.findall((ROOT / "README.md").read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_links_and_paths_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in {a or b for a, b in TARGETS.findall(text)}:
        assert re.search(rf"^{target}:", makefile, re.M), f"make {target}"
    for link in LINKS.findall(text):
        assert (page.parent / link).exists(), link
    for path in PATHS.findall(text):
        assert (ROOT / path.rstrip("/")).exists() or "主题" in path, path
