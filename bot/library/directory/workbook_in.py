"""The rows of a directory workbook as texts; what cannot be read is refused by sheet, row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from bot.library.directory.columns import ENTERPRISES, GUIDE, PEOPLE, SHEETS, DirectoryColumn
from bot.library.exchange.cells import CellFault, raw_text, unescape
from bot.library.exchange.columns import Column, flatten
from bot.library.exchange.workbook_file import open_workbook
from bot.library.exchange.workbook_in import Refusal
from bot.library.yaml_lines import nearest

_HEADER_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One row that says something: the texts of its cells, and the letters of its columns."""

    sheet: str
    number: int
    texts: Mapping[DirectoryColumn, str]
    letters: Mapping[DirectoryColumn, str]

    def __getitem__(self, column: DirectoryColumn) -> str:
        return self.texts.get(column, "")

    def refuse(self, column: DirectoryColumn, message: str, mend: str = "") -> Refusal:
        """Return a refusal of this row at a column."""
        return Refusal(self.sheet, self.number, self.letters.get(column, ""), column.header, message, mend)


@dataclass(slots=True)
class DirectoryRows:
    """Everything read from a workbook; ``people`` is None where there is no sheet of people."""

    enterprises: list[Row] = field(default_factory=list)
    people: list[Row] | None = None
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_directory(path: Path) -> DirectoryRows:
    """Return the rows of a workbook; raises ``UnusableWorkbook`` for a file that cannot be read at all."""
    workbook = open_workbook(path)
    found = DirectoryRows()
    sheets = {flatten(sheet.title): sheet for sheet in workbook.worksheets}
    for sheet in workbook.worksheets:
        if flatten(sheet.title) not in (GUIDE, ENTERPRISES, PEOPLE):
            found.notices.append(f"工作表“{sheet.title}”没有读：名录只读“{ENTERPRISES}”和“{PEOPLE}”两个表")
    if ENTERPRISES not in sheets:
        titles = "、".join(f"“{sheet.title}”" for sheet in workbook.worksheets)
        message = f"工作簿里没有这个表（有 {titles}）"
        found.refusals.append(Refusal(ENTERPRISES, 0, "", "", message, f"把写企业的表改名为“{ENTERPRISES}”"))
        return found
    found.enterprises = _read_sheet(sheets[ENTERPRISES], SHEETS[ENTERPRISES], found)
    if PEOPLE in sheets:
        found.people = _read_sheet(sheets[PEOPLE], SHEETS[PEOPLE], found)
    else:
        found.notices.append(f"工作簿里没有“{PEOPLE}”这个表，各家企业的人员都保持原样")
    return found


def _read_sheet(sheet: Worksheet, columns: Sequence[DirectoryColumn], found: DirectoryRows) -> list[Row]:
    header_row = _header_row(sheet, columns)
    if header_row == 0:
        heads = "、".join(column.header for column in columns if column.required)
        message = f"前 {_HEADER_WITHIN} 行里找不到表头（至少要有 {heads}），整个表没有读"
        found.refusals.append(Refusal(sheet.title, 0, "", "", message, "运行 xiaoshao directory export，照导出的样子填"))
        return []
    numbers = _columns_of(sheet, header_row, columns, found)
    if any(column.required and column not in numbers for column in columns):
        return []
    letters = {column: get_column_letter(number) for column, number in numbers.items()}
    width = max(numbers.values())
    found.refusals += [
        Refusal(sheet.title, merged.min_row, "", "", f"{merged.coord} 合并了单元格", "取消合并，把内容填回每一格")
        for merged in sheet.merged_cells.ranges
        if merged.max_row > header_row and merged.min_col <= width
    ]
    lines = sheet.iter_rows(min_row=header_row + 1, max_row=sheet.max_row, max_col=width)
    rows = (_row(sheet, number, cells, numbers, letters, found) for number, cells in enumerate(lines, start=header_row + 1))
    return [row for row in rows if row is not None]


def _row(
    sheet: Worksheet,
    number: int,
    cells: Sequence[Any],
    numbers: Mapping[DirectoryColumn, int],
    letters: Mapping[DirectoryColumn, str],
    found: DirectoryRows,
) -> Row | None:
    texts: dict[DirectoryColumn, str] = {}
    faults: list[Refusal] = []
    for column, place in numbers.items():
        cell = cells[place - 1]
        try:
            kind = Column(column.header, column.header, str, column.required)
            texts[column] = raw_text(cell.value, cell.data_type, cell.number_format, kind)
        except CellFault as fault:
            faults.append(Refusal(sheet.title, number, letters[column], column.header, str(fault), fault.mend))
    found.refusals += faults
    row = Row(sheet.title, number, texts, letters)
    if faults or not any(texts.values()):
        return None
    empty = [column for column in numbers if column.required and not row[column]]
    found.refusals += [row.refuse(column, "不能空着", "填上，或者删掉这一行") for column in empty]
    return None if empty else row


def _header_row(sheet: Worksheet, columns: Sequence[DirectoryColumn]) -> int:
    """Return the row that has most of the headers, 0 if none near the top has any."""
    best, most = 0, 0
    for number, values in enumerate(sheet.iter_rows(max_row=_HEADER_WITHIN, values_only=True), start=1):
        heads = [value for value in values if isinstance(value, str)]
        known = sum(any(column.is_called(head) for head in heads) for column in columns)
        if known > most:
            best, most = number, known
    return best


def _columns_of(
    sheet: Worksheet, header_row: int, columns: Sequence[DirectoryColumn], found: DirectoryRows
) -> dict[DirectoryColumn, int]:
    numbers: dict[DirectoryColumn, int] = {}
    strangers: list[tuple[int, str]] = []
    for number, cell in enumerate(sheet[header_row], start=1):
        header = unescape(str(cell.value)).strip() if cell.value is not None else ""
        meant = next((column for column in columns if column.is_called(header)), None) if header else None
        if meant is None:
            strangers += [(number, header)] if header else []
        elif meant in numbers:
            message = f"表头“{meant.header}”有两列，不知道以哪一列为准"
            found.refusals.append(Refusal(sheet.title, header_row, get_column_letter(number), "", message, "只留一列"))
        else:
            numbers[meant] = number
    missing = [column.header for column in columns if column not in numbers]
    for number, header in strangers:
        guess = nearest(header, missing) if missing else ""
        if guess:
            message = f"表头“{header[:30]}”不认得"
            found.refusals.append(
                Refusal(sheet.title, header_row, get_column_letter(number), "", message, f"是不是“{guess}”？把表头改回去")
            )
        else:
            found.notices.append(f"工作表“{sheet.title}” {get_column_letter(number)} 列“{header[:30]}”没有读")
    for column in columns:
        if column.required and column not in numbers:
            found.refusals.append(Refusal(sheet.title, header_row, "", "", f"缺少“{column.header}”这一列", "补上这一列"))
    return numbers
