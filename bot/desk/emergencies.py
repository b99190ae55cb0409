"""Danger to life: safety words and the urgent ladder at once, whatever the hour."""

from __future__ import annotations

from datetime import timedelta

from bot.desk import lifecycle, phrases
from bot.desk.opening import new_case, still_unfinished
from bot.desk.scene import Scene, silent
from bot.matching.danger import find_danger
from bot.model import Action, Case, Decision, Reason

SAME_EVENT = timedelta(minutes=60)
"""Further alarms in a room within this time are about the event that is already known."""


def alarm(scene: Scene) -> Decision | None:
    """Answer a danger that is happening now, and tell everybody on the urgent ladder."""
    danger = find_danger(scene.said.text)
    if danger is None:
        return None
    known = _same_event(scene)
    if known is not None:
        change = lifecycle.supplement(
            known, scene.said.text, f"{scene.said.channel}/{scene.said.message_id}/supplement", scene.now
        )
        return Decision(
            Action.CASE,
            (Reason("danger_again", f"#{known.number} 的后续"),),
            says=change.says,
            thread=scene.thread(),
            cases=(change.case,),
        )
    opened = new_case(scene, scene.said.text, danger=True)
    change = lifecycle.enter_tier(opened.case, 0, scene.now, scene.routing)
    alerted = [say.target.name for say in change.says]
    words = phrases.danger(danger.kind, change.case.number, alerted)
    reasons = (Reason("danger", f"正在发生的危险：{danger.kind}"), *opened.reasons, *change.reasons)
    says = (scene.reply(words, case=change.case.number, urgent=True), *change.says)
    return Decision(Action.OPEN, reasons, says=says, thread=scene.thread(), cases=(change.case,))


def goes_on(scene: Scene) -> Decision | None:
    """Stay out of the way while the one who raised an alarm goes on reporting."""
    known = _same_event(scene)
    if known is None or known.asker.person.id != scene.said.sender.id or scene.now - known.opened_at > timedelta(minutes=10):
        return None
    judgement = scene.knowledge.matcher.judge(scene.said.text)
    if judgement.verdict in ("answer", "unknown"):
        return None
    return silent("danger_goes_on", f"#{known.number} 现场情况，由人处理", thread=scene.thread())


def _same_event(scene: Scene) -> Case | None:
    return next(
        (
            c
            for c in scene.snapshot.cases
            if c.danger and still_unfinished(c) and c.asker.room == scene.said.room and scene.now - c.opened_at <= SAME_EVENT
        ),
        None,
    )
