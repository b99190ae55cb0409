"""What others in a group say: colleagues who answer or join in, workers who correct the bot, strangers who fish for data."""

from __future__ import annotations

from datetime import timedelta

from bot.desk import forms, lifecycle, phrases
from bot.desk.opening import UNFINISHED
from bot.desk.scene import Scene, silent
from bot.model import Action, Case, Decision, Feedback, Reason, Status

IN_MIND = timedelta(minutes=60)
"""How long after a question colleagues may still be talking about it."""


def peers_joined_in(scene: Scene) -> Decision | None:
    """Keep what a colleague says to a question that waits in this room; join those who say “同问”."""
    if scene.said.direct:
        return None
    since, sender = scene.now - IN_MIND, scene.said.sender.id
    unfinished = [
        case
        for case in scene.cases_here
        if case.opened_at >= since and case.status in UNFINISHED and case.askers[0].person.id != sender
    ]
    meant = [case for case in unfinished if scene.said.quoted and any(a.message_id == scene.said.quoted for a in case.askers)]
    if forms.is_same_here(scene.text) and (meant or unfinished):
        case = (meant or unfinished)[-1]
        return Decision(
            Action.CASE, (Reason("joined", f"同问，加入 #{case.number}"),), cases=(lifecycle.join(case, scene.as_asker()),)
        )
    waiting = [case for case in (meant or unfinished) if case.status is Status.WAITING]
    if not waiting or not _answers(scene, waiting, quoted=bool(meant)):
        return None
    case = waiting[-1]
    return Decision(Action.CASE, (Reason("peer", f"同行在答 #{case.number}"),), cases=(lifecycle.peer_reply(case, scene.said),))


def _answers(scene: Scene, waiting: list[Case], *, quoted: bool) -> bool:
    judgement = scene.judge(scene.words)
    if judgement.verdict != "ignore" or judgement.kind in ("greeting", "thanks"):
        return False
    if quoted or waiting[-1].asker.person.id in scene.said.mentions:
        return True
    return len(waiting) == 1 and judgement.kind in ("answer", "statement") and scene.shares_words(waiting[0].question)


def refuses_fishing(scene: Scene) -> Decision | None:
    """Refuse, once, a request for other people's data, and tell the worker."""
    if not (scene.said.mentions_bot or scene.said.direct) or not forms.is_fishing(scene.text):
        return None
    if scene.snapshot.replies_to_sender:
        return silent("fishing_again", "又来索要他人信息，不再理会")
    worker = scene.routing.grid_worker(scene.community, scene.enterprise)
    report = phrases.fishing_report(scene.said.sender.name, scene.said.room, scene.words)
    says = (scene.reply(phrases.refusal()), scene.to_contact(worker, report, step="fishing"))
    return Decision(Action.REPLY, (Reason("fishing", "索要他人信息或要求不守规定"),), says=says)


def worker_corrects(scene: Scene) -> Decision | None:
    """Take a worker's word that an answer in this room was wrong: the entry is disputed until somebody mends it."""
    quoted = scene.snapshot.quoted_sent
    about = (
        quoted.entry
        if quoted and quoted.entry
        else (scene.snapshot.recent_answers[-1].entry if scene.snapshot.recent_answers else None)
    )
    if (
        not scene.is_worker
        or about is None
        or not (scene.said.mentions_bot or (quoted and quoted.entry))
        or not forms.is_correction(scene.text)
    ):
        return None
    feedback = Feedback(about, "", 1, scene.words, disputes=True)
    return Decision(
        Action.REPLY,
        (Reason("corrected", f"「{about}」被社区更正"),),
        says=(scene.reply(phrases.correction_taken()),),
        feedback=feedback,
    )
