"""routing.yaml, with the files that it includes, read into a Routing value, with every fault at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yaml import MappingNode, Node

from bot.errors import InvalidFiles
from bot.library.routing_check import check_routing
from bot.library.routing_includes import included_files
from bot.library.routing_ladders import read_default, read_routes
from bot.library.routing_parts import PARTS, Parts, read_parts
from bot.library.routing_policies import read_bulletin, read_merge, read_quiet_hours, read_rating, read_transfer
from bot.library.routing_sheet import Sheet
from bot.library.yaml_lines import Pair, did_you_mean, nearest, read_nodes
from bot.routing.config import Routing

ONLY_HERE = ("timezone", "include", "routes", "default", "transfer", "merge", "rating", "quiet_hours", "bulletin")
"""The sections that an included file may not have: there is one of each for the whole district."""

REQUIRED = ("calendars", "communities", "rooms", "contacts", "departments", "ladders", "default")

ZONE = ZoneInfo("Asia/Shanghai")


def load_routing(path: Path) -> Routing:
    """Read and check routing.yaml with the files that it includes; raises InvalidFiles with all problems.

    The embedded tests are run by ``run_tests``.
    """
    path = Path(path)
    root, problems = read_nodes(path)
    sheet = Sheet(str(path), problems)
    if root is None:
        if not problems:
            sheet.note(0, "路由文件是空的", "从备份恢复，或照着说明重写")
        raise InvalidFiles(tuple(problems))
    sections = _sections(sheet, root, "路由文件", (*ONLY_HERE, *PARTS))
    zone = _zone(sheet, sections)
    files = included_files(sheet, sections["include"].value, path) if "include" in sections else ()
    parts = [read_parts(sheet, sections, zone), *(_included(sheet, file, path, zone) for file in files)]
    _note_missing(sheet, root, REQUIRED)
    routing = _routing(sheet, sections, Parts.joined(parts), zone, _hash((path, *files)))
    if routing is not None:
        check_routing(routing, sheet)
    if problems or routing is None:
        raise InvalidFiles(tuple(dict.fromkeys(problems)))
    return routing


def _sections(sheet: Sheet, root: Node, what: str, known: tuple[str, ...]) -> dict[str, Pair]:
    """Return a file's sections; one with an unknown name is taken for misspelt, or for a thing that lost its indent."""
    given = sheet.pairs(root, what)
    for before, pair in zip([None, *given], given, strict=False):
        meant = pair.key if pair.key in known else nearest(pair.key, known)
        if meant:
            sheet.mark(meant, "", pair.line)
        if pair.key in known:
            continue
        mend = f"是不是想写“{meant}”？" if meant else did_you_mean(pair.key, known)
        if not meant and before is not None and before.key in PARTS:
            sheet.mark(before.key, pair.key, pair.line)
            mend = f"是“{before.key}”里的一项，就往右缩进两格"
        sheet.note(pair.line, f"“{what}”里不认得“{pair.key}”", mend)
    return {pair.key: pair for pair in given if pair.key in known}


def _included(main: Sheet, path: Path, home: Path, zone: ZoneInfo) -> Parts:
    """Read one included file; what is wrong with it is noted under its own name."""
    root, problems = read_nodes(path)
    sheet = main.beside(str(path), problems)
    if root is None:
        if not problems:
            sheet.note(0, "这个文件是空的", f"写上内容，或从 {home.name} 的 include 里去掉")
        return Parts()
    sections = _sections(sheet, root, "社区文件", (*PARTS, *ONLY_HERE))
    for name in ONLY_HERE:
        if name in sections:
            sheet.note(sections[name].line, f"“{name}”只能写在 {home.name} 里", "全区只有一份：移过去，或删掉")
    return read_parts(sheet, sections, zone)


def _note_missing(sheet: Sheet, root: Node, required: tuple[str, ...]) -> None:
    for name in required if isinstance(root, MappingNode) else ():
        if (name, "") not in sheet.places:
            sheet.note(root, f"“路由文件”没有写 {name}", f"补上“{name}: …”")


def _hash(files: tuple[Path, ...]) -> str:
    """Name the version of all files together; without included ones, that of the bytes of the one."""
    whole = hashlib.sha256(files[0].read_bytes())
    for file in files[1:]:
        content = file.read_bytes()
        whole.update(f"\0{file.name}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()[:12]


def _zone(sheet: Sheet, sections: Mapping[str, Pair]) -> ZoneInfo:
    name = sheet.take(sections, "timezone", sheet.text, "")
    try:
        return ZoneInfo(name) if name else ZONE
    except (ZoneInfoNotFoundError, ValueError, OSError):
        sheet.note(sections["timezone"].value, f"不认得时区“{name}”", "中国写 Asia/Shanghai")
        return ZONE


def _routing(sheet: Sheet, sections: Mapping[str, Pair], parts: Parts, zone: ZoneInfo, config_hash: str) -> Routing | None:
    """Return the whole, or None without a default (which was noted)."""

    def node(section: str) -> Node | None:
        return sections[section].value if section in sections else None

    default = read_default(sheet, node("default"))
    if default is None:
        return None
    home = {room: community.name for community in parts.communities.values() for room in community.rooms}
    return Routing(
        timezone=zone,
        calendars=parts.calendars,
        communities=parts.communities,
        rooms={name: replace(room, community=home.get(name, "")) for name, room in parts.rooms.items()},
        contacts=parts.contacts,
        duty=parts.duty,
        departments=parts.departments,
        ladders=parts.ladders,
        routes=read_routes(sheet, node("routes")),
        default=default,
        transfer=read_transfer(sheet, node("transfer")),
        quiet_hours=read_quiet_hours(sheet, node("quiet_hours")),
        rating=read_rating(sheet, node("rating")),
        merge=read_merge(sheet, node("merge")),
        bulletin=read_bulletin(sheet, node("bulletin")),
        tests=parts.tests,
        config_hash=config_hash,
        file=sheet.file,
        places={name: (place.file, place.line) for name, place in sheet.places.items()},
    )
