"""Words that turn a matter into another: it is cancelled, lost, renewed, disputed …, or is somebody else's; or it is denied."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.matching.coverage import LeftOut

QUALIFIERS = {
    "cancelled": "注销 销户 撤销 撤回 撤掉 撤下 怎么撤 能撤 要撤 取消 终止 作废 退出 拆除 不干了 不做了 停用 报停",
    "lost": "补办 补证 补牌 补领 补发 补一 挂失 遗失 丢 弄没 偷 损坏 撬 冲走 找不到",
    "changed": "变更 改名 改成 改了 换人 换了 换到 更改 转让 转给 过户 迁 搬",
    "renewed": "续期 续签 续租 续约 续证 续一年 不续 延期 展期 延长 到期 换证 复审 过期",
    "disputed": "投诉 举报 申诉 复议 起诉 不服 维权 仲裁 告他 告到 上告 反映 讲理",
    "looked_up": "查询 进度 查到 查不 核实 真假 真伪 在哪查 在哪看 哪里查 哪里看 怎么查 怎么看 公示 公告",
    "refunded": "退费 退款 退回 退钱 退掉 退还 退吗 能退 不退 返还",
    "compensated": "赔 补偿 报销",
    "assessed": "鉴定 评级 评定 等级 几级",
    "mended": "补缴 补交 补报 更正 填错 做错 写错 弄错 勾错 选错 错了 改回 恢复 重新 修复",
    "reduced": "减容 减少 减免 减员 暂停 缓缴 缓交 调低 少交",
    "moved": "异地 转移 转出 转入 转回 跨省 转过来 外省 老家",
    "personal": "我自己 个人 老婆 老公 爸 妈 孩子 小孩 儿子 女子 女儿 家里 自家 亲戚 老乡 朋友",
    "abroad": "外国 外籍 老外 国外 日本 韩国 德国 出国 境外 海外 香港 台湾",
    "others": "别人 对面 隔壁 邻居 人家 他们 骗",
}
"""What may be said of a matter. An entry that says nothing of the kind is about something else: applying isn't cancelling."""

_NAMES = tuple(QUALIFIERS)
_NAME_OF = {word: name for name, words in QUALIFIERS.items() for word in words.split()}
# Most characters begin none of the words: looking at that first is three times as fast.
_SAID = re.compile(
    f"(?=[{''.join(sorted({word[0] for word in _NAME_OF}))}])(?:{'|'.join(sorted(_NAME_OF, key=len, reverse=True))})"
)
_DENIES = re.compile(
    r"(?<![是要])不是(?!很|太)[^,，。?;!吗]{1,12}(?:[,，。;! ]|$)|不是(?:[问说要转报那]|一回事|同一)|[问说]的(?:不)?是|"
    r"非[^常法]{2,8}[)），,]|单纯|另外"
)

COUNT = len(_NAMES) + 5


def said(text: str) -> Counter[str]:
    """Return how often a normalised text says each of the qualifiers."""
    return Counter(map(_NAME_OF.__getitem__, _SAID.findall(text)))


@dataclass(frozen=True, slots=True)
class Qualified:
    """What an entry's phrasings say of their matter, and what its answer says."""

    asked: Counter[str]
    answered: frozenset[str]


def qualified(phrasings: Sequence[str], answer: str) -> Qualified:
    """Return what an entry says of its matter, by its normalised texts."""
    return Qualified(said("\n".join(phrasings)), frozenset(said(answer)))


def measure(text: str, entry: Qualified, own: LeftOut | None = None) -> tuple[tuple[float, ...], str]:
    """Return the features of what a message says of its matter that an entry doesn't, or says seldom, and the first such word.

    ``own`` is the entry's phrasing that must not count.
    """
    asked = entry.asked - said(own.text) if own else entry.asked
    words = _SAID.findall(text)
    names = dict.fromkeys(map(_NAME_OF.__getitem__, words))
    lacking = [name for name in names if not asked[name]]
    rare = [1 / (1 + asked[name]) for name in names]
    features = (
        float(bool(_DENIES.search(text))),
        min(len(lacking), 3) / 2,
        float(any(name not in entry.answered for name in lacking)),
        max(rare, default=0.0),
        math.fsum(rare) / 2,
        *(float(name in lacking) for name in _NAMES),
    )
    return features, next((word for word in words if _NAME_OF[word] in lacking), "")
