"""How fast the account speaks, how long it waits to connect again, and when a gap is over: all by an argument for time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from bot.channels.wechaty.gaps import Gap, GapWatch
from bot.channels.wechaty.pacing import UNPACED, Backoff, Pace, Pacer, shows_limit
from tests.samples import NOW

PACE = Pace(account_gap=timedelta(seconds=2), account_burst=3, room_gap=timedelta(seconds=5), room_burst=2, jitter=0.5)


def sent_times(pacer: Pacer, places: list[str]) -> list[tuple[datetime, str]]:
    """Ask for every message and come back when told, as the sender does."""
    waiting = [(NOW, number, place) for number, place in enumerate(places)]
    sent = []
    while waiting:
        waiting.sort()
        at, number, place = waiting.pop(0)
        wait = pacer.wait(f"key-{number}", place, at)
        if wait:
            waiting.append((at + wait, number, place))
        else:
            sent.append((at, place))
    return sent


def test_a_few_go_at_once_and_the_rest_in_order_at_the_pace() -> None:
    times = [at for at, _ in sent_times(Pacer(PACE, Random(1)), ["甲"] * 6)]
    assert times[:2] == [NOW, NOW]
    assert all(earlier < later for earlier, later in pairwise(times[2:]))
    assert PACE.room_gap * 3 <= times[-1] - NOW <= PACE.room_gap * 1.5 * 4


def test_account_limits_all_groups_together() -> None:
    sent = sent_times(Pacer(PACE, Random(1)), [f"群{number}" for number in range(9)])
    assert [at for at, _ in sent[:3]] == [NOW] * 3
    assert sent[-1][0] - NOW >= PACE.account_gap * 5


def test_jitter_comes_from_the_dice() -> None:
    first, again, other = (sent_times(Pacer(PACE, Random(seed)), ["甲"] * 5) for seed in (1, 1, 2))
    assert first == again != other


def test_urgent_message_does_not_queue_but_counts() -> None:
    pacer = Pacer(PACE, Random(1))
    for number in range(6):
        pacer.wait(f"key-{number}", "甲", NOW)
    before = pacer.wait("before", "甲", NOW)
    assert pacer.wait("urgent", "甲", NOW, urgent=True) == timedelta(0)
    assert pacer.wait("after", "甲", NOW) >= before + PACE.room_gap * 2


def test_sign_of_a_limit_stops_everything_even_the_urgent() -> None:
    pacer = Pacer(PACE, Random(1))
    until = pacer.rest(NOW)
    assert until == NOW + PACE.rest
    assert pacer.wait("urgent", "甲", NOW, urgent=True) == PACE.rest
    assert pacer.wait("urgent", "甲", until, urgent=True) == timedelta(0)


def test_no_pace_no_waiting() -> None:
    pacer = Pacer(UNPACED, Random(1))
    assert {pacer.wait(f"key-{number}", "甲", NOW) for number in range(1_000)} == {timedelta(0)}


@pytest.mark.parametrize("words", ["操作过于频繁，请稍后", "Too many requests", "Account BLOCKED", "触发风控"])
def test_words_that_mean_a_limit(words: str) -> None:
    assert shows_limit(words)


@pytest.mark.parametrize("words", ["no payload found for id x", "not logged in", "internal error"])
def test_words_that_do_not(words: str) -> None:
    assert not shows_limit(words)


def test_backoff_doubles_up_to_the_longest_and_begins_anew() -> None:
    backoff = Backoff(1.0, 10.0, Random(3), jitter=0.5)
    assert backoff.fresh
    waits = [backoff.next() for _ in range(8)]
    assert all(base <= wait <= base * 1.5 for base, wait in zip([1, 2, 4, 8, 10, 10, 10, 10], waits, strict=True))
    assert not backoff.fresh
    backoff.reset()
    assert backoff.next() <= 1.5


def test_spells_that_follow_closely_are_one_gap() -> None:
    watch = GapWatch(timedelta(seconds=20))
    watch.lost(NOW, "断开")
    watch.restored(NOW + timedelta(seconds=60))
    assert watch.due(NOW + timedelta(seconds=70)) is None
    watch.lost(NOW + timedelta(seconds=75), "又断开")
    watch.restored(NOW + timedelta(seconds=90))
    watch.restored(NOW + timedelta(seconds=100))
    assert watch.unreported
    assert watch.due(NOW + timedelta(seconds=110)) == Gap(NOW, NOW + timedelta(seconds=90), "断开")
    assert not watch.unreported
    assert watch.due(NOW + timedelta(days=1)) is None


def test_nothing_is_over_before_it_began() -> None:
    watch = GapWatch(timedelta(0))
    watch.restored(NOW)
    assert watch.due(NOW) is None
