"""Who sees which pages: by role and ``pages`` of routing.yaml, in the navigation as behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Curated
from bot.errors import InvalidFiles
from bot.library.routing_file import load_routing
from bot.routing.config import Contact, Routing
from bot.web.roles import Role, roles_of
from tests.browser.relay_world import relayed

ROUTING = Path(__file__).parents[2] / "routing.yaml"
LEADER, CURATOR = "街道分管领导", "税务局备班"


def with_pages(routing: Routing) -> Routing:
    contacts = {
        **routing.contacts,
        LEADER: Contact(LEADER, ("wechat",), pages=("leader",)),
        CURATOR: replace(routing.contacts[CURATOR], pages=("curator",)),
        "网格员二": replace(routing.contacts["网格员二"], pages=("leader",)),
    }
    return replace(routing, contacts=contacts)


def test_workers_have_everything_unless_the_file_says_otherwise(routing: Routing) -> None:
    told = with_pages(routing)
    assert roles_of(told, "网格员一") == frozenset(Role)
    assert roles_of(told, "网格员二") == {Role.CONTACT, Role.WORKER, Role.LEADER}
    assert roles_of(told, "税务局联络员") == {Role.CONTACT}
    assert roles_of(told, CURATOR) == {Role.CONTACT, Role.CURATOR}
    assert roles_of(told, LEADER) == {Role.CONTACT, Role.LEADER}
    assert roles_of(told, "不在文件里") == frozenset()


@pytest.mark.parametrize(
    ("who", "seen", "begins"),
    [
        ("网格员一", {"/today", "/entries", "/scores"}, "/today"),
        (LEADER, {"/scores"}, "/scores"),
        (CURATOR, {"/entries"}, "/entries"),
    ],
)
def test_pages_and_navigation_follow_the_roles(tmp_path: Path, curated: Curated, who: str, seen: set[str], begins: str) -> None:
    with relayed(tmp_path, Curated(with_pages(curated.routing), curated.knowledge)) as world:
        guest = world.guest(who)
        for path in ("/today", "/entries", "/scores"):
            assert (guest.get(path).status == 200) is (path in seen), path
        shown = guest.get("/me").text
        assert {path for path in ("/today", "/entries", "/scores") if f'href="{path}"' in shown} == seen
        assert guest.get("/login").headers["Location"] == begins


def test_pages_that_do_not_exist_are_named_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "routing.yaml"
    text = ROUTING.read_text(encoding="utf-8")
    line = "  司法局联络员: {department: justice, channels: [wechat]}"
    assert line in text
    file.write_text(text.replace(line, line[:-1] + ", pages: [curater]}"), encoding="utf-8")
    with pytest.raises(InvalidFiles) as found:
        load_routing(file)
    (problem,) = found.value.problems
    assert (problem.line, "curater" in problem.message, "curator" in problem.mend) == (
        text[: text.index(line)].count("\n") + 1,
        True,
        True,
    )
