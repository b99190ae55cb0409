"""The picture of a ladder, for the terminal and as SVG."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.routing.picture import Picture, Rung
from bot.routing.wording import moment_in_words

_WIDTH, _MARGIN, _CARD = 760, 24, 712
_LINE = 24
_FONT = "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'Source Han Sans SC', sans-serif"
_INK, _FAINT, _EDGE, _PAPER, _CALM, _ALARM = "#1f2933", "#52606d", "#cbd2d9", "#ffffff", "#0b6e4f", "#b42318"


def for_terminal(picture: Picture) -> RenderableType:
    """Return the picture as panels from the first tier to the last."""
    colour = "red" if picture.urgent else "green"
    parts: list[RenderableType] = [Text(_heading(picture), style="bold")]
    for rung in picture.rungs:
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for name, text in _facts(rung):
            table.add_row(name, text)
        for mark in rung.marks:
            table.add_row(moment_in_words(mark.at), mark.what)
        if rung.after:
            table.add_row("", rung.after)
        parts.append(
            Panel(table, title=f"第 {rung.number} 级　{rung.name}", title_align="left", border_style=colour, box=box.ROUNDED)
        )
        if rung is not picture.rungs[-1]:
            parts.append(Text("        ▼", style=colour))
    return Group(*parts)


def as_svg(picture: Picture) -> str:
    """Return the picture as an SVG document of its own; the fonts are those of the viewer."""
    cards = [(rung, list(_card_lines(rung))) for rung in picture.rungs]
    heights = [44 + _LINE * len(lines) + 12 for _, lines in cards]
    height = 64 + sum(heights) + 40 * (len(cards) - 1) + _MARGIN
    colour = _ALARM if picture.urgent else _CALM
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "font-family": _FONT,
            "font-size": "15",
            "role": "img",
        },
    )
    SubElement(svg, "title").text = _heading(picture)
    SubElement(svg, "rect", {"width": str(_WIDTH), "height": str(height), "fill": _PAPER})
    _write(svg, _MARGIN, 40, _heading(picture), {"font-size": "19", "font-weight": "bold", "fill": _INK})
    top = 64
    for number, ((rung, lines), tall) in enumerate(zip(cards, heights, strict=True), start=1):
        _draw_card(svg, rung, lines, top, tall, colour)
        top += tall
        if number < len(cards):
            middle = _MARGIN + 20
            SubElement(
                svg, "path", {"d": f"M{middle} {top}v30m-6 -8l6 8l6 -8", "stroke": colour, "stroke-width": "2", "fill": "none"}
            )
            _write(svg, middle + 18, top + 25, "没有答复，上报", {"fill": _FAINT, "font-size": "13"})
            top += 40
    indent(svg)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(svg, encoding="unicode") + "\n"


def _draw_card(svg: Element, rung: Rung, lines: list[tuple[str, str]], top: int, tall: int, colour: str) -> None:
    edge = {"x": str(_MARGIN), "y": str(top), "width": str(_CARD), "height": str(tall), "rx": "10"}
    SubElement(svg, "rect", {**edge, "fill": _PAPER, "stroke": _EDGE})
    SubElement(svg, "rect", {"x": str(_MARGIN), "y": str(top), "width": "6", "height": str(tall), "rx": "3", "fill": colour})
    title = f"第 {rung.number} 级　{rung.name}"
    _write(svg, _MARGIN + 20, top + 30, title, {"font-weight": "bold", "font-size": "17", "fill": colour})
    for row, (name, text) in enumerate(lines):
        at = top + 58 + row * _LINE
        _write(svg, _MARGIN + 20, at, name, {"fill": _FAINT})
        _write(svg, _MARGIN + 210, at, text, {"fill": _INK})


def _write(svg: Element, x: int, y: int, text: str, style: dict[str, str]) -> None:
    if text:
        SubElement(svg, "text", {"x": str(x), "y": str(y), **style}).text = text


def _heading(picture: Picture) -> str:
    urgent = "（不管几点，马上办）" if picture.urgent else ""
    return f"{picture.ladder}{urgent}：{moment_in_words(picture.asked)} 提问，如果一直没人答复"


def _facts(rung: Rung) -> Iterator[tuple[str, str]]:
    yield "交给", rung.people
    if rung.alert:
        yield "同时通知", rung.alert
    yield "要求", rung.limits


def _card_lines(rung: Rung) -> Iterator[tuple[str, str]]:
    rows = [*_facts(rung), *((moment_in_words(mark.at), mark.what) for mark in rung.marks)]
    for name, text in [*rows, *([("", rung.after)] if rung.after else [])]:
        for number, piece in enumerate(_wrapped(text, 64)):
            yield name if number == 0 else "", piece


def _wrapped(text: str, most: int) -> Iterator[str]:
    """Yield a text in pieces of at most so many half-width columns."""
    piece, columns = "", 0
    for character in text:
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns + wide > most:
            yield piece
            piece, columns = "", 0
        piece, columns = piece + character, columns + wide
    yield piece
