"""Reading what a person copied out of WeChat: messages with name, time, text and quote; what can't be read is kept and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time

from bot.channels.relay import lines
from bot.channels.relay.lines import Header
from bot.channels.relay.stamps import Stamp

MOST_NAMELESS_LINES = 20
"""Lines without any name that are still taken as one message whose sender is to be chosen."""

_LINE_ENDS = re.compile(r"\r\n|[\r\u2028\u2029\v\f\x85]")
_QUOTE = re.compile(
    r"\s*「(?P<name>[^「」:：\n]{1,60})[:：][ \t]?(?P<words>.*?)」\s*(?:[-—－–─][ \t]?){3,}+\s*(?P<text>\S.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Quote:
    """The quoted message as it stands in the copy."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """One message of a paste. ``line`` counts from 1; ``name`` is ``""`` where the copy does not tell who spoke.

    ``day`` and ``clock`` are what the copy tells of the message's own time; ``near`` is the time line above it, which stands for
    several messages.
    """

    line: int
    name: str
    text: str
    day: date | None = None
    clock: time | None = None
    near: Stamp | None = None
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of WeChat's own: somebody joined, took a message back, “以下是新消息”."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Lines that could not be read, and how to mend them (Chinese)."""

    line: int
    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that stood in a paste; each line that isn't blank is in one of these, or was a time."""

    messages: tuple[Pasted, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: tuple[Unread, ...] = ()


HeaderReader = Callable[[str], Header | None]


def read(pasted: str, today: date) -> Reading:
    """Read a paste in whatever form it was copied; ``today`` is the local day, which 昨天 counts from. Never fails."""
    copied = _LINE_ENDS.sub("\n", pasted.removeprefix("\ufeff")).split("\n")
    seen = [lines.bare(line) for line in copied]
    header = _form(seen, today)
    if header is None:
        return _without_names(copied, seen, today)
    parts = _Parts(today)
    needs_gap = _follow_gaps(seen, header, today)
    for number, (line, shown) in enumerate(zip(copied, seen, strict=True), 1):
        after_gap = number == 1 or not seen[number - 2] or parts.between
        found = header(shown) if shown and (after_gap or not needs_gap) else None
        parts.take(number, line, shown, found, at_gap=after_gap)
    return parts.done()


def _form(seen: Sequence[str], today: date) -> HeaderReader | None:
    """Return how names are written in this paste, from its first line that tells; None if no line has a name."""

    def timed(line: str) -> Header | None:
        return lines.timed_header(line, today)

    told = [line for line in seen if line and not lines.is_notice(line) and lines.time_line(line, today) is None]
    if any(timed(line) for line in told[:3]):
        return timed
    first = next((line for line in told if lines.block_header(line) or lines.inline_header(line, "")), None)
    if first is None:
        return timed if any(timed(line) for line in told) else None
    alone = lines.block_header(first)
    if alone:
        colon = alone.colon

        def block(line: str) -> Header | None:
            found = lines.block_header(line)
            return found if found and found.colon == colon else None

        return block
    parting = lines.colon_of(first)
    return lambda line: lines.inline_header(line, parting)


def _follow_gaps(seen: Sequence[str], header: HeaderReader, today: date) -> bool:
    """Tell whether this copy parts its messages by blank lines, so that a line like a name inside a message is none."""
    found = [place for place, line in enumerate(seen) if place and line and (it := header(line)) and not it.text]
    before = [seen[place - 1] for place in found]
    gaps = sum(1 for line in before if not line or lines.time_line(line, today) or lines.is_notice(line))
    return gaps > len(found) / 2


@dataclass
class _Parts:
    """What has been read so far, and the message that is still growing."""

    today: date
    between: bool = True  # no message is growing: the line before was a time or a notice, or there was none
    messages: list[Pasted] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    _begun: tuple[int, Header] | None = None
    _body: list[str] = field(default_factory=list)
    _lost: list[tuple[int, str]] = field(default_factory=list)
    _date: date | None = None  # of the last line that was a date without a time
    _near: Stamp | None = None
    _fresh: bool = False  # the time line above belongs to the very next message

    def take(self, number: int, line: str, shown: str, header: Header | None, *, at_gap: bool) -> None:
        """Take in one line; ``shown`` is the line as people see it."""
        stamp = lines.time_line(shown, self.today) if shown and not header and (at_gap or self._stands_for_time(shown)) else None
        if header:
            self._finish()
            self._begun, self._body, self.between = (number, header), [header.text] if header.text else [], False
        elif stamp:
            self._finish()
            if stamp.clock is None:
                self._date = stamp.day
            self._near, self._fresh = replace(stamp, day=stamp.day or self._date), True
        elif shown and lines.is_notice(shown):
            self._finish()
            self.notices.append(Notice(number, shown))
        elif self._begun:
            self._body.append(line.strip("\ufeff\u200b").rstrip())
        elif shown:
            self._lost.append((number, line))

    def _stands_for_time(self, shown: str) -> bool:
        inline = self._begun is not None and self._begun[1].colon != "" and self._begun[1].text != ""
        return self._begun is None or inline or len(shown) > len("上午 09:55") or shown[0] in "—–―─-="

    def _finish(self) -> None:
        self._give_up_lost()
        self.between = True
        if self._begun is None:
            return
        (number, header), self._begun = self._begun, None
        text = "\n".join(self._body).strip("\n ")
        if not lines.bare(text):
            self.unread.append(Unread(number, header.name, f"第 {number} 行有名字，下面没有话：把话补在它下面再读，不用管也行"))
            return
        self.messages.append(self._timed(number, header, text))
        self._fresh = False

    def _timed(self, number: int, header: Header, text: str) -> Pasted:
        near, own = self._near, header.stamp
        day = (own.day or self._date) if own else (near.day if near else None)
        clock = own.clock if own else (near.clock if near and self._fresh else None)
        words, quote = split_quote(text)
        return Pasted(number, header.name, words, day, clock, near, quote)

    def _give_up_lost(self) -> None:
        if self._lost:
            number = self._lost[0][0]
            text = "\n".join(line for _, line in self._lost)
            self.unread.append(Unread(number, text, f"第 {number} 行看不出是谁说的：在它上面补一行“名字:”再读"))
            self._lost = []

    def done(self) -> Reading:
        """Return everything read."""
        self._finish()
        return Reading(tuple(self.messages), tuple(self.notices), tuple(self.unread))


def split_quote(text: str) -> tuple[str, Quote | None]:
    """Part a message from the quote that WeChat puts in front of it: 「名：原文」, a dashed line, the message."""
    found = _QUOTE.fullmatch(text)
    if found is None:
        return text, None
    return found.group("text").strip(), Quote(found.group("name").strip(), found.group("words").strip())


def _without_names(copied: Sequence[str], seen: Sequence[str], today: date) -> Reading:
    notices = [Notice(number, line) for number, line in enumerate(seen, 1) if line and lines.is_notice(line)]
    near = next((stamp for line in seen if line and (stamp := lines.time_line(line, today))), None)
    rest = [
        (number, line)
        for number, (line, shown) in enumerate(zip(copied, seen, strict=True), 1)
        if shown and not lines.is_notice(shown) and lines.time_line(shown, today) is None
    ]
    if not rest:
        return Reading(notices=tuple(notices))
    number = rest[0][0]
    text = "\n".join(line.strip() for _, line in rest)
    if len(rest) > MOST_NAMELESS_LINES:
        mend = f"第 {number} 行起没有一个名字，看不出是谁说的：在微信里多选消息再复制，或者在每句话前面补上“名字:”"
        return Reading(notices=tuple(notices), unread=(Unread(number, text, mend),))
    words, quote = split_quote(text)
    message = Pasted(number, "", words, near.day if near else None, near.clock if near else None, near, quote)
    return Reading((message,), tuple(notices))
