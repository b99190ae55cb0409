"""A small district plays two days without breaking anything; whatever is planted to break is found and named."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.app import Curated
from bot.channels.port import Letter
from bot.desk.decide import decide
from bot.ledger.codec import ZONE
from bot.ledger.opening import open_ledger
from bot.model import Case, Decision, Event, Person, Said, Say, Ticked
from bot.simulation.assumptions import Assumptions
from bot.simulation.channel import SimulatedChannel
from bot.simulation.reading import tokens
from bot.simulation.run import Plan, Simulation
from bot.simulation.score import Score

MONDAY = datetime(2026, 11, 23, tzinfo=ZONE)
BUSY = Assumptions(talk=4, questions=2.0, dangers=1.0, floods=0.5, strangers=2.0, personal=0.1)
PLAN = Plan(MONDAY, communities=1, enterprises=60, days=2, seed=7, assumed=BUSY)
DAY = replace(PLAN, days=1)


def play(curated: Curated, data: Path | str, plan: Plan = PLAN) -> Score:
    """Play on a ledger in a folder, or in the database at an address."""
    with closing(open_ledger(data if isinstance(data, str) else data / "ledger.db")) as ledger:
        return Simulation(plan, ledger, curated.knowledge, curated.routing).run()


def without_effort(score: Score) -> Score:
    return replace(score, effort=replace(score.effort, wall=0, cpu=0, handled=()))


def found(score: Score, rule: str) -> list[str]:
    return [violation.what for violation in score.violations if violation.rule == rule]


def test_two_days_of_a_community_break_nothing(curated: Curated, tmp_path: Path) -> None:
    score = play(curated, tmp_path)
    seen = "\n".join(f"{violation.at} {violation.rule}: {violation.what}" for violation in score.violations)
    assert not score.violations, f"seed {PLAN.seed}:\n{seen}"
    assert sum(score.fates.values()) >= 30
    assert score.by_department and score.by_department.count >= 5
    assert score.messages > 100 and score.letters > 50


def test_the_same_seed_gives_the_same_days_and_another_seed_others(curated: Curated, tmp_path: Path) -> None:
    first, again, other = (
        without_effort(play(curated, tmp_path / name, replace(DAY, seed=seed))) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert first == again
    assert first != other


def test_both_engines_give_the_same_days(curated: Curated, tmp_path: Path, postgres_url: str) -> None:
    assert without_effort(play(curated, postgres_url, DAY)) == without_effort(play(curated, tmp_path, DAY))


class TestPlantedFaults:
    """Each fault is one that an engine might have; the witness must find it and name it."""

    def decides(self, monkeypatch: pytest.MonkeyPatch, change) -> None:
        def spoilt(event: Event, snapshot, knowledge, routing, now: datetime) -> Decision:
            return change(event, decide(event, snapshot, knowledge, routing, now))

        monkeypatch.setattr("bot.app.decide", spoilt)

    def sends(self, monkeypatch: pytest.MonkeyPatch, send) -> None:
        monkeypatch.setattr(SimulatedChannel, "send", send)

    def test_a_sender_that_drops_a_message(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        original, count = SimulatedChannel.send, 0

        def send(channel: SimulatedChannel, letter: Letter) -> str:
            nonlocal count
            count += letter.key.endswith("/reply")
            return "dropped" if count == 5 and letter.key.endswith("/reply") else original(channel, letter)

        self.sends(monkeypatch, send)
        assert any("没有发" in what for what in found(play(curated, tmp_path), "unsent"))

    def test_a_sender_that_drops_an_answer(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        original = SimulatedChannel.send

        def send(channel: SimulatedChannel, letter: Letter) -> str:
            return f"dropped-{letter.key}" if tokens(letter.text) and letter.room else original(channel, letter)

        self.sends(monkeypatch, send)
        assert any("答复没有到" in what for what in found(play(curated, tmp_path), "lost"))

    def test_a_sender_that_sends_twice(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        original = SimulatedChannel.send

        def send(channel: SimulatedChannel, letter: Letter) -> str:
            original(channel, letter)
            return original(channel, letter)

        self.sends(monkeypatch, send)
        assert found(play(curated, tmp_path, DAY), "twice")

    def test_a_sender_that_mixes_up_rooms(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        original = SimulatedChannel.send

        def send(channel: SimulatedChannel, letter: Letter) -> str:
            return original(channel, replace(letter, room="人事") if letter.room else letter)

        self.sends(monkeypatch, send)
        assert found(play(curated, tmp_path, DAY), "astray")

    def test_a_desk_that_answers_the_wrong_asker(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        somebody = Person("模拟:别人", "别人")

        def change(event: Event, decision: Decision) -> Decision:
            says = tuple(replace(say, mention=somebody) if tokens(say.text) and say.mention else say for say in decision.says)
            return replace(decision, says=says)

        self.decides(monkeypatch, change)
        assert any("的答复到了没有问过的人那里" in what for what in found(play(curated, tmp_path), "astray"))

    def test_a_desk_that_relays_into_another_room(
        self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def moved(say: Say) -> Say:
            elsewhere = say.target.kind == "room" and tokens(say.text)
            return replace(say, target=replace(say.target, name="法务")) if elsewhere else say

        self.decides(monkeypatch, lambda event, decision: replace(decision, says=tuple(map(moved, decision.says))))
        score = play(curated, tmp_path)
        assert found(score, "astray")
        assert found(score, "lost")

    def test_a_desk_that_forgets_a_question(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def closed(case: Case) -> Case:
            return case if case.peers else replace(case, status=case.status.CLOSED, due=None, plan=None)

        def change(event: Event, decision: Decision) -> Decision:
            window_over = isinstance(event, Ticked) and event.step == "peers"
            return replace(decision, cases=tuple(map(closed, decision.cases)), says=()) if window_over else decision

        self.decides(monkeypatch, change)
        assert any("没有人答过" in what for what in found(play(curated, tmp_path), "lost"))

    def test_a_desk_that_obeys_strangers(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        known: dict[int, Case] = {}

        def change(event: Event, decision: Decision) -> Decision:
            known.update({case.number: case for case in decision.cases})
            order = re.match(r"关闭 #(\d+)$", event.text) if isinstance(event, Said) else None
            case = known.get(int(order[1])) if order else None
            if case is None or case.due is None:
                return decision
            return replace(decision, cases=(replace(case, status=case.status.CLOSED, due=None, outcome="关闭"),))

        self.decides(monkeypatch, change)
        plan = replace(DAY, assumed=replace(BUSY, strangers=20))
        assert found(play(curated, tmp_path, plan), "rights")

    def test_a_desk_that_talks_at_night(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def change(event: Event, decision: Decision) -> Decision:
            return replace(decision, says=tuple(replace(say, not_before=None) for say in decision.says))

        self.decides(monkeypatch, change)
        score = play(curated, tmp_path)
        assert found(score, "night")

    def test_a_desk_that_repeats_itself(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def change(event: Event, decision: Decision) -> Decision:
            again = tuple(replace(say, key=f"{say.key}/again") for say in decision.says if say.unasked)
            return replace(decision, says=(*decision.says, *again))

        self.decides(monkeypatch, change)
        assert found(play(curated, tmp_path), "noise")

    def test_a_desk_that_tells_numbers(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        simulation_numbers: list[str] = []
        monkeypatch.setattr("bot.work.intake.mask_personal", lambda text: text)

        def change(event: Event, decision: Decision) -> Decision:
            if isinstance(event, Said):
                simulation_numbers.extend(re.findall(r"\d{11,17}[\dX]?", event.text))
            return decision

        self.decides(monkeypatch, change)
        score = play(curated, tmp_path)
        assert simulation_numbers
        assert found(score, "personal")

    def test_a_step_that_is_never_done(self, curated: Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.work.timers.Timers.fire_due", lambda timers: 0)
        score = play(curated, tmp_path)
        assert any("到期" in what for what in found(score, "stuck"))


def test_a_ledger_that_is_in_use_is_refused(curated: Curated, tmp_path: Path) -> None:
    play(curated, tmp_path, replace(DAY, enterprises=20))
    with pytest.raises(Exception, match="已经有内容"):
        play(curated, tmp_path)
