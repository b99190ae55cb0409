"""Opening a case for a question that the FAQ does not answer, at once or after colleagues had their chance."""

from __future__ import annotations

from datetime import timedelta

from bot.desk import lifecycle, phrases
from bot.desk.lifecycle import Opening
from bot.desk.scene import Scene
from bot.desk.telling import Change
from bot.model import Action, Case, Decision, Reason, Status
from bot.routing.departments import DepartmentGuess

UNFINISHED = (Status.WAITING, Status.OPEN, Status.ACKNOWLEDGED)
"""Where somebody still owes a case an answer."""


def guess_department(scene: Scene, question: str, entry: str | None) -> tuple[str | None, float, tuple[Reason, ...]]:
    """Say which department a question belongs to: its entry's if it has one, else the ranker's best guess."""
    known = scene.knowledge.entry(entry) if entry else None
    if known:
        return known.department, 1.0, (Reason("department", f"条目「{known.title}」归{known.department}"),)
    guesses: tuple[DepartmentGuess, ...] = scene.knowledge.ranker.rank(question)
    if not guesses:
        return None, 0.0, (Reason("department", "看不出归哪个部门"),)
    best = guesses[0]
    return best.department, best.confidence, best.reasons


def new_case(
    scene: Scene,
    question: str,
    *,
    entry: str | None = None,
    tried: tuple[str, ...] = (),
    danger: bool = False,
) -> Change:
    """Register a question of this message's sender as a case that nobody has been told about yet."""
    department, confidence, reasons = guess_department(scene, question, entry)
    known = scene.knowledge.entry(entry) if entry else None
    matched = scene.knowledge.entry(known.matched_as) if known else None
    opening = Opening(
        number=scene.snapshot.next_number,
        community=scene.community,
        asker=scene.as_asker(),
        question=question,
        room_kind=scene.room.kind if scene.room else "direct",
        entry=entry,
        matched_as=matched.id if matched else None,
        theme=matched.theme if matched else "",
        department=department,
        department_confidence=confidence,
        danger=danger,
        tried=tried,
    )
    change = lifecycle.open_case(opening, scene.now, scene.routing)
    return Change(change.case, change.says, (*reasons, *change.reasons))


def open_and_wait(scene: Scene, question: str, peer_window: timedelta, *, entry: str | None = None) -> Decision:
    """Register a question silently, and give colleagues in the group the peer window to answer it."""
    change = new_case(scene, question, entry=entry)
    case = lifecycle.wait_for_peers(change.case, scene.now + peer_window)
    minutes = int(peer_window.total_seconds() // 60)
    reasons = (*change.reasons, Reason("peer_window", f"先等同行 {minutes} 分钟"))
    return Decision(Action.OPEN, reasons, thread=scene.thread(), cases=(case,))


def open_and_dispatch(
    scene: Scene,
    case: Case | None,
    *,
    why: str,
    question: str = "",
    entry: str | None = None,
    tried: tuple[str, ...] = (),
) -> Decision:
    """Hand a question (a new one, or one that was waiting) to the first tier, and give the asker the receipt."""
    opened = Change(case) if case else new_case(scene, question, entry=entry, tried=tried)
    change = lifecycle.enter_tier(opened.case, 0, scene.now, scene.routing)
    text = receipt(scene, change.case)
    says = (scene.reply(text, case=change.case.number), *change.says)
    reasons = (Reason("opened", why), *opened.reasons, *change.reasons)
    return Decision(Action.OPEN, reasons, says=says, thread=scene.thread(), cases=(change.case,))


def receipt(scene: Scene, case: Case) -> str:
    """Word the receipt that the asker gets for a dispatched case."""
    assert case.plan is not None
    department = scene.routing.department(case.department).name
    if case.tried:
        return phrases.opened_after_answer(case.number, department, case.assignee, case.plan.answer_by, scene.now)
    return phrases.opened(case.number, department, case.assignee, case.plan.answer_by, case.plan.dispatch_at, scene.now)


def still_unfinished(case: Case) -> bool:
    """Tell whether somebody still owes this case an answer."""
    return case.status in UNFINISHED


def status_line(scene: Scene, case: Case) -> str:
    """Word where a case stands, in one line."""
    answer_by = case.plan.answer_by if case.plan else None
    state = "held_back" if lifecycle.is_held_back(case) else case.status.value
    return phrases.status_line(case.number, case.question, state, case.assignee, answer_by, scene.now)
