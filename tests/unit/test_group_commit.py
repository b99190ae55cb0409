"""Several pieces of work, one commit."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest

from bot.errors import LedgerFull
from bot.ledger.port import Transaction
from bot.ledger.sqlite import SqliteLedger
from bot.model import Decision, Event, Person, Said, Snapshot
from bot.work.group_commit import GroupCommit, Piece
from bot.work.intake import Intake
from tests.samples import HR, NOW, ROOM, HandClock, opens, said, silent


class Counted:
    """A ledger that counts its commits and may be told what to do just before one."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.ledger = ledger
        self.commits = 0
        self.begins: Callable[[], None] = lambda: None
        self.before_commit: Callable[[], None] = lambda: None

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        self.begins()
        with self.ledger.transaction() as transaction:
            yield transaction
            self.before_commit()
        self.commits += 1

    def close(self) -> None:
        self.ledger.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Counted]:
    counted = Counted(SqliteLedger(tmp_path / "xiaoshao.db"))
    yield counted
    counted.close()


def sets(name: str, value: str = "1") -> Piece:
    return Piece(lambda transaction: transaction.set(name, value))


def breaks(name: str) -> Piece:
    def work(transaction: Transaction) -> None:
        transaction.set(name, "half done")
        raise KeyError(name)

    return Piece(work, lambda transaction, fault: transaction.set(f"{name} noted", type(fault).__name__))


def known(ledger: Counted, *names: str) -> list[str | None]:
    with ledger.ledger.transaction() as transaction:
        return [transaction.setting(name) for name in names]


def test_what_comes_during_a_commit_shares_the_next_one(ledger: Counted) -> None:
    commits = GroupCommit(ledger)
    under_way, go_on = Signal(), Signal()

    def hold() -> None:
        under_way.set()
        assert go_on.wait(10)

    ledger.before_commit = hold
    pieces = [sets(str(number)) for number in range(6)]
    threads = [Thread(target=commits.carry_out, args=([piece],)) for piece in pieces]
    threads[0].start()
    assert under_way.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(commits._waiting) < 5:
        pass
    assert not any(piece.done for piece in pieces)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert all(piece.done for piece in pieces)
    assert ledger.commits == 2
    assert known(ledger, *"012345") == ["1"] * 6


def test_a_piece_that_fails_spoils_no_other_and_leaves_nothing_half_done(ledger: Counted) -> None:
    pieces = [sets("a", "1"), breaks("bad"), sets("a", "2"), sets("b"), breaks("worse"), sets("a", "3")]
    GroupCommit(ledger).carry_out(pieces)
    assert [type(piece.fault) for piece in pieces] == [type(None), KeyError, type(None), type(None), KeyError, type(None)]
    assert known(ledger, "a", "b", "bad", "worse") == ["3", "1", None, None]
    assert known(ledger, "bad noted", "worse noted") == ["KeyError", "KeyError"]


def test_a_batch_whose_commit_fails_is_taken_apart(ledger: Counted) -> None:
    tries: list[int] = []

    def full_at_first() -> None:
        tries.append(1)
        if len(tries) <= 2:
            raise LedgerFull("磁盘已满")

    ledger.before_commit = full_at_first
    pieces = [sets("a"), sets("b"), sets("c")]
    GroupCommit(ledger).carry_out(pieces)
    assert [piece.fault for piece in pieces] == [None] * 3
    assert (ledger.commits, known(ledger, "a", "b", "c")) == (3, ["1", "1", "1"])


def test_each_learns_that_the_disk_is_full(ledger: Counted) -> None:
    def full() -> None:
        raise LedgerFull("磁盘已满")

    ledger.before_commit = full
    pieces = [sets("a"), breaks("bad"), sets("b")]
    GroupCommit(ledger).carry_out(pieces)
    assert [type(piece.fault) for piece in pieces] == [LedgerFull] * 3
    assert known(ledger, "a", "b", "bad noted") == [None] * 3


def test_a_ledger_that_cannot_begin_is_asked_once(ledger: Counted) -> None:
    asked: list[int] = []

    def refuse() -> None:
        asked.append(1)
        raise LedgerFull("账本被占用")

    ledger.begins = refuse
    pieces = [sets("a"), sets("b")]
    GroupCommit(ledger).carry_out(pieces)
    assert ([type(piece.fault) for piece in pieces], asked) == ([LedgerFull] * 2, [1])


def test_a_thread_that_is_ended_while_it_leads_takes_nobody_with_it(ledger: Counted) -> None:
    commits = GroupCommit(ledger)

    def ends(transaction: Transaction) -> None:
        others.start()
        while len(commits._waiting) < 1:
            pass
        ledger.begins = lambda: None
        raise KeyboardInterrupt

    other = sets("b")
    others = Thread(target=commits.carry_out, args=([other],))
    first = Piece(ends)
    with pytest.raises(KeyboardInterrupt):
        commits.carry_out([sets("a"), first])
    first.work = lambda transaction: None
    others.join(10)
    assert (other.done, other.fault, known(ledger, "a", "b")) == (True, None, ["1", "1"])


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT interrupt, also where this run was started with it ignored, as a shell starts what runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_thread_that_is_ended_while_it_waits_holds_nobody_up(ledger: Counted) -> None:
    commits = GroupCommit(ledger)
    under_way, go_on = Signal(), Signal()

    def hold() -> None:
        under_way.set()
        assert go_on.wait(10)

    def end_the_main_thread() -> None:
        while len(commits._waiting) < 1:
            pass
        os.kill(os.getpid(), signal.SIGINT)

    ledger.before_commit = hold
    leads = Thread(target=commits.carry_out, args=([sets("a")],))
    leads.start()
    assert under_way.wait(10)
    ends = Thread(target=end_the_main_thread)
    ends.start()
    abandoned, late = sets("b"), sets("c")
    with pytest.raises(KeyboardInterrupt):
        commits.carry_out([abandoned])
    waits = Thread(target=commits.carry_out, args=([late],))
    waits.start()
    while len(commits._waiting) < 2:
        pass
    go_on.set()
    for thread in (leads, ends, waits):
        thread.join(10)
    assert (abandoned.done, late.done, known(ledger, "a", "b", "c")) == (True, True, ["1"] * 3)
    assert commits.carry_out([sets("d")]) is None and known(ledger, "d") == ["1"]


def test_many_threads_share_commits_and_none_is_left_waiting(ledger: Counted) -> None:
    commits = GroupCommit(ledger)
    done: list[str] = []

    def work(name: str) -> None:
        for number in range(40):
            piece = Piece(lambda transaction, key=f"{name}{number}": transaction.set(key, "1"))
            commits.carry_out([piece] if number % 3 else [piece, sets(f"{name} again")])
            assert piece.done and piece.fault is None
            done.append(f"{name}{number}")

    threads = [Thread(target=work, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 320 and known(ledger, *done) == ["1"] * 320
    assert not commits._waiting


def test_more_than_a_batch_goes_in_order(ledger: Counted) -> None:
    seen: list[int] = []
    pieces = [Piece(lambda transaction, number=number: seen.append(number)) for number in range(150)]
    GroupCommit(ledger).carry_out(pieces)
    assert (seen, ledger.commits) == (list(range(150)), 3)


# ── The intake on it ─────────────────────────────────────────────────────────────────────────────────────────


def test_many_messages_are_one_commit_and_each_sees_those_before_it(ledger: Counted) -> None:
    wakes: list[int] = []
    intake = Intake(ledger, opens, HandClock(), lambda: wakes.append(1))
    messages = [said(str(number), by=HR if number % 2 else Person("page:x", "别人")) for number in range(10)]
    outcomes = intake.handle_all([*messages, messages[3]])
    assert [outcome.cases[0].number for outcome in outcomes[:-1]] == list(range(1, 11))
    assert (outcomes[-1], ledger.commits, len(wakes)) == (None, 1, 1)
    with ledger.transaction() as transaction:
        assert [bubble.text for bubble in transaction.conversation(room=ROOM)] == [message.text for message in messages]


def test_among_many_each_stands_or_falls_alone(ledger: Counted) -> None:
    def decide(event: Event, snapshot: Snapshot, now) -> Decision:
        if isinstance(event, Said) and event.text == "坏":
            raise KeyError("tax")
        return silent(event, snapshot, now)

    texts = ["一", "坏", "二", "坏", "三"]
    outcomes = Intake(ledger, decide, HandClock(), lambda: None).handle_all([*map(said, texts), said(message_id="")])
    assert [type(outcome) for outcome in outcomes] == [Decision, KeyError, Decision, KeyError, Decision, ValueError]
    with ledger.transaction() as transaction:
        assert [bubble.text for bubble in transaction.conversation(room=ROOM)] == texts
        assert [fault.text for fault in transaction.faults(NOW)] == ["坏", "坏"]


def test_from_many_threads_nothing_is_lost_or_taken_twice(ledger: Counted) -> None:
    intake = Intake(ledger, opens, HandClock(), lambda: None)
    shared = [said(f"共 {number}") for number in range(20)]

    def talk(number: int) -> None:
        person = Person(f"page:{number}", f"企业{number}-安全员")
        for count, repeated in enumerate(shared):
            intake.handle(said(f"{number}/{count}", by=person))
            intake.handle(repeated)

    threads = [Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with ledger.transaction() as transaction:
        texts = [bubble.text for bubble in transaction.conversation(room=ROOM, limit=1000)]
        cases = transaction.cases(limit=1000)
    assert len(texts) == len(set(texts)) == 8 * 20 + 20
    assert sorted(case.number for case in cases) == list(range(1, 181))
    for number in range(8):
        assert [text for text in texts if text.startswith(f"{number}/")] == [f"{number}/{count}" for count in range(20)]


def test_what_follows_a_refused_message_in_its_conversation_is_refused_too(ledger: Counted) -> None:
    refusing = [True]

    def decide(event: Event, snapshot: Snapshot, now) -> Decision:
        if isinstance(event, Said) and event.text == "一" and refusing:
            raise LedgerFull("磁盘已满")
        return silent(event, snapshot, now)

    intake = Intake(ledger, decide, HandClock(), lambda: None)
    here = [said("一"), said("二")]
    elsewhere = said("别处", room="锋领企服联盟")
    outcomes = intake.handle_all([here[0], elsewhere, here[1]])
    assert [type(outcome) for outcome in outcomes] == [LedgerFull, Decision, LedgerFull]
    refusing.clear()
    assert [type(outcome) for outcome in intake.handle_all([*here, elsewhere])] == [Decision, Decision, type(None)]
    with ledger.transaction() as transaction:
        assert [bubble.text for bubble in transaction.conversation(room=ROOM)] == ["一", "二"]
