"""How much is said in the simulated groups, by whom, and what people then do: every figure that the simulation assumes.

Published about this district: 15 industrial communities, 6,000 enterprises, 112 social workers, 20 to 50 enterprises a grid, five
groups of mutual aid, and 116 questions answered by one service team in about a year. All else is assumed. The questions carried
to a department are assumed far more frequent than those 116, because a group is easier to ask than an office: the simulation is
to be a load above what is known, not a forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TEAM = 7
"""People of a service team, as published."""

ENTERPRISES_A_GRID = 50
"""The most that are published for one worker."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Rates and shares (0–1); a rate "a room and workday" is that of a Monday to Friday that is no holiday."""

    talk: float = 15.0  # messages a room and workday that are no questions: greetings, notices, adverts, small talk …
    questions: float = 0.25  # questions an enterprise and week
    day_off: float = 0.15  # of a workday's messages on a day off
    known: float = 0.6  # of the questions are ones that the FAQ knows
    noisy: float = 0.35  # of the questions are typed in haste, dictated, or in traditional script
    burst: float = 0.2  # of the questions come in several messages
    addressed: float = 0.15  # of the questions @ the bot
    in_alliance: float = 0.05  # of the questions are asked in the alliance group
    in_private: float = 0.05  # of the questions are asked of the bot alone
    personal: float = 0.01  # of the questions contain a telephone or ID number
    dangers: float = 0.05  # alarms a community and day
    strangers: float = 0.1  # people a community and day who call themselves like a contact and order something
    delivered_twice: float = 0.02  # of all messages come twice from the channel
    peers: float = 0.45  # of the questions left to colleagues are answered by one
    same_here: float = 0.06  # of them somebody else says “同问”
    asked_again: float = 0.6  # of the questions that the bot took for talk are asked again with an @
    repeated: float = 0.03  # of the questions are asked once more, word for word, by the same person a little later
    hot: float = 0.06  # of the questions are asked by one to three others of the community within the hour
    floods: float = 0.03  # people a community and day who ask a dozen questions in five minutes
    newcomers: float = 0.03  # of the people have a nickname that names no enterprise
    pictures: float = 0.04  # of the talk is a picture or a voice message
    night_owls: float = 0.08  # of what could wait for the morning is done at night
    hiccups: float = 0.01  # of the sends fail at first and are tried again


@dataclass(frozen=True, slots=True)
class Manner:
    """How a contact or worker deals with what is forwarded to them: shares (0–1) of the courses they take."""

    quick: float  # an answer within the hour
    slow: float  # 收到 first, and an answer about when it is due, often too late
    silent: float  # nothing at all
    only_received: float  # 收到, and nothing after it
    partial: float  # “我先问一下”, and the answer later
    asks_back: float  # a question to the asker, and the answer later
    wrong_department: float  # “这个不归我们管”, with the name of another department
    transfers: float  # 转 部门 原因
    returns: float  # 退回 原因
    closes: float  # 关闭 原因, which only workers may


MANNERS: Mapping[str, Manner] = {
    "contact": Manner(0.42, 0.2, 0.1, 0.07, 0.07, 0.04, 0.04, 0.04, 0.02, 0.0),
    "worker": Manner(0.58, 0.16, 0.05, 0.05, 0.06, 0.03, 0.0, 0.04, 0.01, 0.02),
}
"""By role in routing.yaml; workers are paid for looking after the groups, contacts have another main job."""

HOURS = (1, 0.5, 0.3, 0.3, 0.4, 1, 3, 8, 22, 28, 26, 16, 8, 15, 24, 24, 20, 16, 8, 7, 6, 5, 3, 2)
"""How much of a day is said in each hour, in parts of their sum."""

RATINGS: Mapping[str, float] = {"满意": 0.42, "谢谢": 0.12, "一般": 0.05, "不满意，没说到点子上": 0.04, "还是不行": 0.03}
"""How an asker takes a department's answer; the rest say nothing."""
