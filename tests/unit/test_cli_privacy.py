"""``xiaoshao forget`` and ``xiaoshao password``, and what becomes anonymous after the time of the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli import main
from bot.ledger.port import Ledger
from bot.ledger.privacy import NOBODY
from bot.ledger.sqlite import SqliteLedger
from bot.model import Enterprise, Member, Status
from bot.web.credentials import Credentials
from bot.web.sessions import Sessions
from bot.work.retention import AT_ONCE, Retention
from tests.samples import HR, NOW, ROOM, SAFETY, HandClock, decided, opened, said, take_in

ROUTING = Path(__file__).parent.parent.parent / "routing.yaml"


class Office:
    """A ledger in a folder and the commands run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.data = capsys, folder / "ledger.db"
        self.ledger: Ledger = SqliteLedger(self.data)

    def run(self, *command: str, code: int = 0) -> str:
        assert main([*command, "--data", str(self.data)]) == code
        printed = self.capsys.readouterr()
        return printed.out + printed.err


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XIAOSHAO_")]:
        monkeypatch.delenv(name)
    office = Office(tmp_path, capsys)
    yield office
    office.ledger.close()


def ask(office: Office, number: int, *, status: Status = Status.CLOSED) -> None:
    message = said()
    take_in(office.ledger, message, decided(cases=(opened(number, message, status=status),)))


class TestForget:
    def test_somebody_is_shown_first_and_taken_out_with_write(self, office: Office) -> None:
        ask(office, 1)
        with office.ledger.transaction() as work:
            members = (Member("安全员", SAFETY.name), Member("人事", HR.name))
            work.put_enterprises((Enterprise("泰准金属", "灵峰", people=members),))
        printed = office.run("forget", SAFETY.name)
        assert f"{SAFETY.id}（page，{SAFETY.name}）说过 1 句，工单 #1" in printed
        assert "还没有抹" in printed
        assert "已抹掉" in office.run("forget", SAFETY.name, "--write")
        with office.ledger.transaction() as work:
            case, (enterprise,) = work.case(1), work.enterprises()
            trail = work.pages.trail()
        assert case is not None and case.asker.person.name == NOBODY
        assert enterprise.people == (Member("人事", HR.name),)
        assert [line.what for _, line in trail] == ["抹掉一个人"]
        assert SAFETY.name not in trail[0][1].detail
        assert "账本里没有" in office.run("forget", SAFETY.name, code=1)

    def test_what_stands_in_the_way_is_said_with_a_way_out(self, office: Office) -> None:
        ask(office, 1, status=Status.OPEN)
        assert "还有没办结的工单 #1" in office.run("forget", SAFETY.name, "--write", code=1)
        take_in(office.ledger, said("早", by=HR))
        with office.ledger.transaction() as work:
            work.bind("page", HR.id, "网格员一", NOW)
        assert "xiaoshao bind --remove 网格员一" in office.run("forget", HR.name, "--write", code=1)

    def test_of_two_with_one_nickname_the_id_must_be_written(self, office: Office) -> None:
        for person in (HR, HR.__class__("wechaty:wx1", HR.name)):
            take_in(office.ledger, said("早", by=person))
        printed = office.run("forget", HR.name, "--write", code=1)
        assert "wechaty:wx1" in printed and "有几个人" in printed
        assert "已抹掉" in office.run("forget", "wechaty:wx1", "--write")
        with office.ledger.transaction() as work:
            assert [it.text for it in work.conversation(room=ROOM)] == ["早", ""]


class TestRetention:
    def test_old_cases_and_words_become_anonymous_piece_by_piece(self, office: Office) -> None:
        ask(office, 1)
        for _ in range(AT_ONCE + 5):
            take_in(office.ledger, said("闲话", by=HR))
        clock = HandClock(NOW + timedelta(days=30))
        retention = Retention(office.ledger, clock, days=30)
        assert retention.round() == 0
        clock.at += timedelta(seconds=1)
        assert [retention.round() for _ in range(3)] == [1 + AT_ONCE, 6, 0]
        with office.ledger.transaction() as work:
            case = work.case(1)
            assert {it.text for it in work.conversation(room=ROOM, limit=1000)} == {""}
        assert case is not None and case.asker.person.name == NOBODY

    def test_zero_days_keep_everything(self, office: Office) -> None:
        ask(office, 1)
        assert Retention(office.ledger, HandClock(NOW + timedelta(days=9999)), days=0).round() == 0


class TestPassword:
    def test_password_is_set_and_taken_away_and_ends_what_was_logged_in(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = ["短", "足够长的一个密码呀呀"]
        monkeypatch.setattr("typer.prompt", lambda *_, **__: given.pop(0))
        assert "10 到 200 个字符" in office.run("password", "网格员一", "--routing", str(ROUTING), code=1)
        token = Sessions(office.ledger).begin("网格员一", "验证码", "", NOW)
        assert "已设好" in office.run("password", "网格员一", "--routing", str(ROUTING))
        assert Sessions(office.ledger).find(token, "", NOW) is None
        assert Credentials(office.ledger).check_password("网格员一", "足够长的一个密码呀呀", NOW)
        assert "已取消" in office.run("password", "网格员一", "--remove", "--routing", str(ROUTING))
        assert not Credentials(office.ledger).check_password("网格员一", "足够长的一个密码呀呀", NOW)
        assert "本来就没有" in office.run("password", "网格员一", "--remove", "--routing", str(ROUTING))

    def test_unknown_name_is_said_with_a_suggestion(self, office: Office) -> None:
        assert "网格员一" in office.run("password", "网格员1", "--routing", str(ROUTING), code=1)
