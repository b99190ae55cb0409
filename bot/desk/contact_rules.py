"""What a department contact or worker says about a case: acknowledge, answer, transfer, return, close."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.desk import forms, lifecycle, phrases
from bot.desk.lifecycle import Change
from bot.desk.scene import Scene, silent
from bot.model import Action, Case, Decision, Reason, Reply, Status
from bot.text import shorten

ACTIVE = (Status.OPEN, Status.ACKNOWLEDGED)


def contact_speaks(scene: Scene) -> Decision | None:
    """Handle a message of a bound contact that is about a case; None if it isn't."""
    if scene.contact is None:
        return None
    case = _meant(scene)
    named = forms.addressed_case(scene.words)
    if case is None and named is not None and scene.said.direct:
        return Decision(
            Action.REPLY, (Reason("no_such_case", f"没有 #{named}"),), says=(scene.reply(phrases.no_such_case(named)),)
        )
    if case is None:
        return _in_direct_chat_without_reference(scene)
    if not _may_act(scene, case):
        return _decided(scene, "not_theirs", phrases.not_yours(case.number), case)
    if case.status.terminal:
        return _decided(scene, "finished", phrases.already_closed(case.number), case)
    return _act(scene, case)


def _meant(scene: Scene) -> Case | None:
    quoted = scene.snapshot.quoted_sent
    if quoted and quoted.case is not None:
        return scene.snapshot.case(quoted.case)
    if scene.said.quoted:
        asked = [case for case in scene.snapshot.cases if any(asker.message_id == scene.said.quoted for asker in case.askers)]
        if asked:
            return asked[0]
    named = forms.addressed_case(scene.words)
    if named is not None:
        return scene.snapshot.case(named)
    mine = _active_cases(scene)
    if scene.said.direct:
        return mine[0] if len(mine) == 1 and not _asks_for_themselves(scene) else None
    here = [case for case in mine if case.asker.room == scene.said.room]
    return here[0] if len(here) == 1 and _is_reply(scene, here[0]) else None


def _asks_for_themselves(scene: Scene) -> bool:
    """Tell whether a contact asks the bot something that the FAQ knows, rather than answering their only case."""
    if forms.transfer(scene.words) or forms.returned(scene.words) is not None or not forms.is_asking(scene.words):
        return False
    return scene.judge(scene.words).verdict == "answer"


def _is_reply(scene: Scene, case: Case) -> bool:
    """Tell whether an unquoted group message of a contact goes on about their one case here."""
    judgement = scene.judge(scene.words)
    return judgement.verdict == "ignore" and judgement.kind in ("answer", "statement") and bool(case.replies)


def _active_cases(scene: Scene) -> list[Case]:
    return [case for case in scene.snapshot.cases if case.status in ACTIVE and case.assignee == scene.contact]


def _may_act(scene: Scene, case: Case) -> bool:
    assert scene.contact is not None
    alerted = case.plan.alert if case.plan else ()
    own = scene.contact in (case.assignee, *alerted, *case.carried_from)
    return own or scene.is_worker or scene.routing.department_of(scene.contact) == case.department


def _in_direct_chat_without_reference(scene: Scene) -> Decision | None:
    mine = _active_cases(scene)
    if not scene.said.direct:
        return None
    if not mine and (
        forms.is_acknowledgement(scene.words) or forms.transfer(scene.words) or forms.returned(scene.words) is not None
    ):
        return Decision(Action.REPLY, (Reason("no_case", "名下没有在办工单"),), says=(scene.reply(phrases.no_case_of_yours()),))
    if len(mine) < 2:
        return None
    if forms.is_acknowledgement(scene.words):
        changes = [lifecycle.acknowledge(case, scene.now) for case in mine]
        return Decision(Action.CASE, tuple(r for c in changes for r in c.reasons), cases=tuple(c.case for c in changes))
    lines = [f"#{case.number} {shorten(case.question)}" for case in mine]
    return Decision(
        Action.REPLY, (Reason("ambiguous", "手上有几件，没说是哪件"),), says=(scene.reply(phrases.which_case(lines)),)
    )


def _decided(scene: Scene, code: str, words: str, case: Case) -> Decision:
    """Answer a contact about a case in a direct chat; in a group stay silent."""
    if not scene.said.direct:
        return silent(code, words)
    return Decision(Action.REPLY, (Reason(code, words),), says=(scene.reply(words, case=case.number),))


def _act(scene: Scene, case: Case) -> Decision:
    text = scene.words
    plain = forms.without_number(text).strip()
    if forms.is_acknowledgement(text):
        return _acknowledge(scene, case)
    if (reason := forms.returned(text)) is not None:
        return _hand_over(scene, case, scene.routing.default.department, reason)
    if (wish := forms.transfer(text)) and (decision := _transfer(scene, case, wish)):
        return decision
    if scene.is_worker and re.match(r"(?:关闭|结案|办结)", plain):
        return _close(scene, case, plain)
    return _answer(scene, case, plain)


def _close(scene: Scene, case: Case, plain: str) -> Decision:
    closed = lifecycle.close(case, f"{scene.contact}办结：{plain}")
    why = re.sub(r"^(?:关闭|结案|办结)\s*(?:[#＃]\s*\d+)?[\s，,：:]*", "", plain) or "如有疑问请联系社区"
    told = lifecycle.to_askers(closed, "closed", phrases.closed_by_worker(case.number, why), skip_room=scene.said.room or None)
    change = Change(closed, told, (Reason("closed", closed.outcome),))
    return replace(_changed(scene, change, phrases.closed(case.number)), cancel=(case.number,))


def _acknowledge(scene: Scene, case: Case) -> Decision:
    if case.status is not Status.OPEN or case.plan is None:
        return silent("acknowledged_before", f"#{case.number} 已签收过")
    change = lifecycle.acknowledge(case, scene.now)
    return _changed(scene, change, phrases.acknowledged(case.number, case.plan.answer_by, scene.now))


def _transfer(scene: Scene, case: Case, wish: forms.Transfer) -> Decision | None:
    department = scene.routing.department_named(wish.department)
    if department is None:
        if not wish.plain:
            return None  # “转让协议带来…” is an answer that begins with the same character
        return _decided(scene, "unknown_department", phrases.transfer_needs_department(case.number), case)
    if not wish.reason:
        return _decided(scene, "no_reason", phrases.transfer_needs_reason(case.number), case)
    return _hand_over(scene, case, department, wish.reason)


def _hand_over(scene: Scene, case: Case, department: str, reason: str) -> Decision:
    if case.plan is None:
        return silent("not_dispatched", f"#{case.number} 还没转出")
    if case.transfers >= scene.routing.transfer.max:
        department, reason = scene.routing.default.department, f"{reason}（已转办 {case.transfers} 次，由社区定）"
    change = lifecycle.transfer(case, department, scene.now, scene.routing, reason=reason)
    return _changed(scene, change, phrases.transferred(case.number, scene.routing.departments[department].name))


def _answer(scene: Scene, case: Case, plain: str) -> Decision:
    assert scene.contact is not None
    if not plain:
        return silent("empty", "空白回复")
    reply = Reply(scene.contact, plain, scene.now, partial=forms.is_partial(plain) or forms.asks_back(plain))
    visible_in = scene.said.room or None
    if reply.partial and case.plan is None:
        return silent("partial_before_dispatch", f"{scene.contact}在看，还没答")
    if reply.partial and case.plan is not None:
        change = lifecycle.answer(case, reply, scene.now, scene.routing, visible_in=visible_in)
        return _changed(scene, change, phrases.partial_passed_on(case.number, case.plan.answer_by, scene.now))
    change = lifecycle.answer(case, Reply(reply.by, reply.text, reply.at), scene.now, scene.routing, visible_in=visible_in)
    return _changed(scene, change, phrases.answer_passed_on(case.number))


def _changed(scene: Scene, change: Change, words: str) -> Decision:
    confirmation = (scene.reply(words, case=change.case.number),) if scene.said.direct else ()
    return Decision(Action.CASE, change.reasons, says=change.says + confirmation, cases=(change.case,))
