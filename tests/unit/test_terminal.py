"""The terminal session: talking, commands, piped input, faults."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.channels.port import Letter
from bot.channels.terminal import TerminalChannel, TerminalServices, TerminalSession, duration, visible
from bot.errors import LedgerFull, SendFailed
from bot.model import Person, Recalled, Said
from tests.samples import ROOM, HandClock, opened, said

ALLIANCE = "锋领企服联盟"
SAFETY, TAXMAN = "泰准金属-安全员", "税务局联络员"


@dataclass
class Desk:
    """Takes events, and answers those with 叉车 when it is settled."""

    channel: TerminalChannel = field(default_factory=lambda: TerminalChannel([ROOM, ALLIANCE]))
    clock: HandClock = field(default_factory=HandClock)
    events: list = field(default_factory=list)
    waiting: list[Letter] = field(default_factory=list)
    fault: Exception | None = None
    cases: list = field(default_factory=list)
    pushed: list[timedelta] = field(default_factory=list)

    def handle(self, event):
        if self.fault:
            raise self.fault
        self.events.append(event)
        if isinstance(event, Said) and "叉车" in event.text:
            person = event.sender.id if event.direct else ""
            mention = None if event.direct else event.sender
            self.waiting.append(Letter(f"re-{event.message_id}", event.room, person, "去窗口办\n带上发票", mention))

    def settle(self):
        while self.waiting:
            self.channel.send(self.waiting.pop(0))

    def push(self, step):
        self.pushed.append(step)
        self.clock.at += step

    def session(self, text: str, *, demo: bool = True, bot_name: str = "小哨") -> str:
        services = TerminalServices(
            handle=self.handle,
            settle=self.settle,
            now=self.clock.now,
            cases=lambda: self.cases,
            channel=self.channel,
            rooms=(ROOM, ALLIANCE),
            people=(SAFETY, TAXMAN),
            advance=self.push if demo else None,
            bot_name=bot_name,
        )
        out = io.StringIO()
        TerminalSession(services, io.StringIO(text), out).run()
        return out.getvalue()


@pytest.fixture
def desk():
    return Desk()


def test_line_is_said_in_the_first_group_as_the_first_person(desk):
    desk.session("@小哨 你好 @税务局联络员\n")
    (event,) = desk.events
    assert (event.room, event.sender, event.text) == (ROOM, Person(f"terminal:{SAFETY}", SAFETY), "@小哨 你好 @税务局联络员")
    assert event.mentions_bot
    assert event.mentions == (f"terminal:{TAXMAN}",)


def test_reply_is_printed_below_the_message_with_a_mention_and_indented_lines(desk):
    shown = desk.session("新叉车去哪上牌\n")
    assert f"[1] {ROOM}｜{SAFETY}：新叉车去哪上牌\n[2] {ROOM}｜小哨：@{SAFETY} 去窗口办\n    带上发票\n" in shown


def test_bot_goes_by_its_own_name(desk):
    shown = desk.session("@小铃 新叉车\n", bot_name="小铃")
    assert "｜小铃：" in shown
    assert desk.events[0].mentions_bot


def test_last_line_without_newline_counts_and_eof_ends(desk):
    assert desk.session("新叉车去哪上牌").endswith("再见。\n")
    assert len(desk.events) == 1


def test_quit_stops_reading(desk):
    desk.session("/退出\n不该再读\n")
    assert desk.events == []


def test_blank_lines_say_nothing(desk):
    desk.session("\n   \n\t\n")
    assert desk.events == []


def test_identity_group_and_direct_chat(desk):
    shown = desk.session("/身份 税务局联络员\n/群 联盟\n甲\n/私聊\n新叉车\n")
    group, direct = desk.events
    assert (group.sender.name, group.room) == (TAXMAN, ALLIANCE)
    assert direct.direct
    assert f"[3] 私聊 {TAXMAN}｜小哨：去窗口办" in shown


def test_names_are_listed_when_none_or_a_wrong_one_is_given(desk):
    shown = desk.session("/身份\n/群\n/群 没有的群\n")
    assert f"可以是：{SAFETY}、{TAXMAN}" in shown
    assert shown.count(f"有这些群：{ROOM}、{ALLIANCE}") == 2


def test_quote_points_to_the_numbered_message(desk):
    desk.session("新叉车去哪上牌\n/引用 2 那要带什么\n")
    first, second = desk.events
    assert second.quoted == f"terminal:re-{first.message_id}"
    assert second.text == "那要带什么"


@pytest.mark.parametrize("line", ["/引用", "/引用 9 话", "/引用 零 话", "/引用 1", "/引用 -1 话", "/引用 ² 话"])
def test_quote_of_nothing_is_explained_and_says_nothing(desk, line):
    shown = desk.session(f"甲\n{line}\n")
    assert "这样写：/引用 3" in shown
    assert len(desk.events) == 1


def test_recall_of_an_own_message(desk):
    desk.session("说错了\n/撤回 1\n")
    first, second = desk.events
    assert isinstance(second, Recalled)
    assert (second.recalled, second.room, second.sender) == (first.message_id, ROOM, first.sender)


def test_recall_is_refused_for_others_and_after_two_minutes(desk):
    shown = desk.session("甲\n/身份 税务局联络员\n/撤回 1\n/身份 泰准金属-安全员\n/快进 3m\n/撤回 1\n")
    assert "只能撤回自己的消息" in shown
    assert "超过两分钟" in shown
    assert len(desk.events) == 1


def test_clock_is_pushed_in_the_demo_only(desk):
    assert "现在是 2026-11-18 17:55" in desk.session("/快进 8h\n")
    assert "只有演示时" in desk.session("/快进 8h\n", demo=False)
    assert "这样写：/快进" in desk.session("/快进 很久\n")
    assert desk.pushed == [timedelta(hours=8)]


def test_cases_are_listed(desk):
    assert "没有在办的工单" in desk.session("/工单\n")
    desk.cases.append(opened(7, said()))
    assert "#7 税务局联络员，下一步 11-18 13:55：公司车间要做税务注销清算去哪办" in desk.session("/工单\n")


def test_help_names_every_command_and_an_unknown_one_is_told(desk):
    shown = desk.session("/帮助\n/跳舞\n／工单\n")
    for command in ("身份", "群", "私聊", "引用", "撤回", "快进", "工单", "帮助", "退出"):
        assert f"/{command}" in shown
    assert "没有 /跳舞 这个命令" in shown
    assert "没有在办的工单" in shown


def test_full_disk_gives_no_receipt_and_the_session_goes_on(desk):
    desk.fault = LedgerFull("磁盘满了，没有登记")
    shown = desk.session("新叉车\n/帮助\n")
    assert "没有成功：磁盘满了，没有登记" in shown
    assert "[1]" not in shown
    assert "/撤回" in shown


def test_accident_does_not_end_the_session(desk, caplog):
    desk.fault = RuntimeError("坏了")
    shown = desk.session("甲\n/帮助\n")
    assert "出了意外：坏了" in shown
    assert "/撤回" in shown
    assert "terminal line failed" in caplog.text


def test_letters_from_before_the_session_are_shown(desk):
    desk.channel.send(Letter("early", ROOM, "", "停机时到期的"))
    assert f"[1] {ROOM}｜小哨：停机时到期的" in desk.session("")


def test_broken_output_is_a_passing_failure_and_is_tried_again(desk):
    shown: list[Letter] = []

    def broken(letter: Letter) -> None:
        raise BrokenPipeError("没人看")

    desk.channel.attach(broken)
    with pytest.raises(SendFailed) as failure:
        desk.channel.send(Letter("a", ROOM, "", "甲"))
    assert not failure.value.permanent
    desk.channel.attach(shown.append)
    desk.channel.send(Letter("a", ROOM, "", "甲"))
    assert [letter.key for letter in shown] == ["a"]


def test_control_characters_cannot_steer_the_terminal():
    assert visible("\x1b[2J\x07甲\x9b\r乙") == "␛[2J␇甲\ufffd␍乙"


@pytest.mark.parametrize(
    ("word", "minutes"),
    [("8h", 480), ("30m", 30), ("1h30m", 90), ("1d", 1440), ("20分钟", 20), ("2 小时", 120), ("1天2小时", 1560)],
)
def test_durations(word, minutes):
    assert duration(word) == timedelta(minutes=minutes)


@pytest.mark.parametrize("word", ["", "8", "h", "-8h", "0m", "8x", "八小时", "99999h"])
def test_bad_durations(word):
    assert duration(word) is None
