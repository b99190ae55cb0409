"""What an asker says about their own question: status, rating, thanks, “still not solved”, withdrawal, closing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.desk import contact_forms, contact_phrases, forms, lifecycle, phrases
from bot.desk.opening import UNFINISHED, open_and_dispatch, status_line
from bot.desk.scene import Scene, silent
from bot.model import Action, Answered, Case, Decision, Feedback, Operation, Reason, Status

DOUBT = 0.5
"""Probability of being an ask from which a message with the words of an order is taken for a question."""

REMEMBERED = timedelta(minutes=60)
"""How long “still not solved” or a rating is understood as being about the last FAQ answer."""


def asks_for_status(scene: Scene) -> Decision | None:
    """Answer “我的问题怎么样了” with the asker's own open cases; an impatient asker ends the wait for colleagues."""
    if not forms.is_status_request(scene.text):
        return None
    mine = scene.own_cases(*UNFINISHED, Status.ANSWERED)
    if not mine:
        if not (scene.said.mentions_bot or scene.said.direct):
            return None
        return Decision(
            Action.REPLY,
            (Reason("status", "没有在办的问题"),),
            says=(scene.reply(phrases.no_open_cases()),),
            thread=scene.thread(),
        )
    waiting = [case for case in mine if case.status is Status.WAITING and not lifecycle.is_held_back(case)]
    if waiting:
        return open_and_dispatch(scene, waiting[0], why="提问人在等，不再等同行")
    lines = [status_line(scene, case) for case in mine]
    return Decision(
        Action.REPLY,
        (Reason("status", f"{len(mine)} 件在办"),),
        says=(scene.reply("\n".join(lines), case=mine[0].number),),
        thread=scene.thread(),
    )


def rates(scene: Scene) -> Decision | None:
    """Take 满意/一般/不满意, 1–5 or 👍 as a rating of the asker's answered case, else of the last FAQ answer."""
    given = forms.rating(scene.words)
    if given is None:
        return None
    answered = scene.own_cases(Status.ANSWERED)
    if answered:
        change = lifecycle.rate(answered[0], given.score, given.comment, scene.now, scene.routing)
        closed = change.case.status is Status.CLOSED
        thanks = (scene.reply(phrases.rated(change.case.number), case=change.case.number),) if closed else ()
        return Decision(Action.CASE, change.reasons, says=change.says + thanks, cases=(change.case,))
    last = _remembered(scene)
    if last is None or last.rated is not None:
        if scene.own_cases(*UNFINISHED):
            return silent("nothing_to_rate", "还没有答复可评价")
        return _takes_up_again(scene, given.comment or scene.words) if given.score <= 2 and not given.bare else None
    return _rate_entry(scene, last, given)


def _rate_entry(scene: Scene, last: Answered, given: forms.Rating) -> Decision:
    feedback = Feedback(last.entry, last.question, given.score, given.comment)
    reason = Reason("entry_rated", f"「{last.entry}」评价 {given.score} 分")
    thread = replace(scene.thread(), answered=Answered(last.entry, last.question, last.at, rated=given.score))
    if given.score > 2:
        return Decision(Action.REPLY, (reason,), feedback=feedback, thread=thread)
    if given.bare:
        say = scene.reply(phrases.what_was_missing())
        return Decision(Action.REPLY, (reason,), says=(say,), feedback=feedback, thread=thread)
    decision = open_and_dispatch(
        scene, None, question=last.question, entry=last.entry, tried=_tried(scene, last, given.comment), why="对答案不满意"
    )
    return _with(decision, feedback, reason)


def _with(decision: Decision, feedback: Feedback, reason: Reason) -> Decision:
    return replace(decision, feedback=feedback, reasons=(reason, *decision.reasons))


def _remembered(scene: Scene) -> Answered | None:
    last = scene.snapshot.thread.answered
    return last if last and scene.now - last.at <= REMEMBERED else None


def _tried(scene: Scene, last: Answered, words: str) -> tuple[str, ...]:
    entry = scene.knowledge.entry(last.entry)
    return (f"看过答案【{entry.title if entry else last.entry}】", *((words,) if words else ()))


def says_unsolved(scene: Scene) -> Decision | None:
    """Carry a question whose answer did not help: reopen the asker's case, or open one that says what was tried."""
    if not forms.is_unsolved(scene.text):
        return None
    answered = scene.own_cases(Status.ANSWERED)
    if answered:
        return _reopened(scene, answered[0], scene.words)
    last = _remembered(scene)
    if last is not None and not scene.own_cases(*UNFINISHED):
        return _carry_on(scene, last)
    return None if scene.own_cases(*UNFINISHED) else _takes_up_again(scene, scene.words)


def _takes_up_again(scene: Scene, comment: str) -> Decision | None:
    """Open the sender's case again that was finished here a short while ago, whoever was content with it."""
    closed = [case for case in scene.own_cases(Status.CLOSED) if case.merged_into is None and scene.asked_here(case)]
    if not closed:
        return None
    if closed[0].plan is None:
        return open_and_dispatch(scene, closed[0], why="同行答了，但没解决")
    return _reopened(scene, closed[0], comment)


def _reopened(scene: Scene, case: Case, comment: str) -> Decision:
    change = lifecycle.reopen(case, comment, scene.now, scene.routing)
    return Decision(Action.CASE, change.reasons, says=change.says, cases=(change.case,))


def _carry_on(scene: Scene, last: Answered) -> Decision:
    quoted = scene.snapshot.quoted_sent
    if quoted and quoted.entry and quoted.entry != last.entry:
        last = Answered(quoted.entry, last.question, last.at)
    tried = _tried(scene, last, scene.words)
    return open_and_dispatch(scene, None, question=last.question, entry=last.entry, tried=tried, why="答案没解决问题")


def says_solved(scene: Scene) -> Decision | None:
    """Close quietly when the asker says thanks or that it is settled."""
    if not forms.is_solved(scene.text):
        return None
    for case in scene.own_cases(Status.ANSWERED, *UNFINISHED):
        if case.status is Status.ANSWERED or (case.status is Status.WAITING and case.peers):
            closed = lifecycle.close(case, "提问人确认" if case.status is Status.ANSWERED else lifecycle.PEERS_ANSWERED)
            return Decision(Action.CASE, (Reason("solved", f"#{case.number} {closed.outcome}"),), cases=(closed,))
        if forms.is_settled(scene.text):
            return _gives_up(scene, case, "提问人说已解决")
    return None


def withdraws(scene: Scene) -> Decision | None:
    """Finish the asker's question because they call it off."""
    mine = scene.own_cases(*UNFINISHED)
    if not mine or not forms.is_withdrawal(scene.text):
        return None
    decision = _gives_up(scene, mine[0], "提问人撤回")
    if mine[0].status is Status.WAITING:
        return decision
    words = phrases.withdrawn if decision.cancel else phrases.left
    return replace(decision, says=(*decision.says, scene.reply(words(mine[0].number), case=mine[0].number)))


def _gives_up(scene: Scene, case: Case, why: str) -> Decision:
    """Finish the case for its only asker; where others wait for the answer as well, only the sender leaves it."""
    change = lifecycle.leave(case, scene.said.sender.id)
    if change is not None:
        return Decision(Action.CASE, change.reasons, cases=(change.case,))
    change = lifecycle.withdraw(case, why, scene.now, scene.routing)
    return Decision(Action.CASE, change.reasons, says=change.says, cases=(change.case,), cancel=(case.number,))


def acts_as_a_contact(scene: Scene) -> Decision | None:
    """Refuse, in a direct chat, what only contacts and workers may do to a case by its number; in a group say nothing."""
    number = contact_forms.addressed_case(scene.words)
    if scene.contact is not None or number is None:
        return None
    command = contact_forms.command(scene.words)
    acts = command is not None and command.operation is not Operation.CLOSE
    if not (acts or contact_forms.transfer(scene.words) or contact_forms.is_acknowledgement(scene.words)):
        return None
    if not scene.said.direct:
        return silent("not_a_contact", f"不是联络员，动不了 #{number}")
    words = contact_phrases.only_contacts(number)
    return Decision(Action.REPLY, (Reason("not_a_contact", words),), says=(scene.reply(words),))


def _asks(scene: Scene) -> bool:
    """Tell whether this is a question, such as “办结要多久”, “报关单填错了能不能改”."""
    return scene.judge(scene.words).ask >= DOUBT


def orders_close(scene: Scene) -> Decision | None:
    """Take “结案” from the asker or a worker; tell a bystander who decides."""
    command = contact_forms.command(scene.words)
    plainly = command is not None and command.operation is Operation.CLOSE and forms.numbers(scene.text)
    if not (plainly or (scene.said.mentions_bot and forms.is_close(scene.text) and not _asks(scene))):
        return None
    named = forms.numbers(scene.words)
    here = [
        case
        for case in scene.snapshot.cases
        if not case.status.terminal and (case.number in named or (not named and case.asker.room == scene.said.room))
    ]
    if not here:
        return None
    case = here[0]
    if not (scene.is_worker or any(asker.person.id == scene.said.sender.id for asker in case.askers)):
        return Decision(
            Action.REPLY,
            (Reason("not_allowed", "旁人不能结案"),),
            says=(scene.reply(phrases.worker_decides(case.number), case=case.number),),
        )
    if not scene.is_worker and case.status in UNFINISHED:
        decision = _gives_up(scene, case, f"{scene.said.sender.name}要求办结")
        words = phrases.closed if decision.cancel else phrases.left
        return replace(decision, says=(*decision.says, scene.reply(words(case.number), case=case.number)))
    closed = lifecycle.close(case, f"{scene.said.sender.name}要求办结")
    told = lifecycle.not_wanted(case, closed.outcome, scene.now, scene.routing)
    return Decision(
        Action.CASE,
        (Reason("closed", closed.outcome),),
        says=(*told, scene.reply(phrases.closed(case.number), case=case.number)),
        cases=(closed,),
        cancel=(case.number,),
    )
