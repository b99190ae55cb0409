"""A message that may be a question: answered, offered as a choice, joined to an open case, opened as one, or left alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot.desk import answers, forms, lifecycle, phrases, second_opinion
from bot.desk.carrying import SHORT, Reading, adds_to_own_case, join, put_off, same_open_case, unknown
from bot.desk.limits import AT_MOST
from bot.desk.opening import open_and_dispatch
from bot.desk.scene import Scene, silent
from bot.matching.engine import Judgement
from bot.matching.followup import find_part
from bot.matching.similarity import content_words
from bot.model import Action, Answered, Case, Decision, Entry, Offer, Reason, RecentAnswer, Say, Status

FOLLOW_UP = timedelta(minutes=10)
OFFER_LIFE = timedelta(minutes=10)
DOUBT = 0.5
"""Probability of being an ask from which a question without content of its own is read as doubt about the answer given."""
RANK = {"answer": 3, "offer": 2, "unknown": 1, "ignore": 0}


def picks_offer(scene: Scene) -> Decision | None:
    """Let the person to whom a choice was offered pick by number or by a few words."""
    offer = scene.snapshot.thread.offer
    if offer is None or scene.now - offer.at > OFFER_LIFE:
        return None
    if forms.none_of_these(scene.words):
        decision = open_and_dispatch(scene, None, question=offer.question, why="给出的选项都不是")
        return replace(decision, thread=replace(scene.thread(), offer=None))
    entries = [entry for entry in map(scene.entry, offer.entries) if entry]
    index = forms.picked(scene.text, tuple(entry.title for entry in entries))
    if index is not None:
        return _answer(scene, entries[index], Reading(offer.question, _judge(scene, scene.words)), why="从选项里挑的")
    reading = Reading(scene.words, _judge(scene, f"{offer.question}，{scene.words}"))
    best = scene.entry(reading.judgement.candidates[0].entry_id) if reading.judgement.candidates else None
    narrowed = best in entries and len(scene.text) <= SHORT and reading.judgement.verdict == "answer"
    return _answer(scene, best, reading, why="补充的话说清了是哪一个") if best and narrowed else None


def corrects_topic(scene: Scene) -> Decision | None:
    """Read “不是上牌，是年检” after an answer as a question about the other thing."""
    last = scene.snapshot.thread.answered
    found = re.search(r"不是[^，,。]{1,12}[，,。\s]*(?:我)?(?:问的|说的|要的|想问)?(?:是)(?P<meant>.{2,30})", scene.text)
    if last is None or found is None or scene.now - last.at > FOLLOW_UP:
        return None
    judged = _judge(scene, found.group("meant"))
    ranked = list(scene.knowledge.matcher.forced(f"{last.question}，{found.group('meant')}"))
    if judged.verdict == "answer":
        ranked.insert(0, judged.candidates[0])
    others = (entry for entry in (scene.entry(candidate.entry_id) for candidate in ranked) if entry and entry.id != last.entry)
    meant = next((entry for entry in others if answers.holds_in(entry, scene.community)), None)
    return _answer(scene, meant, Reading(found.group("meant"), judged), why="更正了要问的事") if meant else None


def follows_up(scene: Scene) -> Decision | None:
    """Answer “那要带什么材料” from the part of the entry that was just answered; carry what the entry doesn't know."""
    last = scene.snapshot.thread.answered
    if last is None or scene.now - last.at > FOLLOW_UP or len(scene.text) > SHORT or _talks_to_somebody_else(scene):
        return None
    entry = scene.knowledge.entry(last.entry)
    if entry is None:
        return None
    name = find_part(scene.words)
    body = answers.part(entry, name) if name else None
    if body is not None:
        reasons = (Reason("follow_up", f"接着「{entry.title}」问{name}"),)
        thread = replace(scene.thread(), answered=Answered(entry.id, last.question, scene.now))
        return Decision(
            Action.ANSWER, reasons, says=(scene.reply(body, entry=entry.id),), thread=thread, entry=entry.id, confidence=1.0
        )
    if name is None and not content_words(scene.words):
        return _stands(scene, entry, last)
    judgement = _judge(scene, scene.words)
    goes_on = name is not None or (judgement.verdict in ("unknown", "offer") and forms.goes_on(scene.text))
    if not goes_on:
        return None
    return unknown(scene, f"（接着「{entry.title}」问）{scene.words}", judgement, entry=entry.id)


def _stands(scene: Scene, entry: Entry, last: Answered) -> Decision | None:
    """Answer “到底行不行啊” once by pointing to the answer given; anything else without content is not for us."""
    if _judge(scene, scene.words).ask < DOUBT:
        return None
    say = scene.reply(phrases.stands(entry.title))
    thread = replace(scene.thread(), answered=replace(last, at=scene.now))
    return Decision(Action.REPLY, (Reason("stands", f"还在问「{entry.title}」"),), says=(say,), thread=thread)


def asks(scene: Scene) -> Decision:
    """Judge the message, alone and joined with what its sender said just before, and act on the better reading."""
    decision = _not_for_us(scene) or _several(scene)
    if decision is not None:
        return decision
    reading = _read(scene)
    own = _acts(scene, reading)
    opinion = scene.snapshot.opinion
    if opinion is None or opinion.question != reading.question or not _unsure(reading, own):
        return own
    chosen = scene.entry(opinion.entry) if opinion.entry else None
    return _acts(scene, replace(reading, judgement=second_opinion.weigh(reading.judgement, opinion, chosen)))


def unsure(scene: Scene) -> Reading | None:
    """Return how a message was read that is judged here, where the own engine is not sure of one entry among others."""
    if _not_for_us(scene) or _several(scene):
        return None
    reading = _read(scene)
    return reading if _unsure(reading, _acts(scene, reading)) else None


def _unsure(reading: Reading, own: Decision) -> bool:
    return reading.judgement.verdict == "offer" and own.action in (Action.OFFER, Action.OPEN)


def _acts(scene: Scene, reading: Reading) -> Decision:
    return _known(scene, reading) or adds_to_own_case(scene, reading) or _not_known(scene, reading)


def _not_for_us(scene: Scene) -> Decision | None:
    if not scene.said.direct and scene.room is None:
        return silent("unknown_room", f"群「{scene.said.room}」没有登记在 routing.yaml")
    if not scene.text:
        return _bare_mention(scene)
    if _talks_to_somebody_else(scene):
        return silent("addressed_elsewhere", "在跟别人说话", thread=scene.thread())
    return None


def _not_known(scene: Scene, reading: Reading) -> Decision:
    if reading.judgement.verdict == "ignore":
        return Decision(Action.IGNORE, reading.judgement.reasons, thread=scene.thread())
    return unknown(scene, reading.question, reading.judgement)


def _judge(scene: Scene, text: str) -> Judgement:
    addressed = scene.said.mentions_bot or (scene.said.direct and scene.contact is None)
    return scene.judge(text, mentioned=addressed)


def _bare_mention(scene: Scene) -> Decision:
    if scene.said.mentions_bot and not scene.snapshot.thread.answered:
        return Decision(
            Action.REPLY,
            (Reason("bare_mention", "只 @ 了我"),),
            says=(scene.reply(phrases.say_your_question()),),
            thread=scene.thread(),
        )
    return silent("empty", "没有文字")


def _talks_to_somebody_else(scene: Scene) -> bool:
    if scene.said.mentions_bot or scene.said.direct:
        return False
    quoted = scene.snapshot.quoted_said
    return bool(scene.said.mentions) or (quoted is not None and quoted.sender.id != scene.said.sender.id)


def _read(scene: Scene) -> Reading:
    alone = Reading(scene.words, _judge(scene, scene.words))
    quoted = scene.snapshot.quoted_said
    earlier = [piece.text for piece in scene.pieces() if not re.fullmatch(r"[\W\d]*", piece.text)]
    if quoted is not None and scene.said.mentions_bot:
        earlier = [quoted.text]
    last = scene.snapshot.thread.answered
    settled = last is not None and any(piece.at <= last.at for piece in scene.pieces())
    if not earlier or alone.judgement.verdict == "answer" or (settled and alone.judgement.verdict != "ignore"):
        return alone  # an ask right after an answer is a new one: better asked twice than lost
    question = "，".join([*earlier, scene.words])
    joined = Reading(question, _judge(scene, question))
    better = RANK[joined.judgement.verdict] > RANK[alone.judgement.verdict]
    same = joined.judgement.verdict == alone.judgement.verdict != "ignore"
    return joined if better or same else alone


def _known(scene: Scene, reading: Reading) -> Decision | None:
    """Answer or offer what the FAQ has; None when it has nothing, or nothing that may be sent here now."""
    if reading.judgement.verdict not in ("answer", "offer"):
        return None
    found = [scene.entry(candidate.entry_id) for candidate in reading.judgement.candidates]
    usable = [entry for entry in found if entry and answers.may_answer(entry, scene.now, scene.community)]
    if not usable or usable[0] is not found[0]:
        return None
    same = same_open_case(scene, reading.question) if reading.judgement.verdict == "offer" else None
    if same is not None:
        return join(scene, same)
    if scene.too_many_replies(share=AT_MOST if scene.said.mentions_bot else 1):
        return put_off(scene, reading.question, usable[0].id) if reading.judgement.verdict == "answer" else None
    if reading.judgement.verdict == "answer":
        return _answer(scene, usable[0], reading, why="答案有把握")
    offered = [scene.entry(name) for name in reading.judgement.offered]
    choices = [entry for entry in usable if entry in offered]
    offer = Offer(tuple(entry.id for entry in choices), reading.question, scene.now)
    text = phrases.offer([entry.title for entry in choices])
    withdrawn = _withdraw_waiting(scene)
    return Decision(
        Action.OFFER,
        (*_named_candidates(scene, reading.judgement), *reading.judgement.reasons),
        says=(scene.reply(text),),
        thread=replace(scene.thread(), offer=offer),
        cases=withdrawn,
        cancel=_numbers(withdrawn),
    )


def _answer(scene: Scene, entry: Entry, reading: Reading, *, why: str) -> Decision:
    confidence = reading.judgement.candidates[0].confidence if reading.judgement.candidates else 0.0
    reasons = (Reason("answer", why), *_named_candidates(scene, reading.judgement), *reading.judgement.reasons)
    thread = replace(scene.thread(), answered=Answered(entry.id, reading.question, scene.now), offer=None)
    withdrawn = _withdraw_waiting(scene)
    correction = scene.snapshot.disputed.get(entry.id)
    above = _answered_here(scene, entry)
    if correction is not None:
        says: tuple[Say, ...] = (scene.reply(phrases.being_checked(entry.title, correction)),)
    elif above and above.asker == scene.said.sender.id and scene.pieces():
        return silent("same_question", "同一个问题的补充，已经答过", thread=scene.thread())
    elif above:
        says = (scene.reply(phrases.answered_above(entry.title, above.at)),)
        reasons = (Reason("answered_above", "半小时内本群答过"), *reasons)
    else:
        body = answers.whole(entry, scene.now)
        says = (scene.reply(scene.with_recall_hint(body), entry=entry.id, to=scene.addressee()),)
    action = Action.ANSWER if says[0].entry else Action.REPLY
    return Decision(
        action,
        reasons,
        says=says,
        thread=thread,
        cases=withdrawn,
        cancel=_numbers(withdrawn),
        entry=entry.id,
        confidence=confidence,
    )


def _named_candidates(scene: Scene, judgement: Judgement) -> tuple[Reason, ...]:
    named = [(scene.entry(candidate.entry_id), candidate.confidence) for candidate in judgement.candidates[:3]]
    return tuple(Reason("candidate", f"{answers.named(entry)} {confidence:.0%}") for entry, confidence in named if entry)


def _answered_here(scene: Scene, entry: Entry) -> RecentAnswer | None:
    """Return the same answer if this group got it a short while ago."""
    if scene.room is None:
        return None
    recent = [answer for answer in scene.snapshot.recent_answers if answer.entry == entry.id]
    return recent[-1] if recent and scene.now - recent[-1].at <= scene.room.same_answer else None


def _withdraw_waiting(scene: Scene) -> tuple[Case, ...]:
    """Finish the sender's own waiting question when a later piece of it has been understood."""
    ids = {piece.message_id for piece in scene.pieces()}
    mine = [case for case in scene.own_cases(Status.WAITING) if case.asker.message_id in ids]
    return tuple(lifecycle.close(case, lifecycle.CLEARED_UP) for case in mine)


def _numbers(cases: tuple[Case, ...]) -> tuple[int, ...]:
    return tuple(case.number for case in cases)


def _several(scene: Scene) -> Decision | None:
    """Answer the numbered questions of one message under their numbers, and open one case for those that are unknown."""
    parts = forms.numbered_parts(scene.words)
    if not parts:
        return None
    judged = [(number, text, _judge(scene, text)) for number, text in parts]
    known = [(number, scene.entry(j.candidates[0].entry_id)) for number, _, j in judged if j.verdict == "answer"]
    usable = [(number, entry) for number, entry in known if entry and answers.may_answer(entry, scene.now, scene.community)]
    if not usable:
        return None
    answered = {number for number, _ in usable}
    open_questions = "；".join(text for number, text, j in judged if number not in answered and j.verdict != "ignore")
    body = phrases.several([(number, entry.answer.strip()) for number, entry in usable])
    reasons = (Reason("several", f"一条消息里有 {len(parts)} 个问题，答了 {len(usable)} 个"),)
    last = usable[-1][1]
    thread = replace(scene.thread(), answered=Answered(last.id, scene.words, scene.now))
    reply = scene.reply(body, step="several", entry=last.id)
    if not open_questions:
        return Decision(Action.ANSWER, reasons, says=(reply,), thread=thread, entry=last.id, confidence=1.0)
    rest = open_and_dispatch(scene, None, question=open_questions, why="其余的 FAQ 里没有")
    return Decision(Action.OPEN, (*reasons, *rest.reasons), says=(reply, *rest.says), thread=thread, cases=rest.cases)
