"""Words that turn a matter into another: it is cancelled, lost, renewed, disputed …, or is somebody else's; or it is denied."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.matching.coverage import LeftOut

QUALIFIERS = {
    "cancelled": r"注销|销户|撤销|撤回|撤掉|撤下|(?:怎么|能|要)撤|取消|终止|作废|退出|拆除|不(?:干|做|要|想.)了|不想|停用|报停",
    "lost": r"补(?:办|证|牌|领|发|一)|挂失|遗失|丢|弄没|偷|损坏|撬|冲走|找不到",
    "changed": r"变更|改[名成了]|换人|换[了到]|更改|转让|转给|过户|迁|搬",
    "renewed": r"续[期签租约证]|续一年|不续|延期|展期|延长|到期|换证|复审|过期",
    "disputed": r"投诉|举报|申诉|复议|起诉|不服|维权|仲裁|告[他到]|上告|讨|反映|讲理",
    "looked_up": r"查询|进度|查[到不]|核实|真[假伪]|(?:在哪|哪里|怎么)[查看]|公[示告]",
    "refunded": r"退[费款回钱掉还吗]|[能不]退|返还",
    "compensated": r"赔|补偿|报销",
    "assessed": r"鉴定|评[级定]|等级|几级",
    "mended": r"补[缴交报]|更正|[填做写弄勾选]错|错了|改回|恢复|重新|修复",
    "reduced": r"减[容少免员]|暂停|缓[缴交]|降|调低|少交",
    "moved": r"异地|转[移出入回]|跨省|转过来|外省|老家",
    "personal": r"我自己|个人|老[婆公]|爸|妈|孩子|小孩|[儿女]子|女儿|家里|自家|亲戚|老乡|朋友",
    "abroad": r"外[国籍]|老外|国外|日本|韩国|德国|出国|[境海]外|香港|台湾",
    "others": r"别人|对面|隔壁|邻居|人家|他们|骗",
}
"""What may be said of a matter. An entry that says nothing of the kind is about something else: applying isn't cancelling."""

_NAMES = tuple(QUALIFIERS)
_SAID = re.compile("|".join(f"({pattern})" for pattern in QUALIFIERS.values()))
_DENIES = re.compile(
    r"(?<![是要])不是(?!很|太)[^,，。?;!吗]{1,12}(?:[,，。;! ]|$)|不是(?:[问说要转报那]|一回事|同一)|[问说]的(?:不)?是|"
    r"非[^常法]{2,8}[)），,]|单纯|另外"
)

COUNT = len(_NAMES) + 3


def said(text: str) -> Counter[str]:
    """Return how often a normalised text says each of the qualifiers."""
    return Counter(_NAMES[(found.lastindex or 1) - 1] for found in _SAID.finditer(text))


@dataclass(frozen=True, slots=True)
class Qualified:
    """What an entry's phrasings say of their matter, and what its answer says."""

    asked: Counter[str]
    answered: frozenset[str]


def qualified(phrasings: Sequence[str], answer: str) -> Qualified:
    """Return what an entry says of its matter, by its normalised texts."""
    return Qualified(said("\n".join(phrasings)), frozenset(said(answer)))


def measure(text: str, entry: Qualified, own: LeftOut | None = None) -> tuple[tuple[float, ...], str]:
    """Return the features of what a message says of its matter that an entry doesn't, and the first such word.

    ``own`` is the entry's phrasing that must not count.
    """
    asked = entry.asked - said(own.text) if own else entry.asked
    lacking = dict[str, str]()
    for found in _SAID.finditer(text):
        name = _NAMES[(found.lastindex or 1) - 1]
        if not asked[name]:
            lacking.setdefault(name, found[0])
    unheard = any(name not in entry.answered for name in lacking)
    flags = (float(name in lacking) for name in _NAMES)
    return (float(bool(_DENIES.search(text))), min(len(lacking), 3) / 2, float(unheard), *flags), next(iter(lacking.values()), "")
