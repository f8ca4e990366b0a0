"""A portrait page: the overview on the left, the insides of blocks where there is room, scaled to fit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from ..common.spec import Net
from ..common.text import TIMES, shape_text
from .boxes import LEADING, SIZES, Style, Text, width_of
from .captions import overview_diagram
from .engine import Layout, lay_out
from .inside import details

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 24.0
"""A4 in points, and the margin on each side."""
SPACE = 16.0
COLUMNS, BELOW = (1, 2, 3), (1, 2, 3, 4)
"""How many columns of details are tried beside the overview, and below it."""
TITLE, LINE = 52, 136
"""Letters on a line of the title, and of the small print under it."""


@dataclass(frozen=True)
class Part:
    """A laid-out diagram with its heading, `x` and `y` points from the top left of what is scaled."""

    layout: Layout
    x: float = 0.0
    y: float = 0.0

    @property
    def head(self) -> float:
        return len(self.layout.diagram.heading) * SIZES["small"] * LEADING + (6 if self.layout.diagram.heading else 0)

    @property
    def width(self) -> float:
        lines = self.layout.diagram.heading
        return max([self.layout.width, *(width_of(line, _style(i)) for i, line in enumerate(lines))])

    @property
    def height(self) -> float:
        return self.layout.height + self.head

    def headings(self) -> list[Text]:
        """The lines of the heading, from the top left of the part."""
        step = SIZES["small"] * LEADING
        lines = enumerate(self.layout.diagram.heading)
        return [Text(0, (i + 1) * step, line, _style(i), muted=i > 0) for i, line in lines]


@dataclass(frozen=True)
class Sheet:
    """A page of `width` by `height` points: its title lines, and parts drawn from (x, y) on at `scale`."""

    title: tuple[Text, ...]
    parts: tuple[Part, ...]
    x: float
    y: float
    scale: float
    width: float
    height: float

    @property
    def smallest(self) -> float:
        """The size of the smallest text on an A4 page, in points."""
        return min(self.scale, 1.0) * SIZES["small"]


def sheet_of(net: Net) -> Sheet:
    """The page of a network: of all arrangements the one that is drawn largest."""
    title = tuple(_title(net))
    top = max(text.y for text in title) + 12
    main, *inner = [Part(lay_out(diagram)) for diagram in (overview_diagram(net), *details(net))]
    room = WIDTH - 2 * MARGIN, HEIGHT - MARGIN - top
    best: tuple[float, list[Part]] = (0.0, [])
    for parts in _arrangements(main, inner):
        scale = min(room[0] / _right(parts), room[1] / _bottom(parts), 1.0)
        if scale > best[0] + 1e-9:
            best = scale, parts
    scale, parts = best
    height = min(HEIGHT, top + scale * _bottom(parts) + MARGIN)
    x = MARGIN + (room[0] - scale * _right(parts)) / 2
    return Sheet(title, tuple(parts), x, top, scale, WIDTH, height)


def _arrangements(main: Part, inner: list[Part]) -> Iterator[list[Part]]:
    """The narrowest details in columns beside the overview, the others in columns below: from all beside to none."""
    narrow = sorted(inner, key=lambda part: part.width)
    for count in range(len(inner), -1, -1):
        beside, below = ([part for part in inner if part in some] for some in (narrow[:count], narrow[count:]))
        for columns in COLUMNS[: max(count, 1)]:
            upper = [main, *_in_columns(beside, columns, main.width + 1.5 * SPACE, 0.0)]
            for rows in BELOW[: max(len(below), 1)]:
                yield [*upper, *_in_columns(below, rows, 0.0, _bottom(upper) + SPACE)]


def _in_columns(parts: list[Part], count: int, left: float, top: float) -> list[Part]:
    """Each part at the foot of the column that is shortest so far."""
    columns: list[list[Part]] = [[] for _ in range(count)]
    feet = [top] * count
    for part in sorted(parts, key=lambda part: -part.height):
        shortest = feet.index(min(feet))
        columns[shortest].append(part)
        feet[shortest] += part.height + SPACE
    placed: list[Part] = []
    for column in columns:
        y = top
        for part in sorted(column, key=parts.index):
            placed.append(Part(part.layout, left, y))
            y += part.height + SPACE
        left += max((part.width for part in column), default=0.0) + SPACE
    return placed


def _title(net: Net) -> Iterator[Text]:
    y = MARGIN
    image = shape_text(net.input_shape, TIMES)
    totals = f"image {image} · {net.params:,} parameters · {net.macs:,} multiply-accumulates per image"
    lines: list[tuple[Style, str]] = [("name", line) for line in textwrap.wrap(net.title, TITLE, max_lines=2)]
    lines += [("small", line) for line in textwrap.wrap(net.paper, LINE, max_lines=2)]
    for style, words in [*lines, ("small", totals)]:
        y += SIZES[style] * (LEADING if style != "name" else 1.0)
        yield Text(MARGIN, y, words, style, muted=style == "small")


def _style(line: int) -> Style:
    return "small" if line else "heading"


def _right(parts: list[Part]) -> float:
    return max(part.x + part.width for part in parts)


def _bottom(parts: list[Part]) -> float:
    return max(part.y + part.height for part in parts)
