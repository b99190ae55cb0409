"""What a department contact or worker says about a case, read as an act: acknowledge, answer, transfer, return, close …"""

from __future__ import annotations

from dataclasses import replace

from bot.desk import contact_forms, contact_phrases, forms, lifecycle
from bot.desk.handling import Act, handle
from bot.desk.operations import decision_of, following
from bot.desk.permissions import roles
from bot.desk.scene import Scene, silent
from bot.model import Action, Case, Decision, Operation, Reason, Status
from bot.text import shorten

ACTIVE = (Status.OPEN, Status.ACKNOWLEDGED)


def contact_speaks(scene: Scene) -> Decision | None:
    """Handle a message of a bound contact that is about a case; None if it isn't."""
    if scene.contact is None:
        return None
    case = _meant(scene)
    named = contact_forms.addressed_case(scene.words)
    if case is None and named is not None and scene.said.direct:
        return _replied(scene, "no_such_case", contact_phrases.no_such_case(named))
    if case is None:
        return _in_direct_chat_without_reference(scene)
    return _about(scene, following(case, scene.snapshot))


def _about(scene: Scene, case: Case) -> Decision | None:
    if not forms.without_number(scene.words).strip():
        return silent("empty", "空白回复")
    if _speaks_as_a_colleague(scene, case):
        return None
    if _is_courtesy(scene, case):
        return silent("courtesy", f"#{case.number} 客气话，不转发")
    return _handled(scene, _act(scene, case))


def _meant(scene: Scene) -> Case | None:
    named = contact_forms.addressed_case(scene.words)
    if named is not None:
        return scene.snapshot.case(named)
    quoted = scene.snapshot.quoted_sent
    if quoted and quoted.case is not None:
        return scene.snapshot.case(quoted.case)
    if scene.said.quoted:
        asked = [case for case in scene.snapshot.cases if any(asker.message_id == scene.said.quoted for asker in case.askers)]
        if asked:
            return asked[0]
    mine = _active_cases(scene)
    if scene.said.direct:
        doubtful = _asks_for_themselves(scene) or _may_mean_another(scene)
        return mine[0] if len(mine) == 1 and not doubtful else None
    here = [case for case in mine if case.asker.room == scene.said.room]
    return here[0] if len(here) == 1 and _is_reply(scene, here[0]) else None


def _asks_for_themselves(scene: Scene) -> bool:
    """Tell whether a contact asks the bot something that the FAQ knows, rather than answering their only case."""
    if contact_forms.transfer(scene.words) or contact_forms.command(scene.words) or not forms.is_asking(scene.words):
        return False
    return scene.judge(scene.words).verdict == "answer"


def _may_mean_another(scene: Scene) -> bool:
    """Tell whether words without a reference may be about a case that somebody else has just ended."""
    return bool(_taken_away(scene)) and not contact_forms.is_acknowledgement(scene.words)


def _taken_away(scene: Scene) -> list[Case]:
    """Return the cases that just left the sender's hands, other than by the sender's own answer."""
    cases = (scene.snapshot.case(number) for number in scene.snapshot.taken_away)
    return [case for case in cases if case is not None and not _is_done_with(scene, case)]


def _is_done_with(scene: Scene, case: Case) -> bool:
    """Tell whether the sender still has the case, or has answered it."""
    has_it = case.status in ACTIVE and case.assignee == scene.contact
    return has_it or any(reply.by == scene.contact and not reply.partial for reply in case.replies)


def _is_reply(scene: Scene, case: Case) -> bool:
    """Tell whether an unquoted group message of a contact goes on about their one case here."""
    judgement = scene.judge(scene.words)
    return judgement.verdict == "ignore" and judgement.kind in ("answer", "statement") and bool(case.replies)


def _active_cases(scene: Scene) -> list[Case]:
    return [case for case in scene.snapshot.cases if case.status in ACTIVE and case.assignee == scene.contact]


def _in_direct_chat_without_reference(scene: Scene) -> Decision | None:
    mine = _active_cases(scene)
    if not scene.said.direct:
        return None
    about_a_case = contact_forms.transfer(scene.words) or contact_forms.command(scene.words)
    if not mine and (contact_forms.is_acknowledgement(scene.words) or about_a_case):
        return _replied(scene, "no_case", contact_phrases.no_case_of_yours())
    gone = _taken_away(scene) if mine else []
    if len(mine) + len(gone) < 2 or _asks_for_themselves(scene):
        return None
    if contact_forms.is_acknowledgement(scene.words):
        changes = [lifecycle.acknowledge(case, scene.now) for case in mine]
        return Decision(Action.CASE, tuple(r for c in changes for r in c.reasons), cases=tuple(c.case for c in changes))
    lines = [f"#{case.number} {shorten(case.question)}" for case in mine]
    lines += [f"#{case.number} {shorten(case.question)}（已不在您手上）" for case in gone]
    return _replied(scene, "ambiguous", contact_phrases.which_case(lines))


def _replied(scene: Scene, code: str, words: str) -> Decision:
    return Decision(Action.REPLY, (Reason(code, words),), says=(scene.reply(words),))


def _speaks_as_a_colleague(scene: Scene, case: Case) -> bool:
    """Tell whether a contact whom the case does not concern just talks in the group, as any member may."""
    assert scene.contact is not None
    ordered = contact_forms.command(scene.words) or contact_forms.transfer(scene.words)
    return not scene.said.direct and not ordered and not roles(scene.contact, case, scene.routing)


def _is_courtesy(scene: Scene, case: Case) -> bool:
    """Tell whether a contact only says something polite, which changes nothing and goes nowhere."""
    assert scene.contact is not None
    if contact_forms.is_acknowledgement(scene.words):
        return (case.status is Status.ANSWERED or case.status.terminal) and bool(roles(scene.contact, case, scene.routing))
    return contact_forms.is_courtesy(scene.words)


def _act(scene: Scene, case: Case) -> Act:
    """Read the message as an act on the case."""
    assert scene.contact is not None
    act = Act(scene.contact, Operation.ANSWER, case, visible_in=scene.said.room or None)
    if contact_forms.is_acknowledgement(scene.words):
        return replace(act, operation=Operation.ACKNOWLEDGE)
    if (command := contact_forms.command(scene.words)) is not None:
        return _ordered(scene, act, command)
    if (wish := contact_forms.transfer(scene.words)) is not None:
        known = scene.routing.department_named(wish.department)
        if known is not None or wish.plain:
            return replace(act, operation=Operation.TRANSFER, target=wish.department, reason=wish.reason)
        # “转让协议带来…” is an answer that begins with the same character
    return _said(act, forms.without_number(scene.words).strip())


def _said(act: Act, plain: str) -> Act:
    if act.case.status is Status.ANSWERED:
        more = contact_forms.further(plain)
        return replace(act, text=more or plain, insists=more is not None)
    unfinished = contact_forms.is_partial(plain) or contact_forms.asks_back(plain)
    return replace(act, operation=Operation.ASK_BACK if unfinished else Operation.ANSWER, text=plain)


def _ordered(scene: Scene, act: Act, command: contact_forms.Command) -> Act:
    match command.operation:
        case Operation.REASSIGN:
            target, reason = contact_forms.target_and_reason(command.rest)
            return replace(act, operation=command.operation, target=target, reason=reason)
        case Operation.MERGE:
            into = forms.number_in(command.rest)
            other = scene.snapshot.case(into) if into is not None else None
            return replace(act, operation=command.operation, target=command.rest, other=other)
        case _:
            return replace(act, operation=command.operation, reason=command.rest)


def _handled(scene: Scene, act: Act) -> Decision:
    """Do it; in a direct chat confirm it or say why not, in a group stay silent."""
    decision = decision_of(handle(act, scene.now, scene.routing))
    if not scene.said.direct:
        return decision
    words = scene.reply(decision.reasons[0].detail, case=act.case.number)
    if decision.action is Action.IGNORE:
        return replace(decision, action=Action.REPLY, says=(words,))
    return replace(decision, says=(*decision.says, words))
