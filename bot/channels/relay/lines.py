"""What a single line of pasted chat can be: a name with or without its message, a time, a notice of WeChat's own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.channels.relay.stamps import STAMP_WITH_CLOCK, Stamp, read_stamp

LONGEST_NAME = 40

_NOTICES = re.compile(
    "|".join(
        (
            r".{1,60}?(?:撤回了一条消息|(?:收回|撤回)了?一[则則]訊息)(?:[，, ]*(?:重新编辑|重新編輯))?",
            r".{1,60}(?:邀请|邀請).{1,200}加入了?(?:群聊|群组|群組)",
            r".{1,60}(?:通过|通過|透過).{0,80}(?:二维码|二維碼|群聊邀请|行動條碼).{0,20}(?:加入|进入|進入).{0,10}",
            r"[—\-–=_ ]*以下(?:是|为|為)(?:新|未读|未讀)(?:消息|訊息|的消息)[—\-–=_ ]*",
            r".{1,60}(?:修改群名为|修改群名為|将群名改为|將群組名稱改為).{1,80}",
            r".{1,60}(?:将|將|把).{1,80}移出了?(?:群聊|群组|群組)",
            r".{1,60}(?:退出了?群聊|离开了?群聊|離開群組)",
            r"(?:我|[“\"].{1,40}[”\"])\s*拍了拍\s*(?:我|自己|[“\"].{1,60})",
            r".{1,60}(?:领取了|領取了).{1,40}的?红包.{0,10}",
            r".{1,60}已成为新(?:的)?群主|.{1,60}(?:开启|关闭)了.{1,20}(?:确认|群管理|禁言).{0,10}",
            r".{1,60}与群里其他人都不是.{0,10}朋友关系.{0,30}",
            r"(?:.{1,80}的)?(?:聊天记录|聊天記錄|對話紀錄)[:：]?",
        )
    )
)
_RULED_DATE = re.compile(r"[—\-–―─=_*\s]{2,}(?P<date>[^—–―─=_*]{4,30}?)[—\-–―─=_*\s]{2,}")
_NAME_THEN_TIME = re.compile(rf"(?P<name>\S.{{0,60}}?)[\s\u3000]{{1,20}}[(（\[]?(?P<stamp>{STAMP_WITH_CLOCK})[)）\]]?[:：]?")
_TIME_THEN_MORE = re.compile(rf"[(（\[【]?(?P<stamp>{STAMP_WITH_CLOCK})[)）\]】]?[\s\u3000]+(?P<rest>\S.*)")
_NAME_ALONE = re.compile(r"(?P<name>\S.{0,60}?)\s{0,4}(?P<colon>[:：])")
_LISTED = re.compile(r"(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[(（].{1,3}[)）])\s*[.、)）]|https?|[-•·*▪●]\s")
_NOT_IN_NAMES = frozenset("，。？！；「」《》?!;\t")
_LABEL = re.compile(
    "(?:所需|需要|申请)?材料|(?:办理|提交)?(?:地址|地点|时间|流程|时限)|(?:联系|咨询)?电话|联系人|费用|收费|步骤|条件|(?:法律)?依据|来源|注意(?:事项)?|"
    "备注|说明|附件|链接|网址|[问答]|问题|回答|(?:温馨)?提示|通知|结论|要求|方[式法]|例如|比如|如下|主题|内容|标题|日期|"
    "公司|单位|企业|姓名|名称|数量|金额|型号"
)
"""What begins a line of an answer rather than a message."""


@dataclass(frozen=True, slots=True)
class Header:
    """A line that begins somebody's message; ``text`` is what of the message stands on the same line."""

    name: str
    text: str
    stamp: Stamp | None
    colon: str = ""  # how name and text are parted: ":", "：", ": " or "" in forms without a colon


def bare(line: str) -> str:
    """Return a line without what nobody sees at its ends: zero-width marks, byte-order marks, spaces."""
    return "".join(char for char in line if unicodedata.category(char) != "Cf" or char == "\u200d").strip()


def is_notice(line: str) -> bool:
    """Tell whether the line is WeChat's own words: somebody joined, took something back, a title."""
    return _NOTICES.fullmatch(line) is not None


def time_line(line: str, today: date) -> Stamp | None:
    """Read a line that is a time alone, also between rules; a bare word such as 昨天 or two numbers are not enough."""
    ruled = _RULED_DATE.fullmatch(line)
    if ruled:
        return read_stamp(ruled.group("date"), today)
    stamp = read_stamp(line, today)
    if stamp is None or (stamp.clock is None and not re.search(r"\d{4}|月", line)):
        return None
    return stamp


def timed_header(line: str, today: date) -> Header | None:
    """Read “名  09:55” or “2026-11-18 09:55 名”, also followed by “: 文本”."""
    led = _TIME_THEN_MORE.fullmatch(line)
    inline = inline_header(led.group("rest"), "") if led else None
    if led and inline and inline.text:
        return Header(inline.name, inline.text, read_stamp(led.group("stamp"), today))
    for pattern, place in ((_NAME_THEN_TIME, "name"), (_TIME_THEN_MORE, "rest")):
        found = pattern.fullmatch(line)
        stamp = read_stamp(found.group("stamp"), today) if found else None
        if found and stamp and is_name(found.group(place)):
            return Header(found.group(place).rstrip(":："), "", stamp)
    return None


def block_header(line: str) -> Header | None:
    """Read “名:” alone on its line."""
    found = _NAME_ALONE.fullmatch(line)
    if found is None or not is_name(found.group("name")):
        return None
    return Header(found.group("name"), "", None, found.group("colon"))


def inline_header(line: str, colon: Literal["", ": ", ":", "："]) -> Header | None:
    """Read “名: 文本”; with ``colon`` only where name and text are parted in just that way."""
    part = colon or colon_of(line)
    name, found, text = line.partition(part) if part else (line, "", "")
    name = name.strip()
    if not found or not is_name(name) or text.startswith("//"):
        return None
    return Header(name, text.strip(), None, part)


def colon_of(line: str) -> Literal["", ": ", ":", "："]:
    """Return how a line parts name and text: at a colon with a space if it has one, else at its first colon."""
    if ": " in line:
        return ": "
    places = [(line.find(colon), colon) for colon in (":", "：") if colon in line]
    first = min(places, default=(0, ""))[1]
    return ":" if first == ":" else "：" if first == "：" else ""


def is_name(text: str) -> bool:
    """Tell whether a text can be a nickname rather than the beginning of a sentence or of a list."""
    if not 0 < len(text) <= LONGEST_NAME or text.isdecimal() or _LABEL.fullmatch(text):
        return False
    return not (_NOT_IN_NAMES & set(text)) and _LISTED.match(text) is None and not text.endswith(("如下", "包括", "注意"))
