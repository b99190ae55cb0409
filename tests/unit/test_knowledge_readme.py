"""The curators' page keeps its word: its examples load, and each slip it lists gets the message that it promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.library.faq_file import SCHEMA, read_library

PAGE = (Path(__file__).parent.parent.parent / "knowledge" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)
SLIPS = re.findall(r"(?m)^\| `(.+?)` \| (.+?) \| `(.+?)` \|$", PAGE)
DEPARTMENTS = ("samr", "tax")

ENTRY = """\
- id: forklift-plate
  title: 新叉车上牌
  department: samr
  questions:
  - 叉车上牌去哪里
  - 叉车怎么上牌
  answer: 先检验，再登记。
  source: 《特种设备安全法》第三十三条
  verified_on: 2026-11-20
  review_every: 180d
"""


def with_line(line: str) -> str:
    """Return the entry with one line as a curator typed it."""
    if line.startswith("-"):
        return ENTRY.replace("- 叉车怎么上牌", line)
    key = line[: re.match(r"\w+", line).end()]  # type: ignore[union-attr]
    key = "title" if key == "titel" else key
    return re.sub(rf"(?m)(?<=^..){key}: .*$", lambda _: line, ENTRY)


def test_the_example_entry_uses_every_field_and_loads(tmp_path: Path) -> None:
    (tmp_path / "叉车.yaml").write_text(EXAMPLES[0], encoding="utf-8")
    loaded = read_library(tmp_path, departments=DEPARTMENTS)
    assert loaded.problems == ()
    assert set(re.findall(r"(?m)^(?:- |  )([a-z_]+):", EXAMPLES[0])) == set(SCHEMA)


def test_the_example_words_load(tmp_path: Path) -> None:
    (tmp_path / "叉车.yaml").write_text(ENTRY, encoding="utf-8")
    (tmp_path / "words.yaml").write_text(EXAMPLES[1], encoding="utf-8")
    loaded = read_library(tmp_path)
    assert loaded.problems == ()
    assert loaded.library.synonyms["灭火器"] == ("红罐子", "灭火瓶")
    assert len(EXAMPLES) == 2


def test_every_field_is_explained() -> None:
    assert re.findall(r"(?m)^\| `([a-z_]+)` \|", PAGE) == sorted(SCHEMA, key=PAGE.split("必填")[1].index)


@pytest.mark.parametrize(("wrong", "says", "right"), SLIPS)
def test_each_listed_slip_gets_its_message_and_the_mend_works(wrong: str, says: str, right: str, tmp_path: Path) -> None:
    file = tmp_path / "叉车.yaml"
    file.write_text(with_line(wrong), encoding="utf-8")
    (problem,) = read_library(tmp_path, departments=DEPARTMENTS).problems
    assert says in problem.message
    file.write_text(with_line(right), encoding="utf-8")
    assert read_library(tmp_path, departments=DEPARTMENTS).problems == ()


def test_the_table_of_slips_was_found() -> None:
    assert len(SLIPS) == 12
