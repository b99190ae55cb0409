"""The command check: what it still says about broken files, its progress bar, and what it tells its callers."""

from __future__ import annotations

import io
import shutil
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from bot.cli import main
from bot.cli.check import DelayedBar, survey_files
from bot.library.faq_file import read_library
from bot.settings import Settings

FIXTURES = Path(__file__).parent.parent / "fixtures"
ROUTING = FIXTURES / "routing.yaml"
TODAY = date(2026, 11, 21)


def test_sound_entries_beside_a_broken_one_are_looked_over_all_the_same(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "faults" / "answer-with-link", tmp_path, dirs_exist_ok=True)
    (tmp_path / "消防.yaml").write_text("- id: hydrant\n  title：消防栓\n", encoding="utf-8")
    survey = survey_files(Settings(knowledge=tmp_path, routing=ROUTING), today=TODAY)
    assert not survey.complete
    assert [(Path(problem.file).name, problem.line) for problem in survey.found.errors] == [
        ("常见问题.yaml", 17),
        ("消防.yaml", 2),
    ]


def test_a_broken_routing_file_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    routing = tmp_path / "routing.yaml"
    routing.write_text("timezone：Asia/Shanghai\n", encoding="utf-8")
    survey = survey_files(Settings(knowledge=FIXTURES / "faults" / "answer-with-link", routing=routing), today=TODAY)
    assert {Path(problem.file).name for problem in survey.found.errors} == {"routing.yaml", "常见问题.yaml"}
    assert not survey.complete


def test_the_command_says_when_a_second_run_is_needed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = ["--routing", str(ROUTING), "--settings", str(tmp_path / "xiaoshao.toml")]
    (tmp_path / "xiaoshao.toml").write_text("", encoding="utf-8")
    assert main(["check", "--knowledge", str(FIXTURES / "faults" / "colon-wide"), *files]) == 1
    assert "再运行一次" in capsys.readouterr().err
    assert main(["check", "--knowledge", str(FIXTURES / "faults" / "answer-with-link"), *files]) == 1
    assert capsys.readouterr().err == ""


class TestProgressBar:
    def test_it_is_shown_when_its_time_has_come(self) -> None:
        screen = io.StringIO()
        with DelayedBar(Console(file=screen, force_terminal=True, width=80), patience=3600) as bar:
            bar.begin(2)
            bar.step()
            assert screen.getvalue() == ""
            bar.show()
        assert "逐句检查" in screen.getvalue()
        assert "1/2" in screen.getvalue()

    def test_quick_work_and_files_see_nothing_of_it(self) -> None:
        for terminal in (True, False):
            screen = io.StringIO()
            with DelayedBar(Console(file=screen, force_terminal=terminal, width=80), patience=3600) as bar:
                bar.begin(1)
                bar.step()
                if not terminal:
                    bar.show()
            assert "逐句检查" not in screen.getvalue()

    def test_a_step_is_counted_for_every_message_judged(self) -> None:
        screen = io.StringIO()
        settings = Settings(knowledge=FIXTURES / "faults" / "sound", routing=ROUTING)
        with DelayedBar(Console(file=screen, force_terminal=True, width=80), patience=3600) as bar:
            survey_files(settings, today=TODAY, bar=bar)
            bar.show()
        assert "12/12" in screen.getvalue()


MARKS = (
    "\t",
    "　",
    "：",
    "- ",
    "-",
    "－",
    "  ",
    "    ",
    '"',
    "“",
    "[",
    "】",
    "#",
    "|",
    "@",
    "*",
    "id: ",
    "questions:",
    "\u200b",
    "\r",
)


@pytest.mark.parametrize("mark", MARKS)
def test_whatever_is_typed_before_a_line_nothing_breaks_and_lines_are_those_of_the_file(mark: str, tmp_path: Path) -> None:
    lines = (FIXTURES / "faults" / "sound" / "常见问题.yaml").read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        text = "\n".join([*lines[:number], mark + line, *lines[number + 1 :]])
        (tmp_path / "常见问题.yaml").write_bytes(text.encode())
        loaded = read_library(tmp_path, departments=["tax", "fire"])
        assert all(0 <= problem.line <= len(lines) and problem.message for problem in loaded.problems)


def test_a_line_taken_out_loses_no_entry_without_a_word(tmp_path: Path) -> None:
    lines = (FIXTURES / "faults" / "sound" / "常见问题.yaml").read_text(encoding="utf-8").split("\n")
    for number in range(len(lines)):
        (tmp_path / "常见问题.yaml").write_text("\n".join([*lines[:number], *lines[number + 1 :]]), encoding="utf-8")
        loaded = read_library(tmp_path, departments=["tax", "fire"])
        assert loaded.problems or len(loaded.library.entries) == 2
