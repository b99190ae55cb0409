"""Files that are no workbook, or none that should be opened: one clear sentence each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.errors import XiaoshaoError
from bot.library.exchange.workbook_file import LARGEST_FILE, open_workbook


def saved(edit: Callable[[Workbook], None]) -> bytes:
    workbook, stream = Workbook(), io.BytesIO()
    edit(workbook)
    workbook.save(stream)
    return stream.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """Return a workbook with one part of its archive replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return stream.getvalue()


def rows(count: int) -> bytes:
    lines = b"".join(b'<row r="%d"/>' % number for number in range(1, count + 1))
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
    return sheet % lines


PLAIN = saved(lambda workbook: None)
MERGED = b'<mergeCells count="1"><mergeCell ref="A1:B1048576"/></mergeCells>'
SHEET = "xl/worksheets/sheet1.xml"


def far_cell(workbook: Workbook) -> None:
    workbook.active["A1048576"] = "x"  # type: ignore[index]


def wide_cell(workbook: Workbook) -> None:
    workbook.active["XFD1"] = "x"  # type: ignore[index]


def sparse_cell(workbook: Workbook) -> None:
    workbook.active["IV19000"] = "x"  # type: ignore[index]


def whole_columns_merged() -> bytes:
    return with_part(PLAIN, SHEET, rows(1).replace(b"</sheetData>", b"</sheetData>" + MERGED))


def doctored_sizes() -> bytes:
    """Return a workbook whose archive says that a large part is small."""
    raw = bytearray(with_part(PLAIN, SHEET, b" " * 1_000_000))
    for place in range(len(raw) - 4):
        if raw[place : place + 4] == (1_000_000).to_bytes(4, "little"):
            raw[place : place + 4] = (100).to_bytes(4, "little")
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "这不是 Excel 工作簿"),
        (b"id,title\n1,2\n", "这不是 Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"), "设了打开密码"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "Workbook".encode("utf-16-le"), "旧版 Excel 格式"),
        (PLAIN[: len(PLAIN) // 2], "文件坏了"),
        (with_part(PLAIN, SHEET, b"<worksheet><sheetData><row"), "内容坏了"),
        (with_part(PLAIN, "xl/workbook.xml", b"<html/>"), "里面没有工作表"),
        (with_part(PLAIN, SHEET, b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'), "不该有的内容"),
        (with_part(PLAIN, SHEET, rows(20_001)), "超过 20000 行"),
        (with_part(PLAIN, SHEET, b" " * (65 * 1024 * 1024)), "解压以后大得不正常"),
        (doctored_sizes(), "文件坏了"),
        (saved(far_cell), "超过 20000 行"),
        (saved(sparse_cell), "表格太大"),
        (saved(wide_cell), "超过 256 列"),
        (whole_columns_merged(), "合并了整列或整片的单元格"),
    ],
)
def test_what_cannot_be_opened_gets_one_clear_sentence(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
    path.write_bytes(raw)
    with pytest.raises(XiaoshaoError) as caught:
        open_workbook(path)
    message = str(caught.value)
    assert message.startswith(f"{path}：") and said in message
    assert "\n" not in message and message.endswith("）")


def test_another_kind_of_archive(tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(XiaoshaoError, match="这不是 Excel 工作簿"):
        open_workbook(path)


def test_an_archive_with_a_password(tmp_path: Path) -> None:
    raw = bytearray(PLAIN)
    for place in range(len(raw) - 10):
        if raw[place : place + 4] == b"PK\x01\x02":
            raw[place + 8] |= 1  # the bit that says “encrypted”
    path = tmp_path / "faq.xlsx"
    path.write_bytes(raw)
    with pytest.raises(XiaoshaoError, match="加了密码"):
        open_workbook(path)


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
    with path.open("wb") as stream:
        stream.truncate(LARGEST_FILE + 2 * 1024 * 1024)
    with pytest.raises(XiaoshaoError, match="文件有 22 MB，超过 20 MB"):
        open_workbook(path)


def test_no_file_and_no_file_but_a_folder(tmp_path: Path) -> None:
    with pytest.raises(XiaoshaoError, match="找不到这个文件"):
        open_workbook(tmp_path / "faq.xlsx")
    with pytest.raises(XiaoshaoError, match="这不是一个文件"):
        open_workbook(tmp_path)


def test_a_plain_workbook_opens_and_formulas_stay_formulas(tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
    workbook = Workbook()
    workbook.active["A1"] = "=1+1"  # type: ignore[index]
    workbook.save(path)
    assert open_workbook(path).worksheets[0]["A1"].value == "=1+1" == load_workbook(path).worksheets[0]["A1"].value
