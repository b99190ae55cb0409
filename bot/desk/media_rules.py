"""Messages without words: pictures, voices, files, cards. They are kept beside what is said, and never read as a question."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import phrases
from bot.desk.scene import MOST_PIECES, Scene
from bot.model import Action, Decision, Piece, Reason


def shows_something(scene: Scene) -> Decision | None:
    """Keep a wordless message as a neighbour of the sender's words; in a direct chat ask for words, once in ten minutes."""
    if not scene.said.wordless:
        return None
    marker = scene.said.text.partition(" ")[0]
    pieces = (*scene.pieces(), Piece(scene.said.message_id, marker, scene.said.at))
    thread = replace(scene.snapshot.thread, pieces=pieces[-MOST_PIECES:])
    reason = Reason("wordless", f"{marker} 没有文字，不当成问题")
    if not scene.said.direct or scene.snapshot.replies_to_sender:
        return Decision(Action.IGNORE, (reason,), thread=thread)
    return Decision(Action.REPLY, (reason,), says=(scene.reply(phrases.words_please(marker)),), thread=thread)
