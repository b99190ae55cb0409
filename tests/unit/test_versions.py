"""The history of the FAQ: what is kept, under whose name, and how a change reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.errors import XiaoshaoError
from bot.ledger.sqlite import SqliteLedger
from bot.library.versions import differences, whole
from bot.model import Entry
from bot.work.revisions import FILE_EDIT, FIRST, edited_by, file_owner, keep_versions
from tests.samples import NOW

PLATE = Entry(
    id="forklift-plate",
    title="新叉车上牌",
    department="samr",
    questions=("叉车怎么上牌", "新叉车去哪上牌"),
    answer="1. 先检验。\n2. 再登记。",
    source="第三十三条",
    verified_on=date(2026, 11, 20),
    review_every=timedelta(days=180),
    theme="叉车",
    parts={"材料": "合格证"},
)
LICENCE = replace(PLATE, id="forklift-licence", title="叉车证", questions=("叉车证怎么考",))
NAMES = {"samr": "市场监管局", "tax": "税务局"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def keep(ledger: SqliteLedger, *entries: Entry, who: str = FILE_EDIT) -> tuple[str, ...]:
    return keep_versions(ledger, {entry.id: entry for entry in entries}, lambda entry: who, NOW)


def whos(ledger: SqliteLedger, entry: str = PLATE.id) -> list[str]:
    with ledger.transaction() as transaction:
        return [version.who for version in transaction.versions(entry)]


class TestKeeping:
    def test_only_what_changed_is_kept(self, ledger: SqliteLedger) -> None:
        assert keep(ledger, PLATE, LICENCE) == (PLATE.id, LICENCE.id)
        assert keep(ledger, PLATE, LICENCE) == ()
        mended = replace(PLATE, answer="改过")
        assert keep(ledger, mended, LICENCE, who="社工甲") == (PLATE.id,)
        assert keep(ledger, LICENCE) == (PLATE.id,)
        assert keep(ledger, PLATE, LICENCE) == (PLATE.id,)
        assert whos(ledger) == [FILE_EDIT, FILE_EDIT, "社工甲", FIRST]
        assert whos(ledger, LICENCE.id) == [FIRST]

    def test_an_edit_by_somebody_named(self, ledger: SqliteLedger) -> None:
        keep(ledger, PLATE)
        with edited_by(ledger, "社工甲（Excel 导入）", [replace(PLATE, title="上牌"), LICENCE], NOW):
            pass
        assert whos(ledger)[0] == whos(ledger, LICENCE.id)[0] == "社工甲（Excel 导入）"

    def test_the_name_holds_when_a_running_bot_sees_the_change_first(self, ledger: SqliteLedger) -> None:
        keep(ledger, PLATE)
        mended = replace(PLATE, title="上牌")
        with edited_by(ledger, "社工甲", [mended], NOW):
            assert keep(ledger, mended) == (PLATE.id,)
        assert whos(ledger) == ["社工甲", FIRST]

    def test_an_edit_that_failed_is_no_version(self, ledger: SqliteLedger) -> None:
        keep(ledger, PLATE)
        with pytest.raises(XiaoshaoError), edited_by(ledger, "社工甲", [replace(PLATE, title="上牌")], NOW):
            raise XiaoshaoError("没有写成")
        assert whos(ledger) == [FIRST]

    def test_before_the_first_run_an_edit_leaves_the_beginning_to_it(self, ledger: SqliteLedger) -> None:
        with edited_by(ledger, "社工甲", [PLATE], NOW):
            pass
        assert whos(ledger) == []
        keep(ledger, PLATE, LICENCE)
        assert whos(ledger, LICENCE.id) == [FIRST]

    def test_the_owner_of_the_file_names_the_editor(self, tmp_path: Path) -> None:
        file = tmp_path / "叉车.yaml"
        file.write_text("", encoding="utf-8")
        assert file_owner(tmp_path)(PLATE) == f"{file.owner()}（{FILE_EDIT}）"
        assert file_owner(tmp_path / "gone")(PLATE) == FILE_EDIT


class TestDifferences:
    def test_field_by_field(self) -> None:
        new = replace(
            PLATE,
            title="叉车使用登记",
            department="tax",
            questions=("新叉车去哪上牌", "叉车落户"),
            answer="1. 先检验，可以网上约。\n2. 再登记。",
            parts={"材料": "合格证", "地点": "政务中心"},
            verified_on=date(2026, 12, 1),
            communities=("灵峰",),
            theme="上牌",
        )
        assert list(differences(PLATE, new, NAMES)) == [
            "主题：叉车 → 上牌",
            "标题：新叉车上牌 → 叉车使用登记",
            "部门：samr 市场监管局 → tax 税务局",
            "问法：",
            "  － 叉车怎么上牌",
            "  ＋ 叉车落户",
            "答案：",
            "  － 1. 先检验。",
            "  ＋ 1. 先检验，可以网上约。",
            "地点：（空） → 政务中心",
            "核实日期：2026-11-20 → 2026-12-01",
            "适用社区：",
            "  ＋ 灵峰",
        ]

    def test_a_long_text_on_one_line_is_shown_before_and_after(self) -> None:
        old, new = replace(PLATE, answer="去" * 50), replace(PLATE, answer="来" * 50)
        assert list(differences(old, new, NAMES)) == ["答案：", f"  － {'去' * 50}", f"  ＋ {'来' * 50}"]

    def test_order_counts(self) -> None:
        turned = replace(PLATE, questions=PLATE.questions[::-1])
        assert list(differences(PLATE, turned, NAMES)) == ["问法：", "  ＋ 新叉车去哪上牌", "  － 新叉车去哪上牌"]

    def test_nothing_changed_nothing_said(self) -> None:
        assert list(differences(PLATE, PLATE, NAMES)) == []

    def test_all_that_an_entry_said(self) -> None:
        told = list(whole(PLATE, NAMES))
        assert told[:2] == ["标题：新叉车上牌", "部门：samr 市场监管局"]
        assert "  2. 再登记。" in told
