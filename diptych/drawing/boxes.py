"""Boxes of text, their sizes, and the links between them: what the layout engine places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Style = Literal["name", "heading", "body", "small"]
SIZES: dict[Style, float] = {"name": 14.0, "heading": 8.5, "body": 8.0, "small": 7.0}
"""Font sizes in points, before the page is scaled."""
PAD, GAP, LEADING = 6.0, 8.0, 1.3
NARROW, WIDE = "fijlrtI.,:;|!()[]'/ ", "mwMWÆ@%—→"
"""Letters whose width in Helvetica is far from the mean. The sizes do not depend on the fonts of a machine."""


@dataclass(frozen=True)
class Text:
    """A line of text: its anchor point on the baseline, in points from the top left of its box."""

    x: float
    y: float
    words: str
    style: Style
    anchor: Literal["start", "middle", "end"] = "start"
    muted: bool = False


@dataclass(frozen=True)
class Box:
    """A rectangle of `width` by `height` points with texts; `kind` gives its colours, `dashed` its outline.

    `path` is the block or node that it shows, the first of several, or "".
    """

    kind: str
    width: float
    height: float
    texts: tuple[Text, ...]
    dashed: bool = False
    path: str = ""


@dataclass(frozen=True)
class Link:
    """An arrow between two boxes by their index, with the shape that flows along it."""

    source: int
    target: int
    words: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Diagram:
    """Boxes and links that are laid out together, under lines of heading."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    heading: tuple[str, ...] = field(default=())


def width_of(words: str, style: Style) -> float:
    """The width of a line in points, a little more than Helvetica and Arial need."""
    ems = sum(0.32 if c in NARROW else 0.88 if c in WIDE else 0.70 if c.isupper() else 0.57 for c in words)
    return ems * SIZES[style] * (1.06 if style in ("heading", "name") else 1.0)


def centred_box(kind: str, lines: Sequence[tuple[Style, str]], dashed: bool = False) -> Box:
    """A box of centred lines."""
    width = max(width_of(words, style) for style, words in lines) + 2 * PAD
    texts, y = [], PAD - 2
    for style, words in lines:
        y += SIZES[style] * LEADING
        texts.append(Text(width / 2, y - 2, words, style, "middle", style == "small"))
    return Box(kind, width, y + PAD - 2, tuple(texts), dashed)


def table_box(
    kind: str, lines: Sequence[tuple[Style, str]], rows: Sequence[Sequence[str]], last: str = "", dashed: bool = False
) -> Box:
    """A box of lines on the left, then a table whose first row is its head, then a muted line."""
    columns = [max(width_of(cell, "small") for cell in column) for column in zip(*rows, strict=True)]
    table = sum(columns) + GAP * max(len(columns) - 1, 0)
    width = max([width_of(words, style) for style, words in lines] + [table, width_of(last, "small")]) + 2 * PAD
    right = [index > 0 and column[-1][:1].isdigit() for index, column in enumerate(zip(*rows, strict=True))]
    texts, y = [], PAD - 2
    for style, words in lines:
        y += SIZES[style] * LEADING
        texts.append(Text(PAD, y - 2, words, style))
    for number, row in enumerate(rows):
        y += SIZES["small"] * LEADING
        texts += _row(row, columns, right, y - 2, muted=number == 0)
    if last:
        y += SIZES["small"] * LEADING
        texts.append(Text(PAD, y - 2, last, "small", muted=True))
    return Box(kind, width, y + PAD - 2, tuple(texts), dashed)


def _row(row: Sequence[str], columns: list[float], right: list[bool], y: float, muted: bool) -> list[Text]:
    """The cells of a row; words are aligned on the left, as the first column is, and numbers on the right."""
    texts, x = [], PAD
    for cell, width, at_right in zip(row, columns, right, strict=True):
        if cell:
            texts.append(Text(x + width if at_right else x, y, cell, "small", "end" if at_right else "start", muted))
        x += width + GAP
    return texts
