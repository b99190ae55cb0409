"""The scorecard as an Excel workbook: the rates with their formulas; departments, themes, communities and days a sheet each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from bot.reports.scorecard import DepartmentRow, Period, Rate, Scorecard, Tally

FORMULAS = (
    ("响应率", "按时签收或答复的次数 ÷ 该签收的次数（到了签收时限的，加上已经签收、答复的）"),
    ("解决率", "有答复、没有被打回的工单 ÷ 该有答复的工单（不含本人撤回的和还在时限里的）"),
    ("满意率", "评价 4 分及以上 ÷ 有评价的（工单和知识库的回答一起算）"),
    ("未评价", "答了而没有评价的 ÷ 答了的"),
)
"""How each rate is counted, in the words that the page shows as well."""

TALLY = ("问", "知识库答", "同行答", "部门答", "还在办", "本人撤回")
DEPARTMENTS = (
    "部门",
    "收到",
    "按时签收",
    "该签收",
    "签收率",
    "按时答复",
    "该答复",
    "答复率",
    "转办",
    "重开",
    "答复用时中位数（小时）",
)

_Cell = str | int | float | None


def workbook(card: Scorecard, name_of: Callable[[str], str]) -> bytes:
    """Return the workbook's bytes; ``name_of`` tells a department's name by its key."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "三率"
    rates = (card.response, card.solution, card.satisfaction, card.unrated)
    _write(first, ("", f"{card.first} 至 {card.last}", "", "", ""), [])
    rows = [(name, rate.share, rate.part, rate.whole, how) for (name, how), rate in zip(FORMULAS, rates, strict=True)]
    _append(first, [("指标", "比率", "分子", "分母", "怎么算"), *rows, (), ("", *TALLY), ("合计", *_counts(card.total))])
    _write(book.create_sheet("部门"), DEPARTMENTS, (_department(row, name_of(row.department)) for row in card.departments))
    for title, tallies in (("主题", card.themes), ("社区", card.communities)):
        _write(book.create_sheet(title), (title, *TALLY), ((row.name, *_counts(row)) for row in tallies))
    for title, periods in (("每天", card.days), ("每周", card.weeks)):
        _write(book.create_sheet(title), ("开始", *TALLY, "响应率", "满意率"), (_period(row) for row in periods))
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _counts(tally: Tally) -> tuple[int, ...]:
    return (tally.asked, tally.by_faq, tally.by_peers, tally.by_departments, tally.open, tally.withdrawn)


def _department(row: DepartmentRow, name: str) -> Sequence[_Cell]:
    hours = None if row.median_hours is None else round(row.median_hours, 1)
    return (name, row.received, *_rate(row.acknowledged), *_rate(row.answered), row.transferred, row.reopened, hours)


def _rate(rate: Rate) -> tuple[_Cell, ...]:
    return rate.part, rate.whole, rate.share


def _period(period: Period) -> Sequence[_Cell]:
    return (period.start.isoformat(), *_counts(period.tally), period.response.share, period.satisfaction.share)


def _write(sheet: Worksheet, heads: Sequence[str], rows: Iterable[Sequence[_Cell]]) -> None:
    _append(sheet, [heads])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    _append(sheet, rows)
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 24


def _append(sheet: Worksheet, rows: Iterable[Sequence[_Cell]]) -> None:
    for row in rows:
        sheet.append(list(row))
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # a name that begins with = is no formula
            elif isinstance(cell.value, float) and 0 <= cell.value <= 1:
                cell.number_format = "0%"
