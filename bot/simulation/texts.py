"""What people say in the simulation: the library's own phrasings, near misses, questions and talk, and stock lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from bot.model import Library
from bot.simulation.noise import in_haste

TALK: Mapping[str, float] = {
    "greeting": 2,
    "smalltalk": 5,
    "statement": 5,
    "announcement": 2,
    "advert": 1,
    "thanks": 1.5,
    "answer": 2,
    "nearmiss": 2,
}
"""How the talk of a group is made up, in parts."""

DANGERS = (
    "车间着火了",
    "有人触电了快来",
    "配电房冒烟起火了",
    "仓库着火了，火很大",
    "有人被机器压伤了，流了很多血",
    "煤气泄漏了，味道很重",
)
OPENINGS = ("在吗", "请教个事", "想问一下", "各位", "问个问题")
PEER_ANSWERS = (
    "我们上个月办过，窗口直接受理的，带营业执照和公章就行",
    "这个去行政服务中心问综合窗口，当天就办好了",
    "我家去年也是这样，打电话问过主管部门，说网上就能报",
    "我们是让代办跑的，材料齐了一周拿到",
    "不用跑，网上申请就可以，审核大概三个工作日",
)
ANSWERS = (
    "您好，这件事可以办，带营业执照复印件和经办人身份证到窗口申请，材料齐全当场受理。",
    "已核实，按现行规定不需要另外审批，自己做好记录备查即可。",
    "经查，贵公司的情况符合条件，请在网上提交申请，审核通过会短信通知。",
    "这类情况由企业自行申报，系统里选对应的事项，填好提交就完成了。",
    "答复如下：先整改再申请复查，复查通过就可以恢复使用，不收费。",
    "可以的，准备好合同和最近一期报表，线上提交后有专人联系。",
)
PARTIALS = ("我先问一下业务科室，稍等", "这个要核实，下午给您答复", "我查一下，晚点回复")
ASKS_BACK = ("贵公司是一般纳税人还是小规模，注册地址是哪里？", "是新办的还是原来就有的？", "设备是哪一年买的，有编号吗？")
SUPPLEMENTS = ("补充一下，我们是去年下半年搬进来的，手续都在", "我们是小规模的，以前没有办过", "编号在铭牌上，是前年买的")
REASONS = ("这是他们的职责范围", "牵头部门是他们", "要他们先出意见")
ACKNOWLEDGEMENTS = ("收到", "好的收到", "收到，谢谢", "签收")
URGING = ("我的问题怎么样了", "我问的有结果了吗", "@小哨 我的问题到哪一步了")
WITHDRAWALS = ("算了，不用了", "问到了，不用问了")
THANKS = ("谢谢", "谢谢小哨", "多谢，明白了")
PICTURES = ("[图片]", "[语音]", "[图片] 现场就是这样", "[文件] 通知.pdf")
FOLLOW_UPS = ("那要带什么材料", "要多久能办好", "那要多少钱", "去哪里办")


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it will be asked; ``source`` is the library's wording, ``entry`` the entry that knows it, if one does."""

    text: str
    source: str
    entry: str = ""


class Texts:
    """Draws what somebody says; ``random`` decides everything."""

    def __init__(self, library: Library, random: Random, noisy: float) -> None:
        self._random = random
        self._noisy = noisy
        self._known: dict[str, list[tuple[str, str]]] = {}
        for entry in library.for_matching().entries.values():
            self._known.setdefault(entry.department, []).extend((question, entry.id) for question in entry.questions)
        self._unknown = {key: list(examples.questions) for key, examples in library.departments.items()}
        self._general = list(library.general_questions)
        self._talk = {kind: texts for kind, texts in library.chatter.items() if texts}
        near = [text for entry in library.entries.values() for text in entry.not_this]
        self._near = near or ["哪里有便宜的"]
        self._titles = {entry.id: entry.title for entry in library.for_matching().entries.values()}

    def title(self, entry: str) -> str:
        """Return the title of an entry, as an offer shows it."""
        return self._titles.get(entry, "")

    def known(self, departments: Sequence[str]) -> Asking | None:
        """Draw a question that the FAQ knows, about the business of one of these departments; None if it knows none."""
        pools = [self._known[key] for key in departments if key in self._known]
        if not pools:
            return None
        source, entry = self._random.choice(self._weighted(pools))
        return Asking(self._typed(source), source, entry)

    def unknown(self, departments: Sequence[str]) -> Asking:
        """Draw a question that no entry answers; one in twenty belongs to nobody in particular."""
        pools = [self._unknown[key] for key in departments if self._unknown.get(key)]
        pool = self._general if not pools or (self._general and self._random.random() < 0.05) else self._random.choice(pools)
        source = self._random.choice(pool)
        return Asking(self._typed(source), source)

    def again(self, asking: Asking) -> Asking:
        """Return the same question as somebody else would type it."""
        return Asking(self._typed(asking.source), asking.source, asking.entry)

    def talk(self) -> tuple[str, str]:
        """Draw a message that is no question for the bot: its kind and its text."""
        kinds = [kind for kind in self._talk if kind in TALK]
        if not kinds or self._random.random() < 0.03:
            return "near", self._random.choice(self._near)
        kind = self._random.choices(kinds, [TALK[kind] for kind in kinds])[0]
        return kind, self._random.choice(self._talk[kind])

    def pieces(self, text: str) -> list[str]:
        """Break a question into what is sent one after the other: an opening before it, or its clauses."""
        clauses = [clause for clause in re.split(r"[，,。；;]", text) if clause.strip()]
        if len(clauses) < 2 or self._random.random() < 0.5:
            return [self._random.choice(OPENINGS), text]
        middle = len(clauses) // 2
        return ["，".join(clauses[:middle]), "，".join(clauses[middle:])]

    def personal(self, text: str) -> tuple[str, str]:
        """Add a made-up telephone or ID number to a text; return it with the number."""
        digits = "".join(str(self._random.randrange(10)) for _ in range(8))
        number = f"138{digits}"
        if self._random.random() < 0.5:
            day = f"19{self._random.randrange(70, 99)}{self._random.randrange(1, 13):02}{self._random.randrange(1, 29):02}"
            number = with_check_digit(f"330206{day}{self._random.randrange(1000):03}")
        return f"{text}，我的号码{number}", number

    def choice(self, lines: Sequence[str]) -> str:
        """Draw one of these lines."""
        return self._random.choice(lines)

    def _typed(self, text: str) -> str:
        return in_haste(text, self._random.randrange(1_000_000)) if self._random.random() < self._noisy else text

    def _weighted(self, pools: Sequence[list[tuple[str, str]]]) -> list[tuple[str, str]]:
        return self._random.choices(pools, [len(pool) for pool in pools])[0]


def with_check_digit(digits: str) -> str:
    """Return 17 digits as an ID number, with the check digit of GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return digits + "10X98765432"[rest]
