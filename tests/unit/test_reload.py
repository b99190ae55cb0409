"""Changed curated files are taken over while the bot runs; broken ones are not, and the curators hear of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import app, serving
from bot.app import Bot, load_curated, open_bot
from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.errors import LedgerFull
from bot.model import Action, Status, Step
from bot.serving import page_services
from bot.settings import Settings
from bot.work.reload import CuratedFiles, Watcher
from bot.work.revisions import FIRST
from tests.district import community_file
from tests.samples import HR, ROOM, SAFETY, HandClock, decided, opened, said, take_in

ROOT = Path(__file__).parent.parent.parent
OLD, NEW = "1. 先到特检院做首次检验。", "1. 先到特检院做首次检验，可以网上约。"


class Living:
    """A bot on copies of the curated files, which a test edits and then lets it look at."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "tests" / "fixtures" / "knowledge", folder / "knowledge")
        text = (ROOT / "routing.yaml").read_text(encoding="utf-8").split("\ntests:")[0]
        (folder / "routing.yaml").write_text(text, encoding="utf-8")
        self.folder = folder
        self.forklifts = folder / "knowledge" / "叉车.yaml"
        self.taxes = folder / "knowledge" / "税务.yaml"
        self.routing = folder / "routing.yaml"
        self.settings = Settings(data=folder / "ledger.db", knowledge=folder / "knowledge", routing=self.routing)
        self.channel = PageChannel(())
        self.edits = 0
        self.bot = self.opened()

    def opened(self) -> Bot:
        return open_bot(self.settings, load_curated(self.settings), self.channel, PERSON_PREFIX, lambda: None)

    @property
    def watcher(self) -> Watcher[app.Read]:
        assert self.bot.watcher is not None
        return self.bot.watcher

    def edit(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def write(self, path: Path, text: str) -> None:
        """Write a file and move its time of change, which a fast machine may leave where it was."""
        path.write_text(text, encoding="utf-8")
        self.edits += 1
        moved = path.stat().st_mtime_ns + self.edits * 1_000_000_000
        os.utime(path, ns=(moved, moved))

    def heard(self, contact: str = "社区值班") -> list[str]:
        self.bot.loop.settle()
        with self.bot.ledger.transaction() as transaction:
            return [it.text for it in transaction.conversation(partner=f"{PERSON_PREFIX}{contact}") if it.sender is None]

    def answer(self, text: str, **more) -> str:
        decision = self.bot.intake.handle(said(text, **more))
        assert decision is not None
        return decision.says[0].text if decision.says else ""


@pytest.fixture
def living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Living]:
    monkeypatch.setattr(app, "SystemClock", HandClock)  # a Wednesday morning
    living = Living(tmp_path)
    assert not living.watcher.look()
    yield living
    living.bot.ledger.close()


def test_a_mended_answer_is_given_after_the_next_look(living: Living) -> None:
    assert OLD in living.answer("叉车怎么上牌")
    living.edit(living.forklifts, OLD, NEW)
    assert living.watcher.look()
    assert NEW in living.answer("叉车怎么上牌", room="", by=HR)
    assert not living.watcher.look()


def test_a_new_entry_and_a_new_phrasing_are_found(living: Living) -> None:
    living.edit(living.taxes, "- 发票额度不够怎么调", "- 发票额度不够怎么调\n  - 红字信息表开错了咋整")
    assert living.watcher.look()
    assert "电子税务局" in living.answer("红字信息表开错了咋整")


def test_the_new_text_is_in_force_before_the_matching_is_built(living: Living) -> None:
    living.edit(living.forklifts, OLD, NEW)
    read = app._read_sound(living.settings)
    first, second, last = app.rebuild(read, living.bot.in_force.current)
    assert NEW in first.knowledge.library.entries["forklift-plate"].answer
    assert first.knowledge.matcher is living.bot.knowledge.matcher
    assert second.knowledge.matcher is not first.knowledge.matcher
    assert second.knowledge.ranker is first.knowledge.ranker is not last.knowledge.ranker
    assert last.knowledge.matcher is second.knowledge.matcher
    assert last.knowledge.library == first.knowledge.library


def test_the_next_start_need_not_build_again_what_was_taken_over(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    living.edit(living.taxes, "- 发票额度不够怎么调", "- 发票额度不够怎么调\n  - 红字信息表开错了咋整")
    assert living.watcher.look()
    monkeypatch.setattr(app, "build_knowledge", lambda library, routing: pytest.fail("built again"))
    assert load_curated(living.settings).knowledge.library == living.bot.knowledge.library


def test_the_titles_of_the_page_follow(living: Living) -> None:
    living.edit(living.forklifts, "title: 新叉车上牌", "title: 叉车使用登记")
    living.watcher.look()
    assert page_services(living.settings, living.bot, living.channel).titles["forklift-plate"] == "叉车使用登记"


def test_a_broken_edit_keeps_the_last_good_version_and_is_told_once(living: Living) -> None:
    living.edit(living.forklifts, "title: 新叉车上牌", "title：新叉车上牌")
    assert not living.watcher.look()
    assert living.heard() == []  # an editor may have been in the middle of writing
    assert not living.watcher.look()
    (words,) = living.heard()
    assert words.startswith("刚才改的知识文件有")
    assert "\n1. 叉车.yaml:2：“title”后面是全角冒号" in words
    assert OLD in living.answer("叉车怎么上牌")
    moved = living.forklifts.stat().st_mtime_ns + 60_000_000_000
    os.utime(living.forklifts, ns=(moved, moved))  # saved again without a change
    assert [living.watcher.look(), living.watcher.look()] == [False, False]
    assert living.heard() == [words]


def test_a_misspelt_community_keeps_the_last_good_version(living: Living) -> None:
    living.edit(living.forklifts, "  department: samr\n", "  department: samr\n  communities: [灵锋]\n")
    assert [living.watcher.look(), living.watcher.look()] == [False, False]
    (words,) = living.heard()
    assert "\n1. 叉车.yaml:4：routing.yaml 里没有社区“灵锋”" in words
    assert "灵峰" in words
    assert OLD in living.answer("叉车怎么上牌")


def test_only_the_first_three_problems_are_said_with_the_number_of_all(living: Living) -> None:
    living.write(living.taxes, "".join(f"- id: x{number}\n  answr: a\n" for number in range(3)))
    living.watcher.look()
    living.watcher.look()
    (words,) = living.heard()
    assert [f"\n{number}. " in words for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "，用 xiaoshao check 看全部。" in words


def test_the_mending_is_told_and_taken_over(living: Living) -> None:
    sound = living.forklifts.read_text(encoding="utf-8")
    for broken in ("- id: [", "- id: {"):
        living.write(living.forklifts, broken)
        living.watcher.look()
        living.watcher.look()
        living.write(living.forklifts, sound.replace(OLD, NEW + broken))
        assert living.watcher.look()
    assert ["没有启用" in words for words in living.heard()] == [True, False, True, False]
    assert living.heard()[-1] == "知识文件已经改好，新内容已启用。"


def test_what_was_broken_for_a_moment_only_is_not_told(living: Living) -> None:
    sound = living.forklifts.read_text(encoding="utf-8")
    living.write(living.forklifts, sound[:90])
    living.watcher.look()
    living.write(living.forklifts, sound)
    assert [living.watcher.look(), living.watcher.look(), living.heard()] == [False, False, []]


def test_a_folder_that_is_gone_changes_nothing(living: Living) -> None:
    living.settings.knowledge.rename(living.folder / "elsewhere")
    assert [living.watcher.look(), living.watcher.look()] == [False, False]
    assert OLD in living.answer("叉车怎么上牌")
    assert "没有这个知识文件夹" in living.heard()[0]
    (living.folder / "elsewhere").rename(living.settings.knowledge)
    assert not living.watcher.look()
    assert "已经改好" in living.heard()[-1]


def test_at_night_the_curators_hear_of_it_in_the_morning(living: Living) -> None:
    living.bot.clock.advance(timedelta(hours=13))  # type: ignore[attr-defined]
    living.write(living.taxes, "- id: [")
    living.watcher.look()
    living.watcher.look()
    assert living.heard() == []
    living.bot.clock.advance(timedelta(hours=9))  # type: ignore[attr-defined]
    assert len(living.heard()) == 1


def test_a_changed_routing_file_is_followed_and_new_contacts_are_reached(living: Living) -> None:
    living.edit(
        living.routing,
        "税务局备班: {department: tax, channels: [wechat]}\n",
        "税务局备班: {department: tax, channels: [wechat]}\n  税务窗口: {department: tax, channels: [wechat]}\n",
    )
    living.edit(living.routing, "tax: {name: 税务局, contact: 税务局联络员", "tax: {name: 税务局, contact: 税务窗口")
    living.edit(
        living.routing, "  锋领企服联盟: {kind: alliance}", "  锋领企服联盟: {kind: alliance}\n  新来的群: {kind: mutual-aid}"
    )
    living.edit(living.routing, "rooms: [安全生产互助协会,", "rooms: [新来的群, 安全生产互助协会,")
    assert living.watcher.look()
    living.bot.intake.handle(said("@小哨 印花税怎么交", room="新来的群", mentions_bot=True))
    assert "印花税怎么交" in living.heard("税务窗口")[0]
    with living.bot.ledger.transaction() as transaction:
        assert transaction.undelivered() == []
        assert any(it.sender is None for it in transaction.conversation(room="新来的群"))
    services = page_services(living.settings, living.bot, living.channel)
    assert "税务窗口" in {persona.name for persona in services.personas}


def test_open_cases_keep_the_ladder_they_were_opened_under(living: Living) -> None:
    decision = living.bot.intake.handle(said("@小哨 印花税怎么交", mentions_bot=True))
    assert decision is not None and decision.action is Action.OPEN
    (case,) = decision.cases
    living.edit(living.routing, "acknowledge: 1h, answer: 8h", "acknowledge: 2h, answer: 9h")
    assert living.watcher.look()
    living.bot.intake.handle(
        said("#1 收到", room="", by=replace(SAFETY, id=f"{PERSON_PREFIX}{case.assignee}", name=case.assignee))
    )
    with living.bot.ledger.transaction() as transaction:
        now = transaction.case(case.number)
    assert now is not None and now.status is Status.ACKNOWLEDGED
    assert (now.ladder, now.config, now.plan) == (case.ladder, case.config, case.plan)
    other = living.bot.intake.handle(said("@小哨 增值税怎么申报", mentions_bot=True, by=HR))
    assert other is not None and other.cases[0].config != case.config


def test_a_question_that_waits_survives_the_end_of_its_department(living: Living) -> None:
    question = said("人工降雨怎么申请", at=living.bot.clock.now())
    until = Step("peers", "peers", question.at + timedelta(minutes=15))
    waiting = opened(1, question, status=Status.WAITING, plan=None, due=until)
    take_in(living.bot.ledger, question, decided(cases=(replace(waiting, department="rain"),)))
    serving.push_clock(living.bot, timedelta(minutes=20))
    with living.bot.ledger.transaction() as transaction:
        now = transaction.case(1)
    assert now is not None and (now.status, now.assignee) == (Status.OPEN, "社区值班")
    assert living.bot.auditor.findings() == []


def test_every_change_is_kept_in_the_ledger(living: Living) -> None:
    living.edit(living.forklifts, OLD, NEW)
    living.edit(living.taxes, "id: invoice-quota", "id: invoice-limit")
    living.watcher.look()
    with living.bot.ledger.transaction() as transaction:
        mended, first = transaction.versions("forklift-plate")
        gone, _ = transaction.versions("invoice-quota")
        known = transaction.latest_versions()
    assert first.who == FIRST and first.content is not None and OLD in first.content.answer
    assert mended.who == f"{living.forklifts.owner()}（文件修改）"
    assert mended.content == living.bot.knowledge.library.entries["forklift-plate"]
    assert gone.content is None
    assert known["invoice-limit"].content is not None


def test_what_was_edited_while_the_bot_was_down_is_kept_at_the_start(living: Living) -> None:
    living.bot.ledger.close()
    living.edit(living.forklifts, OLD, NEW)
    living.bot = living.opened()
    with living.bot.ledger.transaction() as transaction:
        assert len(transaction.versions("forklift-plate")) == 2
        assert len(transaction.versions("forklift-licence")) == 1


def test_nothing_is_lost_when_the_ledger_refuses_for_a_while(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise LedgerFull("磁盘已满")

    living.edit(living.forklifts, OLD, NEW)
    with monkeypatch.context() as broken:
        broken.setattr(app, "keep_versions", full)
        with pytest.raises(LedgerFull):
            living.watcher.look()
    assert NEW in living.answer("叉车怎么上牌")
    assert not living.watcher.look()
    with living.bot.ledger.transaction() as transaction:
        assert len(transaction.versions("forklift-plate")) == 2


def test_an_accident_while_building_keeps_what_was_in_force(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise FloatingPointError("singular")

    living.edit(living.forklifts, OLD, NEW)
    with monkeypatch.context() as broken:
        broken.setattr(app, "Matcher", fails)
        assert not living.watcher.look()
    living.watcher.look()
    assert OLD in living.answer("叉车怎么上牌")
    assert "FloatingPointError" in living.heard()[0]


def test_files_under_way_are_not_looked_at(tmp_path: Path) -> None:
    routing = tmp_path / "routing.yaml"
    routing.write_text("a", encoding="utf-8")
    files = CuratedFiles(tmp_path, routing)
    before = files.stamp(), files.digest()
    for name in (".税务-x1.tmp", "~$税务.yaml", "#税务.yaml#"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert (files.stamp(), files.digest()) == before
    (tmp_path / "税务.yaml").write_text("x", encoding="utf-8")
    assert files.stamp() != before[0]
    assert files.digest() != before[1]


def test_a_file_that_is_written_to_while_it_is_read_is_read_again(living: Living) -> None:
    living.edit(living.forklifts, OLD, NEW)
    reads = []

    def read() -> app.Read:
        found = app._read_sound(living.settings)
        if not reads:
            living.edit(living.forklifts, NEW, OLD + "带合格证。")
        reads.append(found)
        return found

    bot = living.bot
    files = CuratedFiles(living.settings.knowledge, living.routing)
    watcher = Watcher(files, read, app.rebuild, bot.in_force, lambda curated: None, bot.intake.handle, bot.clock)
    assert [watcher.look(), watcher.look(), watcher.look()] == [False, True, False]
    assert OLD + "带合格证。" in living.answer("叉车怎么上牌", room=ROOM)
    assert len(reads) == 2


def test_an_edited_file_of_a_community_is_taken_over_and_a_broken_one_is_not(living: Living) -> None:
    file = living.folder / "communities" / "社区02.yaml"
    file.parent.mkdir()
    file.write_text(community_file("社区02", 6), encoding="utf-8")
    living.edit(living.routing, "\ncalendars:", "\ninclude: [communities/*.yaml]\n\ncalendars:")
    assert living.watcher.look()
    assert living.bot.routing.home_of("社区02企业002") == "社区02"
    assert living.bot.routing.rooms["社区02互助群"].community == "社区02"
    living.edit(file, "duty: 社区02值班", "duty: 社区02值夜")
    assert [living.watcher.look(), living.watcher.look()] == [False, False]
    assert living.bot.routing.communities["社区02"].duty == "社区02值班"
    assert "社区02.yaml" in living.heard()[-1]
    living.edit(file, "duty: 社区02值夜", "duty: 社区02网格员一")
    assert living.watcher.look()
    assert living.bot.routing.communities["社区02"].duty == "社区02网格员一"
