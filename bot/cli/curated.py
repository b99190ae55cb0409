"""The options that every command shares, and the settings that follow from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import Settings, load_settings

KnowledgeOption = Annotated[Path | None, typer.Option("--knowledge", metavar="文件夹", help="知识文件夹")]
RoutingOption = Annotated[Path | None, typer.Option("--routing", metavar="文件", help="路由文件 routing.yaml")]
SettingsOption = Annotated[Path | None, typer.Option("--settings", metavar="文件", help="设置文件 xiaoshao.toml")]
JsonlOption = Annotated[bool, typer.Option("--jsonl", help="从标准输入逐行读 JSON，逐行写回")]


def find_settings(settings: Path | None, knowledge: Path | None, routing: Path | None) -> Settings:
    """Return the settings with what the command's options overrule."""
    found = load_settings(settings)
    return replace(found, knowledge=knowledge or found.knowledge, routing=routing or found.routing)
