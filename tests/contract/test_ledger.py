"""What every ledger engine must do."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from bot.ledger.port import Address, EntryVersion, Ledger
from bot.model import (
    Action,
    Answered,
    Asker,
    Entry,
    Feedback,
    FilesChanged,
    Offer,
    Operated,
    Operation,
    Piece,
    Reason,
    Reply,
    SendGivenUp,
    Status,
    Step,
    Target,
    Thread,
    Ticked,
)
from tests.contract.conftest import Open
from tests.samples import (
    HR,
    NOW,
    ROOM,
    SAFETY,
    TAXMAN,
    decided,
    opened,
    plan,
    recalled,
    said,
    say,
    snapshot_for,
    take_in,
)

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)


def numbers(ledger: Ledger, event, now=None) -> list[int]:
    return [case.number for case in snapshot_for(ledger, event, now).cases]


def open_cases(ledger: Ledger, *cases) -> None:
    for number, message, more in cases:
        take_in(ledger, message, decided(action=Action.OPEN, cases=(opened(number, message, **more),)))


# ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_is_new_once_per_channel(ledger: Ledger) -> None:
    message = said(message_id="m1")
    with ledger.transaction() as transaction:
        assert transaction.record(message)
        assert not transaction.record(message)
        assert not transaction.record(replace(message, text="另一句"))
        assert transaction.record(replace(message, channel="terminal"))


def test_an_event_stays_known_after_a_restart(open_ledger: Open) -> None:
    message = said()
    first = open_ledger()
    take_in(first, message)
    first.close()
    with open_ledger().transaction() as transaction:
        assert not transaction.record(message)


def test_what_an_exception_interrupts_never_happened(ledger: Ledger) -> None:
    message = said()
    with pytest.raises(RuntimeError, match="boom"), ledger.transaction() as transaction:
        transaction.record(message)
        transaction.apply(message, decided(cases=(opened(1, message),), says=(say("k"),)), NOW)
        raise RuntimeError("boom")
    with ledger.transaction() as transaction:
        assert transaction.record(message)
        assert transaction.case(1) is None
        assert transaction.claim(NOW, LEASE, 10) == []


def test_a_case_that_is_open_with_nothing_due_is_refused(ledger: Ledger) -> None:
    message = said()
    with pytest.raises(ValueError, match="#1 未结束，却没有下一个到期时间"):
        take_in(ledger, message, decided(cases=(replace(opened(1, message), due=None),)))
    with ledger.transaction() as transaction:
        assert transaction.cases(open_only=False) == []


def test_a_message_about_a_case_that_does_not_exist_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="记不进账本"):
        take_in(ledger, said(), decided(says=(say("k", case=99),)))


def test_a_decision_needs_its_event(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="先登记事件"), ledger.transaction() as transaction:
        transaction.apply(said(), decided(), NOW)


def test_any_text_comes_back_as_it_was(ledger: Ledger) -> None:
    text = "换行\n表情👨‍👩‍👧 <b>标签</b> \u202e右到左 \u200b零宽 '; DROP TABLE events; --" + "长" * 100_000
    take_in(ledger, said(text))
    with ledger.transaction() as transaction:
        assert [bubble.text for bubble in transaction.conversation(room=ROOM)] == [text]


# ── Cases ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_comes_back_whole_after_a_restart(open_ledger: Open) -> None:
    message = said()
    case = opened(1, message, peers=(Reply("恒锐模具-人事", "去大厅", NOW, partial=True),), rating=3, tried=("重启",))
    first = open_ledger()
    take_in(first, message, decided(cases=(case,)))
    first.close()
    with open_ledger().transaction() as transaction:
        assert transaction.case(1) == case
        assert str(transaction.case(1).opened_at.tzinfo) == "Asia/Shanghai"
        assert transaction.case(2) is None


def test_cases_come_newest_first_and_open_ones_only_unless_asked(ledger: Ledger) -> None:
    open_cases(ledger, (1, said(), {}), (2, said(), {"status": Status.CLOSED}), (3, said(), {}))
    with ledger.transaction() as transaction:
        assert [case.number for case in transaction.cases()] == [3, 1]
        assert [case.number for case in transaction.cases(open_only=False)] == [3, 2, 1]
        assert [case.number for case in transaction.cases(open_only=False, limit=2)] == [3, 2]


def test_history_says_who_did_what_and_why(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("page", TAXMAN.id, "税务局联络员", NOW)
    question, answer = said(), said("#1 到大厅3号窗口", by=TAXMAN, room="", at=NOW + MINUTE)
    case = opened(1, question)
    take_in(ledger, question, decided(action=Action.OPEN, cases=(case,), reasons=(Reason("opened", "没有现成答案"),)))
    answered = replace(case, status=Status.ANSWERED, replies=(Reply("税务局联络员", "到大厅3号窗口", NOW),))
    take_in(ledger, answer, decided(cases=(answered,), reasons=(Reason("answered", "联络员引用答复"),)))
    closed = replace(answered, status=Status.CLOSED, due=None)
    take_in(ledger, Operated("o1", "社区值班", Operation.CLOSE, 1, "电话里说清了", NOW + 2 * MINUTE), decided(cases=(closed,)))
    with ledger.transaction() as transaction:
        lines = transaction.history(1)
    assert [(line.at, line.who, line.what) for line in lines] == [
        (NOW, "泰准金属-安全员", "登记"),
        (NOW + MINUTE, "税务局联络员", "答复"),
        (NOW + 2 * MINUTE, "社区值班", "办结"),
    ]
    assert lines[1].reasons == (Reason("answered", "联络员引用答复"),)


# ── Deadlines ───────────────────────────────────────────────────────────────────────────────────────────────


def test_due_steps_come_longest_overdue_first(ledger: Ledger) -> None:
    later = Step("later", "remind", NOW + 2 * MINUTE)
    sooner = Step("sooner", "remind", NOW + MINUTE)
    open_cases(ledger, (1, said(), {"due": later}), (2, said(), {"due": sooner}), (3, said(), {"status": Status.CLOSED}))
    with ledger.transaction() as transaction:
        assert transaction.due(NOW, 10) == []
        assert transaction.next_due() == sooner.at
        assert transaction.due(NOW + 2 * MINUTE, 10) == [Ticked(2, "sooner", sooner.at), Ticked(1, "later", later.at)]
        assert transaction.due(NOW + 2 * MINUTE, 1) == [Ticked(2, "sooner", sooner.at)]


def test_a_step_of_the_same_name_at_another_time_is_another_tick(ledger: Ledger) -> None:
    message = said()
    case = opened(1, message, due=Step("0/escalate", "escalate", NOW))
    open_cases(ledger, (1, message, {"due": case.due}))
    again = Step("0/escalate", "escalate", NOW + MINUTE)
    take_in(ledger, Ticked(1, "0/escalate", NOW), decided(cases=(replace(case, due=again),)))
    with ledger.transaction() as transaction:
        [tick] = transaction.due(NOW + MINUTE, 10)
        assert transaction.record(tick)


def test_a_tick_is_seen_once_its_case_has_moved_on(ledger: Ledger) -> None:
    message, tick = said(), Ticked(1, "0/remind-1", NOW + timedelta(hours=4))
    case = opened(1, message)
    open_cases(ledger, (1, message, {}))
    take_in(ledger, tick, decided(cases=(replace(case, due=case.plan.steps[1]),)))
    with ledger.transaction() as transaction:
        assert not transaction.record(tick)


def test_a_tick_that_changed_nothing_comes_again_five_minutes_later(ledger: Ledger) -> None:
    message = said()
    open_cases(ledger, (1, message, {}))
    [due_at] = [opened(1, message).due.at]
    tick = Ticked(1, "0/remind-1", due_at)
    take_in(ledger, tick, decided(action=Action.IGNORE), due_at)
    with ledger.transaction() as transaction:
        assert transaction.due(due_at + 4 * MINUTE, 10) == []
        assert transaction.next_due() == due_at + 5 * MINUTE
        assert transaction.due(due_at + 5 * MINUTE, 10) == [tick]
        assert transaction.record(tick)


def test_overdue_cases_are_those_past_the_grace(ledger: Ledger) -> None:
    open_cases(ledger, (1, said(), {"due": Step("a", "remind", NOW)}), (2, said(), {"due": Step("b", "remind", NOW - MINUTE)}))
    with ledger.transaction() as transaction:
        assert [case.number for case in transaction.overdue(NOW + 5 * MINUTE, 5 * MINUTE)] == [2]
        assert [case.number for case in transaction.overdue(NOW + 6 * MINUTE, 5 * MINUTE)] == [2, 1]


# ── Outgoing messages ───────────────────────────────────────────────────────────────────────────────────────


def test_messages_are_claimed_urgent_first_then_in_order(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("a"), say("b", mention=HR), say("c", urgent=True))))
    with ledger.transaction() as transaction:
        assert transaction.next_due() == NOW
        claimed = transaction.claim(NOW, LEASE, 2)
        assert [(out.key, out.mention, out.attempts) for out in claimed] == [("c", None, 1), ("a", None, 1)]
        [last] = transaction.claim(NOW, LEASE, 2)
        assert (last.key, last.mention, last.target, last.text) == ("b", HR, Target("room", ROOM, "page"), "已登记")


def test_a_key_is_sent_once_whatever_is_decided_again(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("k", text="一"),)))
    take_in(ledger, said(), decided(says=(say("k", text="二"), say("other"))))
    with ledger.transaction() as transaction:
        claimed = transaction.claim(NOW, LEASE, 10)
        assert [(out.key, out.text) for out in claimed] == [("k", "一"), ("other", "已登记")]
        transaction.confirm(claimed[0].token, "r", NOW)
    take_in(ledger, said(), decided(says=(say("k"),)))
    with ledger.transaction() as transaction:
        assert transaction.claim(NOW, LEASE, 10) == []


def test_a_message_is_held_back_until_its_time(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("k", not_before=NOW + MINUTE),)))
    with ledger.transaction() as transaction:
        assert transaction.claim(NOW + MINUTE - timedelta(microseconds=1), LEASE, 10) == []
        assert transaction.next_due() == NOW + MINUTE
        assert len(transaction.claim(NOW + MINUTE, LEASE, 10)) == 1


def test_an_expired_lease_is_retried_and_its_old_token_is_worth_nothing(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("k"),)))
    with ledger.transaction() as transaction:
        [first] = transaction.claim(NOW, LEASE, 10)
        assert transaction.claim(NOW + LEASE - MINUTE / 60, LEASE, 10) == []
        [second] = transaction.claim(NOW + LEASE, LEASE, 10)
        assert second.attempts == 2
        transaction.give_up(first.token, "迟到的报告", NOW)
        transaction.postpone(first.token, "迟到的报告", NOW)
        transaction.confirm(first.token, "迟到的回执", NOW)
        assert transaction.undelivered() == []
        assert transaction.conversation(room=ROOM)[1:] == []
        transaction.confirm(second.token, "r", NOW)
        assert [bubble.message_id for bubble in transaction.conversation(room=ROOM)[1:]] == ["r"]


def test_a_postponed_message_comes_again_and_a_given_up_one_is_listed(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("k"),)))
    with ledger.transaction() as transaction:
        [out] = transaction.claim(NOW, LEASE, 10)
        transaction.postpone(out.token, "网关没有应答", NOW + 10 * MINUTE)
        assert transaction.claim(NOW + 9 * MINUTE, LEASE, 10) == []
        [again] = transaction.claim(NOW + 10 * MINUTE, LEASE, 10)
        assert (again.attempts, again.why) == (2, "网关没有应答")
        transaction.give_up(again.token, "账号被移出群", NOW)
        assert transaction.claim(NOW + timedelta(days=1), LEASE, 10) == []
        assert [(lost.key, lost.why, lost.attempts) for lost in transaction.undelivered()] == [("k", "账号被移出群", 2)]


def test_cancelling_drops_what_has_not_gone_out_but_not_what_the_same_decision_says(ledger: Ledger) -> None:
    message = said()
    case = opened(1, message)
    take_in(ledger, message, decided(cases=(case,), says=(say("old", case=1), say("elsewhere"))))
    take_in(ledger, said(), decided(cancel=(1,), says=(say("withdrawn", case=1),)))
    with ledger.transaction() as transaction:
        assert [out.key for out in transaction.claim(NOW, LEASE, 10)] == ["elsewhere", "withdrawn"]


def test_a_single_message_is_dropped_by_its_key(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("supplement"), say("receipt"))))
    take_in(ledger, said(), decided(unsay=("supplement", "never said")))
    with ledger.transaction() as transaction:
        assert [out.key for out in transaction.claim(NOW, LEASE, 10)] == ["receipt"]


@pytest.mark.parametrize("undone", [{"cancel": (1,)}, {"unsay": ("k",)}])
@pytest.mark.parametrize("fate", ["postponed", "lease expired"])
def test_a_message_cancelled_while_it_is_being_sent_is_not_tried_again(ledger: Ledger, fate: str, undone: dict) -> None:
    message = said()
    take_in(ledger, message, decided(cases=(opened(1, message),), says=(say("k", case=1),)))
    with ledger.transaction() as transaction:
        [out] = transaction.claim(NOW, LEASE, 10)
    take_in(ledger, said(), decided(**undone))
    with ledger.transaction() as transaction:
        if fate == "postponed":
            transaction.postpone(out.token, "网关没有应答", NOW)
        assert transaction.claim(NOW + LEASE, LEASE, 10) == []
        assert transaction.undelivered() == []


# ── Bindings and settings ───────────────────────────────────────────────────────────────────────────────────


def test_addresses_come_in_the_order_of_binding(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("wechaty", "wx1", "税务局联络员", NOW)
        transaction.bind("page", "p1", "税务局联络员", NOW + MINUTE)
        transaction.bind("wechaty", "wx1", "税务局联络员", NOW + 2 * MINUTE)
        assert transaction.addresses("税务局联络员") == [Address("wechaty", person="wx1"), Address("page", person="p1")]
        transaction.bind("wechaty", "wx1", "环保联络员", NOW)
        assert transaction.addresses("税务局联络员") == [Address("page", person="p1")]
        assert transaction.addresses("没有这个人") == []


def test_settings_survive(open_ledger: Open) -> None:
    first = open_ledger()
    with first.transaction() as transaction:
        assert transaction.setting("x") is None
        transaction.set("x", "1")
        transaction.set("x", "2")
    first.close()
    with open_ledger().transaction() as transaction:
        assert transaction.setting("x") == "2"


# ── Conversations ───────────────────────────────────────────────────────────────────────────────────────────


def send_all(ledger: Ledger, now=NOW) -> None:
    with ledger.transaction() as transaction:
        for out in transaction.claim(now, LEASE, 100):
            transaction.confirm(out.token, f"page:{out.key}", now)


def test_a_group_shows_people_and_what_was_really_sent_in_order(ledger: Ledger) -> None:
    question = said("问题", message_id="q")
    take_in(
        ledger, question, decided(says=(say("a", text="答复", mention=SAFETY, entry="forklift-plate"), say("b", text="第二条")))
    )
    with ledger.transaction() as transaction:
        assert [bubble.text for bubble in transaction.conversation(room=ROOM)] == ["问题"]
    send_all(ledger)
    take_in(ledger, said("谢谢", quoted="page:a"))
    take_in(ledger, said("别的群", room="锋领企服联盟"))
    take_in(ledger, said("私聊", room=""))
    with ledger.transaction() as transaction:
        bubbles = transaction.conversation(room=ROOM)
        assert [bubble.text for bubble in bubbles] == ["问题", "答复", "第二条", "谢谢"]
        assert sorted({bubble.position for bubble in bubbles}) == [bubble.position for bubble in bubbles]
        assert (bubbles[0].sender, bubbles[0].message_id, bubbles[0].at) == (SAFETY, "q", NOW)
        answer = bubbles[1]
        assert (answer.sender, answer.message_id, answer.mention, answer.entry) == (None, "page:a", SAFETY, "forklift-plate")
        assert bubbles[3].quoted == "page:a"
        assert [bubble.text for bubble in transaction.conversation(room=ROOM, after=bubbles[1].position)] == ["第二条", "谢谢"]
        assert [bubble.text for bubble in transaction.conversation(room=ROOM, limit=2)] == ["问题", "答复"]
        assert [bubble.text for bubble in transaction.conversation(room=ROOM, limit=2, newest=True)] == ["第二条", "谢谢"]


def test_a_direct_chat_shows_what_went_to_the_person_and_to_the_contact_it_is_bound_to(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("page", TAXMAN.id, "税务局联络员", NOW)
    says = (
        say("1", Target("contact", "税务局联络员"), "工单"),
        say("2", Target("person", TAXMAN.id, "page"), "已签收"),
        say("3", Target("contact", "环保联络员"), "别人的"),
        say("4", Target("person", SAFETY.id, "page"), "也是别人的"),
    )
    take_in(ledger, said("收到", by=TAXMAN, room=""), decided(says=says))
    take_in(ledger, said("群里说的", by=TAXMAN))
    send_all(ledger)
    with ledger.transaction() as transaction:
        bubbles = transaction.conversation(partner=TAXMAN.id)
    assert [(bubble.text, bubble.room, bubble.partner) for bubble in bubbles] == [
        (text, "", TAXMAN.id) for text in ("收到", "工单", "已签收")
    ]


def test_a_recalled_message_shows_no_text_and_comes_again_to_those_who_have_it(ledger: Ledger) -> None:
    message = said("我的手机丢了", message_id="q")
    take_in(ledger, message)
    with ledger.transaction() as transaction:
        [before] = transaction.conversation(room=ROOM)
    take_in(ledger, recalled(message))
    with ledger.transaction() as transaction:
        [fresh] = transaction.conversation(room=ROOM)
        assert (fresh.position, fresh.recalled, fresh.text) == (before.position, True, "")
        [again] = transaction.conversation(room=ROOM, after=before.position)
        assert again.position > before.position
        assert (again.message_id, again.recalled, again.text, again.sender) == ("q", True, "", SAFETY)
        assert transaction.conversation(room=ROOM, after=again.position) == []


def test_nobody_recalls_another_ones_message(ledger: Ledger) -> None:
    message = said("问题")
    take_in(ledger, message)
    take_in(ledger, recalled(message, by=HR), decided(forget=message.message_id))
    with ledger.transaction() as transaction:
        [bubble] = transaction.conversation(room=ROOM)
        assert (bubble.text, bubble.recalled) == ("问题", False)


def test_what_is_forgotten_is_nowhere_to_be_read(ledger: Ledger) -> None:
    message = said("绝密的一句话", message_id="q")
    thread = Thread(pieces=(Piece("q", message.text, NOW), Piece("other", "别的", NOW)))
    reasons = (Reason("echo", message.text),)
    take_in(ledger, message, decided(thread=thread, reasons=reasons, says=(say("k", text="回复"),), cases=()))
    take_in(ledger, recalled(message), decided(forget="q"))
    assert snapshot_for(ledger, said()).thread == Thread(pieces=(Piece("other", "别的", NOW),))
    with ledger.transaction() as transaction:
        [judged] = transaction.last_judged(channel="page")
        assert (judged.text, judged.decision.reasons) == ("", (Reason("echo", "（原话已撤回）"),))
    assert snapshot_for(ledger, said(quoted="q")).quoted_said is None


def test_last_judged_gives_the_decisions_about_messages_newest_first(ledger: Ledger) -> None:
    first, second = said("一"), said("二")
    decision = decided(action=Action.ANSWER, entry="forklift-plate", confidence=0.93, says=(say("k", mention=SAFETY),))
    take_in(ledger, first, decision)
    take_in(ledger, second)
    take_in(ledger, recalled(second))
    take_in(ledger, said("三", channel="terminal"))
    with ledger.transaction() as transaction:
        assert [judged.text for judged in transaction.last_judged(channel="page", limit=5)] == ["二", "一"]
        [_, judged] = transaction.last_judged(channel="page", limit=2)
        assert (judged.decision, judged.message_id, judged.at) == (decision, first.message_id, NOW)


def test_faults_are_listed_from_a_time_on(ledger: Ledger) -> None:
    take_in(ledger, said("好的"))
    take_in(ledger, said("坏的"), decided(action=Action.IGNORE, reasons=(Reason("fault", "程序出错"),)))
    with ledger.transaction() as transaction:
        assert [judged.text for judged in transaction.faults(NOW)] == ["坏的"]
        assert transaction.faults(NOW + MINUTE) == []


# ── Snapshots ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_snapshot_of_an_empty_ledger_is_empty(ledger: Ledger) -> None:
    seen = snapshot_for(ledger, said())
    assert (seen.next_number, seen.thread, seen.contact, seen.cases) == (1, Thread(), None, ())
    assert (seen.quoted_sent, seen.quoted_said, seen.recent_answers) == (None, None, ())
    assert (seen.replies_to_sender, seen.replies_in_room, seen.last_unasked, seen.disputed) == (0, 0, {}, {})


def test_numbers_go_on_after_closed_cases(ledger: Ledger) -> None:
    open_cases(ledger, *((number, said(), {"status": Status.CLOSED}) for number in range(1, 8)))
    assert snapshot_for(ledger, said()).next_number == 8


def test_a_thread_belongs_to_one_person_in_one_room(ledger: Ledger) -> None:
    thread = Thread(
        pieces=(Piece("m", "新叉车", NOW),),
        offer=Offer(("forklift-plate", "truck-pass"), "牌照", NOW),
        answered=Answered("forklift-plate", "怎么上牌", NOW, rated=4),
    )
    take_in(ledger, said(), decided(thread=thread))
    take_in(ledger, said(), decided(thread=None))
    assert snapshot_for(ledger, said()).thread == thread
    assert snapshot_for(ledger, said(by=HR)).thread == Thread()
    assert snapshot_for(ledger, said(room="锋领企服联盟")).thread == Thread()
    assert snapshot_for(ledger, said(room="")).thread == Thread()
    assert snapshot_for(ledger, recalled(said())).thread == thread


def test_the_sender_sees_own_cases_wherever_they_were_asked(ledger: Ledger) -> None:
    mine, other = said(room=""), said(by=HR, room="另一个群")
    joined = replace(
        opened(3, other, community="别处"), askers=(Asker(HR, "page", "另一个群", "x"), Asker(SAFETY, "page", ROOM, "y"))
    )
    open_cases(ledger, (1, mine, {"community": "别处"}), (2, other, {"community": "别处"}))
    take_in(ledger, said(by=HR), decided(cases=(joined,)))
    open_cases(ledger, (4, said(by=HR), {}))
    assert numbers(ledger, said()) == [1, 3, 4]


def test_cases_of_the_room_and_of_its_community_are_seen(ledger: Ledger) -> None:
    alliance = said(by=HR, room="锋领企服联盟")
    waiting = {"status": Status.WAITING, "plan": None, "due": Step("peers", "peers", NOW)}
    open_cases(
        ledger,
        (1, said(by=HR), waiting),
        (2, alliance, {"status": Status.ACKNOWLEDGED}),
        (3, said(by=HR, room="远方的群"), {"community": "远方"}),
        (4, said(by=HR), {"status": Status.CLOSED}),
        (5, said(by=HR), {"status": Status.ANSWERED}),
    )
    assert numbers(ledger, said()) == [1, 2, 5]


def test_a_room_without_any_case_yet_sees_open_cases_everywhere(ledger: Ledger) -> None:
    open_cases(ledger, (1, said(by=HR), {}))
    assert numbers(ledger, said(room="新的群")) == [1]


def test_a_contact_sees_the_cases_it_has_or_was_alerted_of(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("page", TAXMAN.id, "税务局联络员", NOW)
    far = {"community": "远方"}
    there = said(by=HR, room="远方的群")
    open_cases(
        ledger,
        (1, there, {**far, "plan": plan("税务局联络员")}),
        (2, said(by=HR, room="远方的群"), {**far, "plan": plan("社区值班", alert=("税务局联络员",))}),
        (3, said(by=HR, room="远方的群"), {**far, "plan": plan("社区值班")}),
        (4, said(by=HR, room="远方的群"), {**far, "plan": plan("税务局联络员"), "status": Status.WITHDRAWN}),
        (5, said(by=HR), {"status": Status.CLOSED}),
    )
    event = said("收到", by=TAXMAN)
    seen = snapshot_for(ledger, event)
    assert seen.contact == "税务局联络员"
    assert [case.number for case in seen.cases] == [1, 2]
    moved = replace(seen.cases[0], plan=plan("环保联络员", tier=1))
    take_in(ledger, said(), decided(cases=(moved,)))
    assert numbers(ledger, said("收到", by=TAXMAN)) == [2]
    assert snapshot_for(ledger, said(by=TAXMAN, channel="terminal")).contact is None


def test_quotes_and_numbers_bring_finished_cases_too(ledger: Ledger) -> None:
    far = {"community": "远方", "status": Status.CLOSED}
    questions = [said(by=HR, room="远方的群") for _ in range(4)]
    open_cases(ledger, *((number, message, far) for number, message in enumerate(questions, 1)))
    open_cases(ledger, (9, said(by=HR), {"status": Status.CLOSED}))
    take_in(ledger, said(by=HR), decided(says=(say("k", text="已登记 #2", case=2, entry="e"),)))
    send_all(ledger, NOW + MINUTE)
    assert numbers(ledger, said("#1 和 ＃ 3 还有 #99999999999999999999999 怎么样")) == [1, 3]
    assert numbers(ledger, said("好的", quoted="page:k")) == [2]
    assert numbers(ledger, said("好的", quoted=questions[3].message_id)) == [4]
    sent = snapshot_for(ledger, said(quoted="page:k")).quoted_sent
    assert (sent.key, sent.target, sent.case, sent.entry, sent.at) == ("k", Target("room", ROOM, "page"), 2, "e", NOW + MINUTE)


def test_a_quoted_message_of_a_person_comes_whole(ledger: Ledger) -> None:
    message = said("原话", by=HR, mentions=("page:x",), mentions_bot=True, quoted="还有更早的", message_id="q")
    take_in(ledger, message)
    assert snapshot_for(ledger, said(quoted="q")).quoted_said == message
    assert snapshot_for(ledger, said(quoted="q", channel="terminal")).quoted_said is None


def test_own_cases_are_seen_for_a_day_after_closing(ledger: Ledger) -> None:
    mine = {"status": Status.CLOSED}
    open_cases(ledger, (1, said(), mine), (2, said(), {"status": Status.WITHDRAWN}), (3, said(by=HR), mine))
    assert numbers(ledger, said(at=NOW + timedelta(hours=24))) == [1]
    assert numbers(ledger, said(at=NOW + timedelta(hours=24, seconds=1))) == []


def test_recent_answers_are_those_of_the_room_and_in_direct_chats_the_persons_own(ledger: Ledger) -> None:
    answer = decided(action=Action.ANSWER, entry="forklift-plate")
    take_in(ledger, said(by=HR), answer)
    take_in(ledger, said(by=HR, room=""), decided(action=Action.ANSWER, entry="direct"))
    take_in(ledger, said(by=HR), decided(action=Action.OFFER, entry="offered"))
    [recent] = snapshot_for(ledger, said(at=NOW + 30 * MINUTE)).recent_answers
    assert (recent.entry, recent.asker, recent.at) == ("forklift-plate", HR.id, NOW)
    assert snapshot_for(ledger, said(at=NOW + 31 * MINUTE)).recent_answers == ()
    assert snapshot_for(ledger, said(room="锋领企服联盟")).recent_answers == ()
    assert snapshot_for(ledger, said(room="")).recent_answers == ()
    assert [recent.entry for recent in snapshot_for(ledger, said(by=HR, room="")).recent_answers] == ["direct"]


def test_replies_of_the_last_ten_minutes_are_counted(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(says=(say("a", mention=SAFETY), say("b", mention=HR), say("c"))))
    take_in(ledger, said(), decided(says=(say("d", Target("person", SAFETY.id, "page")),)))
    take_in(ledger, said(), decided(says=(say("e", Target("room", "锋领企服联盟", "page"), mention=SAFETY),)))
    seen = snapshot_for(ledger, said(at=NOW + 10 * MINUTE))
    assert (seen.replies_to_sender, seen.replies_in_room) == (1, 3)
    direct = snapshot_for(ledger, said(room=""))
    assert (direct.replies_to_sender, direct.replies_in_room) == (1, 0)
    later = snapshot_for(ledger, said(at=NOW + 11 * MINUTE))
    assert (later.replies_to_sender, later.replies_in_room) == (0, 0)


def test_the_last_unasked_message_of_each_case_is_known(ledger: Ledger) -> None:
    message = said()
    take_in(ledger, message, decided(cases=(opened(1, message),), says=(say("a", case=1, unasked=True), say("b", case=1))))
    step = Ticked(1, "0/remind-1", NOW)
    assert snapshot_for(ledger, step).last_unasked == {1: NOW}
    send_all(ledger, NOW + MINUTE)
    assert snapshot_for(ledger, step).last_unasked == {1: NOW + MINUTE}


def test_a_dispute_ends_when_the_entry_is_mended(ledger: Ledger) -> None:
    take_in(ledger, said(), decided(feedback=Feedback("a", "问题", 1, "时间改了", disputes=True)), NOW)
    later = said(message_id="later")
    with ledger.transaction() as transaction:
        transaction.keep_version(EntryVersion("a", NOW - timedelta(days=1), "文件修改", None))
        assert transaction.snapshot(later, NOW).disputed == {"a": "时间改了"}
        transaction.keep_version(EntryVersion("a", NOW + timedelta(hours=1), "文件修改", None))
        assert transaction.snapshot(later, NOW + timedelta(hours=2)).disputed == {}


def test_disputes_of_the_last_thirty_days_count_the_newest_wins(ledger: Ledger) -> None:
    def dispute(entry: str, comment: str, disputes: bool = True):
        return decided(feedback=Feedback(entry, "问题", 1, comment, disputes=disputes))

    take_in(ledger, said(), dispute("a", "旧的更正"), NOW - timedelta(days=31))
    take_in(ledger, said(), dispute("b", "地址搬了"), NOW - timedelta(days=2))
    take_in(ledger, said(), dispute("b", "又搬了"), NOW - timedelta(days=1))
    take_in(ledger, said(), dispute("c", "只是不满意", disputes=False))
    assert snapshot_for(ledger, said()).disputed == {"b": "又搬了"}


@pytest.mark.parametrize(
    "event",
    [
        Ticked(2, "0/remind-1", NOW),
        Operated("o", "社区值班", Operation.ESCALATE, 2, "急", NOW),
        SendGivenUp("k", 2, Target("contact", "税务局联络员"), "工单", "没有绑定", NOW),
    ],
    ids=["ticked", "operated", "given up"],
)
def test_what_is_about_a_case_sees_that_case_only(ledger: Ledger, event) -> None:
    open_cases(ledger, (1, said(), {}), (2, said(), {"status": Status.CLOSED}), (3, said(), {}))
    seen = snapshot_for(ledger, event)
    assert [case.number for case in seen.cases] == [2]
    assert seen.contact == ("社区值班" if isinstance(event, Operated) else None)


def test_a_lost_message_about_no_case_sees_none(ledger: Ledger) -> None:
    open_cases(ledger, (1, said(), {}))
    assert numbers(ledger, SendGivenUp("k", None, Target("room", ROOM, "page"), "答复", "群没了", NOW)) == []


def test_a_recall_sees_the_cases_that_the_message_opened_joined_or_added_to(ledger: Ledger) -> None:
    opener, joiner, note, other = said(), said(by=HR), said("补充"), said("无关")
    first = opened(1, opener)
    take_in(ledger, opener, decided(cases=(first,)))
    joined = replace(first, askers=(*first.askers, Asker(HR, "page", ROOM, joiner.message_id)))
    take_in(ledger, joiner, decided(cases=(joined,)))
    take_in(ledger, note, decided(cases=(replace(joined, notes=("补充",)),)))
    take_in(ledger, other, decided(cases=(replace(joined, notes=("补充",), rating=5),)))
    open_cases(ledger, (2, said(), {}))
    assert [numbers(ledger, recalled(message)) for message in (opener, joiner, note, other)] == [[1], [1], [1], []]


# ── Times, threads, growth ──────────────────────────────────────────────────────────────────────────────────


def test_times_keep_their_instant_and_come_out_in_shanghai(ledger: Ledger) -> None:
    at = NOW.astimezone(UTC).replace(microsecond=123_457)
    take_in(ledger, said(at=at))
    with ledger.transaction() as transaction:
        [bubble] = transaction.conversation(room=ROOM)
    assert bubble.at == at
    assert bubble.at.isoformat() == "2026-11-18T09:55:00.123457+08:00"


def test_many_threads_may_write_at_once(ledger: Ledger) -> None:
    problems: list[BaseException] = []

    def work(who: int) -> None:
        try:
            for index in range(10):
                message = said(message_id=f"{who}/{index}")
                with ledger.transaction() as transaction:
                    assert transaction.record(message)
                    number = transaction.snapshot(message, NOW).next_number
                    transaction.apply(message, decided(cases=(opened(number, message),)), NOW)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with ledger.transaction() as transaction:
        assert [case.number for case in transaction.cases()] == list(range(40, 0, -1))


def test_a_transaction_inside_another_is_refused_at_once(ledger: Ledger) -> None:
    with ledger.transaction(), pytest.raises(RuntimeError, match="open in this thread"), ledger.transaction():
        pass


# ── Versions of FAQ entries ─────────────────────────────────────────────────────────────────────────────────


def entry(**more) -> Entry:
    given = {
        "id": "forklift-plate",
        "title": "新叉车上牌",
        "department": "samr",
        "questions": ("叉车怎么上牌",),
        "parts": {"材料": "证"},
    }
    given |= {"answer": "先检验", "source": "第三十三条", "verified_on": NOW.date(), "review_every": timedelta(days=180), **more}
    return Entry(**given)


def kept(content: Entry | None, who: str = "文件修改", *, name: str = "forklift-plate", at=NOW) -> EntryVersion:
    return EntryVersion(name, at, who, content)


def test_versions_come_back_as_they_were_the_newest_first(open_ledger: Open) -> None:
    first, second = kept(entry()), kept(entry(answer="先检验，\n再登记"), "社工甲", at=NOW + MINUTE)
    other = kept(entry(id="invoice-quota"), name="invoice-quota")
    ledger = open_ledger()
    with ledger.transaction() as transaction:
        assert (transaction.versions("forklift-plate"), transaction.latest_versions()) == ([], {})
        for version in (first, other, second):
            transaction.keep_version(version)
    ledger.close()
    with open_ledger().transaction() as transaction:
        assert transaction.versions("forklift-plate") == [second, first]
        assert transaction.latest_versions() == {"forklift-plate": second, "invoice-quota": other}


def test_an_entry_that_was_taken_out_stays_known(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.keep_version(kept(entry()))
        transaction.keep_version(kept(None, at=NOW + MINUTE))
        assert transaction.latest_versions()["forklift-plate"].content is None
        assert [version.content for version in transaction.versions("forklift-plate")] == [None, entry()]


def test_whoever_announced_an_edit_has_made_it_once(ledger: Ledger) -> None:
    mended = entry(answer="改过")
    with ledger.transaction() as transaction:
        transaction.announce_edit("forklift-plate", mended, "社工甲")
        transaction.announce_edit("forklift-plate", mended, "社工乙")
        transaction.announce_edit("forklift-plate", None, "社工丙")
        for content in (entry(), mended, entry(), mended, None):
            transaction.keep_version(kept(content))
        whos = [version.who for version in transaction.versions("forklift-plate")]
    assert whos == ["社工丙", "文件修改", "文件修改", "社工乙", "文件修改"]


# ── Cases to learn from ─────────────────────────────────────────────────────────────────────────────────────


def test_cases_since_a_time_and_those_that_somebody_replied_to(ledger: Ledger) -> None:
    reply = Reply("税务局联络员", "在电子税务局办", NOW)
    open_cases(
        ledger,
        (1, said(at=NOW - timedelta(days=9)), {"peers": (reply,), "status": Status.CLOSED}),
        (2, said(at=NOW - timedelta(days=2)), {}),
        (3, said(at=NOW), {"replies": (reply,)}),
    )
    with ledger.transaction() as transaction:
        assert [case.number for case in transaction.opened_since()] == [1, 2, 3]
        assert [case.number for case in transaction.opened_since(NOW - timedelta(days=2))] == [2, 3]
        assert [case.number for case in transaction.opened_since(replied=True)] == [1, 3]
        assert [case.number for case in transaction.opened_since(NOW, replied=True)] == [3]
        assert transaction.opened_since(NOW + MINUTE) == []


def test_a_change_of_the_files_is_an_event_like_any_other(ledger: Ledger) -> None:
    event = FilesChanged("3f2a", ("税务.yaml:3：缺少“id”",), 1, NOW)
    words = say("files/3f2a/社区值班", Target("contact", "社区值班"), "有 1 处问题")
    assert snapshot_for(ledger, event).cases == ()
    take_in(ledger, event, decided(action=Action.REPLY, says=(words,)))
    with ledger.transaction() as transaction:
        assert not transaction.record(replace(event, at=NOW + MINUTE))
        assert [out.text for out in transaction.claim(NOW, LEASE, 10)] == ["有 1 处问题"]
