"""What can be seen in an entry's own text: numbers that can't be right, links, marks that WeChat shows raw, lengths, dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date

from bot.errors import Problem
from bot.library.faq_entries import PART_NAMES
from bot.library.places import Places
from bot.library.yaml_lines import did_you_mean
from bot.model import Entry, WhenStale

LONG_ANSWER = 330
"""Characters from which an answer is called long (``faq_file.ANSWER_LIMIT`` refuses it)."""

LONG_PART = 220
"""Characters from which a part of an answer is called long."""

_MOBILE_LIKE = re.compile(r"(?<![\d.])1[3-9]\d(?:\d{6,9}|[ -]\d{3,5}[ -]\d{3,5})(?!\d)")
_LANDLINE_LIKE = re.compile(r"(?<![\d.])\(?(0\d{2,3})\)?[- ]?(\d{5,9})(?!\d)")
_WIDE_DIGITS = re.compile(r"[０-９]{3,}")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s，。；、）)》”]+"
    r"|(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:com|net|cn|org|top|vip|xyz)(?![\w.])(?:/[\w./?=&%-]*)?",
    re.IGNORECASE,
)
_GOVERNMENT = re.compile(r"^(?:https?://)?[\w.-]+\.gov\.cn(?:[/:?]|$)", re.IGNORECASE)
_UNFINISHED = re.compile(r"[XxＸ]{3,}|[×*]{3,}|某某|待(?:定|补充|完善|核实|填写)|TODO|[?？]{2,}|_{3,}", re.IGNORECASE)
_SHIFTED = re.compile(r"^[ \u3000]+\S.{0,12}", re.MULTILINE)
_LITERAL_BREAK = re.compile(r"\\[nrt]")
_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__"), "粗体记号"),
    (re.compile(r"^\s*#{1,6}\s", re.MULTILINE), "标题记号 #"),
    (re.compile(r"!?\[[^\]\n]+\]\([^)\n]*\)"), "链接记号 [ ]( )"),
    (re.compile(r"`[^`\n]+`|^```", re.MULTILINE), "代码记号 `"),
    (re.compile(r"^\s*[*+>]\s", re.MULTILINE), "列表或引用记号"),
    (re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE), "表格记号 |"),
    (re.compile(r"</?(?:br|b|p|i|u|a|strong|em|div|span|font|li|ul|ol|h\d)\b[^>\n]*>|&(?:nbsp|lt|gt|amp);", re.I), "网页记号"),
)


def text_errors(entry: Entry, places: Places, communities: Collection[str] | None = None) -> Iterator[Problem]:
    """Yield what must be mended in an entry's text; ``communities`` are those of routing.yaml (None: any)."""
    for name, what, text in _texts(entry):
        for start, message, mend in _text_faults(entry, what, text):
            place = places.within(entry.id, name, text, start)
            yield Problem(place.file, place.line, message, mend)
    for name in entry.parts:
        if name not in PART_NAMES:
            message = f"条目 {entry.id} 的 parts 里不认得“{name}”，追问时找不到它"
            yield problem_at(places, entry, f"parts/{name}", message, _meant_part(name))
    if communities is not None:
        yield from unknown_communities(entry, places, communities)


def unknown_communities(entry: Entry, places: Places, communities: Collection[str]) -> Iterator[Problem]:
    """Yield the communities of an entry that routing.yaml does not have: in none of its groups would they be meant."""
    for community in entry.communities:
        if community not in communities:
            message = f"routing.yaml 里没有社区“{community}”，条目 {entry.id} 在那里用不上"
            part = community if (entry.id, community) in places.parts else "communities"
            yield problem_at(places, entry, part, message, did_you_mean(community, communities))


def _text_faults(entry: Entry, what: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (where in the text, what is wrong, how to mend it)."""
    for start, number, wrong in _numbers(text):
        plain = unicodedata.normalize("NFKC", number)
        mend = "对照来源逐位核对后改正" if plain == number else f"改成半角：{plain}"
        yield start, f"条目 {entry.id} 里的号码“{number}”{wrong}", mend
    for pattern, kind in _MARKS:
        found = pattern.search(text)
        if found:
            message = f"条目 {entry.id} 的{what}里有{kind}：{found[0].strip()[:20]}，群里会原样显示"
            yield found.end() - 1, message, "删掉这些记号；要分步骤就换行写 1. 2. 3."
    found = _LITERAL_BREAK.search(text)
    if found:
        message = f"条目 {entry.id} 的{what}里有“{found[0]}”，群里会原样显示"
        yield found.start(), message, "改成真正的换行：用“|”，每步另起一行"
    for link in foreign_links(text):
        message = f"条目 {entry.id} 的{what}里有链接“{link[:40]}”"
        yield text.index(link), message, "删掉，写网站名称和栏目；只可以留政府网站（gov.cn）的网址"


def foreign_links(text: str) -> Iterator[str]:
    """Yield the links of a text that do not lead to a government's site."""
    return (match[0] for match in _LINK.finditer(text) if not _GOVERNMENT.match(match[0]))


def text_warnings(entry: Entry, places: Places, today: date | None) -> Iterator[Problem]:
    """Yield what should be mended; without ``today`` the review dates are left alone."""
    if len(entry.answer) > LONG_ANSWER:
        message = f"条目 {entry.id} 的答案有 {len(entry.answer)} 个字，加上来源和日期一屏放不下"
        yield problem_at(places, entry, "answer", message, f"尽量不超过 {LONG_ANSWER} 个字")
    for name, text in entry.parts.items():
        if len(text) > LONG_PART:
            message = f"条目 {entry.id} 的“{name}”有 {len(text)} 个字"
            yield problem_at(places, entry, f"parts/{name}", message, f"尽量不超过 {LONG_PART} 个字")
    for name, what, text in _texts(entry):
        shifted = _SHIFTED.search(text)
        if shifted:
            place = places.within(entry.id, name, text, shifted.start())
            message = f"条目 {entry.id} 的{what}里这一行前面多了空格：{shifted[0].strip()}"
            yield Problem(place.file, place.line, message, "与正文的其他行左对齐")
        found = _UNFINISHED.search(text)
        if found:
            place = places.within(entry.id, name, text, found.start())
            message = f"条目 {entry.id} 的{what}里有没写完的地方“{found[0]}”，会原样发到群里"
            yield Problem(place.file, place.line, message, "补全，或写明问哪个部门；没核实的记到 todo 里")
    if today:
        yield from _stale(entry, today, places)


def odd_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield (number, what is wrong with it) for the telephone numbers of a text that cannot be right."""
    return ((number, wrong) for _, number, wrong in _numbers(text))


def _numbers(text: str) -> Iterator[tuple[int, str, str]]:
    for match in _MOBILE_LIKE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if len(digits) != 11:
            yield match.start(), match[0], f"像手机号，却有 {len(digits)} 位（应为 11 位）"
    for match in _LANDLINE_LIKE.finditer(text):
        area, number = match[1], match[2]
        lengths = (8,) if area in ("010", "0574") or area.startswith("02") else (7, 8)
        if len(number) not in lengths:
            said = f"像座机号，区号后却有 {len(number)} 位（应为 {' 或 '.join(map(str, lengths))} 位）"
            yield match.start(), match[0], said
    for match in _WIDE_DIGITS.finditer(text):
        yield match.start(), match[0], "是全角数字，手机上点不了"


def problem_at(places: Places, entry: Entry, part: str, message: str, mend: str = "") -> Problem:
    """Return a problem at the place of a field, part or phrasing of an entry."""
    place = places.at(entry.id, part)
    return Problem(place.file, place.line, message, mend)


def _texts(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield (field, its name for people, text) of everything that is sent."""
    yield "title", "标题", entry.title
    yield "answer", "答案", entry.answer
    yield "source", "来源", entry.source
    for name, text in entry.parts.items():
        yield f"parts/{name}", f"“{name}”", text


def _meant_part(name: str) -> str:
    known = next((part for part in PART_NAMES if part in name or part[0] in name), "")
    if "时间" in name or "多久" in name:
        known = "时限"
    return f"是不是想写“{known}”？" if known else f"可用的有：{'、'.join(PART_NAMES)}"


def _stale(entry: Entry, today: date, places: Places) -> Iterator[Problem]:
    if entry.verified_on > today:
        message = f"条目 {entry.id} 的核实日期 {entry.verified_on} 还没到"
        yield problem_at(places, entry, "verified_on", message, "改成实际核实的日子")
    elif today >= entry.review_due():
        what = "不再直接回答，改为转办" if entry.stale is WhenStale.ROUTE else "回答时会提示可能过时"
        message = f"条目 {entry.id} 已过复核日期 {entry.review_due()}，{what}"
        yield problem_at(places, entry, "verified_on", message, "重新核实内容，再改 verified_on")
