"""The advisor: failures are counted, several in a row end in a pause, and nothing but a ranked entry comes through."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Event, Thread

import pytest

from bot.model import Entry, Inquiry, Opinion
from bot.opinion.advisor import AT_ONCE, FAILURES_IN_A_ROW, PAUSE, TELL_EVERY, Advisor
from bot.opinion.port import Failure, NoOpinion, Tally

PLATE = Entry("plate", "上牌", "samr", (), "先到窗口。", "某法", date(2026, 1, 1), timedelta(days=90))
INQUIRY = Inquiry("叉车的证", "叉车的证", (PLATE,))
YES, NONE = Opinion("叉车的证", "plate", "small"), Opinion("叉车的证", None, "small")


class Timer:
    """Seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Scorer:
    """Says what it is told to, or raises it."""

    def __init__(self, outcome: Opinion | Exception = YES) -> None:
        self.outcome = outcome
        self.asked = 0

    def choose(self, inquiry: Inquiry) -> Opinion:
        self.asked += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def close(self) -> None:
        pass


def test_opinions_come_through_and_are_counted() -> None:
    scorer = Scorer()
    advisor = Advisor(scorer, Timer())
    assert advisor.ask(INQUIRY) == YES
    scorer.outcome = NONE
    assert advisor.ask(INQUIRY) == NONE
    assert advisor.tally() == Tally(chosen=1, abstained=1)
    assert str(advisor.tally()) == "第二意见：问了 2 次，选了 1，弃权 1，失败 0，没有问 0"
    assert advisor.news() == []


@pytest.mark.parametrize(
    ("outcome", "failure"),
    [
        (NoOpinion(Failure.TIMEOUT), Failure.TIMEOUT),
        (KeyError("13800001234"), Failure.FAULT),
        (Opinion("叉车的证", "elsewhere", "small"), Failure.MALFORMED),
        (Opinion("别的话", "plate", "small"), Failure.MALFORMED),
    ],
)
def test_what_is_no_opinion_on_a_candidate_is_a_counted_failure(outcome: Opinion | Exception, failure: Failure) -> None:
    advisor = Advisor(Scorer(outcome), Timer())
    assert advisor.ask(INQUIRY) is None
    assert advisor.tally() == Tally(failures={failure: 1})


def test_after_failures_in_a_row_there_is_a_pause_and_one_more_failure_begins_the_next() -> None:
    scorer, timer = Scorer(NoOpinion(Failure.SERVER)), Timer()
    advisor = Advisor(scorer, timer)
    for _ in range(FAILURES_IN_A_ROW + 5):
        advisor.ask(INQUIRY)
    assert scorer.asked == FAILURES_IN_A_ROW
    assert advisor.tally() == Tally(skipped=5, failures={Failure.SERVER: FAILURES_IN_A_ROW})
    timer.at += PAUSE - 0.1
    assert advisor.ask(INQUIRY) is None and scorer.asked == FAILURES_IN_A_ROW
    timer.at += 0.1
    advisor.ask(INQUIRY)
    advisor.ask(INQUIRY)
    assert scorer.asked == FAILURES_IN_A_ROW + 1
    timer.at += PAUSE
    scorer.outcome = YES
    assert advisor.ask(INQUIRY) == YES
    scorer.outcome = NoOpinion(Failure.SERVER)
    for _ in range(FAILURES_IN_A_ROW):
        advisor.ask(INQUIRY)
    assert scorer.asked == 2 * FAILURES_IN_A_ROW + 2, "an opinion in between must begin the count anew"


def test_failures_are_told_with_their_kinds_at_most_once_an_hour() -> None:
    scorer, timer = Scorer(NoOpinion(Failure.TIMEOUT)), Timer()
    advisor = Advisor(scorer, timer)
    advisor.ask(INQUIRY)
    assert advisor.news() == ["第二意见：问了 1 次，选了 0，弃权 0，失败 1（超时 1），没有问 0；没有第二意见时，按自己的判断处理"]
    scorer.outcome = NoOpinion(Failure.DENIED)
    advisor.ask(INQUIRY)
    timer.at += TELL_EVERY - 1
    assert advisor.news() == []
    timer.at += 1
    assert "失败 2（超时 1、密钥不对或没有权限 1）" in advisor.news()[0]
    timer.at += TELL_EVERY
    assert advisor.news() == [], "nothing new has failed"


def test_one_inquiry_too_many_at_once_goes_without() -> None:
    arrived, answered = Barrier(AT_ONCE + 1), Event()

    class Slow(Scorer):
        def choose(self, inquiry: Inquiry) -> Opinion:
            arrived.wait(10)
            answered.wait(10)
            return YES

    advisor = Advisor(Slow(), Timer())
    threads = [Thread(target=advisor.ask, args=(INQUIRY,)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    arrived.wait(10)
    assert advisor.ask(INQUIRY) is None
    answered.set()
    for thread in threads:
        thread.join(10)
    assert advisor.tally() == Tally(chosen=AT_ONCE, skipped=1)
