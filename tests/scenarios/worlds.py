"""Worlds for transcripts that need other entries or rooms: the shipped files, with those of a folder added to them."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from bot.app import Curated, load_curated
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "worlds"


def build(name: str, scratch: Path) -> Curated:
    """Return a world: its ``knowledge/*.yaml`` beside the shipped ones, its ``routing.yaml`` added section by section."""
    added = FOLDER / name
    shutil.copytree(ROOT / "knowledge", scratch / "knowledge", ignore=shutil.ignore_patterns("images"))
    shutil.copytree(added / "knowledge", scratch / "knowledge", dirs_exist_ok=True)
    routing, more = (yaml.load(path.read_bytes(), yaml.BaseLoader) for path in (ROOT / "routing.yaml", added / "routing.yaml"))
    for section, content in more.items():
        routing[section].update(content)
    file = scratch / "routing.yaml"
    file.write_text(yaml.safe_dump(routing, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_curated(Settings(knowledge=scratch / "knowledge", routing=file, data=scratch / "ledger.db"))
