"""Binding by code: who may speak for a contact is decided by a code that was sent in a direct chat, never by a nickname."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.desk import contact_phrases
from bot.desk.opening import UNFINISHED, status_line
from bot.desk.scene import Scene, silent
from bot.model import (
    NAMELESS,
    Action,
    BindingCode,
    CodeEnd,
    CodeTries,
    CodeUse,
    Decision,
    Reason,
    Say,
    Target,
    codes_in,
    meant_as_code,
)
from bot.routing.people import find_person

MOST_TRIES = 5
"""Wrong codes in a row after which the sender has to wait."""

WAIT = timedelta(hours=1)
"""How long no code of that sender is looked at."""

IN_A_ROW = timedelta(hours=24)
"""Wrong codes further apart do not count together."""


def uses_code(scene: Scene) -> Decision | None:
    """Bind the sender of a good code; answer what has the form of a code and is none; void a code that others could read."""
    written = set(codes_in(scene.said.text))
    if not written:
        return None
    if not scene.said.direct or len(written) > 1:
        good = [code for code in scene.snapshot.codes if code.good(scene.now)]
        return _spoiled(scene, good) if good else None
    code = next(iter(scene.snapshot.codes), None)
    if code is None and not meant_as_code(scene.said):
        return None
    if _must_wait(scene):
        return _waits(scene)
    return _wrong(scene) if code is None else _known(scene, code)


def on_guard(scene: Scene, decision: Decision) -> Decision:
    """Add to a decision what it is to be wary of: guessed codes inside other words, and a known name under a new id."""
    if _is_guess(scene, decision):
        decision = replace(decision, code=CodeUse(tries=_one_more(scene)))
    known = scene.snapshot.namesake
    if known is None or scene.said.sender.name == NAMELESS or (decision.code is not None and decision.code.contact):
        return decision
    community = scene.routing.communities.get(scene.community)
    to, department = f"contact:{community.duty if community else ''}", scene.routing.default.department
    worker = find_person(
        to, community=scene.community, enterprise="", department=department, at=scene.now, routing=scene.routing
    ).name
    words = contact_phrases.known_name_new_id(scene.said.sender.name, known.contact, scene.said.room)
    key = f"namesake/{scene.said.channel}/{known.contact}/{scene.now:%Y-%m-%d}"  # the same key is sent once: once a day
    warning = Say(key, Target("contact", worker), words, not_before=scene.routing.after_quiet(scene.now))
    reason = Reason("namesake", f"名字和已绑定的{known.contact}一样，账号不同，只当普通成员")
    return replace(decision, says=(*decision.says, warning), reasons=(*decision.reasons, reason))


def _is_guess(scene: Scene, decision: Decision) -> bool:
    single = scene.said.direct and len(set(codes_in(scene.said.text))) == 1
    return single and decision.code is None and not scene.snapshot.codes and not _must_wait(scene)


def _must_wait(scene: Scene) -> bool:
    tries = scene.snapshot.code_tries
    return tries.wrong >= MOST_TRIES and tries.last is not None and scene.now - tries.last < WAIT


def _one_more(scene: Scene) -> CodeTries:
    tries = scene.snapshot.code_tries
    goes_on = tries.last is not None and scene.now - tries.last < IN_A_ROW and tries.wrong < MOST_TRIES
    return CodeTries(tries.wrong + 1 if goes_on else 1, scene.now)


def _waits(scene: Scene) -> Decision:
    tries = scene.snapshot.code_tries
    if tries.told:
        return silent("must_wait", "绑定码错了太多次，一小时内不看")
    decision = _replied(scene, "must_wait", "绑定码错了太多次，一小时内不看", contact_phrases.CODE_HINTS["wait"])
    return replace(decision, code=CodeUse(tries=replace(tries, told=True)))


def _wrong(scene: Scene) -> Decision:
    tries = _one_more(scene)
    if tries.wrong < MOST_TRIES:
        decision = _replied(scene, "wrong_code", f"不是有效的绑定码，第 {tries.wrong} 次", contact_phrases.CODE_HINTS["wrong"])
    else:
        tries = replace(tries, told=True)
        decision = _replied(scene, "wrong_code", f"绑定码错了 {tries.wrong} 次，请等一小时", contact_phrases.CODE_HINTS["wait"])
    return replace(decision, code=CodeUse(tries=tries))


def _known(scene: Scene, code: BindingCode) -> Decision:
    if code.good(scene.now) and code.contact in scene.routing.contacts:
        return _bound(scene, code)
    if code.ended is CodeEnd.USED and scene.contact == code.contact:
        return _replied(scene, "bound_already", f"已绑定为{code.contact}", contact_phrases.CODE_HINTS["same"])
    if code.ended is CodeEnd.USED:
        return _replied(scene, "code_used", "绑定码已用过", contact_phrases.CODE_HINTS["used"])
    if code.ended is None and not code.good(scene.now):
        return _replied(scene, "code_expired", "绑定码已过期", contact_phrases.CODE_HINTS["expired"])
    return _replied(scene, "code_withdrawn", f"{code.contact}的绑定码已作废", contact_phrases.CODE_HINTS["void"])


def _replied(scene: Scene, reason: str, detail: str, words: str) -> Decision:
    return Decision(Action.REPLY, (Reason(reason, detail),), says=(scene.reply(words),))


def _spoiled(scene: Scene, codes: Sequence[BindingCode]) -> Decision:
    key = f"{scene.said.channel}/{scene.said.message_id}/code-in-public"
    hint = Say(key, Target("person", scene.said.sender.id, scene.said.channel), contact_phrases.CODE_HINTS["public"])
    return Decision(
        Action.REPLY,
        (Reason("code_spoiled", f"{'、'.join(code.contact for code in codes)}的绑定码发在了群里，或几个一起发，已作废"),),
        says=(hint,),
        code=CodeUse(spoiled=tuple(code.id for code in codes)),
    )


def _bound(scene: Scene, code: BindingCode) -> Decision:
    own = scene.routing.departments.get(scene.routing.department_of(code.contact) or "")
    department = own.name if own is not None else ""
    cases = [case for case in scene.snapshot.cases if case.assignee == code.contact and case.status in UNFINISHED]
    before = scene.contact or "" if scene.contact != code.contact else ""
    words = contact_phrases.bound(code.contact, department, [status_line(scene, case) for case in cases], before)
    old = [holder for holder in scene.snapshot.holders if holder.person != scene.said.sender.id]
    told = tuple(
        Say(
            f"{scene.said.channel}/{scene.said.message_id}/bound-elsewhere/{holder.person}",
            Target("person", holder.person, holder.channel),
            contact_phrases.bound_elsewhere(code.contact),
        )
        for holder in old
    )
    replaced = "".join(f"，代替 {holder.person}" for holder in old)
    return Decision(
        Action.REPLY,
        (Reason("bound", f"{scene.said.sender.id} 绑定为{code.contact}{replaced}"),),
        says=(scene.reply(words), *told),
        code=CodeUse(code.id, code.contact),
    )
