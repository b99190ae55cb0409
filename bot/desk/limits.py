"""The last word on every reply: after too many in a short time the bot keeps still, and loses no question."""

from __future__ import annotations

from dataclasses import replace

from bot.desk.carrying import put_off
from bot.desk.scene import Scene
from bot.model import Action, Decision, Reason

AT_MOST = 2
"""How many times the room's share somebody gets who calls the bot, follows up or asks for something else."""


def within_limits(scene: Scene, decision: Decision) -> Decision:
    """Return the decision without its replies here if there have been enough for now; danger knows no limit."""
    if not scene.too_many_replies(share=AT_MOST):
        return decision
    own, here = f"{scene.said.channel}/{scene.said.message_id}/", scene.target()
    kept = tuple(say for say in decision.says if say.urgent or say.target != here or not say.key.startswith(own))
    if len(kept) == len(decision.says):
        return decision
    if decision.action is Action.ANSWER and decision.entry is not None:
        return put_off(scene, scene.words, decision.entry)
    return replace(decision, says=kept, reasons=(*decision.reasons, Reason("rate_limit", "十分钟内已回复太多次，这次不说")))
