"""Chat that a worker forwarded by hand: what was read in it, and the replies to be pasted back."""

from __future__ import annotations

from bot.desk import phrases
from bot.desk.scene import Scene
from bot.model import Action, Decision, Reason


def reports_forwarded(scene: Scene) -> Decision | None:
    """Tell the worker what became of the forwarded messages, and give each ready reply as a message of its own."""
    forwarded = scene.said.forwarded
    if forwarded is None or not scene.is_worker:
        return None
    if forwarded.carried:
        reason, words = Reason("carried", f"贴回了 {forwarded.carried} 条"), phrases.carried_thanks(forwarded.carried)
    elif not forwarded.room:
        reason, words = Reason("which_room", "转来的话没写是哪个群"), phrases.which_room(forwarded.messages, scene.routing.rooms)
    else:
        reason = Reason("forwarded", f"转来「{forwarded.room}」的 {forwarded.messages} 条话")
        words = phrases.forwarded(forwarded)
    ready = [scene.reply(text, step=f"paste/{number}") for number, text in enumerate(forwarded.replies, 1)]
    return Decision(Action.REPLY, (reason,), says=(scene.reply(words), *ready))
