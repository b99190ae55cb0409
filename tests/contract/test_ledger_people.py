"""What every ledger engine must do about people: binding codes, bindings with their history, namesakes, the directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ledger.port import Address, BindingStep, Ledger
from bot.ledger.postgres import PostgresLedger
from bot.model import Action, Binding, CodeEnd, CodeTries, CodeUse, Enterprise, Member, Person, Target, Ticked, is_code
from tests.contract.conftest import Open
from tests.samples import HR, NOW, SAFETY, TAXMAN, decided, opened, said, say, snapshot_for, take_in

NEW = Person("page:新号", "小李")
DAY = timedelta(days=1)
TAX = "税务局联络员"


def make_code(ledger: Ledger, contact: str = TAX, at=NOW) -> str:
    with ledger.transaction() as transaction:
        return transaction.make_code(contact, at, by="社工甲（发绑定码）")


def sent(code: str, *, by: Person = NEW, room: str = "", at=NOW, **more):
    return said(code, by=by, room=room, at=at, **more)


def bind_by(ledger: Ledger, code: str, *, by: Person = NEW, contact: str = TAX, at=NOW) -> None:
    message = sent(code, by=by, at=at)
    (known,) = snapshot_for(ledger, replace(message, message_id=f"{message.message_id}/look")).codes
    take_in(ledger, message, decided(action=Action.REPLY, code=CodeUse(known.id, contact)))


def bound_ids(ledger: Ledger, contact: str = TAX) -> list[str]:
    with ledger.transaction() as transaction:
        return [binding.person for binding in transaction.bindings(contact)]


def end_of(ledger: Ledger, code: str) -> CodeEnd | None:
    (known,) = snapshot_for(ledger, sent(code)).codes
    return known.ended


def everything_in(ledger: Ledger) -> str:
    """Return every text in every table, as somebody with the file would read it."""
    db = ledger._db  # type: ignore[attr-defined]
    names = (
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
        if isinstance(ledger, PostgresLedger)
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    tables = [row["name"] for row in db.execute(names)]
    assert "binding_codes" in tables
    return "\n".join(str(dict(row)) for table in tables for row in db.execute(f"SELECT * FROM {table}"))


# ── Codes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_is_good_for_a_day_and_is_kept_by_nobody(ledger: Ledger) -> None:
    code = make_code(ledger)
    assert is_code(code)
    assert code not in everything_in(ledger)
    with ledger.transaction() as transaction:
        (good,) = transaction.good_codes(NOW)
        assert (good.contact, good.expires_at, good.good(NOW)) == (TAX, NOW + DAY, True)
        assert transaction.good_codes(NOW + DAY) == []


def test_the_snapshot_knows_the_code_that_a_message_holds_however_it_is_typed(ledger: Ledger) -> None:
    code = make_code(ledger)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code)
    for text in (code, code.lower(), f"{code[:4]}-{code[4:]}", f"绑定码：{code}。", wide):
        assert [known.contact for known in snapshot_for(ledger, sent(text)).codes] == [TAX], text
    assert snapshot_for(ledger, sent(f"X{code}")).codes == ()
    assert snapshot_for(ledger, sent("K7MP4XRT")).codes == ()
    both = f"{code} K7MP4XRT {make_code(ledger, '社区值班')}"
    assert {known.contact for known in snapshot_for(ledger, sent(both)).codes} == {TAX, "社区值班"}


def test_a_newer_code_ends_the_older_one_of_the_same_contact_only(ledger: Ledger) -> None:
    older, other = make_code(ledger), make_code(ledger, "社区值班")
    newer = make_code(ledger)
    assert [end_of(ledger, code) for code in (older, other, newer)] == [CodeEnd.REPLACED, None, None]


def test_what_was_sent_as_a_code_is_never_kept_in_clear(ledger: Ledger) -> None:
    code = make_code(ledger)
    typed = [
        sent(code.lower()),
        sent("k7mp-4xrt"),
        sent(f"@小哨 {code}", room="锋领企服联盟"),
        sent(f"我是税务局的，码是 {code}"),
    ]
    for message in typed:
        take_in(ledger, message)
    with ledger.transaction() as transaction:
        heard = transaction.last_judged(channel="page", limit=10)
    assert [each.text for each in reversed(heard)] == [
        "〔绑定码〕",
        "〔绑定码〕",
        "@小哨 〔绑定码〕",
        "我是税务局的，码是 〔绑定码〕",
    ]
    assert code not in everything_in(ledger).upper()


def test_what_only_looks_like_a_code_stays_as_it_was_typed(ledger: Ledger) -> None:
    make_code(ledger)
    texts = ["CPCD35A2 这个型号的叉车怎么上牌", "86234567", "sandwich"]
    for text in texts:
        take_in(ledger, sent(text))
    take_in(ledger, sent("CPCD35A2", room="锋领企服联盟"))
    take_in(ledger, sent("A2C4E6G8", quoted="sent:1"))
    with ledger.transaction() as transaction:
        heard = transaction.last_judged(channel="page", limit=10)
    assert [each.text for each in reversed(heard)] == [*texts, "CPCD35A2", "A2C4E6G8"]


# ── Binding by code ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_binds_once(ledger: Ledger) -> None:
    code = make_code(ledger)
    bind_by(ledger, code)
    assert bound_ids(ledger) == [NEW.id]
    (known,) = snapshot_for(ledger, sent(code, by=HR)).codes
    assert known.ended is CodeEnd.USED
    with pytest.raises(ValueError, match="绑定码已经用不了"):
        take_in(ledger, sent(code, by=HR), decided(code=CodeUse(known.id, TAX)))
    assert bound_ids(ledger) == [NEW.id]


def test_a_spoiled_code_binds_nobody(ledger: Ledger) -> None:
    codes = [make_code(ledger), make_code(ledger, "社区值班")]
    shown = " ".join(codes)
    known = tuple(code.id for code in snapshot_for(ledger, sent(shown)).codes)
    take_in(ledger, sent(shown, room="锋领企服联盟"), decided(code=CodeUse(spoiled=known)))
    assert [end_of(ledger, code) for code in codes] == [CodeEnd.SPOILED, CodeEnd.SPOILED]
    assert bound_ids(ledger) == []


def test_a_new_id_replaces_the_old_one_on_its_channel_only(open_ledger: Open) -> None:
    first = open_ledger()
    with first.transaction() as transaction:
        transaction.bind("page", TAXMAN.id, TAX, NOW - DAY, by="演示")
        transaction.bind("wechaty", "wx1", TAX, NOW - DAY)
    take_in(first, said("早", by=TAXMAN, room=""))
    code = make_code(first)
    holders = snapshot_for(first, sent(code)).holders
    assert holders == (Binding("page", TAXMAN.id, TAX, NOW - DAY, TAXMAN.name),)
    bind_by(first, code)
    first.close()
    with open_ledger().transaction() as transaction:
        assert transaction.addresses(TAX) == [Address("wechaty", person="wx1"), Address("page", person=NEW.id)]
        history = transaction.binding_history(TAX)
    assert [(each.step, each.person, each.name) for each in history] == [
        (BindingStep.BOUND, TAXMAN.id, ""),
        (BindingStep.BOUND, "wx1", ""),
        (BindingStep.REPLACED, TAXMAN.id, TAXMAN.name),
        (BindingStep.BOUND, NEW.id, NEW.name),
    ]
    assert history[0].by == "演示"


def test_somebody_bound_to_another_contact_is_released_from_it(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("page", NEW.id, "税务局备班", NOW - DAY)
    bind_by(ledger, make_code(ledger))
    assert (bound_ids(ledger), bound_ids(ledger, "税务局备班")) == ([NEW.id], [])
    with ledger.transaction() as transaction:
        assert [each.step for each in transaction.binding_history("税务局备班")] == [BindingStep.BOUND, BindingStep.UNBOUND]


def test_unbinding_releases_the_ids_and_withdraws_the_codes(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("page", TAXMAN.id, TAX, NOW)
        transaction.bind("wechaty", "wx1", TAX, NOW)
    code = make_code(ledger)
    with ledger.transaction() as transaction:
        assert [each.person for each in transaction.unbind(TAX, NOW, channel="wechaty", by="社工甲")] == ["wx1"]
        assert [each.person for each in transaction.bindings(TAX)] == [TAXMAN.id]
        assert [each.person for each in transaction.unbind(TAX, NOW, by="社工甲")] == [TAXMAN.id]
        assert transaction.unbind(TAX, NOW) == [] and transaction.bindings() == []
        assert transaction.binding_history(TAX)[-1].by == "社工甲"
    assert end_of(ledger, code) is CodeEnd.WITHDRAWN
    assert snapshot_for(ledger, said("#1 好的", by=TAXMAN, room="")).contact is None


def test_wrong_tries_are_kept_for_each_sender_and_forgotten_when_bound(open_ledger: Open) -> None:
    first = open_ledger()
    tries = CodeTries(3, NOW)
    take_in(first, sent("K7MP4XRT"), decided(code=CodeUse(tries=tries)))
    first.close()
    again = open_ledger()
    assert snapshot_for(again, sent("K7MP4XRT")).code_tries == tries
    assert snapshot_for(again, sent("K7MP4XRT", by=HR)).code_tries == CodeTries()
    assert snapshot_for(again, sent("K7MP4XRT", channel="wechaty")).code_tries == CodeTries()
    bind_by(again, make_code(again))
    assert snapshot_for(again, sent("K7MP4XRT")).code_tries == CodeTries()


def test_the_cases_of_the_code_s_contact_are_in_the_snapshot(ledger: Ledger) -> None:
    for number in range(1, 4):
        message = said(channel="wechaty", room="别的群")
        holder = {1: TAX, 2: "社区值班", 3: TAX}[number]
        case = opened(number, message)
        assert case.plan is not None
        take_in(ledger, message, decided(action=Action.OPEN, cases=(replace(case, plan=replace(case.plan, assignee=holder)),)))
    numbers = {case.number for case in snapshot_for(ledger, sent(make_code(ledger))).cases}
    assert {1, 3} <= numbers


# ── A known name under another id ───────────────────────────────────────────────────────────────────────────


def test_a_namesake_is_marked_only_for_an_id_that_is_not_bound(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.bind("page", NEW.id, TAX, NOW)
    assert snapshot_for(ledger, said(by=Person("page:别人", "小李"))).namesake is None  # the nickname is not known yet
    take_in(ledger, said("大家早", by=NEW))
    found = snapshot_for(ledger, said(by=Person("page:别人", "小李"))).namesake
    assert found is not None and (found.contact, found.person, found.name) == (TAX, NEW.id, "小李")
    by_contact = snapshot_for(ledger, said(by=Person("page:别人", TAX))).namesake
    assert by_contact is not None and by_contact.person == NEW.id
    assert snapshot_for(ledger, said(by=NEW)).namesake is None
    assert snapshot_for(ledger, said(by=Person("page:别人", "小李"), channel="wechaty")).namesake is None
    take_in(ledger, said("改名了", by=replace(NEW, name="老李")))
    assert snapshot_for(ledger, said(by=Person("page:别人", "小李"))).namesake is None


# ── The directory ───────────────────────────────────────────────────────────────────────────────────────────

FIRM = Enterprise("泰准金属", "灵峰", "一格", "泰准金属制品有限公司", ("泰准", "TZ金属"), (Member("安全员", "老周"),))


def put(ledger: Ledger, *enterprises: Enterprise, gone: tuple[str, ...] = ()) -> None:
    with ledger.transaction() as transaction:
        transaction.put_enterprises(enterprises, gone)


def seen_by(ledger: Ledger, nickname: str) -> list[str]:
    return [each.name for each in snapshot_for(ledger, said(by=replace(SAFETY, name=nickname))).enterprises]


def test_the_directory_is_kept_changed_and_taken_out(open_ledger: Open) -> None:
    first = open_ledger()
    other = Enterprise("恒锐模具", "灵峰")
    put(first, FIRM, other)
    put(first, replace(other, grid="二格"), gone=("泰准金属",))
    first.close()
    with open_ledger().transaction() as transaction:
        assert transaction.enterprises() == [replace(other, grid="二格")]
    assert seen_by(open_ledger(), "泰准金属-安全员") == []


@pytest.mark.parametrize("nickname", ["泰准金属-安全员", "灵峰 泰准 小王", "ＴＺ金属采购", "老周", " 老周 "])
def test_the_snapshot_has_the_enterprise_that_a_nickname_is_of(ledger: Ledger, nickname: str) -> None:
    put(ledger, FIRM, Enterprise("恒锐模具", "灵峰"))
    assert seen_by(ledger, nickname) == ["泰准金属"]


@pytest.mark.parametrize("nickname", ["", "泰", "路人甲", "泰 准", "王" * 500])
def test_other_nicknames_are_of_no_enterprise(ledger: Ledger, nickname: str) -> None:
    put(ledger, FIRM)
    assert seen_by(ledger, nickname) == []


def test_a_deadline_s_snapshot_has_the_asker_s_enterprise(ledger: Ledger) -> None:
    put(ledger, FIRM, Enterprise("恒锐模具", "灵峰"))
    message = said(by=replace(SAFETY, name="改过的昵称"))
    take_in(ledger, message, decided(action=Action.OPEN, cases=(opened(1, message),), says=(say("k", Target("contact", TAX)),)))
    assert [each.name for each in snapshot_for(ledger, Ticked(1, "0/remind-1", NOW)).enterprises] == ["泰准金属"]
