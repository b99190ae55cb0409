"""The bulletin as one long picture, the form in which people forward it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bot.errors import XiaoshaoError
from bot.reports.bulletin import Bulletin
from bot.reports.bulletin_text import sections, title

WIDTH = 750
"""Pixels; what phones show without scaling."""

FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "msyh.ttc",
    "PingFang.ttc",
    "simhei.ttf",
)
"""Chinese fonts by their usual file names; the first that the machine has is taken."""

_MARGIN = 44
_INK, _PALE, _ACCENT, _PAPER = "#1f2a2e", "#6b7a80", "#0b6e5f", "#ffffff"


class NoChineseFont(XiaoshaoError):
    """There is no Chinese font on this machine to draw with."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: int
    colour: str
    left: int
    above: int  # pixels between this line and the one before


def draw(bulletin: Bulletin) -> bytes:
    """Return the bulletin as PNG, 750 pixels wide; raises ``NoChineseFont``."""
    fonts = {size: _font(size) for size in (40, 30, 28, 22)}
    lines = _wrapped(bulletin, fonts)
    height = 150 + sum(line.above + round(line.size * 1.5) for line in lines) + 2 * _MARGIN
    image = Image.new("RGB", (WIDTH, height), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 150), fill=_ACCENT)
    pen.text((_MARGIN, 52), title(bulletin), font=fonts[40], fill=_PAPER)
    y = 150 + _MARGIN // 2
    for line in lines:
        y += line.above
        if line.size == 30:
            pen.rectangle((_MARGIN, y + 6, _MARGIN + 6, y + 40), fill=_ACCENT)
        pen.text((line.left, y), line.text, font=fonts[line.size], fill=line.colour)
        y += round(line.size * 1.5)
    kept = BytesIO()
    image.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _wrapped(bulletin: Bulletin, fonts: dict[int, ImageFont.FreeTypeFont]) -> list[_Line]:
    lines: list[_Line] = []
    for section in sections(bulletin):
        lines.append(_Line(section.heading, 30, _INK, _MARGIN + 20, 26))
        for text in section.lines:
            for number, part in enumerate(part for row in text.split("\n") for part in _folded(row, fonts[28])):
                lines.append(_Line(part, 28, _INK, _MARGIN, 12 if number == 0 else 0))
    lines.append(_Line("小哨整理。有问题直接在群里问，不用 @。", 22, _PALE, _MARGIN, 40))
    return lines


def _folded(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Return a text in rows that fit the width; Chinese breaks anywhere."""
    rows, row = [], ""
    for char in text:
        if font.getlength(row + char) > WIDTH - 2 * _MARGIN:
            rows.append(row)
            row = ""
        row += char
    return [*rows, row]


def _font(size: int) -> ImageFont.FreeTypeFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    raise NoChineseFont("这台机器没有中文字体，画不了长图：装一个（Debian 上是 apt install fonts-noto-cjk），再试一次")
