"""Opens a workbook that came from somewhere: whatever is wrong with the file as a whole is one clear sentence."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.utils import column_index_from_string

from bot.errors import XiaoshaoError

LARGEST_FILE = 20 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 256
_LARGEST_UNPACKED = 64 * 1024 * 1024
_MOST_CELLS, _MOST_PLACES, _MOST_MERGED = 500_000, 1_000_000, 50_000
_CHUNK = 1024 * 1024

_OLE, _ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "EncryptedPackage".encode("utf-16-le")
_ROW, _CELL = re.compile(rb"<(?:\w+:)?row[\s/>]"), re.compile(rb"<(?:\w+:)?c[\s/>]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"')

_AGAIN = "用 Excel 打开后另存为“Excel 工作簿（.xlsx）”，或重新导出一份"


class UnusableWorkbook(XiaoshaoError):
    """A file that cannot be read as a workbook; its text says why and what to do, in Chinese."""

    def __init__(self, path: Path, why: str, mend: str) -> None:
        super().__init__(f"{path}：{why}（{mend}）")


def open_workbook(path: Path) -> Workbook:
    """Return the workbook of a file, formulas as they are written and never computed; raises ``UnusableWorkbook``.

    Refused before anything is unpacked: no such file, over 20 MB, a password, an older format, a bomb, over 20,000 rows.
    """
    raw = _read(path)
    if raw.startswith(_OLE):
        if _ENCRYPTED in raw:
            raise UnusableWorkbook(path, "工作簿设了打开密码，读不了", "在 Excel 里去掉密码，另存后再试")
        raise UnusableWorkbook(path, "这是旧版 Excel 格式（.xls），读不了", "用 Excel 打开，另存为“Excel 工作簿（.xlsx）”")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_archive(path, archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zipfile.zlib.error):  # type: ignore[attr-defined]
        what = "文件坏了，打不开" if raw.startswith(b"PK") else "这不是 Excel 工作簿（.xlsx）"
        raise UnusableWorkbook(path, what, _AGAIN) from None
    workbook = _parse(path, raw)
    if not workbook.worksheets:
        raise UnusableWorkbook(path, "里面没有工作表", _AGAIN)
    if sum(sheet.max_row for sheet in workbook.worksheets) > MOST_ROWS + len(workbook.worksheets):
        raise UnusableWorkbook(path, f"超过 {MOST_ROWS} 行", "表格下面多半有许多空行带着格式，删掉它们再存盘")
    if any(sheet.max_column > MOST_COLUMNS for sheet in workbook.worksheets):
        raise UnusableWorkbook(path, f"超过 {MOST_COLUMNS} 列", "表格右边多半有许多空列带着格式，删掉它们再存盘")
    if sum(sheet.max_row * sheet.max_column for sheet in workbook.worksheets) > _MOST_PLACES:
        raise UnusableWorkbook(path, "表格太大", "右边和下面多半有许多空行空列带着格式，删掉它们再存盘")
    return workbook


def _read(path: Path) -> bytes:
    if not path.exists():
        raise UnusableWorkbook(path, "找不到这个文件", "检查文件名和所在的文件夹")
    if not path.is_file():
        raise UnusableWorkbook(path, "这不是一个文件", "写上工作簿的文件名，例如 faq.xlsx")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        mend = "小哨导出的只有几百 KB；删掉图片和多余的表"
        raise UnusableWorkbook(path, f"文件有 {size / 1024 / 1024:.0f} MB，超过 {LARGEST_FILE // 1024 // 1024} MB", mend)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableWorkbook(path, f"读不了这个文件：{error.strerror}", "如果它正在 Excel 里打开，先关掉") from None


def _check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise UnusableWorkbook(path, "文件加了密码，读不了", "去掉密码后再试")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UnusableWorkbook(path, "这不是 Excel 工作簿（.xlsx）", _AGAIN)
    texts = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
    if sum(part.file_size for part in texts) > _LARGEST_UNPACKED:
        raise UnusableWorkbook(path, "文件解压以后大得不正常，没有打开", _AGAIN)
    rows = cells = merged = 0
    for part in texts:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                rows += len(_ROW.findall(chunk))
                cells += len(_CELL.findall(chunk))
                merged += sum(_area(*match) for match in _MERGED.findall(chunk))
                if b"<!DOCTYPE" in chunk:
                    raise UnusableWorkbook(path, "文件里有不该有的内容，没有打开", _AGAIN)
                if rows > MOST_ROWS or cells > _MOST_CELLS:
                    raise UnusableWorkbook(path, f"超过 {MOST_ROWS} 行或 {_MOST_CELLS} 格", "删掉多余的行列和空行再存盘")
                if merged > _MOST_MERGED:
                    raise UnusableWorkbook(path, "合并了整列或整片的单元格", "在 Excel 里全选，点“取消单元格合并”，再存盘")


def _area(left: bytes, top: bytes, right: bytes, bottom: bytes) -> int:
    columns = column_index_from_string(right.decode()) - column_index_from_string(left.decode()) + 1
    return max(columns, 1) * max(int(bottom) - int(top) + 1, 1)


def _parse(path: Path, raw: bytes) -> Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decorations that it drops
            return load_workbook(io.BytesIO(raw), data_only=False, keep_links=False)
    except Exception:  # openpyxl has no exception of its own: a broken part surfaces as whatever it trips over
        raise UnusableWorkbook(path, "工作簿的内容坏了，打不开", _AGAIN) from None
