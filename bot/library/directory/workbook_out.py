"""The directory as an Excel workbook: instructions, a sheet of enterprises, a sheet of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.library.directory.columns import ENTERPRISES, GUIDE, PEOPLE, SHEETS
from bot.library.exchange.workbook_out import check_place, put_head, put_text, save_workbook
from bot.model import Enterprise
from bot.routing.config import Community

_LINES = (
    "小哨企业名录：怎么填这个表",
    "小哨靠群昵称认出提问人是哪家企业、归哪个网格。一家企业一行，写在“企业”表；认识的人写在“人员”表。",
    "改好以后运行 xiaoshao directory import 文件名，先列出会改什么；加 --write 才写入。有一处错，就什么也不写。",
    "从“企业”表里删掉一行，名录里不会跟着删；真要按工作簿全部换掉，加 --replace。",
    "名录只存在这台电脑的账本里，不进 git；用完这个文件请收好或删掉。",
)


def write_directory(path: Path, directory: Iterable[Enterprise]) -> Path | None:
    """Write the workbook; a file that was there is kept beside it, and its new name is returned.

    Raises ``XiaoshaoError`` for a name that is no workbook's, OSError if the file can't be written.
    """
    check_place(path)
    return save_workbook(path, build_directory(directory))


def build_directory(directory: Iterable[Enterprise]) -> Workbook:
    """Return the workbook, not yet saved."""
    workbook = Workbook()
    guide = workbook.active
    assert isinstance(guide, Worksheet)
    guide.title = GUIDE
    lines = (*_LINES, "", *(f"{sheet}表 · {each.header}：{each.meaning}" for sheet, all_of in SHEETS.items() for each in all_of))
    guide.column_dimensions["A"].width = 110
    for number, line in enumerate(lines, start=1):
        put_text(guide, number, 1, line)
    known = tuple(directory)
    enterprises = [(each.name, each.full_name, "、".join(each.also), each.community, each.grid) for each in known]
    people = [(each.name, person.role, person.nickname) for each in known for person in each.people]
    for title, rows in ((ENTERPRISES, enterprises), (PEOPLE, people)):
        _write_rows(workbook.create_sheet(title), title, rows)
    return workbook


def _write_rows(sheet: Worksheet, title: str, rows: Iterable[tuple[str, ...]]) -> None:
    for number, column in enumerate(SHEETS[title], start=1):
        put_head(sheet, number, column.header, column.width, required=column.required)
    for place, row in enumerate(rows, start=2):
        for number, text in enumerate(row, start=1):
            put_text(sheet, place, number, text)
    sheet.freeze_panes = "B2"


def with_those_of_the_file(directory: Iterable[Enterprise], communities: Mapping[str, Community]) -> list[Enterprise]:
    """Return the directory and, after it, the enterprises that only routing.yaml names, so that the first export is a start."""
    known = {enterprise.name: enterprise for enterprise in directory}
    for community in communities.values():
        for grid in community.grids.values():
            for name in grid.enterprises:
                known.setdefault(name, Enterprise(name, community.name, grid.name))
    return list(known.values())
