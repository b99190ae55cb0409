"""Binding by code, beyond what the transcripts show: what has the form of a code, what is said, and that no code ever leaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk.binding_rules import IN_A_ROW, MOST_TRIES, WAIT
from bot.desk.decide import decide
from bot.desk.inquiry import inquiry_for
from bot.ledger.port import FAULT
from bot.ledger.sqlite import SqliteLedger
from bot.model import (
    NAMELESS,
    Action,
    Binding,
    BindingCode,
    CodeEnd,
    CodeTries,
    CodeUse,
    Person,
    Snapshot,
    codes_in,
    mask_codes,
    meant_as_code,
)
from bot.work.intake import Consultation, Intake
from tests.samples import NOW, TAXMAN, HandClock, said

CODE = "K7MP4XRT"
TAX = "税务局联络员"
NEW = Person("page:新号", "小李")
GOOD = BindingCode(7, TAX, NOW + timedelta(hours=3))


def direct(text: str = CODE, **more):
    return said(text, **{"by": NEW, "room": "", **more})


@pytest.fixture
def decided_on(knowledge, routing):
    def decided_on(message, *, now=NOW, **known):
        return decide(message, Snapshot(next_number=1, **known), knowledge, routing, now)

    return decided_on


def words(decision) -> str:
    return "\n".join(say.text for say in decision.says)


# ── The form ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        "k7mp4xrt",
        "K7MP-4XRT",
        "K7MP 4XRT",
        "Ｋ７ＭＰ４ＸＲＴ",
        "K7MP—4XRT",
        f"我的绑定码是{CODE}，谢谢",
        f"\u200b{CODE}\n",
        f"绑定{CODE}",
    ],
)
def test_a_code_is_read_however_it_is_typed(text: str) -> None:
    assert codes_in(text) == (CODE,)
    assert meant_as_code(direct(text))


@pytest.mark.parametrize(
    "text",
    [
        "86234567",  # a telephone number
        "sandwich",
        "K7MP4XR",
        "K7MP4XRTT",
        "K7MP4XR0",  # 0, 1, I, L, O are in no code
        "K7MP4XRI",
        "K7MP--4XRT",
        "KMPXHRT4",  # one digit alone
        "330206199001011234",
        "",
    ],
)
def test_other_texts_have_not_the_form_of_a_code(text: str) -> None:
    assert codes_in(text) == ()


def test_what_is_said_around_makes_a_code_an_ordinary_word() -> None:
    assert not meant_as_code(direct("CPCD35A2 这个型号的叉车怎么上牌"))
    assert not meant_as_code(direct("怎么绑定设备 CPCD35A2"))
    assert not meant_as_code(direct(f"{CODE} {CODE[::-1]}"))
    assert not meant_as_code(direct(CODE, quoted="sent:1"))
    assert not meant_as_code(direct(CODE, room="锋领企服联盟"))
    assert not meant_as_code(direct(f"绑定{CODE}，" + "不过我先说说别的事" * 10))


def test_masking_leaves_everything_else_as_it_was_typed() -> None:
    text = "㈱ＡＢ：k7mp-4xrt，ﬀ A2C4E6G8 ß"
    assert mask_codes(text, frozenset({CODE})) == "㈱ＡＢ：〔绑定码〕，ﬀ A2C4E6G8 ß"
    assert mask_codes(text) == "㈱ＡＢ：〔绑定码〕，ﬀ 〔绑定码〕 ß"


# ── The rules ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_code_binds_and_the_old_id_is_told(decided_on) -> None:
    old = Binding("page", TAXMAN.id, TAX, NOW - timedelta(days=9), "小李")
    decision = decided_on(direct(), codes=(GOOD,), holders=(old,), namesake=old)
    assert decision.code == CodeUse(GOOD.id, TAX)
    assert [say.target.name for say in decision.says] == [NEW.id, TAXMAN.id]
    assert "绑定好了，您是税务局联络员（税务局）" in decision.says[0].text


def test_a_code_of_somebody_who_has_left_the_routing_file_binds_nobody(decided_on) -> None:
    decision = decided_on(direct(), codes=(replace(GOOD, contact="早就没有的人"),))
    assert decision.code is None
    assert "已经作废" in words(decision)


@pytest.mark.parametrize(
    ("code", "said_of_it"),
    [
        (replace(GOOD, expires_at=NOW), "过期了"),
        (replace(GOOD, ended=CodeEnd.USED), "已经用过了"),
        (replace(GOOD, ended=CodeEnd.REPLACED), "已经作废"),
        (replace(GOOD, ended=CodeEnd.SPOILED), "已经作废"),
        (replace(GOOD, ended=CodeEnd.WITHDRAWN), "已经作废"),
    ],
)
def test_a_code_that_is_no_longer_good_says_why_and_counts_as_no_guess(decided_on, code, said_of_it) -> None:
    decision = decided_on(direct(), codes=(code,))
    assert said_of_it in words(decision)
    assert decision.code is None


def test_the_fifth_wrong_code_in_a_row_makes_its_sender_wait(decided_on) -> None:
    tries = CodeTries()
    for number in range(1, MOST_TRIES + 1):
        decision = decided_on(direct(), code_tries=tries)
        tries = decision.code.tries
        assert tries == CodeTries(number, NOW, told=number == MOST_TRIES)
        assert ("一小时以后再试" in words(decision)) == (number == MOST_TRIES)
    assert decided_on(direct(), code_tries=tries, codes=(GOOD,), now=NOW + WAIT - timedelta(seconds=1)).says == ()
    assert decided_on(direct(), code_tries=tries, codes=(GOOD,), now=NOW + WAIT).code == CodeUse(GOOD.id, TAX)
    assert decided_on(direct(), code_tries=tries, now=NOW + WAIT).code.tries == CodeTries(1, NOW + WAIT)


def test_wrong_codes_long_apart_do_not_add_up(decided_on) -> None:
    tries = CodeTries(MOST_TRIES - 1, NOW - IN_A_ROW)
    assert decided_on(direct(), code_tries=tries).code.tries == CodeTries(1, NOW)


def test_guesses_inside_other_words_count_silently_and_the_wait_is_told_at_the_first_code(decided_on) -> None:
    decision = decided_on(direct("早上好 CPCD35A2"), code_tries=CodeTries(4, NOW))
    assert decision.code.tries == CodeTries(5, NOW)
    assert decision.says == ()
    told = decided_on(direct(), codes=(GOOD,), code_tries=CodeTries(5, NOW))
    assert "一小时以后再试" in words(told)
    assert told.code == CodeUse(tries=CodeTries(5, NOW, told=True))


def test_a_good_code_in_a_group_or_among_others_is_void_and_said_so_privately(decided_on) -> None:
    for message in (direct(f"@小哨 {CODE}", room="锋领企服联盟"), direct(f"{CODE} A2C4E6G8")):
        decision = decided_on(message, codes=(GOOD,))
        assert decision.code == CodeUse(spoiled=(GOOD.id,))
        assert [(say.target.kind, say.target.name) for say in decision.says] == [("person", NEW.id)]
        assert CODE not in words(decision)


def test_a_whole_list_of_codes_pasted_into_a_group_is_void(decided_on) -> None:
    ended, other = replace(GOOD, id=8, ended=CodeEnd.USED), replace(GOOD, id=9, contact="社区值班")
    decision = decided_on(direct(f"{TAX} {CODE}\n社区值班 A2C4E6G8", room="锋领企服联盟"), codes=(GOOD, ended, other))
    assert decision.code == CodeUse(spoiled=(7, 9))
    assert len(decision.says) == 1


def test_in_a_group_nothing_is_said_about_other_codes(decided_on) -> None:
    for known in ({}, {"codes": (replace(GOOD, ended=CodeEnd.USED),)}):
        decision = decided_on(direct(CODE, room="安全生产互助协会"), **known)
        assert decision.says == () and decision.code is None


def test_no_decision_about_a_code_holds_the_code(decided_on) -> None:
    for known in ({}, {"codes": (GOOD,)}, {"codes": (replace(GOOD, ended=CodeEnd.USED),)}, {"code_tries": CodeTries(5, NOW)}):
        assert CODE not in repr(decided_on(direct(), **known))


# ── A known name under another id ───────────────────────────────────────────────────────────────────────────


def test_workers_are_warned_once_a_day_of_a_known_name(decided_on) -> None:
    known = Binding("page", TAXMAN.id, TAX, NOW, "小李")
    first, again = (decided_on(said("大家早", by=NEW), namesake=known) for _ in range(2))
    (warning,) = first.says
    assert warning.target.name == "社区值班"
    assert "“小李”" in warning.text and TAX in warning.text
    assert again.says[0].key == warning.key
    later = NOW + timedelta(days=1)
    assert decided_on(said("大家早", by=NEW), namesake=known, now=later).says[0].key != warning.key


def test_a_nameless_sender_is_nobody_s_namesake(decided_on) -> None:
    known = Binding("page", TAXMAN.id, TAX, NOW, NAMELESS)
    assert decided_on(said("大家早", by=Person("page:x", NAMELESS)), namesake=known).says == ()


# ── Nothing leaks ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_is_no_inquiry_for_a_second_opinion(knowledge, routing) -> None:
    assert inquiry_for(direct(), Snapshot(next_number=1), knowledge, routing, NOW) is None


def test_a_fault_while_deciding_keeps_no_code(tmp_path: Path) -> None:
    def breaks(event, snapshot, now):
        raise RuntimeError("boom")

    ledger = SqliteLedger(tmp_path / "ledger.db")
    with ledger.transaction() as transaction:
        code = transaction.make_code(TAX, NOW)
    intake = Intake(ledger, breaks, HandClock(), lambda: None, Consultation(lambda *_: None, lambda _: None))
    with pytest.raises(RuntimeError):
        intake.handle(direct(code))
    with ledger.transaction() as transaction:
        (judged,) = transaction.faults(NOW - timedelta(hours=1))
    assert judged.decision.reasons[0].code == FAULT
    assert judged.decision.action is Action.IGNORE
    ledger.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert code.encode() not in kept and "〔绑定码〕".encode() in kept
