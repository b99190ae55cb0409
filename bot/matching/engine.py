"""Judges one message: is it an ask, which entry answers it, how sure is that, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.matching import learned, signs
from bot.matching.evidence import BEFORE_ENTRY, SAME, AmongOthers, Evidence, Evidences
from bot.matching.regression import Logistics, constant, sigmoid
from bot.model import Library, Reason
from bot.text import mentioned_names

ANSWER = 0.6
"""Probability of being an ask, times that of the entry being right, from which the entry is sent unasked."""
ASKS = 0.5
"""Probability of being an ask from which the bot speaks at all: answers, or carries the question to a person."""
MAYBE_ASKS = 0.4
"""The same where the entry is beyond doubt (``SURE_ENTRY``) and nobody says thanks: then the entry is offered."""
SURE_ENTRY = 0.9
OFFER_ENTRY = 0.35
"""Probability of the entry being right from which it is offered among others; below, the question counts as unknown."""
MENTIONED_SHIFT = 2.5
"""What an @ of the bot adds to the log-odds of being an ask."""
SAME_SURE = 0.95
"""Probability, at least, of a phrasing itself (``SAME``) being an ask, and of its entry being right."""
NEAR_MISS_SAME = 0.9
"""Similarity to a near miss from which its entry is never sent, unless a phrasing is closer."""
CONTESTED = 0.85
"""Similarity of a disputing text from which a phrasing or a near miss has to be judged to know what becomes of it."""
STRAYED = 0.18
"""How much closer another entry's phrasings, or chatter, must be to a phrasing than its own entry's for it to look astray."""
GOODS_SCORE = -1.0
"""Log-odds of being an ask, at most, for the price of goods: learning sees too few of them."""
ELSEWHERE_SCORE = -1.0
"""The same for a message that @-s somebody else; an @ of the bot beside it still lifts it."""
SHORT = 4
"""Characters of matter up to which a message may be too short to tell one entry from the next."""
CLEAR = 0.5
"""Probability of the entry by those characters alone (``Evidence.meant``), below which a short message is ambiguous."""
AMBIGUOUS = 0.5
"""Confidence at most in the best entry for an ambiguous message: it is offered among others, not sent."""
WHOLE = 0.99
"""Share of an ambiguous message's matter from which its entries are offered in any case."""
BARE_ASK = 0.5
"""Log-odds, at least, of asking for a message that has words that ask and nothing else: it asks about what went before."""
OFFERED = 3
OFFER_SPREAD = 12.0
"""How fast a runner-up's confidence falls with its distance in score."""

_CHINESE = re.compile(r"[\u3400-\u9fff]")

KIND_NAMES = {
    "greeting": "打招呼",
    "thanks": "道谢或应声",
    "answer": "在回答别人",
    "announcement": "通知",
    "smalltalk": "闲聊",
    "advert": "广告",
    "statement": "在说一件事",
    "nearmiss": "不是办事的问题",
}


class Candidate(NamedTuple):
    """An entry that may be meant; ``confidence`` is the probability (0–1) that it is, if the message asks anything."""

    entry_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a message: ``verdict`` is answer, offer, unknown (an ask without an entry) or ignore.

    ``candidates`` come best first, at most five. ``ask`` is the probability (0–1) that the message wants an answer.
    ``kind`` is what it most likely is if it isn't an ask. ``offered`` are the entries to choose from when the verdict is offer.
    """

    verdict: str
    candidates: tuple[Candidate, ...]
    ask: float
    kind: str
    reasons: tuple[Reason, ...]
    offered: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """Return the probability that the best entry answers what is asked."""
        return self.ask * self.candidates[0].confidence if self.candidates else 0.0


class EntryText(NamedTuple):
    """A phrasing of an entry, or a near miss."""

    entry_id: str
    text: str
    near_miss: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A curated text among the others: ``contested`` if only judging it tells what becomes of it.

    ``nearer`` is the entry that a phrasing looks like if it did not stand where it does, ``chatter`` the kind of it.
    """

    contested: bool
    nearer: str = ""
    chatter: str = ""


class Matcher:
    """Matches messages against a library; built once, then read only."""

    def __init__(self, library: Library) -> None:
        self._evidences = Evidences(library)
        self._titles = [entry.title for entry in library.entries.values()]
        unlearned = constant(-2.0, len(signs.NAMES))
        kinds = [learned.KINDS.get(kind, unlearned) for kind in self._evidences.kinds]
        # All are scored at once by the features of asking: the signs stand first among them, the entry's before the last.
        self._learned = Logistics([(learned.ASK, 0), (learned.ENTRY, BEFORE_ENTRY), *((kind, 0) for kind in kinds)])

    def judge(self, text: str, *, mentioned: bool = False) -> Judgement:
        """Judge a raw message; ``mentioned`` says that it calls the bot, which lowers the bar for being an ask."""
        found = self._evidences.weigh(text)
        asking, entry, *kinds = self._learned.of(found.ask_features)
        ask = self._ask(found, asking, mentioned=mentioned)
        candidates = self._candidates(found, entry)
        best = candidates[0].confidence if candidates else 0.0
        verdict, why = _verdict(found, ask, best, mentioned=mentioned)
        offered = tuple(candidate.entry_id for candidate in candidates[:OFFERED]) if verdict == "offer" else ()
        kind = self._kind(found, kinds)
        reasons = (
            _ask_reason(found, ask, kind, mentioned=mentioned),
            *self._entry_reasons(found, candidates),
            Reason("verdict", why),
        )
        return Judgement(verdict, candidates, ask, kind, reasons, offered)

    def warm_up(self) -> None:
        """Have the compiled loops loaded, which takes half a second that the first message of a process would wait."""
        self.judge("请问在哪里办")

    def forced(self, text: str) -> tuple[Candidate, ...]:
        """Rank the entries for a raw message without ever abstaining."""
        found = self._evidences.weigh(text)
        return self._candidates(found, self._learned.of(found.ask_features)[1])

    def standings(self) -> dict[EntryText, Standing]:
        """Tell how each phrasing and near miss stands among the curated texts.

        A phrasing finds its entry, and a near miss doesn't, as long as no text that disputes it is nearly the same; else, and for
        odd texts, ``judge`` has to tell.
        """
        known, entries = self._evidences.known, self._evidences.entries
        return {
            EntryText(entries[known[row].entry], known[row].text, known[row].group == "not_this"): self._standing(
                known[row].text, found
            )
            for row, found in self._evidences.among_others()
        }

    def _standing(self, text: str, found: AmongOthers) -> Standing:
        flat = self._evidences.read(text)
        odd = len(flat) < 2 or not _CHINESE.search(flat) or bool(mentioned_names(text))
        nearer = found.other > found.own + STRAYED
        chatty = found.chatter > found.own + STRAYED and not signs.asks(flat)
        return Standing(
            contested=odd or found.dispute >= CONTESTED,
            nearer=self._evidences.entries[found.other_entry] if nearer else "",
            chatter=self._evidences.kinds[found.kind] if chatty else "",
        )

    def _ask(self, found: Evidence, score: float, *, mentioned: bool) -> float:
        """Return the probability of being an ask, by its learned log-odds and by what is beyond learning."""
        # Without a single character of Chinese (after the curators' words were read) there is nothing to judge by.
        if not _CHINESE.search(found.text):
            return 0.0
        if signs.prices_goods(found.text):
            score = min(score, GOODS_SCORE)
        if found.calls_other:
            score = min(score, ELSEWHERE_SCORE)
        if not found.has_matter and signs.asks(found.text):
            score = max(score, BARE_ASK)
        ask = sigmoid(score + (MENTIONED_SHIFT if mentioned else 0.0))
        return max(ask, SAME_SURE) if _is_phrasing(found) and not found.calls_other else ask

    def _candidates(self, found: Evidence, score: float) -> tuple[Candidate, ...]:
        """Return the entries with their probabilities; ``score`` is the best one's learned log-odds of being right."""
        if not found.ranked or found.scores[0] <= 0:
            return ()
        best = self._entry(found, score)
        shares = [math.exp((score - found.scores[0]) * OFFER_SPREAD) for score in found.scores]
        order = list(range(len(found.ranked)))
        if _is_ambiguous(found):
            least = OFFER_ENTRY if found.fits >= WHOLE else 0.0
            best, shares = max(least, min(best, AMBIGUOUS)), list(found.meant)
            order = [0, *sorted(order[1:], key=lambda rank: -shares[rank])]
        rest = sum(shares[1:]) + shares[0]
        confidences = [best, *[(1 - best) * shares[rank] / max(rest, 1e-9) for rank in order[1:]]]
        return tuple(
            [
                Candidate(self._evidences.entries[found.ranked[rank]], round(confidence, 4))
                for rank, confidence in zip(order, confidences, strict=True)
                if found.scores[rank] > 0
            ]
        )

    def _entry(self, found: Evidence, score: float) -> float:
        """Return the probability that the best entry is the right one."""
        if len(found.text) == 1:
            return 0.0
        best = sigmoid(score)
        return max(best, SAME_SURE) if _is_phrasing(found) else best

    def _kind(self, found: Evidence, scores: Sequence[float]) -> str:
        likely = [score + 3.0 * like for score, like in zip(scores, found.like_kinds, strict=True)]
        return self._evidences.kinds[likely.index(max(likely))] if likely else "statement"

    def _entry_reasons(self, found: Evidence, candidates: tuple[Candidate, ...]) -> tuple[Reason, ...]:
        if not candidates:
            return (Reason("no_entry", "没有一条条目与它有相同的字词"),)
        best = candidates[0]
        told = [
            Reason("best", f"最像「{self._titles[found.ranked[0]]}」，把握 {best.confidence:.0%}，字词对上 {found.covered:.0%}"),
            Reason("phrasing", f"最近的问法：{found.phrasing}（相似 {found.phrasing_similarity:.2f}）"),
        ]
        if len(candidates) > 1:
            gap = found.scores[0] - found.scores[1]
            told.append(Reason("runner_up", f"其次「{self._titles[found.ranked[1]]}」，差 {gap:.2f}"))
        if found.near_miss > found.phrasing_similarity:
            told.append(Reason("near_miss", f"更像这条的反例（相似 {found.near_miss:.2f}）"))
        if _is_ambiguous(found):
            told.append(Reason("ambiguous", "说得太短，几条都对得上"))
        if found.foreign:
            told.append(Reason("foreign", f"说到“{found.foreign}”，是部门的事，这条里没有"))
        if found.qualifier:
            told.append(Reason("qualifier", f"说到“{found.qualifier}”，这条的问法里没有这一层"))
        if found.uncovered:
            told.append(Reason("uncovered", f"条目里没有的字词：{'、'.join(found.uncovered)}"))
        return tuple(told)


def _is_phrasing(found: Evidence) -> bool:
    return found.phrasing_similarity >= SAME and found.phrasing_similarity > max(found.chatter, found.near_miss)


def _is_ambiguous(found: Evidence) -> bool:
    return found.size <= SHORT and found.meant[0] < CLEAR and not _is_phrasing(found)


def _verdict(found: Evidence, ask: float, best: float, *, mentioned: bool) -> tuple[str, str]:
    """Return the verdict and what decided it."""
    odds = f"像在问事 {ask:.0%}，条目对 {best:.0%}"
    if found.near_miss >= NEAR_MISS_SAME and found.near_miss > found.phrasing_similarity:
        return ("unknown" if ask >= ASKS else "ignore"), "与条目的反例相同，不用这条"
    if not found.has_matter and not _is_phrasing(found):
        return ("unknown" if mentioned and ask >= ASKS else "ignore"), "没说是什么事，不用任何条目"
    if ask < ASKS:
        maybe = ask >= MAYBE_ASKS and best >= SURE_ENTRY and not signs.shows("thanks", found.sign_features)
        return ("offer", f"{odds}，条目很像，给出选项") if maybe else ("ignore", f"{odds}，问事不到 {ASKS:.0%}，不出声")
    if ask * best >= ANSWER:
        return "answer", f"{odds}，合起来够 {ANSWER:.0%}"
    if best >= OFFER_ENTRY:
        return "offer", f"{odds}，合起来不到 {ANSWER:.0%}，给出选项"
    return "unknown", f"{odds}，条目不到 {OFFER_ENTRY:.0%}，当作没有条目"


def _ask_reason(found: Evidence, ask: float, kind: str, *, mentioned: bool) -> Reason:
    told = signs.told(found.sign_features)[:6]
    called = "，叫了小哨" if mentioned else ""
    looks = "" if ask >= MAYBE_ASKS else f"，更像{KIND_NAMES.get(kind, kind)}"
    return Reason("ask", f"像在问事 {ask:.0%}{called}{looks}" + (f"（{'、'.join(told)}）" if told else ""))
