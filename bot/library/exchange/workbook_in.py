"""The rows of a workbook that came back, as texts by column; what cannot be read is refused by sheet, row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from bot.library.exchange.cells import CellFault, raw_text, unescape
from bot.library.exchange.columns import CHOICES, GUIDE, ID, USUAL_PARTS, Column, column_under, flatten, header_of
from bot.library.yaml_lines import nearest

_HEADER_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in a workbook that was not taken over; ``row`` 0: the whole sheet, ``letter`` ``""``: the whole row."""

    sheet: str
    row: int
    letter: str
    header: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        row = f"第 {self.row} 行" if self.row else ""
        column = f" {self.letter} 列" if self.letter else ""
        header = f"“{self.header}”" if self.header else ""
        return f"工作表“{self.sheet}”{row}{column}{header}：{self.message}" + (f"（{self.mend}）" if self.mend else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One row with an entry: the texts of its cells by ``Column.name``, and what is wrong with cells of it."""

    sheet: str
    number: int
    texts: Mapping[tuple[str, str], str]
    columns: Mapping[tuple[str, str], Column]
    letters: Mapping[tuple[str, str], str]
    faults: tuple[Refusal, ...] = ()

    @property
    def id(self) -> str:
        """Return what stands under 编号."""
        return self.texts.get(ID, "")

    def refuse(self, name: tuple[str, str] | None, message: str, mend: str = "") -> Refusal:
        """Return a refusal of this row, at a column if one is named."""
        column = self.columns.get(name) if name else None
        letter = self.letters.get(name, "") if name else ""
        return Refusal(self.sheet, self.number, letter, column.header if column else "", message, mend)


@dataclass(slots=True)
class Rows:
    """Everything read from a workbook."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_rows(workbook: Workbook, columns: Sequence[Column], titles: Sequence[str]) -> Rows:
    """Return the rows of all sheets that hold entries; ``titles`` are those of the themes."""
    found = Rows()
    for sheet in workbook.worksheets:
        if sheet.title not in (GUIDE, CHOICES):
            _Sheet(sheet, columns, found).read(expected=sheet.title in titles)
    there = {sheet.title for sheet in workbook.worksheets}
    for title in titles:
        if title not in there:
            found.notices.append(f"工作簿里没有“{title}”这个表，它的条目都保持原样")
    return found


@dataclass(slots=True)
class _Sheet:
    """Reads one sheet into ``found``."""

    sheet: Worksheet
    known: Sequence[Column]
    found: Rows
    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self, *, expected: bool) -> None:
        header_row = self._header_row()
        if header_row == 0:
            self._without_header(expected)
            return
        if not self._read_headers(header_row):
            return
        letters = {name: get_column_letter(number) for name, number in self.numbers.items()}
        merged = self._merged_rows()
        width = max(self.numbers.values())
        rows = 0
        for number, cells in enumerate(
            self.sheet.iter_rows(min_row=header_row + 1, max_row=self.sheet.max_row, max_col=width), start=header_row + 1
        ):
            row = self._row(number, cells, letters, merged.get(number, ""))
            if row is not None:
                self.found.rows.append(row)
                rows += 1
        if not rows:
            self.found.notices.append(f"工作表“{self.sheet.title}”是空的，它的条目都保持原样")

    def _row(self, number: int, cells: Sequence[Any], letters: Mapping[tuple[str, str], str], merged: str) -> Row | None:
        texts: dict[tuple[str, str], str] = {}
        faults: list[Refusal] = []
        for name, column in self.columns.items():
            cell = cells[self.numbers[name] - 1]
            try:
                texts[name] = raw_text(cell.value, cell.data_type, cell.number_format, column)
            except CellFault as fault:
                faults.append(Refusal(self.sheet.title, number, letters[name], column.header, str(fault), fault.mend))
        texts = {
            name: text.lower() if name == ID else text for name, text in texts.items()
        }  # spreadsheets capitalise as one types
        if merged:
            faults = [Refusal(self.sheet.title, number, "", "", f"{merged} 合并了单元格", "取消合并，把内容填回每一格")]
        elif not faults and not any(texts.values()):
            return None
        return Row(self.sheet.title, number, texts, self.columns, letters, tuple(faults))

    def _header_row(self) -> int:
        """Return the row in which 编号 stands as a header, 0 if there is none near the top."""
        wanted = flatten(header_of(ID[0]))
        for number, values in enumerate(self.sheet.iter_rows(max_row=_HEADER_WITHIN, values_only=True), start=1):
            if any(isinstance(value, str) and flatten(value) == wanted for value in values):
                return number
        return 0

    def _without_header(self, expected: bool) -> None:
        title = self.sheet.title
        empty = not any(value is not None for row in self.sheet.iter_rows(values_only=True) for value in row)
        if empty:
            self.found.notices.append(f"工作表“{title}”是空的" + ("，它的条目都保持原样" if expected else "，没有读"))
        elif expected:
            message = f"前 {_HEADER_WITHIN} 行里找不到表头“{header_of(ID[0])}”，整个表没有读"
            self.found.refusals.append(Refusal(title, 0, "", "", message, "把表头那一行改回导出时的样子"))
        else:
            self.found.notices.append(f"工作表“{title}”没有“{header_of(ID[0])}”这一列，不是条目，没有读")

    def _read_headers(self, header_row: int) -> bool:
        """Fill ``columns`` and ``numbers``; return False if the sheet cannot be read."""
        strangers: list[tuple[int, str]] = []
        for number, cell in enumerate(self.sheet[header_row], start=1):
            header = unescape(str(cell.value)).strip() if cell.value is not None else ""
            column = column_under(header, self.known) if header else None
            if column is None:
                strangers += [(number, header)] if header or self._has_content(header_row, number) else []
            elif column.name in self.columns:
                first, second = get_column_letter(self.numbers[column.name]), get_column_letter(number)
                message = f"表头“{column.header}”有两列（{first} 和 {second}），不知道以哪一列为准，整个表没有读"
                self.found.refusals.append(Refusal(self.sheet.title, header_row, second, "", message, "只留一列"))
                return False
            else:
                self.columns[column.name], self.numbers[column.name] = column, number
        missing = [column.header for column in self.known if column.name not in self.columns]
        self._tell_strangers(header_row, strangers, missing)
        if missing:
            listed = "、".join(f"“{header}”" for header in missing)
            self.found.notices.append(f"工作表“{self.sheet.title}”没有{listed}列，条目的这些内容都保持原样")
        return True

    def _tell_strangers(self, header_row: int, strangers: Sequence[tuple[int, str]], missing: Sequence[str]) -> None:
        for number, header in strangers:
            letter, shown = get_column_letter(number), f"表头“{header[:30]}”不认得" if header else "这一列没有表头"
            if missing:
                guess = nearest(header, missing) or (missing[0] if len(missing) == 1 else "")
                mend = f"是不是“{guess}”？把表头改回去" if guess else f"缺少的表头有：{'、'.join(missing)}"
                refusal = Refusal(self.sheet.title, header_row, letter, "", f"{shown}，这一列没有读", mend)
                self.found.refusals.append(refusal)
            else:
                mend = f"要加追问，表头写这些之一：{'、'.join(USUAL_PARTS)}" if header else "要读它就写上表头"
                self.found.notices.append(f"工作表“{self.sheet.title}” {letter} 列{shown}，没有读（{mend}）")

    def _has_content(self, header_row: int, number: int) -> bool:
        cells = self.sheet.iter_rows(
            min_row=header_row + 1, max_row=self.sheet.max_row, min_col=number, max_col=number, values_only=True
        )
        return any(value is not None for (value,) in cells)

    def _merged_rows(self) -> dict[int, str]:
        """Return row → the merged range that touches a column which is read."""
        touched: dict[int, str] = {}
        for merged in self.sheet.merged_cells.ranges:
            if any(merged.min_col <= number <= merged.max_col for number in self.numbers.values()):
                touched |= dict.fromkeys(range(merged.min_row, merged.max_row + 1), merged.coord)
        return touched
