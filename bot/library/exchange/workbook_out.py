"""The FAQ as an Excel workbook: a sheet of instructions, then a sheet a theme, a row an entry."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from bot.errors import XiaoshaoError
from bot.library.exchange.cells import CELL_LIMIT, escape, normal, show
from bot.library.exchange.columns import CHOICES, GUIDE, Column, find_columns, sheet_titles
from bot.library.exchange.guide import GUIDE_LINES
from bot.model import Entry, Library

_TEXT = "@"
_FACE = "微软雅黑"
_SPARE_ROWS = 500
_LINE_HEIGHT, _HEADING_HEIGHT, _TALLEST = 15.5, 21.0, 409.0  # points; Excel allows no taller row
_INK, _RULE = "FF1F2A37", Side(style="thin", color="FFD5DAE1")
_REQUIRED, _OPTIONAL = PatternFill("solid", fgColor="FF1F5FA8"), PatternFill("solid", fgColor="FF6B7785")
_BODY, _HEAD_FONT = Font(_FACE, size=10, color=_INK), Font(_FACE, size=10, bold=True, color="FFFFFFFF")
_HEADING = Font(_FACE, bold=True, size=12, color="FF1F5FA8")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_MARK = "xiaoshao:"


def write_workbook(path: Path, library: Library, departments: Mapping[str, str]) -> Path | None:
    """Write the workbook; a file that was there is kept beside it, and the new name of that is returned.

    ``departments`` maps the keys of routing.yaml to the departments' names. Raises ``XiaoshaoError`` for a name that is no
    workbook's and for an entry that does not fit into Excel, OSError if the file can't be written.
    """
    check_place(path)
    return save_workbook(path, build_workbook(library, departments))


def check_place(path: Path) -> None:
    """Raise ``XiaoshaoError`` for a name that is no workbook's, or a folder that is not there."""
    if path.suffix.lower() != ".xlsx":
        raise XiaoshaoError(f"{path}：文件名要以 .xlsx 结尾，例如 faq.xlsx")
    if not path.parent.is_dir() or path.is_dir():
        raise XiaoshaoError(f"{path}：写不了，没有这个文件夹或它本身是文件夹（换一个文件名）")


def save_workbook(path: Path, workbook: Workbook) -> Path | None:
    """Write a workbook whole or not at all; a file that was there is kept beside it, and its new name is returned."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".tmp", dir=path.parent)
    os.close(handle)
    try:
        workbook.save(draft)
        Path(draft).chmod(0o644)
        kept = _keep(path)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return kept


def build_workbook(library: Library, departments: Mapping[str, str]) -> Workbook:
    """Return the workbook, not yet saved; raises ``XiaoshaoError`` for an entry that does not fit into Excel."""
    columns = find_columns(library, departments)
    titles = sheet_titles(library)
    workbook = Workbook()
    guide = workbook.active
    assert isinstance(guide, Worksheet)
    guide.title = GUIDE
    _write_guide(guide, columns)
    for theme, title in titles.items():
        entries = [entry for entry in library.entries.values() if entry.theme == theme]
        _write_theme(workbook.create_sheet(title), columns, entries)
    _write_choices(workbook.create_sheet(CHOICES), columns)
    for sheet in workbook.worksheets[1:-1]:
        _add_drop_downs(sheet, columns)
    for entry in library.entries.values():
        shown = row_digest({column.header: show(column, column.value_of(entry)) for column in columns})
        _properties(workbook).append(StringProperty(name=f"{_MARK}{entry.id}", value=shown))
    return workbook


def row_digest(texts: Mapping[str, str]) -> str:
    """Return what tells two contents of a row apart; ``texts`` maps headers to cells. Empty cells do not count."""
    said = sorted((header, normal(text)) for header, text in texts.items() if normal(text))
    return hashlib.sha256(repr(said).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def exported_digests(workbook: Workbook) -> dict[str, str]:
    """Return entry id → digest of its row as it was exported; empty for a workbook that did not come from here."""
    properties = ((str(each.name), str(each.value)) for each in _properties(workbook))
    return {name.removeprefix(_MARK): value for name, value in properties if name.startswith(_MARK)}


def _properties(workbook: Workbook) -> CustomPropertyList[StringProperty]:
    properties: CustomPropertyList[StringProperty] = workbook.custom_doc_props  # type: ignore[attr-defined]  # the stubs lack it
    return properties


def _keep(path: Path) -> Path | None:
    """Move a workbook that is in the way aside, named by the moment when it was last saved."""
    if not path.exists():
        return None
    saved = time.strftime("%Y%m%d-%H%M%S", time.localtime(path.stat().st_mtime))
    names = (f"{path.stem}-旧-{saved}{f'-{number}' if number else ''}{path.suffix}" for number in count())
    kept = next(candidate for name in names if not (candidate := path.with_name(name)).exists())
    return path.rename(kept)


def _write_theme(sheet: Worksheet, columns: Sequence[Column], entries: Iterable[Entry]) -> None:
    for number, column in enumerate(columns, start=1):
        put_head(sheet, number, column.header, column.width, required=column.required)
    sheet.row_dimensions[1].height = 26
    last = 1
    for last, entry in enumerate(entries, start=2):
        texts = [_cell_text(entry, column) for column in columns]
        for number, text in enumerate(texts, start=1):
            cell = put_text(sheet, last, number, text)
            cell.border = Border(bottom=_RULE, right=_RULE)
        lines = max(_lines(text, column.width) for text, column in zip(texts, columns, strict=True))
        sheet.row_dimensions[last].height = min(_TALLEST, lines * _LINE_HEIGHT + 4)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"
    sheet.sheet_view.zoomScale = 100
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def put_head(sheet: Worksheet, number: int, header: str, width: int, *, required: bool) -> None:
    """Write the head of a column of texts; ``width`` is in characters."""
    letter = get_column_letter(number)
    sheet.column_dimensions[letter].width = width
    sheet.column_dimensions[letter].number_format = _TEXT  # what people type in further rows stays as typed, too
    sheet.column_dimensions[letter].alignment = _WRAPPED
    sheet.column_dimensions[letter].font = _BODY
    head = put_text(sheet, 1, number, header)
    head.font, head.fill = _HEAD_FONT, _REQUIRED if required else _OPTIONAL
    head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _cell_text(entry: Entry, column: Column) -> str:
    text = show(column, column.value_of(entry))
    if len(escape(text)) > CELL_LIMIT:
        message = f"条目 {entry.id} 的“{column.header}”有 {len(text)} 个字，Excel 一格最多放 {CELL_LIMIT} 个，没有导出"
        raise XiaoshaoError(f"{message}（先在知识文件里删短）")
    return text


def put_text(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text and nothing but a text, whatever it begins with."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.number_format, cell.alignment, cell.font = _TEXT, _WRAPPED, _BODY
    if text:
        cell.value = escape(text)
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@'\t\r"  # so that editing the cell does not make a formula of it
    return cell


def _lines(text: str, width: int) -> int:
    """Return about how many lines a text takes in a column, where a Chinese character is two wide."""
    wide = (sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line) for line in text.split("\n"))
    return sum(max(1, -(-each // max(width - 2, 1))) for each in wide)


def _write_choices(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for number, column in enumerate((each for each in columns if each.choices), start=1):
        put_text(sheet, 1, number, column.header)
        for row, value in enumerate(column.choices, start=2):
            put_text(sheet, row, number, show(column, value))
    sheet.sheet_state = "hidden"


def _add_drop_downs(sheet: Worksheet, columns: Sequence[Column]) -> None:
    chosen = [(number, column) for number, column in enumerate(columns, start=1) if column.choices]
    for source, (number, column) in enumerate(chosen, start=1):
        letter, words = get_column_letter(number), get_column_letter(source)
        rule = DataValidation(
            type="list", formula1=f"'{CHOICES}'!${words}$2:${words}${len(column.choices) + 1}", allow_blank=not column.required
        )
        rule.errorTitle, rule.error = column.header, "请从下拉框里选一项"
        rule.promptTitle, rule.prompt = column.header, column.meaning[:250]
        rule.showErrorMessage = rule.showInputMessage = True
        rule.add(f"{letter}2:{letter}{sheet.max_row + _SPARE_ROWS}")
        sheet.add_data_validation(rule)


def _write_guide(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for letter, width in zip("ABC", (18, 10, 84), strict=True):
        sheet.column_dimensions[letter].width = width
    put_text(sheet, 1, 1, "小哨知识库：怎么填这个表").font = Font(_FACE, bold=True, size=16, color=_INK)
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[1].height = 30
    row = 2
    for heading, lines in GUIDE_LINES:
        row += 1
        put_text(sheet, row, 1, heading).font = _HEADING
        sheet.row_dimensions[row].height = _HEADING_HEIGHT
        for line in lines:
            row += 1
            put_text(sheet, row, 1, line)
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
            sheet.row_dimensions[row].height = _lines(line, 112) * 17.0
        row += 1
    put_text(sheet, row + 1, 1, "每一列填什么").font = _HEADING
    sheet.row_dimensions[row + 1].height = _HEADING_HEIGHT
    for number, head in enumerate(("列", "必填", "填什么"), start=1):
        cell = put_text(sheet, row + 2, number, head)
        cell.font, cell.fill = _HEAD_FONT, _REQUIRED
    for at, column in enumerate(columns, start=row + 3):
        for number, text in enumerate((column.header, "是" if column.required else "", column.meaning), start=1):
            put_text(sheet, at, number, text).border = Border(bottom=_RULE)
        sheet.row_dimensions[at].height = _lines(column.meaning, 84) * 17.0
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
