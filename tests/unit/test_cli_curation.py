"""``xiaoshao candidates``, ``questions`` and ``history``: what they print, what they write, and clear words for every fault."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.opened import history_kept
from bot.desk.lifecycle import PEERS_ANSWERED
from bot.ledger.codec import ZONE
from bot.ledger.sqlite import SqliteLedger
from bot.library.faq_file import load_library
from bot.model import Case, Person, Reply, Status
from bot.settings import Settings
from bot.work.revisions import keep_versions
from tests.samples import NOW, decided, opened, said, take_in

ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A ledger and curated files in a folder, and the commands run on them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.folder = Path(shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", folder / "knowledge"))
        self.data, self.routing = folder / "ledger.db", folder / "routing.yaml"
        text = (ROOT / "routing.yaml").read_text(encoding="utf-8").split("\ntests:")[0]
        self.routing.write_text(text, encoding="utf-8")
        self.ledger = SqliteLedger(self.data)

    def put(self, *cases: Case) -> None:
        for case in cases:
            take_in(self.ledger, said(case.question, at=case.opened_at), decided(cases=(case,)))

    def run(self, *command: str, code: int = 0) -> str:
        places = ["--data", str(self.data), "--routing", str(self.routing)]
        if command[0] != "questions":
            places += ["--knowledge", str(self.folder)]
        assert main([*command, *places]) == code
        printed = self.capsys.readouterr()
        return printed.err if code and printed.err else printed.out

    def keep(self, at: datetime = NOW, who: str = "社工甲") -> None:
        keep_versions(self.ledger, load_library(self.folder).entries, lambda entry: who, at)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XIAOSHAO_")]:
        monkeypatch.delenv(name)
    desk = Desk(tmp_path, capsys)
    yield desk
    desk.ledger.close()


def closed(number: int, question: str = "车间地磅多久强检一次", *, at: datetime = NOW, department: str = "samr", **more) -> Case:
    case = opened(number, said(question, at=at), **{"status": Status.CLOSED, "plan": None, **more})
    return replace(case, department=department)


def by_peer(number: int, question: str = "车间地磅多久强检一次", text: str = "一年一次，找张三13812345678", **more) -> Case:
    return closed(number, question, peers=(Reply("恒锐模具-李四", text, NOW),), outcome=PEERS_ANSWERED, **more)


def by_contact(number: int, question: str = "车间地磅多久强检一次", **more) -> Case:
    replies = (Reply("市场监管局联络员", "一年一次，\n在强检平台申报", NOW),)
    return closed(number, question, replies=replies, rating=5, outcome="评价 5 分", **more)


class TestCandidates:
    def test_the_most_asked_first_with_the_nearest_entry(self, desk: Desk) -> None:
        desk.put(by_peer(1, "电瓶搬运车在哪领牌照呀"), by_peer(2), by_contact(3), by_peer(4, "叉车怎么上牌"))
        lines = desk.run("candidates").splitlines()
        assert lines[0] == "候选 2　问了 2 次　最近 2026-11-18　市场监管局"
        assert lines[1:4] == [
            "  问：车间地磅多久强检一次",
            "  答：恒锐模具（同行）：一年一次，找某人138****5678",
            "  答：市场监管局（部门，评价 5 分）：一年一次， 在强检平台申报",
        ]
        assert lines[5].startswith("候选 1　问了 1 次")
        assert any(line.startswith("  最像：forklift-plate「新叉车上牌」") and line.endswith("%") for line in lines)
        assert lines[-1] == "另有 1 个知识库已经能答，没有列出（--all 可列出）"
        assert "李四" not in "".join(lines)
        assert "候选 4　" in desk.run("candidates", "--all")
        assert "还有 1 个，用 --limit 2 全部列出" in desk.run("candidates", "--limit", "1")

    def test_one_in_full_under_any_of_its_cases(self, desk: Desk) -> None:
        desk.put(by_peer(2), by_contact(3))
        told = desk.run("candidates", "3")
        assert told == desk.run("candidates", "2")
        assert "      在强检平台申报\n" in told
        assert told.splitlines()[-1] == "加为已有条目的问法：xiaoshao candidates 2 --into 条目id"

    def test_a_draft_is_printed_or_written_beside_the_knowledge(self, desk: Desk) -> None:
        desk.put(by_contact(3))
        printed = desk.run("candidates", "3", "--draft")
        assert "\n- id: 待填\n  title: " in printed
        assert not (desk.folder.parent / "drafts").exists()
        assert desk.run("candidates", "3", "--draft", "--write").startswith("已写好草稿：")
        assert (desk.folder.parent / "drafts" / "候选-3.yaml").read_text(encoding="utf-8") == printed
        assert "已经有草稿了" in desk.run("candidates", "3", "--draft", "--write", code=1)

    def test_a_phrasing_goes_in_when_the_check_passes_and_the_history_names_who(self, desk: Desk) -> None:
        desk.keep()
        desk.put(by_peer(1, "刚到的叉车挂牌手续在哪弄"))
        assert desk.run("candidates", "1", "--into", "forklift-plate").startswith(
            "已把“刚到的叉车挂牌手续在哪弄”加为 forklift-plate 的问法"
        )
        assert load_library(desk.folder).entries["forklift-plate"].questions[-1] == "刚到的叉车挂牌手续在哪弄"
        with desk.ledger.transaction() as transaction:
            newest = transaction.versions("forklift-plate")[0]
        assert newest.who.endswith("（候选 1）")
        assert newest.content == load_library(desk.folder).entries["forklift-plate"]

    @pytest.mark.parametrize(("words", "why"), [("叉车怎么上牌", "重复"), ("大家早上好", "forklift-plate")])
    def test_what_the_check_refuses_changes_nothing(self, desk: Desk, words: str, why: str) -> None:
        before = {path.name: path.read_bytes() for path in desk.folder.iterdir()}
        desk.put(by_peer(1))
        told = desk.run("candidates", "1", "--into", "forklift-plate", "--words", words, code=1)
        assert told.startswith(f"没有写：加上问法“{words}”以后检查通不过，什么也没有改。\n{desk.folder}/")
        assert why in told
        assert {path.name: path.read_bytes() for path in desk.folder.iterdir()} == before

    def test_nothing_yet(self, desk: Desk) -> None:
        assert desk.run("candidates").startswith("还没有候选")

    @pytest.mark.parametrize(
        ("command", "why"),
        [
            (["99"], "没有候选 99（用 xiaoshao candidates 看有哪些）"),
            (["1", "--into", "forklift-plat"], "没有条目“forklift-plat”（是不是想写“forklift-plate”？）"),
            (["--draft"], "要写明是哪个候选"),
            (["1", "--write"], "--write 要跟 --draft 一起用"),
            (["1", "--words", "叉车"], "--words 要跟 --into 一起用"),
            (["1", "--draft", "--into", "forklift-plate"], "两者选一个"),
        ],
    )
    def test_faults_are_named(self, desk: Desk, command: list[str], why: str) -> None:
        desk.put(by_peer(1))
        assert why in desk.run("candidates", *command, code=1)


class TestQuestions:
    def test_by_frequency_with_department_and_endings(self, desk: Desk) -> None:
        waiting = opened(5, said("车间地磅多久强检一次啊", at=NOW - timedelta(days=3), by=Person("page:王五", "王五")))
        desk.put(
            closed(1, "厂区临时用电怎么报装", at=NOW - timedelta(days=40), outcome="网格员一办结：李四来电", department="power"),
            by_peer(2),
            by_contact(3),
            closed(4, "着火了", danger=True),
            replace(waiting, department="samr"),
        )
        lines = desk.run("questions").splitlines()
        assert lines[0] == "答不上来的问题 2 种，共问了 4 次"
        assert lines[1] == "3 次　车间地磅多久强检一次"
        assert lines[2].startswith("    市场监管局　同行已答、部门答复，评价 5 分、已转出，待签收　最近 2026-11-18　#2 #3 #5")
        assert lines[3] == "    也有人问：车间地磅多久强检一次啊"
        assert lines[5] == "    供电公司　没有答复就办结　最近 2026-10-09　#1"
        assert "王五" not in "".join(lines) and "李四" not in "".join(lines)

    def test_a_period_and_a_department(self, desk: Desk) -> None:
        long_ago = datetime(2020, 1, 5, tzinfo=ZONE)
        desk.put(closed(1, "厂区临时用电怎么报装", at=long_ago, department="power"), closed(2, at=long_ago + timedelta(days=9)))
        assert desk.run("questions", "--since", "2020-01-06").splitlines()[0] == "答不上来的问题 1 种，共问了 1 次"
        assert "供电公司" in desk.run("questions", "--department", "供电")
        assert desk.run("questions", "--department", "税务") == "这段时间没有答不上来的问题。\n"
        assert desk.run("questions", "--since", "12h") == "这段时间没有答不上来的问题。\n"
        assert "还有 1 种，用 --limit 2 全部列出" in desk.run("questions", "--limit", "1")

    def test_nothing_yet(self, desk: Desk) -> None:
        assert desk.run("questions") == "还没有答不上来的问题。\n"

    def test_faults_are_named(self, desk: Desk) -> None:
        assert "看不懂“上个月”，写成 30d" in desk.run("questions", "--since", "上个月", code=1)
        assert "没有部门“天文台”（可用的有：" in desk.run("questions", "--department", "天文台", code=1)


class TestHistory:
    def test_versions_newest_first_with_what_changed(self, desk: Desk) -> None:
        desk.keep()
        file = desk.folder / "叉车.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("title: 新叉车上牌", "title: 叉车使用登记"), encoding="utf-8")
        desk.keep(NOW + timedelta(days=1))
        file.write_text(text.replace("title: 新叉车上牌", "title: 叉车上户"), encoding="utf-8")
        assert desk.run("history", "forklift-plate").splitlines() == [
            "forklift-plate　叉车使用登记　共 2 版",
            "2026-11-19 09:55　社工甲",
            "  标题：新叉车上牌 → 叉车使用登记",
            "2026-11-18 09:55　首次登记　最早的一版",
            "知识文件里还有没登记的修改（小哨运行时会自动登记）：",
            "  标题：叉车使用登记 → 叉车上户",
        ]
        assert desk.run("history", "forklift-plate", "--limit", "1").splitlines()[3] == "还有更早的 1 版，用 --limit 2 全部列出"

    def test_a_deleted_entry_shows_what_it_said(self, desk: Desk) -> None:
        desk.keep()
        (desk.folder / "税务.yaml").write_text("# 都移走了\n", encoding="utf-8")
        keep_versions(
            desk.ledger,
            {name: it for name, it in load_library(ROOT / "tests/fixtures/knowledge").entries.items() if it.theme == "叉车"},
            lambda entry: "社工乙",
            NOW + timedelta(days=1),
        )
        lines = desk.run("history", "invoice-quota").splitlines()
        assert lines[1] == "2026-11-19 09:55　社工乙　删除了条目，删除前是："
        assert "  标题：开票额度不够" in lines

    def test_an_unknown_entry_gets_the_nearest(self, desk: Desk) -> None:
        desk.keep()
        assert "账本里没有条目“forklift-plat”的记录（是不是想写“forklift-plate”？）" in desk.run(
            "history", "forklift-plat", code=1
        )


def test_another_command_names_itself_in_the_history(desk: Desk, tmp_path: Path) -> None:
    desk.keep()
    mended = replace(load_library(desk.folder).entries["invoice-quota"], title="发票额度")
    with history_kept(Settings(data=desk.data), "Excel 导入", [mended]):
        pass
    assert "（Excel 导入）\n  标题：开票额度不够 → 发票额度\n" in desk.run("history", "invoice-quota")
    with history_kept(Settings(data=tmp_path / "none.db"), "Excel 导入", [mended]):
        assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("command", [["candidates"], ["questions"], ["history", "forklift-plate"]])
def test_without_a_ledger_one_clear_sentence(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main([*command, "--data", str(tmp_path / "none.db")]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1 and "还没有账本（先用 xiaoshao run 启动一次，或用 --data 指明文件）" in printed.err
    assert not (tmp_path / "none.db").exists()
