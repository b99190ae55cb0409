"""docs/cases.md says who may do what to a case and what becomes of it: every row of its tables is tried here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Curated
from bot.desk import lifecycle
from bot.desk.decide import decide
from bot.desk.handling import VERBS
from bot.desk.permissions import PERMISSIONS, Role
from bot.model import Asker, Case, Decision, Operated, Operation, Person, Reply, Said, Snapshot, Status, Step, Ticked
from bot.routing.config import Routing
from tests.scenarios.transcript import ZONE

PAGE = Path(__file__).parents[2] / "docs" / "cases.md"
NOW = datetime(2026, 11, 18, 9, 55, tzinfo=ZONE)
ROOM = "安全生产互助协会"
ASKER = Asker(Person("asker", "泰准金属-安全员"), "page", ROOM, "m1")
WORDS = {
    Status.WAITING: "等同行",
    Status.OPEN: "已登记",
    Status.ACKNOWLEDGED: "已签收",
    Status.ANSWERED: "已答复",
    Status.CLOSED: "已办结",
    Status.WITHDRAWN: "已撤回",
}
STATUSES = {word: status for status, word in WORDS.items()}
PEOPLE = {
    Role.HANDLER: "税务局联络员",
    Role.COLLEAGUE: "税务局备班",
    Role.FORMER: "市场监管局联络员",
    Role.WORKER: "网格员三",
    None: "住建局联络员",
}
TARGETS = {Operation.TRANSFER: "海关", Operation.REASSIGN: "网格员二", Operation.MERGE: "8"}
STEPS = {
    "等同行的时间到": "peers",
    "该催办": "remind",
    "过了答复时限": "escalate",
    "最后一级反复催办": "repeat",
    "该请评价": "rating",
    "一直没评价": "close",
    "刷屏过后再答": "later",
}


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def course(operation: Operation) -> str:
    """Word what an operation makes of which status, as the page does."""
    turns: dict[tuple[Status, ...], list[str]] = {}
    for before, after in PERMISSIONS[operation].becomes.items():
        turns.setdefault(after, []).append(WORDS[before])
    return "；".join(f"{'、'.join(before)} → {'或'.join(WORDS[each] for each in after)}" for after, before in turns.items())


def made(status: Status, routing: Routing, number: int = 12) -> Case:
    """Return a case of the tax office in a status, with somebody who has had it before."""
    opening = lifecycle.Opening(
        number, "灵峰", ASKER, "个人股东转让股权的个人所得税怎么申报", "mutual-aid", department="tax", department_confidence=1.0
    )
    case = lifecycle.open_case(opening, NOW - timedelta(minutes=30), routing).case
    case = replace(case, handed_on=(PEOPLE[Role.FORMER],))
    if status is Status.WAITING:
        return lifecycle.wait_for_peers(case, NOW + timedelta(minutes=10))
    case = lifecycle.enter_tier(case, 0, NOW - timedelta(minutes=20), routing).case
    assert case.assignee == PEOPLE[Role.HANDLER]
    if status is Status.OPEN:
        return case
    if status is Status.ACKNOWLEDGED:
        return lifecycle.acknowledge(case, NOW).case
    if status is Status.WITHDRAWN:
        return lifecycle.withdraw(case, "提问人撤回", NOW, routing).case
    answered = lifecycle.answer(case, Reply(case.assignee, "在电子税务局办", NOW), NOW, routing).case
    return answered if status is Status.ANSWERED else lifecycle.close(answered, "评价 5 分")


def afterwards(decision: Decision, before: Case) -> Status | None:
    """Return the status that the case has now, or None if it was not changed."""
    return next((case.status for case in decision.cases if case.number == before.number), None)


ROWS = {row[0]: row for row in table("联络员和社区的人能做的")}
OPERATIONS = {verb: operation for operation, verb in VERBS.items()}


def test_the_page_names_every_operation_with_its_rules() -> None:
    assert list(ROWS) == [VERBS[operation] for operation in PERMISSIONS]
    for verb, (_, _, who, turns, reason) in ROWS.items():
        permission = PERMISSIONS[OPERATIONS[verb]]
        assert who == "、".join(permission.roles), verb
        assert turns == course(OPERATIONS[verb]), verb
        assert (reason == "要") is permission.needs_reason, verb


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("role", PEOPLE, ids=lambda role: role.name if role else "NOBODY")
@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("by", ["page", "chat"])
def test_only_who_may_does_it_and_it_becomes_what_the_page_says(
    curated: Curated, operation: Operation, role: Role | None, status: Status, by: str
) -> None:
    case = made(status, curated.routing)
    other = replace(made(Status.OPEN, curated.routing, number=8), askers=(replace(ASKER, person=Person("b", "恒锐模具-人事")),))
    snapshot = Snapshot(next_number=13, contact=PEOPLE[role], cases=(other, case))
    if by == "page":
        text = "在电子税务局办" if operation in (Operation.ANSWER, Operation.ASK_BACK) else ""
        reason, target = "" if text else "写明了原因", TARGETS.get(operation, "")
        event: Operated | Said = Operated("o1", PEOPLE[role], operation, 12, reason, NOW, text=text, target=target)
    else:
        words = ROWS[VERBS[operation]][1].strip("`")
        event = Said("page", "m9", "", Person("someone", PEOPLE[role]), words, NOW)
        if operation is Operation.ASK_BACK and status is Status.ANSWERED:
            operation = Operation.ANSWER  # after an answer whatever its department says is added to it
    decision = decide(event, snapshot, curated.knowledge, curated.routing, NOW)
    permission = PERMISSIONS[operation]
    if role in permission.roles and status in permission.becomes:
        assert afterwards(decision, case) in permission.becomes[status], decision.reasons
    else:
        assert decision.cases == (), decision.reasons
        assert decision.reasons and (by == "chat" or len(decision.reasons[0].detail) > 5)


@pytest.mark.parametrize(("words", "before", "after"), [row[:3] for row in table("提问人能做的")], ids=lambda cell: cell)
def test_what_askers_say_does_what_the_page_says(curated: Curated, words: str, before: str, after: str) -> None:
    for status in before.split("、"):
        case = made(STATUSES[status], curated.routing)
        said = Said("page", "m9", ROOM, ASKER.person, words.strip("`"), NOW, mentions_bot="@小哨" in words)
        decision = decide(said, Snapshot(next_number=13, cases=(case,)), curated.knowledge, curated.routing, NOW)
        assert afterwards(decision, case) is STATUSES[after], (status, decision.reasons)


@pytest.mark.parametrize(("step", "before", "after"), [row[:3] for row in table("到了时候")], ids=lambda cell: cell)
def test_what_is_due_does_what_the_page_says(curated: Curated, step: str, before: str, after: str) -> None:
    routing = curated.routing
    for status in before.split("、"):
        case = made(STATUSES[status], routing)
        if STEPS[step] == "repeat":
            case = lifecycle.enter_tier(case, len(case.ladder.tiers) - 1, NOW - timedelta(days=2), routing).case
            case = replace(case, status=STATUSES[status])
        case = replace(case, due=Step("x", STEPS[step], NOW), entry="invoice-lost")
        decision = decide(Ticked(12, "x", NOW), Snapshot(next_number=13, cases=(case,)), curated.knowledge, routing, NOW)
        assert afterwards(decision, case) is STATUSES[after], (status, decision.reasons)


def test_the_page_shows_every_step_that_can_be_due() -> None:
    assert {row[0] for row in table("到了时候")} == set(STEPS)
