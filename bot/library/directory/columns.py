"""The two sheets of a directory workbook and their columns."""

from __future__ import annotations

from dataclasses import dataclass

from bot.library.exchange.columns import flatten

GUIDE, ENTERPRISES, PEOPLE = "填写说明", "企业", "人员"
"""Titles of the sheets."""


@dataclass(frozen=True, slots=True)
class DirectoryColumn:
    """One column: its header, what else people call it, its width in characters, and what the instructions say about it."""

    header: str
    also: tuple[str, ...] = ()
    required: bool = False
    width: int = 18
    meaning: str = ""

    def is_called(self, header: str) -> bool:
        """Tell whether a header in a workbook means this column."""
        return flatten(header) in {flatten(name) for name in (self.header, *self.also)}


NAME = DirectoryColumn("简称", ("企业简称",), True, 18, "跟群昵称里的写法一致（“泰准金属-安全员”里的“泰准金属”），不能重复")
FULL_NAME = DirectoryColumn("全称", ("企业全称", "企业名称"), False, 34, "营业执照上的名称，可以空着")
ALSO = DirectoryColumn("其他叫法", ("别名", "曾用名"), False, 24, "群昵称里还会怎么写，几种之间用顿号隔开，可以空着")
COMMUNITY = DirectoryColumn("社区", ("所属社区",), False, 12, "routing.yaml 里的社区；只有一个社区时可以空着")
GRID = DirectoryColumn("网格", ("所在网格", "所属网格"), False, 12, "routing.yaml 里这个社区的网格；空着就由社区值班联系")
COMPANY = DirectoryColumn("企业", ("简称", "企业简称"), True, 18, "“企业”表里的简称")
ROLE = DirectoryColumn("岗位", ("职务", "角色"), True, 14, "安全员、人事、财务、老板……")
NICKNAME = DirectoryColumn("群昵称", ("昵称", "微信昵称"), True, 26, "在群里显示的名字，一字不差；昵称里没有企业的，靠这一列认")

SHEETS = {ENTERPRISES: (NAME, FULL_NAME, ALSO, COMMUNITY, GRID), PEOPLE: (COMPANY, ROLE, NICKNAME)}
