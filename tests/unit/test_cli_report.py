"""``xiaoshao report`` on a ledger in which something was asked."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from PIL import Image

from bot.app import bind_everybody, build_bot
from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.cli import main
from bot.ledger.codec import ZONE
from bot.ledger.sqlite import SqliteLedger
from bot.model import Person, Said
from bot.reports.gathering import scorecard_of
from bot.reports.scorecard_workbook import workbook
from tests.samples import ROOM, HandClock


@pytest.fixture
def data(tmp_path, curated):
    ledger = SqliteLedger(tmp_path / "xiaoshao.db")
    clock = HandClock(datetime(2026, 11, 18, 9, tzinfo=ZONE))
    bind_everybody(ledger, curated.routing, "page", PERSON_PREFIX, clock.now())
    bot = build_bot(ledger, curated.knowledge, curated.routing, clock, [PageChannel(curated.routing.rooms)], lambda: None)
    person = Person("page:泰准金属-安全员", "泰准金属-安全员")
    for number, text in enumerate(("新买的叉车去哪里上牌？", "@小哨 个人股东转让股权的个人所得税怎么申报")):
        bot.intake.handle(Said("page", f"m{number}", ROOM, person, text, clock.now(), mentions_bot="@小哨" in text))
    ledger.close()
    return str(tmp_path / "xiaoshao.db")


def run(capsys, *arguments: str) -> tuple[int, str]:
    code = main(["report", *arguments])
    output = capsys.readouterr()
    return code, output.out + output.err


def test_figures_and_formulas(data, capsys):
    code, shown = run(capsys, "--data", data, "--from", "2026-11-16", "--to", "2026-11-18")
    assert code == 0
    assert "响应率 " in shown and "÷" in shown
    assert "问 2　知识库答 1　同行答 0　部门答 0　还在办 1" in shown
    assert "税务局" in shown and "泰准金属" not in shown


def test_bulletins_as_text_and_picture(data, capsys, tmp_path):
    assert "■ 问得最多" in run(capsys, "--data", data, "--to", "2026-11-18", "--daily")[1]
    assert "一周小结" in run(capsys, "--data", data, "--to", "2026-11-20", "--weekly")[1]
    picture = tmp_path / "一报.png"
    assert run(capsys, "--data", data, "--to", "2026-11-18", "--daily", "--out", str(picture))[0] == 0
    with Image.open(picture) as image:
        assert image.width == 750


def test_workbook_has_the_figures_and_no_formulas(data, capsys, tmp_path):
    path = tmp_path / "三率.xlsx"
    assert run(capsys, "--data", data, "--to", "2026-11-18", "--out", str(path))[0] == 0
    book = load_workbook(path)
    assert book.sheetnames == ["三率", "部门", "主题", "社区", "每天", "每周"]
    rows = {row[0]: row[1:] for row in book["每天"].iter_rows(values_only=True)}
    assert rows["2026-11-18"][:2] == (2, 1)
    assert book["部门"]["A2"].value == "税务局"


def test_a_name_like_a_formula_stays_text(data, capsys, curated):
    ledger = SqliteLedger(data)
    at = datetime(2026, 11, 18, 18, tzinfo=ZONE)
    card = scorecard_of(ledger, at.date(), at.date(), at, curated.routing, curated.knowledge.library)
    ledger.close()
    book = load_workbook(BytesIO(workbook(card, lambda key: "=1+1")))
    assert (book["部门"]["A2"].value, book["部门"]["A2"].data_type) == ("=1+1", "s")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "明天"), "看不懂这个日期"),
        (("--from", "2026-11-19", "--to", "2026-11-18"), "没有这样的日子"),
        (("--daily", "--weekly"), "两者选一个"),
        (("--to", "2026-11-18", "--out", "三率.txt"), ".xlsx 结尾"),
    ],
)
def test_what_cannot_be_done_is_said(data, capsys, arguments, words):
    code, shown = run(capsys, "--data", data, *arguments)
    assert (code, words in shown) == (1, True)
