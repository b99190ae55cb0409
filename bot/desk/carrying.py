"""A question that the FAQ does not answer is carried: added to a case that is there, put off, or made a case of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.desk import forms, lifecycle, phrases
from bot.desk.opening import UNFINISHED, new_case, open_and_dispatch, open_and_wait, status_line, still_unfinished
from bot.desk.scene import Scene
from bot.matching.engine import Judgement
from bot.matching.similarity import content_words, similarity
from bot.model import Action, Case, Decision, Reason, Say, Status

SUPPLEMENT = timedelta(minutes=10)
SAME_QUESTION = 0.75
"""Similarity (0–1) from which somebody asks their own open question again."""
PLAINLY_ASKING = 0.9
"""Probability of being an ask from which a short message beside an open case is a question of its own."""
IN_COMMON = 0.34
"""Share of its weighty words that such a message has in common with a case of which it may still be part."""
FLOOD = 5
"""So many cases of one person, opened within ``FLOOD_TIME`` and not answered, are enough: what else they ask is noted there."""
FLOOD_TIME = timedelta(minutes=10)
FLOOD_PASSED_ON = 3
"""So many of those notes are passed on one by one; further ones stand in the case."""
SHORT = 25
"""Characters up to which a message after an answer may be a follow-up without a subject of its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a message was read: the text judged (alone, or joined with what came just before), and the judgement."""

    question: str
    judgement: Judgement


def adds_to_own_case(scene: Scene, reading: Reading) -> Decision | None:
    """Add what an asker says shortly after opening a case, or while quoting it, to that case."""
    quoted = scene.snapshot.quoted_sent
    for case in scene.own_cases(Status.WAITING, Status.OPEN, Status.ACKNOWLEDGED):
        referred = quoted is not None and quoted.case == case.number
        soon = case.asker.room == scene.said.room and scene.now - case.opened_at <= SUPPLEMENT
        continues = any(piece.message_id == case.asker.message_id for piece in scene.pieces())
        is_question = reading.judgement.verdict == "unknown" and (
            len(scene.text) > SHORT or _is_another_matter(scene, case, reading)
        )
        chatter = (
            reading.judgement.kind in ("greeting", "thanks", "advert", "announcement", "smalltalk")
            and reading.judgement.verdict == "ignore"
        )
        urging = forms.is_urging(scene.text)
        if referred or continues or (soon and not is_question and (urging or not chatter)):
            who = scene.said.sender.name
            change = lifecycle.supplement(case, scene.words, scene.supplement_key(), scene.now, scene.routing, who=who)
            return Decision(Action.CASE, change.reasons, says=change.says, thread=scene.thread(), cases=(change.case,))
    return None


def _is_another_matter(scene: Scene, case: Case, reading: Reading) -> bool:
    """Tell whether a short question is plainly about something else than the sender's case."""
    own = content_words(scene.words)
    if forms.goes_on(scene.text) or len(own) < 2 or reading.judgement.ask < PLAINLY_ASKING:
        return False
    shared = own & content_words(" ".join([case.question, *case.notes]))
    return len(shared) / len(own) < IN_COMMON


def unknown(scene: Scene, question: str, judgement: Judgement, *, entry: str | None = None) -> Decision:
    """Join an open case about the same thing, else wait for colleagues, else open one."""
    same = same_open_case(scene, question)
    if same is not None:
        return join(scene, same)
    again = next((case for case in scene.own_cases(*UNFINISHED) if similarity(case.question, question) >= SAME_QUESTION), None)
    if again is not None and again.status is not Status.WAITING:
        return Decision(
            Action.REPLY,
            (Reason("asked_again", f"#{again.number} 已在办"),),
            says=(scene.reply(status_line(scene, again), case=again.number),),
            thread=scene.thread(),
        )
    flood = overflows(scene)
    if flood is not None:
        return flood
    if scene.at_once or scene.room is None:
        decision = open_and_dispatch(scene, None, question=question, entry=entry, why="FAQ 里没有，直接登记")
    else:
        decision = open_and_wait(scene, question, scene.room.peer_window, entry=entry)
    return _with_reasons(decision, judgement.reasons)


def overflows(scene: Scene) -> Decision | None:
    """Note what somebody asks who has opened case after case just now in the newest of them, and say nothing."""
    recent = [case for case in scene.own_cases(*UNFINISHED) if scene.now - case.opened_at <= FLOOD_TIME and not case.danger]
    if len(recent) < FLOOD:
        return None
    newest = max(recent, key=lambda case: case.number)
    noted = lifecycle.supplement(
        newest, scene.words, scene.supplement_key(), scene.now, scene.routing, who=scene.said.sender.name
    )
    says = noted.says if len(newest.notes) < FLOOD_PASSED_ON else ()
    reasons = (Reason("flood", f"十分钟内已登记 {len(recent)} 件，记在 #{newest.number} 里"), *noted.reasons)
    return Decision(Action.CASE, reasons, says=says, thread=scene.thread(), cases=(noted.case,))


def put_off(scene: Scene, question: str, entry: str) -> Decision:
    """Keep a question that the FAQ knows while this person or this room has had its share of replies; it is answered later."""
    flood = overflows(scene)
    if flood is not None:
        return flood
    change = new_case(scene, question, entry=entry)
    case = lifecycle.answer_later(change.case, scene.now)
    reasons = (Reason("rate_limit", "十分钟内已回复太多次，过一会儿再答"), *change.reasons)
    return Decision(Action.OPEN, reasons, thread=scene.thread(), cases=(case,))


def same_open_case(scene: Scene, question: str) -> Case | None:
    """Return an unfinished case of this community, of somebody else, that asks the same."""
    own = {case.number for case in scene.own_cases(*Status)}
    merge = scene.routing.merge
    here = (
        case
        for case in scene.snapshot.cases
        if case.community == scene.community
        and still_unfinished(case)
        and not case.danger
        and scene.now - case.opened_at <= merge.within
    )
    return next((case for case in here if case.number not in own and similarity(case.question, question) >= merge.alike), None)


def join(scene: Scene, case: Case) -> Decision:
    """Add the sender to those who asked an open case's question."""
    reasons = (Reason("same_open_case", f"与 #{case.number} 是同一个问题"),)
    joined = lifecycle.join(case, replace(scene.as_asker(), words=scene.words))
    says: tuple[Say, ...] = ()
    if case.status is not Status.WAITING or scene.at_once:
        answer_by = case.plan.answer_by if case.plan else None
        who = case.assignee or "群里同行先看"
        says = (scene.reply(phrases.joined(case.number, who, answer_by, scene.now), case=case.number),)
    return Decision(Action.CASE, reasons, says=says, thread=scene.thread(), cases=(joined,))


def _with_reasons(decision: Decision, reasons: tuple[Reason, ...]) -> Decision:
    return replace(decision, reasons=(*reasons, *decision.reasons))
