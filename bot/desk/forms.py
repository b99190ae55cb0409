"""The fixed forms of chat text that change something: 满意, 还是不行, 算了, 我的问题怎么样了 … (contacts': contact_forms.py).

Each function takes normalised or raw chat text and is pure; whether the speaker may do it is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TRAIL = r"[\s。.!！~～,，、]*(?:\[[^\]]{1,6}\][\s]*)*$"

_CLOSE = re.compile(r"(?:关闭|结案|办结|关掉|结了|关单)")
_NUMBER = re.compile(r"(?:#|＃)\s*(\d{1,9})")
_RATING_WORDS = {
    "非常满意": 5,
    "很满意": 5,
    "满意": 5,
    "👍": 5,
    "[强]": 5,
    "一般": 3,
    "不太满意": 2,
    "不满意": 1,
    "很不满意": 1,
    "差评": 1,
}
_RATING = re.compile(
    r"^(?:评价|打分|评分)?[:：\s]*(?P<score>非常满意|很满意|很不满意|不太满意|不满意|满意|一般|差评|👍+|\[强\]|[1-5])(?:分|星)?(?:[\s，,。;；!！]+(?P<comment>.*))?$",
    re.S,
)
_UNSOLVED = re.compile(
    r"没(?:有)?(?:解决|用|弄好|搞定|办成|好用)|还是(?:不行|不对|没|登不|打不|一样)|(?:解决|弄|办|搞)不(?:了|成|好)|不管用|没起作用|依旧不行|试过了?[^，。]{0,6}不行|没说到|答非所问|不是我(?:要|想)?问的|不对啊?$"
)
_SOLVED = re.compile(
    r"解决了|可以了|搞定|弄好了|办好了|办成了|查到了|清楚了|明白了|知道了|懂了|(?:可以|能)结(?:案|了)|^好了|都齐了|放心了|"
    r"谢谢|多谢|感谢|谢了|3q|thx|thanks|[谢辛]苦了|收了[，,]?好了|说可以了",
    re.I,
)
_SETTLED = re.compile(r"解决了|搞定|弄好了|办好了|办成了|查到了|可以了|(?:可以|能)结(?:案|了)|都齐了|说可以了|收了[，,]?好了")
_NOT_SOLVED = re.compile(r"(?:没|不|未|还|怎么|吗|呢|？|\?|要是|如果|等)")
_WITHDRAW = re.compile(r"(?:算了|不用了|不用问了|不问了|不需要了|不用管了|别问了|撤回(?:问题|工单)?|问到了|已经知道了)")
_STATUS = re.compile(
    r"(?:我|我们|上次|刚才|早上|上午|昨天|之前)[^，。,]{0,8}(?:问|提|反映|反馈|报)的[^，。,？?]{0,12}(?:怎么样|怎样|咋样|有(?:没有)?(?:人|结果|回复|答复|进展|消息|人看)|没人|好了(?:吗|没)|进展|到哪|呢)|"
    r"我的(?:问题|工单|诉求|单子|事)[^，。,]{0,6}(?:怎么样|怎样|咋样|进展|到哪|呢|好了|有|没人)|(?:#|＃)\d+[^，。,]{0,6}(?:怎么样|进展|到哪|好了吗|办得)"
)
_IMPATIENT = re.compile(
    r"(?:^|[，。,!！?？；;\s])(?:@?小哨|都|还|也|一直|怎么|咋|到底|现在|到现在|这么久|半天|等|了|是不是|这[个事件]|那[个事件]|这问题|那问题|问题)*"
    r"(?:有人(?:看到|回复|回|管|在看|看|理)(?:吗|没|一?下|么|嘛)|没人(?:回|理|管|看|答)|有(?:回复|答复|结果|进展|消息)了?(?:吗|没))"
    r"[复应我们一下啊呀呢吗嘛的了么]*(?:$|[，。,!！?？；;~～\s])"
)
"""Words of waiting that are a clause by themselves: of a child one also says 白天没人管."""
_IMPATIENT_AT_MOST = 30
"""Characters of a message that such words may be all of; a longer one asks something else."""
_FISHING = re.compile(
    r"忽略(?:你|之前|以上|所有)[^，。]{0,10}(?:规[定则]|指令|设定|提示)|(?:系统|内部)(?:提示词|指令|规则)|(?:把|发|给|列)[^，。]{0,12}(?:大家|各家|群里|所有人|别人|其他|联系人|财务|老板|会计|安全员)[^，。]{0,8}(?:电话|手机|号码|微信|名单|联系方式|身份证)|"
    r"(?:谁|哪些人|哪家)问过|(?:把|将)[^，。]{0,10}(?:谁问|问过)[^，。]{0,12}(?:列|发|给)"
)
_CORRECTION = re.compile(
    r"(?:上面|刚才|刚刚|小哨|机器人|它|这条|那条)?[^，。]{0,8}(?:说的|答的|回答|发的|内容|信息|答案)?[^，。]{0,4}(?:不对|错了|有误|过时了?|不准|改了|变了|作废)"
)
_SAME_HERE = re.compile(
    r"^(?:同问|同求|同样的?问题|我们?也(?:是|想问|想知道|有(?:这个|一个|同样)?|一样|遇到|碰到)|\+1|也想知道|坐等|蹲)"
)
_NONE_OF_THESE = re.compile(r"^(?:0|都不是|都不对|不是这些|没有我要的|都没有)" + TRAIL)
_GOES_ON = re.compile(r"^(?:那|还有|再问|另外|如果|要是|万一|不然|所以|这样|这个|刚才)")
_URGE = re.compile(r"(?:麻烦|尽)?快(?:一?点|些)|急[^诊救]|着急|加急|催")


_ASKING = re.compile(r"[?？吗]|行不行|能不能|要不要|可不可以|怎么|咋|是不是|多久|往哪")
LEANING = 8
"""Characters up to which a question has hardly a subject of its own."""

_PART_MARK = re.compile(
    r"(?:^|(?<=[\s：:，,。；;？?]))(?:第?([1-5一二三四五])(?:[、.．)）]|个?[是，,：:])|[（(]([1-5])[）)]|([①②③④⑤]))\s*"
)


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating 1–5 with what was said besides; ``bare`` when it was a digit and nothing else."""

    score: int
    comment: str
    bare: bool = False


def numbers(text: str) -> tuple[int, ...]:
    """Return the case numbers written as #12 in the text."""
    return tuple(int(found) for found in _NUMBER.findall(text))


def number_in(text: str) -> int | None:
    """Return the first number in a text that names a case, with or without its #."""
    found = re.search(r"\d{1,9}", text)
    return int(found.group()) if found else None


def without_number(text: str) -> str:
    """Return the text without a leading #12."""
    return re.sub(r"^\s*(?:#|＃)\s*\d{1,9}\s*[:：，,]?\s*", "", text)


def is_close(text: str) -> bool:
    """Tell whether the text orders a case to be closed."""
    return bool(_CLOSE.search(text))


def rating(text: str) -> Rating | None:
    """Read 满意/一般/不满意, 1–5 or 👍, alone or before a comma and a comment; never a number inside other words."""
    found = _RATING.match(without_number(text).strip())
    if not found:
        return None
    word = found.group("score")
    score = int(word) if word.isdigit() else _RATING_WORDS.get(word, 5)
    comment = (found.group("comment") or "").strip()
    return Rating(score, comment, bare=word.isdigit() and not comment)


def is_unsolved(text: str) -> bool:
    """Tell whether somebody says that an answer did not help."""
    return bool(_UNSOLVED.search(text))


def is_solved(text: str) -> bool:
    """Tell whether somebody says thanks, or that the matter is settled."""
    return bool(_SOLVED.search(text)) and not _NOT_SOLVED.search(re.split("[，,]", text)[0]) and not is_unsolved(text)


def is_settled(text: str) -> bool:
    """Tell whether somebody says outright that the matter is done, not only thanks."""
    return bool(_SETTLED.search(text)) and is_solved(text)


def is_withdrawal(text: str) -> bool:
    """Tell whether an asker calls the question off."""
    return bool(_WITHDRAW.search(text))


def is_status_request(text: str) -> bool:
    """Tell whether somebody asks what became of their question."""
    return bool(_STATUS.search(text)) or (len(text) <= _IMPATIENT_AT_MOST and bool(_IMPATIENT.search(text)))


def is_fishing(text: str) -> bool:
    """Tell whether somebody wants other people's data or the bot to drop its rules."""
    return bool(_FISHING.search(text))


def is_correction(text: str) -> bool:
    """Tell whether a worker says that an answer was wrong."""
    return bool(_CORRECTION.search(text))


def is_same_here(text: str) -> bool:
    """Tell whether a colleague says to have the same question."""
    return bool(_SAME_HERE.match(text.strip()))


def none_of_these(text: str) -> bool:
    """Tell whether an offer was turned down."""
    return bool(_NONE_OF_THESE.match(text.strip()))


def goes_on(text: str) -> bool:
    """Tell whether a question leans on the one before it: it opens with 那, 还有, 要是 …, or is too short to have a subject."""
    return bool(_GOES_ON.match(text)) or len(text) <= LEANING


def is_asking(text: str) -> bool:
    """Tell whether a text has the look of a question, however little it says."""
    return bool(_ASKING.search(text))


def is_urging(text: str) -> bool:
    """Tell whether an asker says that it is urgent."""
    return bool(_URGE.search(text))


def picked(text: str, titles: tuple[str, ...]) -> int | None:
    """Read which of the offered titles was picked, by number or by a few words of one title only; returns an index from 0."""
    plain = text.strip().strip("。.!！")
    number = re.fullmatch(r"(?:选|第)?\s*([1-9一二三])\s*(?:个|项|条|种)?", plain)
    if number:
        index = "一二三".find(number.group(1)) if number.group(1) in "一二三" else int(number.group(1)) - 1
        return index if index < len(titles) else None
    if not 2 <= len(plain) <= 12:
        return None
    scores = [len(set(plain) & (set(title) - _common(titles))) for title in titles]
    best = max(scores, default=0)
    return scores.index(best) if best >= 2 and scores.count(best) == 1 else None


def _common(titles: tuple[str, ...]) -> set[str]:
    shared = set(titles[0]) if titles else set()
    for title in titles[1:]:
        shared &= set(title)
    return shared


def numbered_parts(text: str) -> tuple[tuple[int, str], ...]:
    """Split “1、… 2、… 3、…” into its numbered parts; empty unless the numbers run 1, 2, … in order."""
    marks = list(_PART_MARK.finditer(text))
    values = [_part_number(next(group for group in mark.groups() if group)) for mark in marks]
    if len(marks) < 2 or values != list(range(1, len(marks) + 1)):
        return ()
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return tuple((value, text[mark.end() : end].strip(" ，,；;。")) for value, mark, end in zip(values, marks, ends, strict=True))


def _part_number(mark: str) -> int:
    for row in ("12345", "一二三四五", "①②③④⑤"):
        if mark in row:
            return row.index(mark) + 1
    raise ValueError(mark)
