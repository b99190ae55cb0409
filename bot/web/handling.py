"""Acts on a case from a page's form: the same event for workers and for contacts with a link, counted once, told in words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ledger.port import HistoryLine
from bot.model import Action, Case, Operated, Operation
from bot.web.case_view import mark
from bot.web.forms import Refused
from bot.web.visit import Visit

TEXT_LIMIT, REASON_LIMIT, TARGET_LIMIT = 3000, 500, 60

TEXTS = (Operation.ANSWER, Operation.ASK_BACK)
"""What needs words for the askers; it may be done even though the case has moved, as long as whoever does it has seen so."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a form: ``words`` say so; not ``done``, what was typed must be shown again."""

    done: bool
    words: str
    moved: bool = False


def read_case(visit: Visit, number: int) -> tuple[Case, list[HistoryLine]]:
    """Return a case with its history; raises ``Refused`` if there is none of that number."""
    with visit.services.ledger.transaction() as work:
        case = work.case(number) if 0 < number < 1 << 31 else None
        lines = work.history(number) if case else []
    if case is None:
        raise Refused(f"没有 #{number} 这个工单", status=404)
    return case, lines


def act(visit: Visit, who: str, case: Case, lines: list[HistoryLine]) -> Outcome:
    """Do what a form asks; if somebody else was faster, say so instead, and leave it to be sent again."""
    operation = _operation(visit)
    if visit.typed("seen", 40) != mark(case):
        return Outcome(
            False, f"您打开这一页以后，#{case.number} 已经变了：{_latest(lines)}。看一下再决定还要不要提交。", moved=True
        )
    services = visit.services
    event = Operated(
        message_id=f"page/{who}/{case.number}/{visit.once}",
        operator=who,
        operation=operation,
        case=case.number,
        reason=visit.typed("reason", REASON_LIMIT),
        at=visit.now,
        text=visit.typed("text", TEXT_LIMIT),
        target=visit.typed("target", TARGET_LIMIT),
    )
    decision = services.intake.handle(event)
    services.channel.notify()
    if decision is None:
        return Outcome(True, "这个表单已经提交过了，没有做第二遍")
    words = decision.reasons[0].detail if decision.reasons else ""
    return Outcome(decision.action is Action.CASE, words)


def _operation(visit: Visit) -> Operation:
    try:
        return Operation(visit.typed("operation", 40))
    except ValueError:
        raise Refused("不认得这个操作，请刷新页面再试") from None


def _latest(lines: list[HistoryLine]) -> str:
    if not lines:
        return "有了新的进展"
    last = lines[-1]
    return f"{last.who} {last.what}" if last.who != last.what else last.what
