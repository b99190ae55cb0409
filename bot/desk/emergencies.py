"""Danger to life: safety words and the urgent ladder at once, whatever the hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.desk import forms, lifecycle, phrases
from bot.desk.opening import new_case, still_unfinished
from bot.desk.scene import Scene, silent
from bot.matching.danger import find_danger
from bot.matching.similarity import content_words
from bot.model import Action, Case, Decision, Reason

SAME_EVENT = timedelta(minutes=60)
"""Further alarms in a room within this time are about the event that is already known."""

REPORTING = timedelta(minutes=10)
"""How long whatever the same person says is taken as a report from the scene."""


def alarm(scene: Scene) -> Decision | None:
    """Answer a danger that is happening now, and tell everybody on the urgent ladder."""
    danger = find_danger(scene.words)
    if danger is None:
        return None
    known = _same_event(scene)
    if known is not None:
        return _pass_on(scene, known)
    opened = new_case(scene, scene.words, danger=True)
    change = lifecycle.enter_tier(opened.case, 0, scene.now, scene.routing)
    alerted = [say.target.name for say in change.says]
    words = phrases.danger(danger.kind, change.case.number, alerted)
    reasons = (Reason("danger", f"正在发生的危险：{danger.kind}"), *opened.reasons, *change.reasons)
    says = (scene.reply(words, case=change.case.number, urgent=True), *change.says)
    return Decision(Action.OPEN, reasons, says=says, thread=scene.thread(), cases=(change.case,))


def goes_on(scene: Scene) -> Decision | None:
    """Pass on what the one who raised an alarm goes on reporting, and say nothing in the group."""
    known = _same_event(scene)
    if known is None or known.asker.person.id != scene.said.sender.id or scene.now - known.opened_at > REPORTING:
        return None
    if not scene.text:
        return silent("danger_goes_on", f"#{known.number} 的后续，没有文字", thread=scene.thread())
    verdict = scene.judge(scene.words).verdict
    if verdict == "answer" and content_words(scene.words):
        return None
    decision = _pass_on(scene, known)
    if not forms.is_asking(scene.text):
        return decision
    # Somebody asks what to do at the scene: the safety words once more, and nothing else.
    again = scene.reply(_safety_words(known), step="again", case=known.number, urgent=True)
    return replace(decision, says=(replace(again, key=f"case/{known.number}/again"), *decision.says))


def _pass_on(scene: Scene, known: Case) -> Decision:
    change = lifecycle.supplement(known, scene.words, scene.supplement_key(), scene.now, scene.routing)
    reasons = (Reason("danger_goes_on", f"#{known.number} 的后续，由人处理"),)
    return Decision(Action.CASE, reasons, says=change.says, thread=scene.thread(), cases=(change.case,))


def _safety_words(known: Case) -> str:
    danger = find_danger(known.question)
    return phrases.safety_words(danger.kind if danger else "")


def _same_event(scene: Scene) -> Case | None:
    return next(
        (c for c in scene.cases_here if c.danger and still_unfinished(c) and scene.now - c.opened_at <= SAME_EVENT),
        None,
    )
