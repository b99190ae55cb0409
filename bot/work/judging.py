"""Judging ahead: messages are judged in a process of their own while those before them are taken in.

A text is judged the same there and here, so whatever that process has not done in time is done here: it may be slow, stopped or
killed at any moment, and nothing but time is lost.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Event, Lock, Thread
from typing import NamedTuple

from bot.desk.scene import Knowledge
from bot.matching.engine import Candidate, Judgement, Matcher
from bot.model import Reason, Said
from bot.work.foresight import KEPT, Asked, asked_by, over

TOGETHER = 8
"""Texts that are handed over at once at most."""
LONGEST = 1_000
"""Characters of a text that is judged ahead at most: a longer one would keep the others waiting."""
PATIENCE = 0.01
"""Seconds that a judgement under way is waited for."""
AGAIN = 60.0
"""Seconds after which a process that came to its end is replaced."""

_Reasons = list[tuple[str, str]]
_Flat = tuple[str, list[tuple[str, float]], float, str, _Reasons, tuple[str, ...]]
"""A judgement as it goes through the pipe: to pickle the dataclasses themselves takes four times as long."""

log = logging.getLogger(__name__)


class _Begun(NamedTuple):
    batch: Future[list[_Flat]]
    place: int


class JudgingAhead:
    """Hands what comes in to the other process, one batch at a time, and has its judgements for whoever decides.

    ``ready`` is set while that process is up and knows the matcher in force.
    """

    def __init__(self) -> None:
        self._lock = Lock()  # never held while the pool is called, which calls back with a lock of its own
        self._pool: ProcessPoolExecutor | None = None
        self._matcher: Matcher | None = None
        self._not_before = 0.0
        self._waiting: dict[Asked, None] = {}
        self._begun: dict[Asked, _Begun] = {}
        self._busy = False
        self.ready = Event()
        self._over: tuple[Knowledge, Knowledge] | None = None

    def over(self, knowledge: Knowledge) -> Knowledge:
        """Return the same knowledge with a matcher that knows what was judged ahead; start a process for a new matcher."""
        if knowledge.matcher is not self._matcher and time.monotonic() >= self._not_before:
            self._take_up(knowledge.matcher)
        if self._over is None or self._over[0] is not knowledge:
            self._over = (knowledge, over(knowledge, self))
        return self._over[1]

    def begin(self, messages: Iterable[Said]) -> None:
        """Hand over the texts that are going to be judged; waits for nothing."""
        asked = [asked_by(said) for said in messages]
        with self._lock:
            if self._pool is None or len(self._waiting) >= KEPT:
                return
            self._waiting.update((one, None) for one in asked if 0 < len(one.text) <= LONGEST and one not in self._begun)
        self._hand_over()

    def judgement(self, matcher: Matcher, asked: Asked) -> Judgement | None:
        """Return what a matcher was found to judge, waiting a moment if that is under way; None if it has to be judged here."""
        with self._lock:
            self._waiting.pop(asked, None)
            begun = self._begun.pop(asked, None) if matcher is self._matcher else None
        if begun is None:
            return None
        try:
            return _whole(begun.batch.result(timeout=PATIENCE)[begun.place])
        except TimeoutError:
            with self._lock:
                self._begun.clear()  # the others of the batch would wait as long
        except Exception as fault:
            log.debug("先行判断没有成（%s），在这里判断", type(fault).__name__)
        return None

    def close(self) -> None:
        """End the process."""
        self._not_before = float("inf")
        pool = self._let_go()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _hand_over(self) -> None:
        with self._lock:
            pool = self._pool
            if self._busy or pool is None or not self._waiting:
                return
            self._busy = True
            batch = list(self._waiting)[:TOGETHER]
            for one in batch:
                del self._waiting[one]
        try:
            future = pool.submit(_judge_all, batch)
        except RuntimeError:  # broken, or shut down meanwhile
            self._ended(pool)
            return
        with self._lock:
            self._begun.update((one, _Begun(future, place)) for place, one in enumerate(batch))
            for old in list(self._begun)[: max(0, len(self._begun) - KEPT)]:
                del self._begun[old]
        future.add_done_callback(lambda done: self._done(pool, done))

    def _done(self, pool: ProcessPoolExecutor, future: Future[list[_Flat]]) -> None:
        if not future.cancelled() and isinstance(future.exception(), BrokenExecutor):
            self._ended(pool)
            return
        with self._lock:
            if self._pool is not pool:
                return
            self._busy = False
        self._hand_over()

    def _ended(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is not pool:
                return
        log.warning("先行判断的进程没有了，%.0f 秒后再起一个；这期间消息照常判断", AGAIN)
        self._not_before = time.monotonic() + AGAIN
        self._let_go()

    def _let_go(self) -> ProcessPoolExecutor | None:
        with self._lock:
            return self._emptied()

    def _emptied(self) -> ProcessPoolExecutor | None:
        """Forget everything and return the process that there was; with the lock held."""
        pool, self._pool, self._matcher, self._busy = self._pool, None, None, False
        self.ready.clear()
        self._waiting.clear()
        self._begun.clear()
        return pool

    def _take_up(self, matcher: Matcher) -> None:
        with self._lock:
            if self._matcher is matcher:
                return
            before, self._matcher = self._emptied(), matcher
        Thread(target=self._replace, args=(before, matcher), name="judging", daemon=True).start()

    def _replace(self, before: ProcessPoolExecutor | None, matcher: Matcher) -> None:
        if before is not None:
            before.shutdown(wait=False, cancel_futures=True)
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_learn, initargs=(matcher,))
        try:
            pool.submit(_judge_all, []).result()
        except Exception:
            log.warning("先行判断的进程起不来；消息照常判断", exc_info=True)
            with self._lock:
                if self._matcher is matcher:
                    self._not_before, self._matcher = time.monotonic() + AGAIN, None
            return
        with self._lock:
            wanted = self._matcher is matcher
            if wanted:
                self._pool = pool
                self.ready.set()
        if not wanted:
            pool.shutdown(wait=False)


_matchers: list[Matcher] = []
"""The other process's matcher, in that process only."""


def _learn(matcher: Matcher) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bot, which ends this process
    Thread(target=_end_with_parent, daemon=True).start()
    matcher.warm_up()
    _matchers.append(matcher)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)


def _judge_all(asked: Sequence[Asked]) -> list[_Flat]:
    return [_flat(_matchers[0].judge(one.text, mentioned=one.mentioned)) for one in asked]


def _flat(judged: Judgement) -> _Flat:
    candidates = [(one.entry_id, one.confidence) for one in judged.candidates]
    return judged.verdict, candidates, judged.ask, judged.kind, _pairs(judged.reasons), judged.offered


def _pairs(reasons: Iterable[Reason]) -> _Reasons:
    return [(reason.code, reason.detail) for reason in reasons]


def _whole(flat: _Flat) -> Judgement:
    verdict, candidates, ask, kind, reasons, offered = flat
    return Judgement(
        verdict, tuple(Candidate(*one) for one in candidates), ask, kind, tuple(Reason(*one) for one in reasons), offered
    )
