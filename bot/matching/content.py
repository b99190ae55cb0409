"""What of a message carries matter of its own, and what only asks, points or politely fills."""

from __future__ import annotations

import re

from bot.text import essence

_FUNCTION = frozenset(
    "的了吗呢吧啊呀么嘛是有在我你他她它们这那个些和跟与及就都也还又再才只被把给让叫去来到能会要想得可以不没怎什哪谁几多少为因所"
    "如何请问一各位大家知道办弄搞做用该应当需须样时候之前后或者但果人自己找咋啥"
)
_ASKED = re.compile(
    r"怎么(?:办|弄|搞|样|做|走|回事|处理|操作|申请|报|填|交|开|算)?|咋(?:办|弄|整|搞)?|什么(?:时候|地方|东西|材料|手续|条件|要求|流程|意思|情况|资料)?|"
    r"多少钱?|多久|多长时间?|几(?:天|号|点|年|月|个|次|钱|块|钿)|哪(?:里|儿|个|些|边)|依据|流程|步骤|费用|收费|免费|材料|资料|手续|条件|要求|期限|"
    r"时间|地址|地点|电话|窗口|部门|网站|办理|办法|处理|申请|操作|规定|政策|标准|法律|价格|要钱|付钱|交钱|东西|事情|问题|情况|帮忙|帮我|急|"
    r"能不能|可不可以|行不行|有没有|是不是|要不要|会不会|需要|可以|应该|联系|负责|下来|截止|罚款?|后果|新的|旧的|一样|今年|去年|明年|今天|明天|昨天"
)
_FILLING = re.compile(rf"[\W\d_{''.join(sorted(_FUNCTION))}]+")


def is_weighty(token: str) -> bool:
    """Tell whether a character, a number or a latin word may carry the matter of a message."""
    return token not in _FUNCTION


def matter(text: str) -> str:
    """Return what is left of a normalised message without words that only ask, point or fill."""
    return _FILLING.sub("", _ASKED.sub(" ", essence(text)))
