"""The bulletin in words: sections that the message for a group, the picture and the page share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.reports.bulletin import MOST_LISTED, Bulletin, Kind
from bot.reports.scorecard import Rate

_WEEKDAYS = "一二三四五六日"
_ASK_AWAY = "有问题直接在群里问，不用 @。"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a bulletin: a heading and its lines."""

    heading: str
    lines: tuple[str, ...]


def title(bulletin: Bulletin) -> str:
    """Return the headline with the day or the week."""
    if bulletin.kind is Kind.DAILY:
        return f"每日一报　{_day(bulletin.last)}（周{_WEEKDAYS[bulletin.last.weekday()]}）"
    return f"一周小结　{_day(bulletin.first)}至{_day(bulletin.last)}"


def sections(bulletin: Bulletin) -> list[Section]:
    """Return the parts that have something to say, in their order."""
    found = [
        _figures(bulletin),
        Section("问得最多", tuple(f"{it.question}（{it.count} 次）" for it in bulletin.most_asked)),
        Section(
            "新答复", tuple(f"问：{it.question}\n答：{it.answer}（{it.source}）" for it in bulletin.new_answers[:MOST_LISTED])
        ),
        Section("还在办", _open(bulletin)),
        Section("知识库更新", tuple(f"{it.change}：{it.title}" for it in bulletin.changed[:MOST_LISTED])),
    ]
    return [section for section in found if section.lines]


def as_message(bulletin: Bulletin) -> str:
    """Return the bulletin as one plain message for a group."""
    lines = [f"【{title(bulletin)}】"]
    for section in sections(bulletin):
        lines.append(f"■ {section.heading}")
        lines += [line if section.heading == "本周数字" else f"· {line}" for line in section.lines]
    return "\n".join([*lines, _ASK_AWAY])


def share(rate: Rate) -> str:
    """Return a rate in words: “92%（23/25）”, or that there was nothing to count."""
    return f"{rate.share:.0%}（{rate.part}/{rate.whole}）" if rate.share is not None else "还没有"


def _figures(bulletin: Bulletin) -> Section:
    card = bulletin.card
    if card is None:
        return Section("今天", (f"问 {bulletin.asked} 次，答 {bulletin.answered} 次",) if bulletin.asked else ())
    total = card.total
    return Section(
        "本周数字",
        (
            f"问 {total.asked} 次：知识库答 {total.by_faq}，同行答 {total.by_peers}，"
            f"部门答 {total.by_departments}，还在办 {total.open}",
            f"响应率 {share(card.response)}　解决率 {share(card.solution)}",
            f"满意率 {share(card.satisfaction)}　未评价 {share(card.unrated)}",
        ),
    )


def _open(bulletin: Bulletin) -> tuple[str, ...]:
    lines = []
    for it in bulletin.open[:MOST_LISTED]:
        until = f"，{it.until.month}月{it.until.day}日 {it.until:%H:%M} 前答复" if it.until else ""
        lines.append(f"#{it.number} {it.question} → {it.holder}{until}")
    if len(bulletin.open) > MOST_LISTED:
        lines.append(f"另外还有 {len(bulletin.open) - MOST_LISTED} 件")
    return tuple(lines)


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"
