"""The options that every command shares, and the curated files that they name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import InvalidFiles, Problem
from bot.library.faq_file import Loaded, read_library
from bot.library.routing_file import load_routing
from bot.matching.engine import Matcher
from bot.model import Library
from bot.routing.config import Routing
from bot.routing.departments import DepartmentRanker
from bot.settings import Settings, load_settings

KnowledgeOption = Annotated[Path | None, typer.Option("--knowledge", metavar="文件夹", help="知识文件夹")]
RoutingOption = Annotated[Path | None, typer.Option("--routing", metavar="文件", help="路由文件 routing.yaml")]
SettingsOption = Annotated[Path | None, typer.Option("--settings", metavar="文件", help="设置文件 xiaoshao.toml")]
JsonlOption = Annotated[bool, typer.Option("--jsonl", help="从标准输入逐行读 JSON，逐行写回")]


@dataclass(frozen=True, slots=True)
class Curated:
    """The curated files, validated, and what was built from them."""

    library: Library
    routing: Routing
    matcher: Matcher
    ranker: DepartmentRanker


def find_settings(settings: Path | None, knowledge: Path | None, routing: Path | None) -> Settings:
    """Return the settings with what the command's options overrule."""
    found = load_settings(settings)
    return replace(found, knowledge=knowledge or found.knowledge, routing=routing or found.routing)


def read_curated(settings: Settings) -> tuple[Routing | None, Loaded, tuple[Problem, ...]]:
    """Read both curated places and return what is sound with the problems of both."""
    try:
        routing, problems = load_routing(settings.routing), ()
    except InvalidFiles as error:
        routing, problems = None, error.problems
    loaded = read_library(settings.knowledge, departments=None if routing is None else routing.departments)
    return routing, loaded, (*problems, *loaded.problems)


def load_curated(settings: Settings) -> Curated:
    """Return the curated files ready for use; raises ``InvalidFiles`` with the problems of both places."""
    routing, loaded, problems = read_curated(settings)
    if problems or routing is None:
        raise InvalidFiles(problems)
    return build(loaded.library, routing)


def build(library: Library, routing: Routing) -> Curated:
    """Build what is learned from the files."""
    return Curated(library, routing, Matcher(library), DepartmentRanker(library, routing))
