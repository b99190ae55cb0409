"""The fixed forms in which contacts and workers act on a case: 收到, 转 税务局 …, 退回 …, 接办 #12, 合并 #12 到 #8 …"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.desk.forms import TRAIL, without_number
from bot.model import Operation

_COMMANDS = {
    "退回": Operation.RETURN,
    "接办": Operation.TAKE_OVER,
    "改派": Operation.REASSIGN,
    "合并": Operation.MERGE,
    "关闭": Operation.CLOSE,
    "结案": Operation.CLOSE,
    "办结": Operation.CLOSE,
    "关单": Operation.CLOSE,
    "上报": Operation.ESCALATE,
    "督办": Operation.SUPERVISE,
    "重开": Operation.REOPEN,
}
_ACKNOWLEDGE = re.compile(
    r"^(?:好的?|嗯嗯?|行|ok|okk?|收到|已?收悉|签收|知道了|明白|收到了|好的?[,，]?\s*收到|收到[,，]?\s*谢谢|马上办|马上处理|在办了|👌|\[ok\])"
    + TRAIL,
    re.I,
)
_PARTIAL = re.compile(
    r"我(?:先|再|去)?(?:问|查|看|核实|了解)一?下|我(?:先|再|去)?(?:问问|查查|看看)|稍等|等(?:我)?(?:一)?下(?:再)?(?:发|回|给)|等下|晚点|回头|"
    r"(?:今天|明天|下午|上午|尽快|马上|这两天)[^，。,]{0,4}(?:给你|给您|再)?(?:答复|回复|回你|回您)|(?:你|您)?发我(?:看|一)?下|正在(?:谈|协调|核实|了解|查)"
)
_TRANSFER = re.compile(r"^(?:#|＃)?\d*\s*转(?:给|到|办|交)?\s*[:：]?\s*(?P<rest>\S.*)$", re.S)
_NOT_OURS = re.compile(
    r"(?:不归|不属于|不是)(?:我们|我局|本局|咱们?|我)[^，。,]{0,8}(?:管|职责|范围|负责|业务|的事)?[，。,\s]*(?:请|要|得|应该|应|建议)?(?:转|找|问|去找|联系)(?:给|到|一?下)?(?P<rest>.+)$",
    re.S,
)
_NUMBER_AFTER_VERB = re.compile(r"^(转)\s*[#＃]\s*\d{1,9}\s*")
_WITH_NUMBER = re.compile(r"[#＃]\s*\d{1,9}\s*[:：，,]?")
_VERBS = "|".join(_COMMANDS)
# Strict, because an answer may well begin with such a word: “重开发票要先作废原票”, “退回的税款会打到对公账户”.
_COMMAND = re.compile(
    rf"^\s*(?:[#＃]\s*\d{{1,9}}\s*[:：，,]?\s*)?(?P<verb>{_VERBS})(?=$|[\s#＃，,：:。])\s*(?:[#＃]\s*\d{{1,9}})?[\s，,：:]*(?P<rest>.*)$",
    re.S,
)
_ADDRESSED = re.compile(rf"\s*(?:签收|收到|转|{_VERBS})?\s*[#＃]\s*(\d{{1,9}})")
_FURTHER = re.compile(r"^补充[\s：:，,]+(?P<rest>\S.*)$", re.S)
_COURTESY = re.compile(r"^(?:不客气|不用谢|不谢|没事|应该的|客气了?|谢谢|辛苦了?)" + TRAIL)
_ASKS_BACK = re.compile(r"[?？]\s*$|(?:吗|呢|是哪|哪家|哪个|多少|几[吨台个人岁年])[?？]?\s*$")


@dataclass(frozen=True, slots=True)
class Command:
    """An order about a case: what, and the words after it."""

    operation: Operation
    rest: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A contact's wish to hand a case on: department and reason as written; ``plain`` when nothing else can be meant."""

    department: str
    reason: str
    plain: bool


def addressed_case(text: str) -> int | None:
    """Return the number of the case that a message is about: “#12 …”, “关闭 #12 …”; not a number inside other words."""
    found = _ADDRESSED.match(text)
    return int(found.group(1)) if found else None


def command(text: str) -> Command | None:
    """Read 接办, 改派, 合并, 关闭, 上报, 督办, 重开 and 退回, before or after the case's number, with the words that follow."""
    found = _COMMAND.match(text)
    return Command(_COMMANDS[found.group("verb")], found.group("rest").strip()) if found else None


def target_and_reason(rest: str) -> tuple[str, str]:
    """Split “给 网格员二 他熟悉” into the one it goes to and the reason."""
    target, _, reason = _first_word(re.sub(r"^(?:给|到|交)\s*", "", rest))
    return target, reason.strip()


def further(text: str) -> str | None:
    """Read “补充 内容”, by which a contact insists on words going to askers who have an answer."""
    found = _FURTHER.match(text)
    return found.group("rest").strip() if found else None


def is_courtesy(text: str) -> bool:
    """Tell whether a contact only returns thanks."""
    return bool(_COURTESY.match(_WITH_NUMBER.sub("", text).strip()))


def is_acknowledgement(text: str) -> bool:
    """Tell whether a contact only says that the message has arrived."""
    return bool(_ACKNOWLEDGE.match(_WITH_NUMBER.sub("", text).strip()))


def is_partial(text: str) -> bool:
    """Tell whether a contact's words promise an answer rather than being one."""
    return bool(_PARTIAL.search(text))


def asks_back(text: str) -> bool:
    """Tell whether a contact asks the asker something instead of answering."""
    return bool(_ASKS_BACK.search(text))


def transfer(text: str) -> Transfer | None:
    """Read “转 税务局 原因” and “这个不归我们管，转税务”."""
    words = without_number(text).strip()
    disowned = _NOT_OURS.search(words)
    if disowned:
        department, _, rest = _first_word(disowned.group("rest"))
        return Transfer(department, f"{words[: disowned.start('rest')]}{rest}".strip(), plain=True)
    found = _TRANSFER.match(_NUMBER_AFTER_VERB.sub(r"\1 ", words))
    if not found:
        return None
    department, _, reason = _first_word(found.group("rest"))
    return Transfer(department, reason.strip(), plain=words[1:2].isspace())


def _first_word(text: str) -> tuple[str, str, str]:
    return re.sub(r"[，,。;；\n]", " ", text).strip().partition(" ")
