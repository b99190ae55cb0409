"""What the desk does about what the auditor found: the duty worker hears it, and is not woken for what can wait."""

from __future__ import annotations

from dataclasses import replace

from bot.desk.decide import decide
from bot.model import Noticed, Snapshot
from tests.samples import NOW

FOUND = Noticed("2026-11-18/3f2a", ("#3 该做的一步没有做", "磁盘快满了"), 7, NOW)
NIGHT = NOW.replace(hour=2)
EMPTY = Snapshot(next_number=1)


def test_the_duty_worker_hears_the_first_findings_and_how_many_more_there_are(knowledge, routing) -> None:
    (say,) = decide(FOUND, EMPTY, knowledge, routing, NOW).says
    assert (say.target.kind, say.target.name, say.urgent) == ("contact", "社区值班", False)
    assert "7 件" in say.text and "1. #3 该做的一步没有做\n2. 磁盘快满了\n还有 5 件" in say.text


def test_at_night_it_waits_for_the_morning_unless_it_is_urgent(knowledge, routing) -> None:
    (say,) = decide(FOUND, EMPTY, knowledge, routing, NIGHT).says
    assert say.not_before == NIGHT.replace(hour=7, minute=0)
    (say,) = decide(replace(FOUND, urgent=True), EMPTY, knowledge, routing, NIGHT).says
    assert (say.not_before, say.urgent) == (None, True)


def test_a_community_that_has_left_the_file_is_spoken_for_by_all(knowledge, routing) -> None:
    known = decide(replace(FOUND, community="灵峰"), EMPTY, knowledge, routing, NOW)
    gone = decide(replace(FOUND, community="不在了"), EMPTY, knowledge, routing, NOW)
    assert [say.target.name for say in gone.says] == [say.target.name for say in known.says] == ["社区值班"]
