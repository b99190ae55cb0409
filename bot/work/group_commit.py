"""Group commit: pieces of work that come while a commit is under way share the next one, and each stands or falls alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from bot.errors import LedgerError
from bot.ledger.port import Ledger, Transaction

_MOST = 64
"""Pieces in one transaction: what comes last waits for all of them."""


@dataclass(slots=True, eq=False)
class Piece:
    """Work for one transaction; it may be run again after a rollback, so it must leave no trace outside the transaction.

    ``rescue`` runs in a transaction of its own where the work itself raised. What comes ``after`` a piece that the ledger refused
    is refused as well. In the end there is a ``result`` or a ``fault``.
    """

    work: Callable[[Transaction], object]
    rescue: Callable[[Transaction, Exception], None] | None = None
    after: Piece | None = None
    call: _Call | None = field(default=None, repr=False)
    done: bool = False
    result: object = None
    fault: Exception | None = None

    def run(self, transaction: Transaction) -> None:
        """Do the work."""
        if self.after is not None and isinstance(self.after.fault, LedgerError):
            raise self.after.fault
        self.result = self.work(transaction)

    def finish(self, fault: Exception | None = None) -> None:
        """Note that the work is committed, or never will be."""
        self.fault, self.done = fault, True


@dataclass(slots=True, eq=False)
class _Call:
    """A thread that waits for its pieces: until the ``last`` is done, or until it is its turn to lead."""

    last: Piece
    leads: bool
    gone: bool = False
    woken: Lock = field(default_factory=Lock)


class GroupCommit:
    """Carries out pieces from several threads, in the order in which they came; nobody returns before the own commit.

    The first thread to find no commit under way leads: it runs whatever is waiting in one transaction, its own piece among it.
    When its pieces are done, whoever waits longest leads.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: deque[Piece] = deque()
        self._led = False
        self._guard = Lock()

    def carry_out(self, pieces: Sequence[Piece]) -> None:
        """Carry out pieces in order and return when each is done; what went wrong is in them."""
        if not pieces:
            return
        with self._guard:
            call = _Call(pieces[-1], leads=not self._led)
            self._led = True
            for piece in pieces:
                piece.call = call
            call.woken.acquire()
            self._waiting.extend(pieces)
        try:
            if not call.leads:
                call.woken.acquire()
            while not call.last.done:
                self._lead(call)
        finally:
            with self._guard:
                call.gone = True
                if call.leads:
                    self._pass_on()

    def _pass_on(self) -> None:
        following = next((piece.call for piece in self._waiting if piece.call and not piece.call.gone), None)
        if following is None:
            self._led = False
        else:
            following.leads = True
            following.woken.release()

    def _lead(self, call: _Call) -> None:
        with self._guard:
            batch = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        try:
            self._commit(batch)
        finally:
            with self._guard:
                # Where this thread is being ended, the others' pieces must not go with it.
                self._waiting.extendleft(piece for piece in reversed(batch) if not piece.done)
                for piece in batch:
                    other = piece.call
                    if piece.done and other and other is not call and piece is other.last and not other.gone:
                        other.woken.release()

    def _commit(self, batch: list[Piece]) -> None:
        """Commit a batch; if a piece spoils it, what came before, the piece, and what came after, each for themselves."""
        while batch:
            spoiled = self._attempt(batch)
            if spoiled is None:
                return
            before, alone, batch = batch[:spoiled], batch[spoiled : spoiled + 1], batch[spoiled + 1 :]
            if before and self._attempt(before) is not None:
                for piece in before:
                    self._attempt([piece])
            if alone:
                self._attempt(alone)

    def _attempt(self, batch: list[Piece]) -> int | None:
        """Try to commit a batch; return None if all of it is done, else which piece spoiled it, its length for the commit itself.

        A single piece is done in any case, and so are all when not even a transaction could be begun.
        """
        ran = -1
        try:
            with self._ledger.transaction() as transaction:
                ran = 0
                for piece in batch:
                    piece.run(transaction)
                    ran += 1
        except Exception as fault:
            if ran >= 0 and len(batch) > 1:
                return ran
            for piece in batch:
                self._fail(piece, fault)
            return None
        for piece in batch:
            piece.finish()
        return None

    def _fail(self, piece: Piece, fault: Exception) -> None:
        if piece.rescue is None or isinstance(fault, LedgerError):
            piece.finish(fault)
            return
        try:
            with self._ledger.transaction() as transaction:
                piece.rescue(transaction, fault)
        except Exception as trouble:
            piece.finish(trouble)
        else:
            piece.finish(fault)
