"""Follow-ups that have no subject of their own: which part of the answer just given they ask for."""

from __future__ import annotations

import re

from bot.text import normalise

_PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "罚则",
        re.compile(
            r"(?:会|要|怎么|咋|被)(?:被)?罚|罚(?:多少|款|几|不罚|吗|钱)|不(?:办|弄|做|报|交|检|上)(?:会|又|的话|行|可以|怎|有什么)|什么(?:后果|处罚)|后果|处罚|违法吗"
        ),
    ),
    (
        "费用",
        re.compile(
            r"多少(?:钱|费用|元|块)|几(?:块|元)?(?:钱|钿)|要(?:不要)?(?:钱|交钱|收费|花钱)|收(?:不收)?费|费用|免费|贵不贵|价格|花多少|工本费|怎么收|要付"
        ),
    ),
    (
        "材料",
        re.compile(
            r"(?:带|准备|交|提供|要|需要|用)(?:哪些|什么|啥|些什么|些啥|点啥)(?:东西|材料|资料|证件|文件|手续)?|材料|资料|证件|(?:要|用)带(?!什|哪|啥|些)|复印件|原件|要盖章|盖什么章|表格|填什么表|什么表"
        ),
    ),
    (
        "时限",
        re.compile(
            r"多久|多长时间|几天|几个(?:工作日|月|星期)|多少天|什么时候(?:能|可以|拿|好|下来|截止|之前|前)|啥时候|何时|要等|当天|能快|加急|几号(?:前|之前|截止)|截止|期限|来得及|有效期|几年一次|多久一次"
        ),
    ),
    (
        "地点",
        re.compile(
            r"(?:去|到|上|往)(?:哪|什么地方|啥地方|阿里)|哪里|哪儿|在哪|阿里搭|什么地方|啥地方|地址|哪个(?:窗口|部门|网站|平台|大厅|地方)|几楼|网上(?:能|可以|怎么|办)|能网上|线上|找谁|找哪|电话(?:多少|号|是)|联系谁"
        ),
    ),
    (
        "依据",
        re.compile(
            r"依据|哪(?:条|部|个)(?:法|规定|文件|条款|政策)|什么(?:法|规定|文件|政策|标准)|根据什么|凭什么|法律|条文|文件号|出处|哪里写|谁规定"
        ),
    ),
    (
        "条件",
        re.compile(
            r"条件|谁(?:能|可以|都)|符合|资格|门槛|(?:能|可以|可不可以|能不能)(?:办|申请|弄|报)(?:吗|么|不|伐|$)|有(?:什么|啥)要求|要求(?:是|有)?|限制|人人"
        ),
    ),
    (
        "流程",
        re.compile(
            r"流程|步骤|怎么(?:办|弄|申请|操作|走|搞|报|填)|咋(?:办|弄|搞)|如何(?:办|申请|操作)|先(?:做|办|去)(?:什么|啥|哪)|顺序|下一步|然后呢|接下来|第一步"
        ),
    ),
)
_OPENING = re.compile(
    r"^(?:那么?|那个|请问|好的?|嗯+|哦+|ok|谢谢|多谢|明白了?|知道了?|收到|再问(?:一?下)?|还有|另外|顺便|对了|小哨|这个|它|办这个|办的话|弄这个|一般|大概|具体|总共|一共|我们|我|,|，|。|!|\s)+"
)
_FILLING = re.compile(
    r"(?:办理|申请|弄|办|做|搞|拿到|下来|一般|大概|具体|总共|一共|需要|提供|准备|是不是|能不能|可不可以|有没有|这个|那个|自己|本人|公司|企业|我们|"
    r"[的地得要能会可以去来到就还都也再又先后好完了过吗呢吧啊呀么嘛伐不没有是说给带交拿看在我你它这那些一下最])+"
)
_TRADE = re.compile(r"卖|买|借|便宜|出租|招聘|推荐")
_SUBJECT = 2
"""Characters that may be left beside what is asked for; more are a subject of its own."""


def find_part(text: str) -> str | None:
    """Return the part (材料, 时限, 费用, 地点, 依据, 条件, 流程, 罚则) that a message without a subject asks for, or None."""
    flat = normalise(text)
    rest = _OPENING.sub("", flat).strip(" ?!。,，啊呀呢吧嘛哈哦了")
    if not rest:
        return "流程" if re.search(r"然后呢|接下来", flat) else None
    if _TRADE.search(rest):
        return None
    if re.fullmatch(r"然后|接着|后面|下一步", rest):
        return "流程"
    for name, pattern in _PARTS:
        found = pattern.search(rest)
        if found:
            around = _FILLING.sub("", rest[: found.start()] + " " + rest[found.end() :])
            return name if len(re.sub(r"\W", "", around)) <= _SUBJECT else None
    return None
