"""Whatever an entry says, it goes out into a workbook and comes back; whatever is changed there arrives, and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.library.exchange.importing import plan_import, write_plan
from bot.library.exchange.workbook_out import write_workbook
from bot.library.exchange.yaml_edit import append_entries, edit_entries
from bot.library.faq_file import SCHEMA, read_library
from bot.library.slips import is_wide_quoted
from bot.model import Library

DEPARTMENTS = {"samr": "市场监管局", "tax": "税务局"}
PIECES = [
    "叉车", "怎么办", "'", '"', '"…"', ": ", ":", "：", " #", "#", "- ", "-", "=1+1", "=", "+86", "@小哨", "007", "0574-8612",
    "12345", "\t", "😀", "👍🏽", "𠮷", "{", "}", "[", "]", ",", "，", "|", ">", "%", "&", "&amp;", "*", "!", "?", "`", "\\",
    "\\n", "_x0041_", "_x000D_", "  ", "\u3000", "“", "”", "yes", "null", "~", "2026-11-21", "1e3", "<b>", "]]>", "---", "...",
    "é", "ﬁ", "\x07", "\x85", "\u2028",
]  # fmt: skip
ONE_LINE = st.lists(
    st.sampled_from(PIECES) | st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"], exclude_characters="↵"),
    min_size=1,
    max_size=8,
)
LINES = st.lists(ONE_LINE.map("".join), min_size=1, max_size=4).map("\n".join)
ODD = st.lists(st.sampled_from([*PIECES, "\n", "\n\n", "\r", "\r\n", "↵", "好"]), min_size=1, max_size=10).map("".join)


def strung(texts: st.SearchStrategy[str], size: int = 300) -> st.SearchStrategy[str]:
    """Return texts that the loader takes: not empty, no blanks and no full-width quotes around them."""
    refused = {"\ufffe", "\uffff"}
    return texts.map(str.strip).filter(
        lambda text: 0 < len(text) <= size and not set(text) & refused and not is_wide_quoted(text)
    )


def entries(
    name: str, line: st.SearchStrategy[str], text: st.SearchStrategy[str], parts: st.SearchStrategy[dict[str, str]]
) -> st.SearchStrategy[dict[str, Any]]:
    def told(what: str) -> st.SearchStrategy[list[str]]:
        """Return lists in which no two phrasings are the same to the loader."""
        texts = st.lists(strung(line), min_size=1, max_size=4)
        return texts.map(lambda each: [f"{text}{name}{what}{number}" for number, text in enumerate(each)])

    lists = st.lists(strung(line), min_size=1, max_size=4, unique=True)
    return st.fixed_dictionaries(
        {
            "title": strung(text),
            "department": st.sampled_from(sorted(DEPARTMENTS)),
            "questions": told("问"),
            "answer": strung(text),
            "source": strung(line),
            "verified_on": st.dates(date(1, 1, 1), date(9999, 1, 1)).map(str),
            "review_every": st.sampled_from(["1d", "180d", "36h", "1d30m", "24h"]),
        },
        optional={
            "not_this": told("不"),
            "parts": parts,
            "communities": lists,
            "todo": lists | st.just(["长" * 20_000]),
            "stale": st.sampled_from(["notice", "route"]),
        },
    ).map(lambda entry: {"id": name, **entry})


ODD_PARTS = st.dictionaries(strung(ODD, 20), strung(ODD), min_size=1, max_size=3)
SOME_PARTS = st.dictionaries(st.sampled_from(["材料", "费用"]), strung(LINES), min_size=1)
ALL_PARTS = st.fixed_dictionaries({"材料": strung(LINES), "费用": strung(LINES)})  # so that both parts have columns
ODDEST = st.tuples(entries("one", ODD, ODD, ODD_PARTS), entries("two", ODD, ODD, ODD_PARTS)).map(list)
PLAIN = st.tuples(
    entries("one", ONE_LINE.map("".join), LINES, SOME_PARTS),
    entries("two", ONE_LINE.map("".join), LINES, SOME_PARTS).flatmap(
        lambda entry: ALL_PARTS.map(lambda all: {**entry, "parts": all})
    ),
).map(list)
STYLES = st.sampled_from([None, '"', "'"])


def written(entry: dict[str, Any], style: str | None) -> str:
    """Return an entry in YAML by somebody else's hand: every text in a style, several lines as a block or with escapes."""

    class Writer(yaml.SafeDumper):
        pass

    def represent(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        escaped = len(text.splitlines()) > 1 and (style is not None or bool(set(text) & set("\x85\u2028\u2029")))
        chosen = '"' if escaped else "|" if "\n" in text else style
        return writer.represent_scalar("tag:yaml.org,2002:str", text, style=chosen)

    Writer.add_representer(str, represent)
    text: str = yaml.dump([entry], Dumper=Writer, allow_unicode=True, sort_keys=False, width=1 << 30)
    return text


@contextmanager
def knowledge(faq: list[dict[str, Any]], style: str | None) -> Iterator[tuple[Path, Library]]:
    """Yield a folder with the entries, written by somebody else's YAML writer between comments, and the library."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "knowledge"
        folder.mkdir()
        chunks = (written(entry, style) for entry in faq)
        (folder / "主题.yaml").write_text("# 头\n" + "\n# 中\n".join(chunks) + "# 尾\n", encoding="utf-8", newline="")
        loaded = read_library(folder, departments=DEPARTMENTS)
        assume(not loaded.problems)
        yield folder, loaded.library


def exported(folder: Path, library: Library) -> Path:
    """Return a workbook that does not say what it was exported from, so that every cell is compared."""
    path = folder.parent / "faq.xlsx"
    write_workbook(path, library, DEPARTMENTS)
    opened = load_workbook(path)
    opened.custom_doc_props.props.clear()  # type: ignore[attr-defined]
    opened.save(path)
    return path


@settings(max_examples=40, deadline=None)
@given(ODDEST, STYLES)
def test_an_unchanged_workbook_changes_nothing(faq: list[dict[str, Any]], style: str | None) -> None:
    with knowledge(faq, style) as (folder, library):
        plan = plan_import(exported(folder, library), folder, DEPARTMENTS)
        assert (plan.changes, plan.refusals, plan.notices, plan.files) == ((), (), (), {})


@settings(max_examples=40, deadline=None)
@given(PLAIN, PLAIN, STYLES, STYLES)
def test_everything_that_was_changed_in_excel_arrives(
    old: list[dict[str, Any]], new: list[dict[str, Any]], old_style: str | None, new_style: str | None
) -> None:
    with knowledge(new, new_style) as (other, wanted):
        book = exported(other, wanted)
        with knowledge(old, old_style) as (folder, _):
            plan = plan_import(Path(shutil.copy(book, folder.parent)), folder, DEPARTMENTS)
            assert plan.refusals == ()
            write_plan(plan)
            after = read_library(folder, departments=DEPARTMENTS)
            assert after.problems == ()
            assert after.library.entries == wanted.entries
            text = (folder / "主题.yaml").read_text(encoding="utf-8")
            assert text.startswith("# 头\n") and text.endswith("# 尾\n") and "\n# 中\n" in text


@settings(max_examples=60, deadline=None)
@given(PLAIN, PLAIN, STYLES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]))
def test_edited_yaml_says_what_was_asked_for_and_keeps_the_rest(
    old: list[dict[str, Any]], new: list[dict[str, Any]], style: str | None, newline: str, mark: str
) -> None:
    chunks = [written(entry, style) for entry in old]
    assume(not any("\r" in chunk for chunk in chunks))
    text = mark + "# 头\n{}# 中\n{}# 尾\n".format(*chunks).replace("\n", newline)
    changes = {
        name: _typed(new[0].get(name)) for name in SCHEMA if name in (*old[0], *new[0]) and new[0].get(name) != old[0].get(name)
    }
    edited = edit_entries(text, {"one": changes} if changes else {}, tuple(SCHEMA))
    assert edited.endswith(f"# 中\n{chunks[1]}# 尾\n".replace("\n", newline))
    assert edited.startswith(mark + "# 头" + newline)
    assert _read(edited)[0] == new[0]
    added = append_entries(edited, [{name: _typed(value) for name, value in {**new[1], "id": "three"}.items()}])
    assert added.startswith(edited)
    assert _read(added) == [new[0], _read(text)[1], {**new[1], "id": "three"}]


def _typed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _read(text: str) -> list[dict[str, Any]]:
    """Return what the file says, every scalar as text and without blanks around it, as the loader has it."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        return {key: plain(value) for key, value in node.items()} if isinstance(node, dict) else node.strip()

    read: list[dict[str, Any]] = plain(yaml.load(text.replace("\r\n", "\n"), Loader=yaml.BaseLoader))
    return read
