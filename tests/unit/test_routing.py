"""The configuration's own questions, the way of a question, and the plan of a tier."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.library.routing_file import load_routing
from bot.model import Enterprise, Step, Tier, TierPlan
from bot.routing.config import Grid, Match, Route, Routing
from bot.routing.ladder import next_repeat, plan_tier, walk
from bot.routing.way import Question, can_shadow, find_way


@pytest.fixture(scope="module")
def rules() -> Routing:
    return load_routing(Path(__file__).parent.parent / "fixtures" / "routing.yaml")


def at(rules: Routing, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=rules.timezone)


def plan(rules: Routing, ladder: str, tier: int, when: str, *, department: str = "tax", enterprise: str = "泰准金属") -> TierPlan:
    return plan_tier(
        rules.ladders[ladder],
        tier,
        community="灵峰",
        enterprise=enterprise,
        department=department,
        at=at(rules, when),
        routing=rules,
    )


def steps(plan: TierPlan) -> list[tuple[str, str, str]]:
    return [(step.name, step.kind, f"{step.at:%m-%d %H:%M}") for step in plan.steps]


def details(plan: TierPlan) -> str:
    return "；".join(reason.detail for reason in plan.reasons)


# --- the configuration ---


@pytest.mark.parametrize(
    ("nickname", "enterprise"),
    [("泰准金属-安全员", "泰准金属"), ("泰准-老王", "泰准"), ("人事 泰准金属", "泰准金属"), ("路人甲", ""), ("", "")],
)
def test_the_enterprise_is_read_from_a_nickname(rules: Routing, nickname: str, enterprise: str) -> None:
    assert rules.enterprise_of(nickname) == enterprise


def test_the_grid_worker_or_the_one_on_duty(rules: Routing) -> None:
    assert rules.grid_worker("灵峰", "泰准金属") == "网格员一"
    assert rules.grid_worker("灵峰", "没听过的厂") == "值班"
    assert rules.grid_worker("没有的社区", "泰准金属") == "网格员一"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("税务局", "tax"),
        ("税务", "tax"),
        ("国税", "tax"),
        ("tax", "tax"),
        ("北仑区税务局那边", "tax"),
        ("给消防", "fire"),
        ("＠消防救援大队", "fire"),
        ("老板", None),
        ("", None),
    ],
)
def test_a_department_is_known_by_its_names(rules: Routing, text: str, key: str | None) -> None:
    assert rules.department_named(text) == key


def test_who_speaks_for_what(rules: Routing) -> None:
    assert rules.department_of("税务备班") == "tax"
    assert rules.department_of("召集人") is None and rules.department_of("谁") is None
    assert rules.is_worker("网格员一") and not rules.is_worker("税务联络员") and not rules.is_worker("谁")


@pytest.mark.parametrize(
    ("moment", "after"),
    [
        ("2026-11-18 21:59", "2026-11-18 21:59"),
        ("2026-11-18 22:00", "2026-11-19 07:00"),
        ("2026-11-19 03:00", "2026-11-19 07:00"),
        ("2026-11-19 07:00", "2026-11-19 07:00"),
    ],
)
def test_quiet_hours(rules: Routing, moment: str, after: str) -> None:
    assert rules.after_quiet(at(rules, moment)) == at(rules, after)
    assert rules.quiet(at(rules, moment)) == (moment != after)


@pytest.mark.parametrize(
    ("moment", "hours", "before"),
    [
        ("2026-11-18 21:59", 2, "2026-11-18 19:59"),
        ("2026-11-19 03:00", 2, "2026-11-18 20:00"),
        ("2026-11-19 08:00", 1, "2026-11-19 07:00"),
        ("2026-11-19 07:30", 2, "2026-11-18 20:30"),
        ("2026-11-19 10:00", 20, "2026-11-17 20:00"),
        ("2026-11-18 22:00", 0, "2026-11-18 22:00"),
    ],
)
def test_so_much_waking_time_before(rules: Routing, moment: str, hours: int, before: str) -> None:
    assert rules.waking_before(at(rules, moment), timedelta(hours=hours)) == at(rules, before)


# --- the way ---


@pytest.mark.parametrize(
    ("question", "route", "department", "ladder"),
    [
        ({"danger": True, "department": "tax", "department_confidence": 1.0}, "危险", "fire", "紧急"),
        ({"department": "tax", "department_confidence": 0.8}, "明确", "tax", "直达部门"),
        ({"department": "tax", "department_confidence": 0.49}, "默认", "community", "标准"),
        ({"department": "tax", "department_confidence": 0.3, "room_kind": "alliance"}, "联盟群", "tax", "直达部门"),
        ({"department": "community", "department_confidence": 1.0}, "社区", "community", "标准"),
        ({"entry_theme": "税务"}, "税务主题", "tax", "直达部门"),
        ({"text": "我要找119"}, "指名", "fire", "直达部门"),
        ({"department": "gone", "department_confidence": 1.0}, "默认", "community", "标准"),
        ({}, "默认", "community", "标准"),
    ],
)
def test_the_first_route_that_matches_wins(rules: Routing, question: dict, route: str, department: str, ladder: str) -> None:
    way = find_way(Question(**{"text": "问一下", "at": at(rules, "2026-11-18 10:00"), **question}), rules)
    assert (way.route, way.department, way.ladder.name) == (route, department, ladder)
    assert way.reasons and all(reason.detail for reason in way.reasons)


def test_a_route_with_hours_matches_only_within_them(rules: Routing) -> None:
    way = find_way(Question("问", at(rules, "2026-11-21 10:00"), entry_theme="税务"), rules)
    assert way.route == "默认"


def test_every_condition_must_hold(rules: Routing) -> None:
    both = Route("两样", Match(words=("票",), communities=("灵峰",)), "标准")
    only = replace(rules, routes=(both,))
    when = at(rules, "2026-11-18 10:00")
    assert find_way(Question("发票", when, community="灵峰"), only).route == "两样"
    assert find_way(Question("发票", when, community="别处"), only).route == "默认"
    assert find_way(Question("上牌", when, community="灵峰"), only).route == "默认"


def test_which_route_hides_which() -> None:
    wide, narrow = (
        Route("宽", Match(departments=("tax", "fire")), "标准"),
        Route("窄", Match(departments=("tax",), words=("票",)), "标准"),
    )
    assert can_shadow(wide, narrow) and not can_shadow(narrow, wide)
    assert can_shadow(Route("全", Match(), "标准"), wide) and not can_shadow(wide, Route("全", Match(), "标准"))
    low, high = Route("低", Match(min_confidence=0.3), "标准"), Route("高", Match(min_confidence=0.5), "标准")
    assert can_shadow(low, high) and not can_shadow(high, low)


# --- people and deadlines ---


def test_a_department_has_working_hours_and_reminders_before_the_deadline(rules: Routing) -> None:
    tax = plan(rules, "直达部门", 0, "2026-11-18 09:55")
    assert tax.assignee == "税务联络员"
    assert (tax.dispatch_at, tax.acknowledge_by) == (at(rules, "2026-11-18 09:55"), at(rules, "2026-11-18 10:55"))
    assert tax.answer_by == at(rules, "2026-11-19 10:55")
    # 98 % of the time would be ten minutes before the end, and is left out
    assert steps(tax) == [
        ("部门/acknowledge", "remind_acknowledge", "11-18 10:55"),
        ("部门/remind-1", "remind", "11-18 15:25"),
        ("部门/escalate", "escalate", "11-19 10:55"),
    ]


def test_nobody_is_told_outside_the_clock(rules: Routing) -> None:
    late = plan(rules, "直达部门", 0, "2026-11-20 23:00")
    assert late.dispatch_at == at(rules, "2026-11-23 09:00")
    assert late.answer_by == at(rules, "2026-11-24 10:00")
    assert "11-23 09:00 再通知" in details(late)


def test_a_night_clock_still_keeps_the_quiet_hours_unless_urgent(rules: Routing) -> None:
    assert plan(rules, "标准", 2, "2026-11-20 23:00").dispatch_at == at(rules, "2026-11-21 07:00")
    urgent = plan(rules, "紧急", 0, "2026-11-20 23:00")
    assert urgent.dispatch_at == at(rules, "2026-11-20 23:00")
    assert steps(urgent) == [
        ("值班/acknowledge", "remind_acknowledge", "11-20 23:05"),
        ("值班/remind-1", "remind", "11-20 23:12"),
        ("值班/escalate", "escalate", "11-20 23:15"),
    ]


def test_an_urgent_tier_alerts_others_once_each(rules: Routing) -> None:
    urgent = plan(rules, "紧急", 0, "2026-11-18 23:00")
    assert (urgent.assignee, urgent.alert) == ("值班", ("网格员一", "消防联络员"))


def test_a_long_holiday_is_cut_by_max_wait_and_the_person_is_told_in_time_for_an_answer(rules: Routing) -> None:
    spring = plan(rules, "直达部门", 0, "2026-02-14 20:30")
    assert spring.answer_by == at(rules, "2026-02-18 20:30")
    assert spring.dispatch_at == at(rules, "2026-02-18 12:30")
    assert spring.acknowledge_by == at(rules, "2026-02-18 13:30")
    assert "02-18 12:30 先通知" in details(spring) and "超过最长等待" in details(spring)
    assert steps(spring) == [
        ("部门/acknowledge", "remind_acknowledge", "02-18 13:30"),
        ("部门/remind-1", "remind", "02-18 16:30"),
        ("部门/escalate", "escalate", "02-18 20:30"),
    ]


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", [14, 15, 20])
@pytest.mark.parametrize("ladder", ["标准", "直达部门"])
def test_over_a_long_holiday_nobody_is_told_or_reminded_at_night(rules: Routing, ladder: str, day: int, hour: int) -> None:
    for tier in range(len(rules.ladders[ladder].tiers)):
        found = plan(rules, ladder, tier, f"2026-02-{day} {hour:02}:30")
        assert found.dispatch_at + rules.ladders[ladder].tiers[tier].acknowledge <= found.answer_by
        assert not rules.quiet(found.dispatch_at)
        assert found.dispatch_at <= found.acknowledge_by <= found.answer_by
        assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)
        assert not any(rules.quiet(step.at) for step in found.steps if step.kind != "escalate")


def test_max_wait_cuts_a_deadline_that_starts_before_a_holiday(rules: Routing) -> None:
    before = plan(rules, "直达部门", 0, "2026-02-14 14:00")
    assert before.dispatch_at == at(rules, "2026-02-14 14:00")
    assert before.answer_by == at(rules, "2026-02-18 14:00")


@pytest.mark.parametrize(
    ("when", "person", "why"),
    [
        ("2026-11-16 10:00", "税务备班", "税务联络员请假，由税务备班代"),  # away without cover: the backup
        ("2026-12-01 10:00", "税务备班", "税务联络员请假，由税务备班代"),  # away with cover
        ("2026-12-02 17:00", "税务备班", "请假"),  # “to” is included
        ("2026-12-03 10:00", "税务联络员", "税务局由税务联络员答复"),
        ("2026-11-14 10:00", "税务备班", "税务备班"),  # asked on Saturday, told on Monday, when the contact is away
    ],
)
def test_leave_is_looked_up_for_when_the_message_goes_out(rules: Routing, when: str, person: str, why: str) -> None:
    found = plan(rules, "直达部门", 0, when)
    assert found.assignee == person
    assert why in details(found)


def test_the_grid_worker_and_the_cover(rules: Routing) -> None:
    assert plan(rules, "标准", 0, "2026-11-18 10:00").assignee == "网格员一"
    covered = plan(rules, "标准", 0, "2026-11-16 10:00")
    assert covered.assignee == "值班" and "网格员一请假，由值班代" in details(covered)
    assert plan(rules, "标准", 0, "2026-11-18 10:00", enterprise="新厂").assignee == "值班"


@pytest.mark.parametrize(
    ("when", "person"),
    [
        ("2026-11-09 09:00", "队员一"),
        ("2026-11-10 08:59", "队员一"),  # dispatched at 09:00, when the other's turn begins, who is away
        ("2026-11-11 10:00", "队员一"),
        ("2026-11-12 10:00", "队员二"),
    ],
)
def test_the_rota(rules: Routing, when: str, person: str) -> None:
    assert plan(rules, "标准", 1, when).assignee == person


def test_before_the_rota_starts_it_is_counted_backwards(rules: Routing) -> None:
    assert rules.duty["值班表"].on_duty(at(rules, "2026-11-08 10:00")) == ("队员二", "队员一")


def test_the_last_tier_is_repeated_outside_the_quiet_hours(rules: Routing) -> None:
    last = plan(rules, "直达部门", 1, "2026-11-18 09:00")
    assert steps(last) == [
        ("督办/acknowledge", "remind_acknowledge", "11-18 13:00"),
        ("督办/repeat-1", "repeat", "11-18 17:00"),
    ]
    ladder, now, step = rules.ladders["直达部门"], last.steps[-1].at, last.steps[-1]
    seen = [step]
    for _ in range(4):
        step = next_repeat(last, ladder, now, rules, after=step)
        assert step.at > now
        seen.append(step)
        now = step.at
    assert [f"{step.name} {step.at:%d %H:%M}" for step in seen] == [
        "督办/repeat-1 18 17:00",
        "督办/repeat-2 18 21:00",
        "督办/repeat-3 19 07:00",
        "督办/repeat-4 19 09:00",  # the time that was promised
        "督办/repeat-5 19 13:00",
    ]


def test_repeating_counts_from_now_when_the_step_is_long_past(rules: Routing) -> None:
    last = plan(rules, "紧急", 1, "2026-11-18 09:00")
    now = at(rules, "2026-11-20 03:00")
    old = Step("督办/escalate", "escalate", at(rules, "2026-11-18 09:30"))
    assert next_repeat(last, rules.ladders["紧急"], now, rules, after=old) == Step(
        "督办/repeat-1", "repeat", now + timedelta(minutes=15)
    )


def test_the_whole_way_up(rules: Routing) -> None:
    plans = walk(
        rules.ladders["标准"],
        community="灵峰",
        enterprise="泰准金属",
        department="tax",
        at=at(rules, "2026-11-18 09:00"),
        routing=rules,
    )
    assert [(p.tier_name, p.assignee, f"{p.answer_by:%d %H:%M}") for p in plans] == [
        ("网格员", "网格员一", "18 11:00"),
        ("服务队", "队员二", "18 16:30"),
        ("督办", "召集人", "19 16:30"),
    ]


def test_a_ladder_from_an_older_file_strands_nobody(rules: Routing) -> None:
    for to in ("duty:旧表", "contact:走了的人", "department:gone", "anything"):
        gone = Tier("旧", to, timedelta(hours=1), timedelta(hours=2), "旧日历")
        ladder = replace(rules.ladders["标准"], tiers=(gone,))
        found = plan_tier(
            ladder, 0, community="没了", enterprise="", department="gone", at=at(rules, "2026-11-18 10:00"), routing=rules
        )
        assert found.assignee == "值班"
        assert found.answer_by == at(rules, "2026-11-18 12:00")
        assert found.steps[-1].kind == "escalate"


@pytest.mark.parametrize(
    ("channels", "order"),
    [(("wechat",), [0, 0, 0]), (("relay", "wechat"), [1, 0, 1]), (("page", "wechaty"), [1, 2, 0]), (("relay",), [1, 0, 1])],
)
def test_channels_are_tried_in_the_order_of_preference(rules: Routing, channels: tuple[str, ...], order: list[int]) -> None:
    contact = replace(rules.contacts["税务联络员"], channels=channels)
    with_it = replace(rules, contacts={**rules.contacts, contact.name: contact})
    assert [with_it.channel_rank(contact.name, channel) for channel in ("wechaty", "relay", "page")] == order
    assert with_it.channel_rank("走了的人", "page") == 0


def test_an_enterprise_is_known_by_its_longest_name_and_its_own_grid(rules: Routing) -> None:
    near = replace(
        rules.communities["灵峰"], name="东门", duty="队员一", grids={"一格": Grid("一格", "队员二", ("泰准", "泰准金属五金"))}
    )
    both = replace(rules, communities={**rules.communities, "东门": near})
    assert both.enterprise_of("泰准金属五金-安全员") == "泰准金属五金"
    assert both.enterprise_of("ＡＢＣ泰准") == "泰准"
    assert (both.home_of("泰准金属五金"), both.home_of("泰准"), both.home_of("没听过")) == ("东门", "灵峰", "")
    assert both.grid_worker("东门", "泰准") == "队员二" and both.grid_worker("灵峰", "泰准") == "网格员一"
    assert both.grid_worker("东门", "泰准金属") == "队员一"


def test_the_directory_goes_before_the_file_and_leaves_it_as_it_is(rules: Routing) -> None:
    moved = rules.knowing((Enterprise("泰准", "灵峰", "", also=("太准",)),))
    assert moved.enterprise_of("太准-安全员") == "泰准" and moved.grid_worker("灵峰", "泰准") == "值班"
    assert rules.directory == () and rules.grid_worker("灵峰", "泰准") == "网格员一"
    assert moved == replace(rules, directory=moved.directory)
