"""The terminal as a channel: groups and direct chats in one window, line by line, also from a pipe."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import TextIO
from uuid import uuid4

from bot.channels.port import Abilities, Letter
from bot.errors import SendFailed, XiaoshaoError
from bot.model import Case, Person, Recalled, Said

PERSON_PREFIX = "terminal:"
"""What every person id on the terminal begins with; the rest is the name."""

RECALL_WINDOW = timedelta(minutes=2)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "秒": 1, "分钟": 60, "分": 60, "小时": 3600, "天": 86400}

HELP = """直接打字就是在当前的群里说话。命令：
/身份 名字      换一个人说话（不写名字就列出来）
/群 名字        换一个群（不写名字就列出来）
/私聊           跟小哨私聊
/引用 编号 文字  引用某条消息说话
/撤回 编号      撤回自己两分钟内的消息
/快进 8h        拨快演示时钟（30m、8h、1d、1h30m）
/工单           看在办的工单
/帮助           看这段话
/退出           结束（Ctrl-D 也行）"""

log = logging.getLogger(__name__)


class TerminalChannel:
    """Hands letters to the session that shows them; those that come before there is one are kept until then."""

    name = "terminal"
    abilities = Abilities(
        title="终端（演示）",
        receives=True,
        sends=True,
        mentions=True,
        reads_quotes=True,
        sends_quotes=False,
        reads_recalls=True,
        files=False,
        groups=True,
        direct=True,
        limits="只在一个终端窗口里，不连微信",
        risk="没有",
    )

    def __init__(self, rooms: Collection[str]) -> None:
        self._rooms = frozenset(rooms)
        self._show: Callable[[Letter], None] | None = None
        self._early: list[Letter] = []
        self._keys: set[str] = set()
        self._lock = RLock()

    def open_rooms(self, rooms: Collection[str]) -> None:
        """Know further groups from now on; one that has left the routing file stays, for what is still to be said there."""
        self._rooms |= frozenset(rooms)

    def send(self, letter: Letter) -> str:
        """Show the letter once and return its receipt; raises ``SendFailed`` for a group or person that isn't here."""
        if letter.room and letter.room not in self._rooms:
            raise SendFailed(f"终端里没有群「{letter.room}」", permanent=True)
        if not letter.room and not letter.person.startswith(PERSON_PREFIX):
            raise SendFailed(f"终端里没有「{letter.person}」这个人", permanent=True)
        with self._lock:
            if letter.key not in self._keys:
                self._deliver(letter)
                self._keys.add(letter.key)
        return receipt(letter)

    def attach(self, show: Callable[[Letter], None]) -> None:
        """Let a session show what is sent from now on, beginning with what came before."""
        with self._lock:
            self._show = show
            early, self._early = self._early, []
            for letter in early:
                show(letter)

    def _deliver(self, letter: Letter) -> None:
        if self._show is None:
            self._early.append(letter)
            return
        try:
            self._show(letter)
        except (OSError, ValueError) as fault:
            raise SendFailed(f"终端写不进去：{fault}") from fault


def receipt(letter: Letter) -> str:
    """Return the terminal's message id for a letter."""
    return f"{PERSON_PREFIX}{letter.key}"


@dataclass(frozen=True, slots=True)
class TerminalServices:
    """Everything a session is wired to.

    ``handle`` takes an event in; ``settle`` does what can be done now (due steps, sends) and returns when it is done, so that
    a reply is shown before the next line is read; ``advance`` moves the demo clock, None outside the demo; ``people`` are names
    to choose from.
    """

    handle: Callable[[Said | Recalled], object]
    settle: Callable[[], None]
    now: Callable[[], datetime]
    cases: Callable[[], Sequence[Case]]
    channel: TerminalChannel
    rooms: tuple[str, ...]
    people: tuple[str, ...]
    advance: Callable[[timedelta], None] | None = None
    bot_name: str = "小哨"


@dataclass(frozen=True, slots=True)
class Shown:
    """A numbered line: whose it is and where, so that it can be quoted or taken back."""

    message_id: str
    room: str
    sender: str  # "" for the bot
    at: datetime


class TerminalSession:
    """Reads lines until ``/退出`` or the end of input; whatever is said in any chat is printed with a number."""

    def __init__(self, services: TerminalServices, stdin: TextIO, stdout: TextIO) -> None:
        self._services = services
        self._stdin = stdin
        self._stdout = stdout
        self._lock = RLock()
        self._shown: list[Shown] = []
        self._name = services.people[0]
        self._room = services.rooms[0]
        self._commands: dict[str, Callable[[str], None]] = {
            "身份": self._become,
            "群": self._enter,
            "私聊": self._go_direct,
            "引用": self._quote,
            "撤回": self._recall,
            "快进": self._push,
            "工单": self._list_cases,
            "帮助": lambda _: self._print(HELP),
        }

    def run(self) -> None:
        """Talk until the end; a fault in one line is told and doesn't end the session."""
        self._services.channel.attach(self._show_letter)
        self._print(f"{self._services.bot_name}在这里。/帮助 看命令，/退出 结束。")
        self._tell_place()
        try:
            for line in self._stdin:
                if line.strip() in ("/退出", "／退出"):
                    break
                self._take(line.rstrip("\r\n"))
        except KeyboardInterrupt:
            self._print("")
        self._services.settle()
        self._print("再见。")

    def _take(self, line: str) -> None:
        try:
            if line[:1] in ("/", "／"):
                self._command(line[1:])
            elif line.strip():
                self._say(line)
            self._services.settle()
        except XiaoshaoError as trouble:
            self._print(f"！没有成功：{trouble}")
        except Exception as accident:
            log.exception("terminal line failed")
            self._print(f"！小哨处理这一行时出了意外：{accident}")

    def _command(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        command = self._commands.get(word)
        if command is None:
            self._print(f"没有 /{word} 这个命令，/帮助 看有哪些。")
            return
        command(rest.strip())

    @property
    def _person(self) -> Person:
        return Person(f"{PERSON_PREFIX}{self._name}", self._name)

    def _say(self, text: str, quoted: str | None = None) -> None:
        services, now, message_id = self._services, self._services.now(), uuid4().hex
        mentions = tuple(f"{PERSON_PREFIX}{name}" for name in services.people if f"@{name}" in text)
        called = f"@{services.bot_name}" in text
        said = Said(services.channel.name, message_id, self._room, self._person, text, now, quoted, mentions, called)
        with self._lock:  # a reply from another thread waits until the message stands above it
            services.handle(said)
            self._show(Shown(message_id, self._room, self._person.id, now), self._name, text)

    def _become(self, name: str) -> None:
        if not name:
            self._print("可以是：" + "、".join(self._services.people))
            return
        self._name = name
        self._tell_place()

    def _enter(self, name: str) -> None:
        found = [room for room in self._services.rooms if name and name in room]
        if len(found) != 1:
            self._print("有这些群：" + "、".join(self._services.rooms))
            return
        self._room = found[0]
        self._tell_place()

    def _go_direct(self, _: str) -> None:
        self._room = ""
        self._tell_place()

    def _quote(self, rest: str) -> None:
        number, _, text = rest.partition(" ")
        shown = self._numbered(number)
        if shown is None or not text.strip():
            self._print("这样写：/引用 3 要引用着说的话")
            return
        self._say(text.strip(), shown.message_id)

    def _recall(self, number: str) -> None:
        shown, now = self._numbered(number), self._services.now()
        if shown is None or shown.sender != self._person.id:
            self._print("只能撤回自己的消息：/撤回 编号")
        elif now - shown.at > RECALL_WINDOW:
            self._print("发出超过两分钟，不能撤回了。")
        else:
            own = f"recall:{shown.message_id}"
            self._services.handle(Recalled(self._services.channel.name, own, shown.room, self._person, shown.message_id, now))
            self._print(f"{self._name}撤回了 [{number}]")

    def _push(self, word: str) -> None:
        step = duration(word)
        if self._services.advance is None:
            self._print("只有演示时才能拨快时钟。")
        elif step is None:
            self._print("这样写：/快进 8h（30m、8h、1d、1h30m）")
        else:
            self._services.advance(step)
            self._print(f"现在是 {self._services.now():%Y-%m-%d %H:%M}")

    def _list_cases(self, _: str) -> None:
        cases = self._services.cases()
        if not cases:
            self._print("没有在办的工单。")
        for case in cases:
            due = f"，下一步 {case.due.at:%m-%d %H:%M}" if case.due else ""
            self._print(f"#{case.number} {case.assignee or '等同行'}{due}：{case.question}")

    def _numbered(self, word: str) -> Shown | None:
        number = int(word) if word.isdecimal() and len(word) < 9 else 0
        with self._lock:
            return self._shown[number - 1] if 0 < number <= len(self._shown) else None

    def _tell_place(self) -> None:
        self._print(
            f"（{self._name} 在{f'「{self._room}」' if self._room else '跟' + self._services.bot_name + '的私聊'}里说话）"
        )

    def _show_letter(self, letter: Letter) -> None:
        text = f"@{letter.mention.name} {letter.text}" if letter.mention else letter.text
        shown = Shown(receipt(letter), letter.room, "", self._services.now())
        self._show(shown, self._services.bot_name, text, partner=letter.person.removeprefix(PERSON_PREFIX))

    def _show(self, shown: Shown, name: str, text: str, *, partner: str = "") -> None:
        place = shown.room or f"私聊 {partner or name}"
        with self._lock:
            lines = visible(text).split("\n")
            self._print(f"[{len(self._shown) + 1}] {place}｜{name}：" + "\n    ".join(lines))
            self._shown.append(shown)

    def _print(self, text: str) -> None:
        with self._lock:
            print(text, file=self._stdout, flush=True)


def duration(word: str) -> timedelta | None:
    """Read ``1h30m``, ``8h``, ``20分钟`` …; None if it is none or nothing."""
    units = "|".join(UNITS)
    if not re.fullmatch(rf"(?:\d{{1,4}}\s*(?:{units})\s*)+", word):
        return None
    return timedelta(seconds=sum(int(number) * UNITS[unit] for number, unit in re.findall(rf"(\d+)\s*({units})", word))) or None


def visible(text: str) -> str:
    """Return the text with control characters made visible, so that no message can steer the terminal."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs"):
        return character
    return chr(0x2400 + ord(character)) if character < " " else "\ufffd"
