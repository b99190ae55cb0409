"""Takes people out of what they said: names become their enterprise or department, numbers are masked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.model import Case
from bot.routing.config import Routing
from bot.text import mask_personal

SOMEBODY = "某人"
ENTERPRISE = "一家企业"
COMMUNITY = "社区"

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭"
    "陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺顾毛郝龚邵万覃武钱戴严莫孔汤应竺"
)
_TITLES = "经理|主任|科长|局长|所长|队长|站长|老师|师傅|先生|女士|小姐|警官|律师|会计|厂长|主管"
_SHORT_TITLES = "工(?![程作业会厂地具伤种龄资艺件])|总|姐|哥|科|局|所|队|老板"
_BEFORE_NAME = "找|问|系|给|叫|让|跟|是|请|加|打|谢|和|与"

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@(?=[A-Za-z0-9-]+\.[A-Za-z])")
_MENTION = re.compile(r"(?<![0-9A-Za-z._%+*-])@[^\s@,，。:：?？!！;；、]{1,24}\s?")
_ACCOUNT = re.compile(r"(微信号?|vx|v信|wx|qq|QQ群?|群号)([号是为:： ]{0,3})[A-Za-z0-9_-]{5,}", re.I)
_PLATE = re.compile(r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁][A-Z])[·. ]?[A-Z0-9]{5,6}(?![A-Z0-9])")
_TITLED = re.compile(rf"(?:(?<![\u4e00-\u9fff])|(?<={_BEFORE_NAME}))([{_SURNAMES}])[\u4e00-\u9fff]{{0,2}}?({_TITLES})")
_CALLED = re.compile(rf"(?<=找|问|系|叫|跟)([{_SURNAMES}])({_SHORT_TITLES})(?![\u4e00-\u9fff]{{1,3}}局)")
_BEFORE_NUMBER = re.compile(
    rf"(?<![\u4e00-\u9fff])[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}(?=[\s:：,，(（]{{0,2}}(?:电话|手机)?[\s:：]?1\d\d\*)"
)
_AFTER_VERB = re.compile(
    rf"(?<=找|系|叫|问)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}(?=[\s:：,，(（]{{0,2}}(?:电话|手机)?[\s:：]?1\d\d\*)"
)


def mask(text: str, names: Mapping[str, str] | None = None) -> str:
    """Return a text without numbers, accounts and names of people; ``names`` says what known people are called instead."""
    masked = mask_personal(text)
    for name in sorted(names or {}, key=len, reverse=True):
        if len(name) > 1:
            masked = re.sub(rf"@{re.escape(name)}\s?", "", masked).replace(name, (names or {})[name])
    masked = _EMAIL.sub("****@", masked)
    masked = _MENTION.sub("", masked)
    masked = _ACCOUNT.sub(r"\1\2****", masked)
    masked = _PLATE.sub(r"\1****", masked)
    masked = _AFTER_VERB.sub(SOMEBODY, _BEFORE_NUMBER.sub(SOMEBODY, masked))
    masked = _TITLED.sub(r"\1某\2", masked)
    return _CALLED.sub(r"\1某\2", masked).strip()


def called_instead(case: Case, routing: Routing) -> dict[str, str]:
    """Return what each person around a case is called instead: a member by enterprise, a contact by department."""
    members = [*(asker.person.name for asker in case.askers), *(reply.by for reply in case.peers)]
    contacts = [*(reply.by for reply in case.replies), *case.carried_from, case.assignee]
    names = {name: member_name(name, routing) for name in members if name}
    return names | {name: contact_name(name, case, routing) for name in contacts if name}


def member_name(nickname: str, routing: Routing) -> str:
    """Return the enterprise that a group nickname names."""
    return routing.enterprise_of(nickname) or ENTERPRISE


def contact_name(contact: str, case: Case, routing: Routing) -> str:
    """Return the department that a contact speaks for; of one who has left the routing file, the case's."""
    key = routing.department_of(contact) if contact in routing.contacts else case.department
    return routing.departments[key].name if key and key in routing.departments else COMMUNITY
